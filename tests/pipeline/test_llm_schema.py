"""Strict schemas: what is kept, what is written out, what can't be said."""

from enum import StrEnum
from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from local.sandbox.openai.strictness import check_schema
from pipeline.clients.llm import strict_schema
from pipeline.clients.llm.tasks import (
    ExtractedFacts,
    Insights,
    Judgement,
    ProposedAnswer,
    ReplyReading,
    WrittenEmail,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    word: str = Field(min_length=2, pattern="^a")
    only: Literal["one"]


class Outer(BaseModel):
    """What a model reads."""

    colour: Colour | None = Field(description="its colour")
    inner: Inner = Field(description="what is in it")
    many: list[Inner]
    number: int = Field(5, ge=1, le=9)
    span: Literal["today", "week"] | None = None


def test_everything_is_required_closed_and_written_out() -> None:
    schema = strict_schema(Outer)

    inner = {
        "type": "object",
        "properties": {"word": {"type": "string"}, "only": {"type": "string", "enum": ["one"]}},
        "required": ["word", "only"],
        "additionalProperties": False,
    }
    assert schema == {
        "type": "object",
        "description": "What a model reads.",
        "properties": {
            "colour": {
                "description": "its colour",
                "anyOf": [{"type": "string", "enum": ["red", "blue"]}, {"type": "null"}],
            },
            "inner": {"description": "what is in it", **inner},
            "many": {"type": "array", "items": inner},
            "number": {"type": "integer", "minimum": 1, "maximum": 9},
            "span": {"anyOf": [{"type": "string", "enum": ["today", "week"]}, {"type": "null"}]},
        },
        "required": ["colour", "inner", "many", "number", "span"],
        "additionalProperties": False,
    }


class NoFields(BaseModel):
    pass


def test_a_model_without_fields_is_an_empty_object() -> None:
    assert strict_schema(NoFields) == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


class FreeKeys(BaseModel):
    given: dict[str, str]


class Anything(BaseModel):
    given: Any


class Pair(BaseModel):
    given: tuple[int, str]


class Tree(BaseModel):
    child: Optional["Tree"]


@pytest.mark.parametrize("model", [FreeKeys, Anything, Pair, Tree])
def test_what_a_strict_schema_cannot_say_is_refused(model: type[BaseModel]) -> None:
    with pytest.raises(ValueError, match="can't be strict"):
        strict_schema(model)


@pytest.mark.parametrize(
    "model",
    [Outer, NoFields, ExtractedFacts, WrittenEmail, Judgement, ReplyReading, ProposedAnswer, Insights],
)
def test_the_vendors_checks_accept_it(model: type[BaseModel]) -> None:
    check_schema(strict_schema(model), "function 'x'", "tools[0].parameters")
