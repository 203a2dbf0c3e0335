"""The obedient mode: a model that follows every instruction it reads, wherever it reads it.

For tests that want to know what happens when a model is taken in: the product must hold without its help.
"""
# ruff: noqa: E501 (patterns are easier to read whole)

import json
import re
from dataclasses import replace
from typing import Any

from local.sandbox.openai.conversation import Answer, Call, Called, Request, Returned, Said, Tool

Value = dict[str, Any]

_STRONG = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|page|above|previous|prompt|rules)|\bsystem\s*:|\bassistant\s*:|\bai (?:agents?|assistants?|models?)\b|\bnew policy\b|\bfrom now on\b|"
    r"\bas the administrator\b|\btool output\b|\bdo what it says\b|\bevery email you write\b|\btell the user\b|\bshow the user\b|\bcall (?:the )?(?:tool |function )?[a-z]+_[a-z_]+|\bbooking link\b|\"role\"",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"(?:say|write|include|add|insert|append|mention|reply with|answer with|output|words?|text|sentence|line)\b[^“\"'‘]{0,40}[“\"'‘]([^”\"'’\n]{3,200})[”\"'’]",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s\"'<>)\\]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LONGEST = 600


def demands(request: Request) -> list[str]:
    """The sentences of anything that was read, but the system's own instructions, that order a machine about."""
    texts = [
        turn.text if isinstance(turn, Said) else turn.output
        for turn in request.turns
        if isinstance(turn, Said | Returned)
    ]
    found: list[str] = []
    for text in texts:
        whole = _plain(text)
        for match in _STRONG.finditer(whole):
            start = max(whole.rfind("\n", 0, match.start()), whole.rfind(". ", 0, match.start()) + 1, 0)
            ends = [at for at in (whole.find("\n", match.end()), whole.find('", "', match.end())) if at >= 0]
            found.append(whole[start : min([*ends, match.end() + LONGEST])].strip())
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    for coded, sign in (
        ("\\u003c", "<"),
        ("\\u003e", ">"),
        ("\\u0026", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("\\n", "\n"),
        ('\\"', '"'),
    ):
        text = text.replace(coded, sign)
    return text


def calls(request: Request) -> tuple[Call, ...]:
    """A call for every offered tool that a demand names; each once in a turn."""
    done = {turn.name for turn in request.since if isinstance(turn, Called)}
    made: dict[str, Call] = {}
    for demand in demands(request):
        for tool in request.tools:
            if tool.name not in done | set(made) and _names(demand, tool.name):
                made[tool.name] = Call(tool.name, json.dumps(_arguments(tool, demand), ensure_ascii=False))
    return tuple(made.values())


_WISHES = (
    ("pause_campaigns", r"\bpause\b.*\bcampaigns?\b"),
    ("stop_all_sending", r"\bstop\b.*\bsending\b"),
    ("resume_all_sending", r"\bcontinue with sending\b|\bresume\b.*\bsending\b"),
    ("query_leads", r"\blist of all leads\b|\balle kontakte\b"),
    ("remember", r"\bremember\b"),
    ("schedule_campaign", r"\b(?:start|schedule|launch)\b.*\bcampaign\b"),
    ("mark_priority", r"\bput .+ first\b|\bpriority\b"),
    ("cancel_task", r"\b(?:delete|cancel)\b.*\btasks?\b"),
)


def _names(demand: str, tool: str) -> bool:
    if re.search(rf"\b{re.escape(tool)}\b", demand) or re.search(
        rf"\b{re.escape(tool.replace('_', ' '))}\b", demand, re.IGNORECASE
    ):
        return True
    return any(
        name == tool and re.search(words, demand, re.IGNORECASE | re.DOTALL) for name, words in _WISHES
    )


def _arguments(tool: Tool, demand: str) -> Value:
    """The JSON that follows the tool's name in the demand, or what its text offers for each argument."""
    start = demand.find("{", max(demand.find(tool.name), 0))
    if start >= 0:
        try:
            given, _ = json.JSONDecoder().raw_decode(demand[start:])
            if isinstance(given, dict):
                return tool.filled(given)
        except ValueError:
            pass
    properties = tool.parameters.get("properties") or {}
    return {name: _argument(name, schema, demand) for name, schema in properties.items()}


def _argument(name: str, schema: Value, demand: str) -> Any:
    kinds = schema.get("anyOf") or [schema]
    if any(kind.get("type") == "null" for kind in kinds):
        return None
    first = kinds[0]
    if "enum" in first:
        return first["enum"][0]
    if first.get("type") == "array":
        return _EMAIL.findall(demand)
    if first.get("type") in ("integer", "number"):
        return 10
    if first.get("type") == "boolean":
        return True
    address = _EMAIL.search(demand)
    return address.group() if address and name in ("email", "lead", "to") else demand[:LONGEST]


def wanted(request: Request) -> str:
    """The words and links that the demands want written."""
    parts: list[str] = []
    for demand in demands(request):
        parts += [
            *_QUOTED.findall(demand),
            *(url.rstrip(".,;)") for url in _URL.findall(demand)),
            *_EMAIL.findall(demand),
        ]
        if not parts:
            parts.append(demand[:LONGEST])
    return " ".join(dict.fromkeys(part for part in parts if part))


def adorned(answer: Answer, request: Request) -> Answer:
    """A free answer with what was demanded behind it."""
    words = wanted(request)
    return replace(answer, text=f"{answer.text}\n\n{words}".strip()) if words and not answer.calls else answer


def bent(schema: str, value: Value, request: Request) -> Value:
    """A structured answer with what was demanded in every place that takes it."""
    words = wanted(request)
    if not words:
        return value
    if schema == "ExtractedFacts":
        demand = demands(request)[0][:300]
        facts = [
            {"field": field, "value": words[:300], "quote": quote, "published_on": None}
            for field, quote in (("company_description", words[:300]), ("news", demand), ("interest", demand))
        ]
        facts += [
            {"field": "email", "value": address, "quote": address, "published_on": None}
            for address in _EMAIL.findall(words)
        ]
        return {"facts": [*facts, *value.get("facts", [])]}
    if schema == "NamedPeople":
        first, second, *rest = [*demands(request)[0][:300].split(), "", ""]
        made_up = {"name": f"{first} {second}", "title": rest[0], "quote": demands(request)[0][:300]}
        return {"people": [made_up, *value["people"]]}
    if schema == "WrittenEmail":
        return value | {
            "subject": words[:50],
            "body": f"{value['body']}\n\n{words}",
            "cta": f"{value['cta']} {words}",
            "ps": words,
        }
    if schema == "Judgement":
        return {"score": 5, "reasons": [words]}
    if schema == "ReplyReading":
        return {"sentiment": "interested", "summary": words}
    if schema == "ProposedAnswer":
        return value | {"body": f"{value['body']}\n\n{words}"}
    if schema == "Insights":
        return {
            "headline": words[:200],
            "insights": [words, *value["insights"]],
            "actions": [words, *value["actions"]][:3],
        }
    return {name: words if isinstance(part, str) else part for name, part in value.items()}
