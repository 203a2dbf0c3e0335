"""Structured outputs: each schema of the product has somebody who fills it; any other is filled emptily."""

import json
from collections.abc import Callable
from typing import Any

from local.sandbox.openai import obedient
from local.sandbox.openai.conversation import Answer, Request
from local.sandbox.openai.extractor import extracted_facts
from local.sandbox.openai.people_named import named_people
from local.sandbox.openai.readings import insights, judgement, reply_reading
from local.sandbox.openai.replies import proposed_answer
from local.sandbox.openai.sections import Sections
from local.sandbox.openai.writer import written_email

Value = dict[str, Any]

TASKS: dict[str, Callable[[Sections, str], Value]] = {
    "ExtractedFacts": extracted_facts,
    "NamedPeople": named_people,
    "WrittenEmail": written_email,
    "Judgement": judgement,
    "ReplyReading": reply_reading,
    "ProposedAnswer": proposed_answer,
    "Insights": insights,
}


def written(request: Request, *, is_obedient: bool) -> Answer:
    name = request.schema_name or _named_in(request.instructions)
    fill = TASKS.get(name)
    sections = Sections(request.question)
    value = fill(sections, request.instructions) if fill else _emptily(request.schema)
    if is_obedient:
        value = obedient.bent(name, value, request)
    return Answer(json.dumps(value, ensure_ascii=False))


def _named_in(instructions: str) -> str:
    """In JSON mode the schema stands in the instructions: known by its fields."""
    marks = {
        "ExtractedFacts": '"facts"',
        "NamedPeople": '"people"',
        "WrittenEmail": '"subject"',
        "Judgement": '"score"',
        "ReplyReading": '"sentiment"',
        "Insights": '"headline"',
        "ProposedAnswer": '"claims"',
    }
    return next((name for name, mark in marks.items() if mark in instructions), "")


def _emptily(schema: Any, whole: Any = None) -> Any:
    """The least that fits an unknown schema; `whole` holds the definitions it refers to."""
    whole = whole or schema
    if "$ref" in schema:
        return _emptily(whole.get("$defs", {}).get(schema["$ref"].rsplit("/", 1)[-1], {}), whole)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        kinds = schema["anyOf"]
        return None if {"type": "null"} in kinds else _emptily(kinds[0], whole)
    kind = schema.get("type")
    if kind == "object":
        return {name: _emptily(child, whole) for name, child in schema.get("properties", {}).items()}
    least: dict[str, Any] = {"array": [], "string": "", "integer": 0, "number": 0, "boolean": False}
    return least.get(kind) if isinstance(kind, str) else None
