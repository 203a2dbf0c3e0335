"""From what a model wrote to a value of the schema, whichever dialect it came in."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.clients.llm.base import Parsed, T, Usage
from pipeline.clients.llm.schema import strict_schema
from pipeline.clients.llm.wire import member
from pipeline.errors import Permanent, Transient

MORE_ROOM = 4  # times the tokens in the second try of an answer that was cut off


@dataclass(frozen=True, slots=True)
class Written:
    """One answer as it came."""

    text: str
    truncated: bool
    usage: Usage
    model: str
    refusal: str = ""


async def parsed(ask: Callable[[int], Awaitable[Written]], schema: type[T], max_tokens: int) -> Parsed[T]:
    """`ask(tokens)`, a second time where the answer was cut off or is not in the schema.

    Raises Permanent for a refusal, Transient where the second answer is no better.
    """
    usage = Usage()
    room = max_tokens
    for _ in range(2):
        written = await ask(room)
        usage = plus(usage, written.usage)
        if written.refusal:
            raise Permanent(f"The model declined: {' '.join(written.refusal.split())[:300]}")
        value = None if written.truncated else read(written.text, schema)
        if value is not None:
            return Parsed(value, usage, written.model)
        room = max_tokens * MORE_ROOM if written.truncated else max_tokens
    raise Transient("The model's answer does not have the form it was asked for.")


def read(text: str, schema: type[T]) -> T | None:
    """The value, also from within a code fence or after a model's thoughts; None where there is none."""
    for candidate in (text, _bare_object(text)):
        try:
            return schema.model_validate_json(candidate)
        except ValidationError:
            continue
    return None


def _bare_object(text: str) -> str:
    text = re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL)
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else ""


def plus(one: Usage, other: Usage) -> Usage:
    return Usage(one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens)


def tokens(counted: object, first: str, second: str) -> Usage:
    """Usage from a server's count, which may be missing or half filled in."""

    def number(name: str) -> int:
        value = member(counted, name)
        return value if isinstance(value, int) and value > 0 else 0

    return Usage(number(first), number(second))


@cache  # to build one takes longer than to send it
def format_of(schema: type[BaseModel]) -> dict[str, Any]:
    return {"name": schema.__name__, "schema": strict_schema(schema), "strict": True}


def with_schema_in_words(instructions: str, schema: type[BaseModel]) -> str:
    """For servers without structured output: the schema as part of the instructions."""
    text = json.dumps(format_of(schema)["schema"], ensure_ascii=False)
    return (
        f"{instructions}\n\nAnswer with one JSON object that fits this JSON schema, and nothing else:\n{text}"
    )
