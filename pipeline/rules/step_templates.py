"""The last resort: a plain template for each step, true without any fact, within the step's length."""

import re
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.errors import UserError
from pipeline.rules.email_text import MAX_SUBJECT, compose
from pipeline.rules.extraction_language import language_of
from pipeline.rules.step_template import StepTemplate
from pipeline.rules.step_templates_again import AGAIN
from pipeline.rules.step_templates_germanic import DUTCH, ENGLISH, GERMAN
from pipeline.rules.step_templates_romance import FRENCH, ITALIAN, PORTUGUESE, SPANISH

_OFFER_WORDS = 15
FALLBACK = "en"
TEMPLATES: dict[str, dict[str, StepTemplate]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "nl": DUTCH,
}


@dataclass(frozen=True, slots=True)
class Blanks:
    """What a template may name. Anything unknown stays empty."""

    first_name: str
    company: str = ""
    title: str = ""
    sender_name: str = ""
    sender_company: str = ""
    offer: str = ""
    proof: str = ""
    booking_link: str = ""

    def named(self) -> dict[str, str]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def base_language(language: str | None) -> str:
    """“de-AT” and “DE” are “de”; nothing is English."""
    return (language or FALLBACK).replace("_", "-").split("-")[0].strip().lower() or FALLBACK


def has_language(language: str | None) -> bool:
    return base_language(language) in TEMPLATES


def built_in(step_type: str, language: str | None, *, again: bool = False) -> StepTemplate:
    """The step's own template in that language, else in English. `again`: they were written to before."""
    if again and step_type == "introduction":
        return AGAIN.get(base_language(language), AGAIN[FALLBACK])
    return TEMPLATES.get(base_language(language), ENGLISH)[step_type]


def from_template(
    step_type: str, blanks: Blanks, language: str | None = None, *, again: bool = False
) -> tuple[str, str]:
    """Subject and body of the step's own template. `again`: they were written to before this sequence."""
    template = built_in(step_type, language, again=again)
    short = replace(
        blanks,
        offer=_sentence_in(blanks.offer, language),
        proof=_sentence_in(blanks.proof, language),
    )
    subject = render(template.subject, short)
    if len(subject) > MAX_SUBJECT:
        subject = render(template.subject, Blanks(first_name=blanks.first_name))
    return subject, compose(
        render(template.body, short), render(template.cta, short), render(template.ps, short)
    )


def _sentence_in(text: str, language: str | None) -> str:
    """The sender's own sentence, unless it is in another language than the email."""
    wanted = base_language(language) if has_language(language) else FALLBACK
    spoken = language_of(text, None)
    fits = spoken == wanted or (spoken is None and wanted == FALLBACK)
    return first_sentence(text, _OFFER_WORDS) if fits else ""


def render(source: str, blanks: Blanks) -> str:
    """A template filled in, in a sandbox. Raises UserError when it names something that does not exist."""
    try:
        text = environment().from_string(source).render(blanks.named())
    except (TemplateError, OverflowError) as error:
        raise UserError(f"The template can't be filled in: {error}.") from error
    return text


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def first_sentence(text: str, most_words: int) -> str:
    """The first sentence of a text if it is short enough, with a full stop; else nothing."""
    sentence = re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0].strip()
    if not sentence or len(sentence.split()) > most_words or "?" in sentence:
        return ""
    return sentence if sentence[-1] in ".!" else sentence + "."
