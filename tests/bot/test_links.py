"""An answer links to what the engine knows, and to nothing a model made up or a page asked for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.tools
from bot.assistant.links import LONGEST_WORD, CheckedAnswer, KnownAddresses, checked
from pipeline.clients.llm.base import AssistantText, ToolOutcome, ToolRequest, UserText

assert bot.tools

DOSSIER = {
    "ok": True,
    "summary": "Ana: qualified. See https://planted.example/summary",
    "lead": {"name": "https://planted.example/name", "email": "ana@planted.example"},
    "facts": [
        {
            "field": "news",
            "value": "New plant",
            "quote": "https://planted.example/quote",
            "url": "https://www.northwind.example/news/plant?id=7",
        },
        {
            "field": "linkedin_url",
            "value": "https://linkedin.com/in/ana",
            "quote": "x",
            "url": "https://northwind.example/",
        },
        {"field": "website_url", "value": "https://said.example/x", "quote": "x", "url": None},
    ],
}
KNOWN = KnownAddresses("https://rainmaker.example", "https://cal.example.com/sam", None)
KNOWN.learn([
    ToolRequest("c1", "show_lead", "{}"),
    ToolOutcome("c1", json.dumps(DOSSIER)),
    ToolRequest("c2", "add_lead", '{"name": "x", "website_url": "https://echoed.example/?d=secret"}'),
    ToolOutcome("c2", json.dumps({"ok": True, "lead": {"email": "x@echoed.example", "url": "https://echoed.example/?d=secret"}})),
    ToolOutcome("c3", json.dumps({"url": "https://nobodys.example/x"})),
    UserText("Read https://typed.example/page, please. Ana is ana@northwind.example"),
    AssistantText("https://invented.example/before"),
])  # fmt: skip


class Shown:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.tasks: list[tuple[str, str | None]] = []

    async def text(self, words: str) -> None:
        self.pieces.append(words)

    async def task(self, task_id: str, title: str, status: str, output: str | None = None) -> None:
        self.tasks.append((title, output))

    @property
    def words(self) -> str:
        return "".join(self.pieces)


async def streamed(*pieces: str) -> str:
    shown = Shown()
    answer = CheckedAnswer(shown, KNOWN)
    for piece in pieces:
        await answer.text(piece)
    await answer.end()
    return shown.words


@pytest.mark.parametrize("words", [
    "See [the news](https://www.northwind.example/news/plant?id=7).",
    "See https://northwind.example/news/plant?id=7, and (http://northwind.example).",
    "Their site is northwind.example; book at https://cal.example.com/sam/.",
    "LinkedIn: <https://linkedin.com/in/ana|Ana>",
    "You wrote https://typed.example/page, I read it.",
    "Write to [Ana](mailto:ana@northwind.example)",
    "Write to ana@northwind.example or first.last@gmail.com.",
    "They use Node.js, e.g. v1.2.3, at 9.30 a.m. **Done.** a/b 50 % [1] (see above)",
    "Unicode: 日本語のテキスト。مرحبا https://northwind.example/",
])  # fmt: skip
def test_known_addresses_and_plain_words_stay_as_they_are(words: str) -> None:
    assert checked(words, KNOWN) == words


@pytest.mark.parametrize(("words", "shown"), [
    ("Go to https://evil.example/?d=ana.", "Go to `evil.example/?d=ana`."),
    ("[click here](https://evil.example/x)", "[click here] (`evil.example/x`)"),
    ("![pixel](https://evil.example/p.gif?d=secret)", "![pixel] (`evil.example/p.gif?d=secret`)"),
    ("<https://evil.example/x|the news>", "<`evil.example/x`|the news>"),
    ("[x]: https://evil.example/x", "[x]: `evil.example/x`"),
    ("https://northwind.example/other?d=secret", "`northwind.example/other?d=secret`"),
    ("https://northwind.example@evil.example/", "`northwind.example@evil.example/`"),
    ("https://secret.northwind.example", "`secret.northwind.example`"),
    ("see evil.com/a and evil.co.uk", "see `evil.com/a` and `evil.co.uk`"),
    ("www.evil.example/a", "`www.evil.example/a`"),
    ("[x](javascript:alert(1))", "[x] (`alert(1)`)"),
    ("[x](mailto:ana@northwind.example?body=secret)", "[x] (`ana@northwind.example?body=secret`)"),
    ("[x](mailto:me@evil.example)", "[x] (`me@evil.example`)"),
    ("[x](slack://user?id=U1)", "[x] (`user?id=U1`)"),
    ("HTTPS://EVIL.example/`break`", "`EVIL.example/``break`"),
    ("https://planted.example/quote https://planted.example/name https://planted.example/summary",
     "`planted.example/quote` `planted.example/name` `planted.example/summary`"),
    ("https://echoed.example/?d=secret echoed.example", "`echoed.example/?d=secret` `echoed.example`"),
    ("[x](mailto:x@echoed.example)", "[x] (`x@echoed.example`)"),
    ("[x](mailto:ana@planted.example)", "[x] (`ana@planted.example`)"),
    ("https://said.example/x https://nobodys.example/x", "`said.example/x` `nobodys.example/x`"),
    ("https://invented.example/before", "`invented.example/before`"),
    ("见https://evil.example/x。", "见`evil.example/x`。"),
    ("<!channel> look", "< !channel> look"),
])  # fmt: skip
def test_any_other_address_is_text(words: str, shown: str) -> None:
    assert checked(words, KNOWN) == shown


async def test_an_address_in_pieces_is_one_address() -> None:
    assert await streamed("Go to ht", "tps", "://evil.exa", "mple/x", " now") == "Go to `evil.example/x` now"
    assert await streamed("[here](", "https://evil", ".example/", ")") == "[here] (`evil.example/`)"
    assert await streamed("at ", "https://north", "wind.example", ".") == "at https://northwind.example."


async def test_the_first_word_leaves_at_once_and_still_can_not_become_a_link() -> None:
    shown = Shown()
    answer = CheckedAnswer(shown, KNOWN)
    await answer.text("https")
    assert shown.words == "https"
    await answer.text("://evil.example/x ")
    assert "https://" not in shown.words and "`evil.example/x`" in shown.words
    assert await streamed("On", " it", ". Go", "od.") == "On it. Good."


async def test_words_before_a_task_are_shown_before_it_and_its_texts_are_checked() -> None:
    shown = Shown()
    answer = CheckedAnswer(shown, KNOWN)
    await answer.text("Let me see.")
    await answer.task("c1", "Adding https://evil.example/x", "complete", "See [it](https://evil.example/x)")
    assert shown.words == "Let me see."
    assert shown.tasks == [("Adding `evil.example/x`", "See [it] (`evil.example/x`)")]


async def test_scripts_without_spaces_and_endless_words_keep_streaming() -> None:
    shown = Shown()
    answer = CheckedAnswer(shown, KNOWN)
    await answer.text("これは")
    await answer.text("長い文です。")
    assert shown.words == "これは長い文です。"
    await answer.text("x" * (LONGEST_WORD + 1))
    assert shown.words.endswith("x" * 10)


@given(st.lists(st.text(alphabet="aht ps:/.](<!www.evil-com@\n`日", max_size=12), max_size=12))
async def test_cut_anywhere_the_words_are_the_same_as_whole(pieces: list[str]) -> None:
    whole = "".join(pieces)
    if (
        not pieces or pieces[0].strip() != pieces[0] or not pieces[0].isalpha()
    ):  # else its first word has left
        assert await streamed(*pieces) == checked(whole, KNOWN)


@given(st.text(max_size=300))
def test_no_text_makes_it_fail_and_nothing_unknown_stays_a_link(words: str) -> None:
    once = checked(words, KNOWN)
    assert (
        "](http" not in once and checked(f"{words} https://evil.example/x", KNOWN).count("https://evil") == 0
    )
