"""The last resort: a plain template for each step, true without any fact, within the step's length."""

import re
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.errors import UserError
from pipeline.rules.email_text import MAX_SUBJECT, compose

_OFFER_WORDS = 15
_ASK = "{% if booking_link %}If that suits you, pick a time here: {{ booking_link }}{% else %}"
_END = "{% endif %}"


@dataclass(frozen=True, slots=True)
class StepTemplate:
    subject: str
    body: str
    cta: str
    ps: str


TEMPLATES: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "A short introduction{% if company %} for {{ company }}{% endif %}",
        "Hi {{ first_name }},\n\nI'm {{ sender_name }}{% if sender_company %} from {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nI don't know yet whether this is something you are looking into, so "
        "I would rather ask than guess. If it is, a few minutes are enough to find out.",
        _ASK + "Would a short call make sense?" + _END,
        "If somebody else on your team looks after this, I'm glad to be pointed their way.",
    ),
    "value_proposition": StepTemplate(
        "What this could mean in practice",
        "Hi {{ first_name }},\n\nfollowing up on my first note with what we actually do."
        "{% if offer %} {{ offer }}{% endif %}\n\nThe people we work with usually come to us with the same wish: less "
        "time lost on work that nobody enjoys, and more on what moves the business. We start small, with one thing "
        "that hurts, and look together at whether it got better. If it did not, we stop there. You would need no long "
        "project for it, and nothing has to be torn down first.",
        _ASK + "Is this on your list at the moment?" + _END,
        "If the timing is wrong, tell me when to come back and I will.",
    ),
    "case_study": StepTemplate(
        "How a first step usually looks",
        "Hi {{ first_name }},\n\ninstead of another pitch, here is how working with us usually begins.\n\nFirst we "
        "listen: what takes too long, what goes wrong, what has been tried. Then we pick a single problem small enough "
        "to judge honestly. After that we work on it together and compare before with after, using your own figures "
        "and not ours.{% if proof %} {{ proof }}{% endif %}\n\nWhat people tell us they like is that each step can be "
        "the last one, so nobody is locked in and every next step has to earn its place.",
        _ASK + "Shall I sketch what that could look like for you?" + _END,
        "A plain no is a fine answer too; it helps me not to take up your time.",
    ),
    "soft_reminder": StepTemplate(
        "Still worth a look?",
        "Hi {{ first_name }},\n\njust bringing this back to the top in case it got buried; I know how full an inbox "
        "can be. There is no hurry from my side, and a single line is plenty.",
        _ASK + "Is it worth a quick look, or better left for later?" + _END,
        "If you tell me it's not for you, I won't write about it again.",
    ),
    "breakup": StepTemplate(
        "Closing the loop",
        "Hi {{ first_name }},\n\nI haven't heard back, which usually means that the timing is off or that this isn't "
        "for you. Both are fine, and I won't keep writing. This is my last note about it.\n\nShould things change, a "
        "short answer to this email is enough and I will pick it up again from there.",
        "{% if booking_link %}Or choose a time whenever you like: {{ booking_link }}{% else %}"
        "Until then I wish you and your team all the best." + _END,
        "Thank you for reading this far; I know it took some of your time.",
    ),
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


def from_template(step_type: str, blanks: Blanks) -> tuple[str, str]:
    """Subject and body of the step's own template."""
    template = TEMPLATES[step_type]
    short = Blanks(
        **{
            **{name: getattr(blanks, name) for name in Blanks.__slots__},
            "offer": first_sentence(blanks.offer, _OFFER_WORDS),
            "proof": first_sentence(blanks.proof, _OFFER_WORDS),
        }
    )
    subject = render(template.subject, short)
    if len(subject) > MAX_SUBJECT:
        subject = render(template.subject, Blanks(first_name=blanks.first_name))
    return subject, compose(
        render(template.body, short), render(template.cta, short), render(template.ps, short)
    )


def render(source: str, blanks: Blanks) -> str:
    """A template filled in, in a sandbox. Raises UserError when it names something that does not exist."""
    try:
        text = (
            _environment()
            .from_string(source)
            .render({name: getattr(blanks, name) for name in Blanks.__slots__})
        )
    except TemplateError as error:
        raise UserError(f"The template can't be filled in: {error}.") from error
    return text


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def first_sentence(text: str, most_words: int) -> str:
    """The first sentence of a text if it is short enough, with a full stop; else nothing."""
    sentence = re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0].strip()
    if not sentence or len(sentence.split()) > most_words or "?" in sentence:
        return ""
    return sentence if sentence[-1] in ".!" else sentence + "."
