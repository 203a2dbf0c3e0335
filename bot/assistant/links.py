"""Links in an answer: only to addresses the engine knows. A model may invent one, or be talked into one by a
page that wants to be told what we know; so any other address is shown as text that nobody can press.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlsplit

from bot.assistant.loop import Answer
from bot.tools.base import only_reads
from pipeline.clients.llm.base import Item, ToolOutcome, ToolRequest, UserText
from pipeline.rules.company_match import domain_of

LONGEST_WORD = 2_000  # characters of an unfinished word that are waited for
LONGEST_SHOWN = 100
_IN_ADDRESS = r"[^\s<>|\"`\]}\u2e80-\uffef]"  # scripts without spaces end an address, too
_IN_TARGET = r"[^\s()\u2e80-\uffef]"
_LINKED = re.compile(
    rf"\]\((?P<target>{_IN_TARGET}*(?:\({_IN_TARGET}*\){_IN_TARGET}*)*)\)?"  # [label](target)
    rf"|(?P<address>(?:[a-z][a-z0-9+.-]*:/+|www\.){_IN_ADDRESS}+)"
    rf"|(?P<host>(?<![a-z0-9_@./-])(?:[a-z0-9-]+\.)+[a-z]{{2,}}(?![\w@])(?:[/?#:]{_IN_ADDRESS}*)?)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(?:https?:/+)?(?:www\.)?", re.IGNORECASE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:/*", re.IGNORECASE)
_WORD_ENDS = re.compile(r"[\s\u2e80-\uffef](?=[^\s\u2e80-\uffef]*$)")
_CALLS_EVERYBODY = re.compile(r"<!(?=\w)")
_ENDS_A_SENTENCE = ".,;:!?*_'’"
_MAILBOX = re.compile(r"[\w.+-]+@[\w.-]+\.[a-z]{2,}", re.IGNORECASE)


class KnownAddresses:
    """What an answer may link to: the pages that the engine's facts stand on, addresses in the person's own words,
    and ours. A lead's own fields teach nothing: the model may have put an address there itself."""

    def __init__(self, *ours: str | None) -> None:
        self._addresses: set[str] = set()
        self._hosts: set[str] = set()
        for address in ours:
            self._add(address or "")

    def learn(self, items: Iterable[Item]) -> None:
        """An outcome teaches after its request, and only of a tool that reads."""
        reading = set[str]()
        for item in items:
            match item:
                case ToolRequest(call_id, name) if only_reads(name):
                    reading.add(call_id)
                case ToolOutcome(call_id, output) if call_id in reading:
                    for address in _evidence_in(_decoded(output)):
                        self._add(address)
                case UserText(text):
                    self._learn_typed(text)
                case _:
                    pass

    def _learn_typed(self, words: str) -> None:
        for match in _LINKED.finditer(words):
            self._add((match["target"] or match[0]).rstrip(_ENDS_A_SENTENCE + ")"))
        for match in _MAILBOX.finditer(words):
            self._add(match[0])

    def _add(self, address: str) -> None:
        bare = _bare(address if "://" in address else address.rpartition("@")[2])
        host = _host(bare)
        if "." in host and not any(character.isspace() for character in bare):
            self._addresses.add(bare)
            self._hosts.add(host)

    def allow(self, address: str) -> bool:
        """Exactly a known address, or a known host alone: a host vouches for no path, which may tell it what it
        wants to know."""
        scheme, _, mailbox = address.partition(":")
        if scheme.casefold() == "mailto":  # with a query it could hold anything
            return "?" not in mailbox and mailbox.rpartition("@")[2].casefold() in self._hosts
        bare = _bare(address)
        return bare in self._addresses or bare in self._hosts


class CheckedAnswer:
    """An answer whose words are checked as they stream: a word is shown once it is whole."""

    def __init__(self, answer: Answer, known: KnownAddresses) -> None:
        self._answer, self._known = answer, known
        self._begun = ""  # what is shown of the word under way
        self._waiting = ""
        self._spoke = False

    async def text(self, words: str) -> None:
        self._waiting += words
        is_first = not self._spoke and self._waiting.isalpha()  # the first word leaves at once
        cut = len(self._waiting) if is_first else _whole_words(self._waiting)
        ready, self._waiting = self._waiting[:cut], self._waiting[cut:]
        await self._show(ready)
        if ready:
            self._begun = ready if is_first else ""

    async def end(self) -> None:
        """Show what is left: no more words come, or something else is shown next."""
        ready, self._waiting = self._waiting, ""
        await self._show(ready)
        self._begun = ""

    async def task(self, task_id: str, title: str, status: str, output: str | None = None) -> None:
        await self.end()
        shown = checked(output, self._known) if output else None
        await self._answer.task(task_id, checked(title, self._known), status, shown)

    async def _show(self, ready: str) -> None:
        if not ready:
            return
        self._spoke = True
        shown = checked(self._begun + ready, self._known)
        # An address of which the first letters are shown already is broken in two.
        follows = shown.startswith(self._begun)
        await self._answer.text(shown[len(self._begun) :] if follows else f" {shown}")


def checked(words: str, known: KnownAddresses) -> str:
    """The words, with every address that is not known as text in a code span, which is no link anywhere, and
    without a call to a whole channel."""

    def shown(match: re.Match[str]) -> str:
        target = match["target"]
        if target is not None:
            return match[0] if not target or known.allow(target) else f"] ({_as_text(target)})"
        address = _without_punctuation(match[0])
        is_word = match["host"] is not None and domain_of(_host(address)) is None  # “Node.js”
        if is_word or known.allow(address):
            return match[0]
        return _as_text(address) + match[0][len(address) :]

    return _CALLS_EVERYBODY.sub("< !", _LINKED.sub(shown, words))


def _without_punctuation(address: str) -> str:
    """Without what belongs to the sentence around it."""
    bare = address.rstrip(_ENDS_A_SENTENCE)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(_ENDS_A_SENTENCE)
    return bare


def _as_text(address: str) -> str:
    shown = _SCHEME.sub("", address).replace("`", "")
    clipped = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
    return f"`{clipped}`" if clipped else ""


def _whole_words(text: str) -> int:
    """How much of a text is whole words; all of it, where one word is too long to be one."""
    found = _WORD_ENDS.search(text)
    whole = found.end() if found else 0
    return len(text) if len(text) - whole > LONGEST_WORD else whole


def _bare(address: str) -> str:
    """An address to compare: no scheme, no `www.`, no last slash, the host in small letters."""
    rest = _OPENING.sub("", address.strip("<>"))
    path = re.search(r"[/?#]", rest)
    at = path.start() if path else len(rest)
    return (rest[:at].casefold() + rest[at:]).rstrip("/")


def _host(bare: str) -> str:
    """The host of an address without a scheme; empty for what is none."""
    try:
        return (urlsplit(f"//{bare}").hostname or "").casefold()
    except ValueError:
        return ""


def _decoded(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:  # history has cut it short
        return None


def _evidence_in(part: Any) -> Iterable[str]:
    """The page each fact was read on, and its value, which may be an address; a fact without a page was said."""
    if isinstance(part, list):
        for one in cast(list[Any], part):
            yield from _evidence_in(one)
    elif isinstance(part, dict):
        fields = cast(dict[str, Any], part)
        if isinstance(fields.get("url"), str):
            yield fields["url"]
            yield str(fields.get("value") or "")
        for one in fields.values():
            yield from _evidence_in(one)
