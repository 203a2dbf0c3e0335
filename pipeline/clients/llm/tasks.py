"""What models are asked for outside conversations: strict schemas, and how untrusted text is labelled."""

import html
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field


class FoundFact(BaseModel):
    field: str = Field(description="one of the field names given in the instructions")
    value: str
    quote: str = Field(description="verbatim words of the page that contain the value")
    published_on: str | None = Field(description="ISO date of the news or post, when the page states it")


class ExtractedFacts(BaseModel):
    facts: list[FoundFact]


class NamedPerson(BaseModel):
    name: str
    title: str
    quote: str = Field(description="verbatim words of the page that contain the name and the title")


class NamedPeople(BaseModel):
    people: list[NamedPerson]


class Claim(BaseModel):
    sentence: str = Field(
        description="a sentence of the email, verbatim, that states something about the lead"
    )
    fact_ids: list[str] = Field(description="ids of the facts it rests on")


class WrittenEmail(BaseModel):
    subject: str
    body: str
    cta: str
    ps: str
    claims: list[Claim]


class Judgement(BaseModel):
    score: int = Field(description="1 to 5 by the rubric")
    reasons: list[str]


class ReplyReading(BaseModel):
    sentiment: Literal["interested", "question", "not_now", "not_interested", "opt_out", "other"]
    summary: str


class ProposedAnswer(BaseModel):
    body: str
    claims: list[Claim]


class Insights(BaseModel):
    headline: str
    insights: list[str]
    actions: list[str] = Field(description="two or three things to do today")


def labelled(sections: Mapping[str, object]) -> str:
    """One `<name>…</name>` a section. Text is escaped, so no section can end early; other values are JSON
    with `<`, `>` and `&` escaped. What comes from outside goes into a model in no other way."""
    return "\n".join(f"<{name}>\n{_escaped(value)}\n</{name}>" for name, value in sections.items())


def _escaped(value: object) -> str:
    if isinstance(value, str):
        return html.escape(value, quote=False)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
