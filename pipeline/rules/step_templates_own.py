"""Templates that a workspace writes itself: what they may name, what is refused at save, and filling one in.

A template may show variables, choose with `if`, and shape a word with a few filters. Loops, attributes, calls
and arithmetic are not part of it, so none of it can run long or reach anything; the sandbox stands behind that.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.errors import FieldErrors, UserError
from pipeline.rules import email_text, sequence
from pipeline.rules.email_text import MAX_SUBJECT, TextRules
from pipeline.rules.sequence import PERSONALIZATION_TOKENS
from pipeline.rules.step_templates import TEMPLATES, Blanks, base_language

_ONLY_TEMPLATES = re.compile(
    r"\s*(?:(?:use|by|from|with|only|just|our|the|own|these|step|email)\s+)*templates?(?:\s+only)?\s*[.!]?\s*",
    re.IGNORECASE,
)
MAX_NAME, MAX_SOURCE, MAX_RESULT, MAX_DEPTH = 80, 3000, 4000, 30
OWN_VARIABLES = ("last_name", "sender_name", "sender_company", "offer", "proof", "booking_link")
VARIABLES = (*(name for names in PERSONALIZATION_TOKENS.values() for name in names), *OWN_VARIABLES)
FILTERS = ("capitalize", "default", "lower", "title", "trim", "upper")
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr,
    nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Concat, nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.For: "A template can't loop. It shows variables and chooses with {% if … %}.",
    nodes.Call: "A template can't call anything. Use {{ first_name }} and the like.",
    nodes.Getattr: "A template can't look into a variable with a dot. Use its bare name, for example {{ company }}.",
    nodes.Getitem: "A template can't look into a variable with brackets. Use its bare name, for example {{ company }}.",
    nodes.BinExpr: "A template can't calculate.",
    nodes.Stmt: "A template knows only {{ variables }} and {% if … %} … {% endif %}.",
}
EXAMPLE: dict[str, str] = {
    "first_name": "Maria",
    "last_name": "Silva",
    "company": "Acme",
    "title": "Head of Operations",
    "recent_news": "Acme opened a second plant",
    "company_achievement": "Acme won the Nordic Prize",
    "shared_connection": "Jim Doe",
    "linkedin_post": "spoke about short changeovers",
    "twitter_activity": "asked for tips on planning",
    "website_visits": "2",
    "industry_trend": "smaller lots are ordered more often",
    "competitor_mention": "others moved to shorter runs",
    "pain_point": "machines stand still between orders",
    "sender_name": "Sam Rivers",
    "sender_company": "Brightpath",
    "offer": "We show where time is lost on the shop floor.",
    "proof": "A maker of packaging cut its changeovers.",
    "booking_link": "https://cal.example/sam",
}


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template of a workspace, as it was saved."""

    name: str
    step_type: str
    language: str
    subject: str
    body: str


class _Unfound(StrictUndefined):
    """A variable that has nothing behind it for this lead: false in an `if`, an error where it would be shown."""

    def __bool__(self) -> bool:
        return False


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=_Unfound, autoescape=False)


def checked(
    name: str,
    step_type: str,
    language: str,
    subject: str,
    body: str,
    *,
    forbidden_words: tuple[str, ...] = (),
) -> tuple[OwnTemplate, tuple[str, ...]]:
    """The template and the variables it names. Raises FieldErrors, keyed name, step, language, subject, body."""
    errors: dict[str, str] = {}
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        errors["name"] = f"Give it a name of at most {MAX_NAME} characters."
    if step_type not in step_types():
        errors["step"] = f"Choose the step it serves: {', '.join(step_types())}."
    code = base_language(language)
    if not (code.isascii() and code.isalpha() and 2 <= len(code) <= 3):
        errors["language"] = f"Give the language as a code of two letters, such as {', '.join(TEMPLATES)}."
    used: list[str] = []
    for field, source, show in (
        ("subject", " ".join(subject.split()), _subject),
        ("body", body.strip(), _body),
    ):
        try:
            used += variables_of(source)
            show(source, forbidden_words)
        except UserError as error:
            errors[field] = str(error)
    if errors:
        raise FieldErrors(errors)
    own = OwnTemplate(name, step_type, code, " ".join(subject.split()), body.strip())
    return own, tuple(dict.fromkeys(used))


def step_types() -> tuple[str, ...]:
    return tuple(sequence.step(number).type for number in range(1, sequence.LAST_STEP + 1))


def variables_of(source: str) -> list[str]:
    """The variables a source names. Raises UserError for what it may not name, do or contain."""
    if not source:
        raise UserError("Write something here.")
    if len(source) > MAX_SOURCE:
        raise UserError(f"This has {len(source)} characters; {MAX_SOURCE} are allowed.")
    try:
        tree = _environment().parse(source)
    except TemplateSyntaxError as error:
        raise UserError(
            f"Line {error.lineno}: {(error.message or 'that is not understood').rstrip('.')}."
        ) from error
    except RecursionError as error:
        raise UserError("This is nested too deeply.") from error
    found: list[str] = []
    for node in _walk(tree):
        if isinstance(node, nodes.Name):
            found.append(_variable(node.name))
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise UserError(f"There is no filter “{node.name[:40]}” here. Known: {', '.join(FILTERS)}.")
        elif isinstance(node, nodes.Test) and node.name not in ("defined", "undefined"):
            raise UserError("A test can be “is defined” only.")
        elif not isinstance(node, _ALLOWED):
            raise UserError(_why_refused(node))
    return list(dict.fromkeys(found))


def _walk(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Every node, without recursion. Raises UserError where they are nested too deeply."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise UserError("This is nested too deeply.")
        yield node
        waiting += [(child, depth + 1) for child in reversed(list(node.iter_child_nodes()))]


def _variable(name: str) -> str:
    if name in VARIABLES:
        return name
    near = get_close_matches(name.lower(), VARIABLES, n=1, cutoff=0.6)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UserError(f"There is no variable “{name[:40]}”.{hint} Known: {', '.join(VARIABLES)}.")


def _why_refused(node: nodes.Node) -> str:
    return next((said for kind, said in _REFUSED.items() if isinstance(node, kind)), _REFUSED[nodes.Stmt])


def _subject(source: str, forbidden_words: tuple[str, ...]) -> None:
    shown = filled_text(source, EXAMPLE)
    _hold("subject", email_text.lint(shown, "", _rules(forbidden_words)))


def _body(source: str, forbidden_words: tuple[str, ...]) -> None:
    shown = filled_text(source, EXAMPLE)
    _hold("body", email_text.lint("A subject", shown, _rules(forbidden_words)))


def _hold(field: str, found: list[email_text.Problem]) -> None:
    wrong = [problem.sentence for problem in found if problem.field == field]
    if wrong:
        raise UserError(" ".join(wrong))


def _rules(forbidden_words: tuple[str, ...]) -> TextRules:
    """A person's own text, held against it with the example lead."""
    return TextRules(
        first_name=EXAMPLE["first_name"],
        last_name=EXAMPLE["last_name"],
        allowed_links=(EXAMPLE["booking_link"],),
        forbidden_words=forbidden_words,
        needs_ps=False,
        one_question=False,
        refuse_spam=False,
    )


def filled_text(source: str, values: Mapping[str, str]) -> str:
    """A source with values in it. Raises UserError, for a variable that has nothing behind it too."""
    variables_of(source)  # what was saved before a rule was made is held to it, too
    try:
        text = (
            _environment()
            .from_string(source)
            .render({name: value for name, value in values.items() if value})
        )
    except (TemplateError, RecursionError, SyntaxError, MemoryError, ArithmeticError, TypeError) as error:
        raise UserError(_why_not_filled(error)) from error
    if len(text) > MAX_RESULT:
        raise UserError(f"Filled in, this has {len(text)} characters; {MAX_RESULT} are allowed.")
    return text.strip()


def _why_not_filled(error: Exception) -> str:
    message = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return f"This can't be filled in: {message.rstrip('.')}."


def filled(own: OwnTemplate, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body for a lead. Raises UserError where a variable it shows has nothing behind it."""
    subject = " ".join(filled_text(own.subject, values).split())
    if len(subject) > MAX_SUBJECT:
        raise UserError(f"The subject has {len(subject)} characters; {MAX_SUBJECT} are allowed.")
    return subject, email_text.compose(filled_text(own.body, values))


def values_of(blanks: Blanks, last_name: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """What a template may show of one lead."""
    return {**blanks.named(), "last_name": last_name, **tokens}


def chosen(templates: list[OwnTemplate], step_type: str, language: str | None) -> list[OwnTemplate]:
    """A step's own templates, the first to be tried first: in the lead's language, then in English where the
    product has none of its own in that language. Those given first win within a language."""
    base = base_language(language)
    accepted = [base] if base in TEMPLATES else [base, "en"]
    serving = [one for one in templates if one.step_type == step_type and one.language in accepted]
    return sorted(serving, key=lambda one: accepted.index(one.language))


def asks_for_templates(approach: str | None) -> bool:
    """The campaign's approach is “templates”: no model writes, the templates do."""
    return bool(_ONLY_TEMPLATES.fullmatch(approach or ""))
