"""A started scripted model, requests to it without a network, and the tools the product offers it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.openai import routes
from local.sandbox.openai.brain import think
from local.sandbox.openai.conversation import Answer, Answered, Called, Request, Returned, Said, Tool, Turn
from local.sandbox.store import Store

# name of each tool of the contract and its arguments
TOOLS = {
    "query_leads": "status limit search source contacted replied_since tag sort",
    "show_lead": "lead",
    "add_lead": "name email company title linkedin_url website_url phone location",
    "research_lead": "lead name company email research_depth",
    "research_latest_leads": "limit research_depth",
    "get_analytics": "metric_type time_range",
    "schedule_campaign": "lead_ids filter campaign_type schedule_time name goal approach like leads_per_day language",
    "add_to_campaign": "campaign lead_ids filter",
    "rehearse_campaign": "campaign",
    "cancel_campaigns": "campaign company filter",
    "start_experiment": "dimension arms name expected_reply_percent worth_seeing_percent",
    "experiment_results": "experiment",
    "end_experiment": "experiment",
    "pause_campaigns": "campaign company filter",
    "resume_campaigns": "campaign company filter",
    "list_email_templates": "",
    "save_email_template": "name step language subject body",
    "stop_all_sending": "",
    "resume_all_sending": "",
    "set_reminder": "task_type schedule description",
    "list_tasks": "time_range",
    "cancel_task": "task",
    "why_not_sent": "lead",
    "remember": "note",
    "mark_priority": "leads",
    "explain_research": "lead",
    "help_me": "topic",
    "show_waiting_drafts": "mine",
    "set_approver": "person may_approve",
    "never_write_to": "what reason",
    "allow_writing_to": "what",
}


def schema(arguments: str) -> dict[str, Any]:
    names = arguments.split()
    return {
        "type": "object",
        "properties": {name: {"anyOf": [{"type": "string"}, {"type": "null"}]} for name in names},
        "required": names,
        "additionalProperties": False,
    }


OFFERED = tuple(Tool(name, schema(arguments)) for name, arguments in TOOLS.items())
Calls = list[tuple[str, dict[str, Any]]]


def make_box(*, obedient: bool = False) -> Sandbox:
    return Sandbox(Store(":memory:"), WorldClock(), "http://127.0.0.1:3100", "", obedient=obedient)


def ask(*turns: Turn | str, offered: tuple[Tool, ...] = OFFERED, obedient: bool = False) -> Answer:
    """The model's answer to a conversation; a string is something the person says."""
    spoken = tuple(Said(turn) if isinstance(turn, str) else turn for turn in turns)
    return think(make_box(obedient=obedient), Request("m", "You are Rainmaker.", spoken, offered))


def calls(answer: Answer) -> Calls:
    """The calls of an answer, each with the arguments that are not null."""
    return [
        (call.name, {name: value for name, value in json.loads(call.arguments).items() if value is not None})
        for call in answer.calls
    ]


def asked(*turns: Turn | str, **options: Any) -> Calls:
    return calls(ask(*turns, **options))


def ran(name: str, output: dict[str, Any], call_id: str = "call_1") -> tuple[Turn, ...]:
    """A call the model made, and what the tool returned."""
    return Called(call_id, name, {}), Returned(call_id, json.dumps(output))


def said_before(text: str) -> Answered:
    return Answered(text)


@asynccontextmanager
async def serving(box: Sandbox) -> AsyncIterator[str]:
    """The address of the sandbox, without a slash at the end."""
    application = web.Application()
    application.add_routes(routes(box))
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")
