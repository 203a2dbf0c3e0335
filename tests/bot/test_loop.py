"""The loop of one turn: words, tools, limits, Stop, and going on where it was cut off. No Slack, no database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.history import MOST_CHARACTERS, items_of, to_item, to_row
from bot.assistant.loop import ENOUGH, MAX_CALLS, MAX_ROUNDS, Stopped, Turn, run_turn
from bot.tools.base import Ran
from db.queries.conversation import HistoryItem
from pipeline.clients.llm.base import AssistantText, Item, ToolOutcome, ToolRequest, UserText
from tests.bot.conftest import ScriptedLlm, Step

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Shown:
    def __init__(self) -> None:
        self.words, self.tasks = "", list[tuple[str, str]]()
        self.outcomes = dict[str, str | None]()

    async def text(self, words: str) -> None:
        self.words += words

    async def task(self, task_id: str, title: str, status: str, output: str | None = None) -> None:
        self.tasks.append((task_id, status))
        self.outcomes[task_id] = output


class Play:
    def __init__(self, *script: Step) -> None:
        self.llm = ScriptedLlm(script=list(script))
        self.shown, self.stored, self.ran = Shown(), list[Item](), list[str]()
        self.stopped = False

    async def run_tool(self, request: ToolRequest) -> Ran:
        self.ran.append(request.call_id)
        if request.name == "fails":
            return Ran(
                '{"ok": false, "error": "There is no such lead."}', "There is no such lead.", failed=True
            )
        return Ran('{"ok": true}', "found", failed=False)

    async def store(self, items: object) -> None:
        self.stored.extend(items)  # pyright: ignore[reportArgumentType]

    async def run(self, *items: Item) -> None:
        turn = Turn(
            llm=self.llm, instructions="", tools=[], answer=self.shown, run_tool=self.run_tool, store=self.store,
            is_stopped=lambda: self.stopped,
        )  # fmt: skip
        await run_turn(turn, list(items))


def call(n: int, name: str = "tool") -> ToolRequest:
    return ToolRequest(f"c{n}", name, "{}")


async def test_words_alone_end_the_turn() -> None:
    play = Play(["Hello ", "there."])
    await play.run(UserText("hi"))
    assert play.shown.words == "Hello there." and play.ran == []


async def test_tools_run_in_order_and_the_model_sees_what_they_brought() -> None:
    play = Play(["Let me see.", call(1), call(2, "fails")], ["Done."])
    await play.run(UserText("hi"))
    assert play.ran == ["c1", "c2"]
    assert play.shown.words == "Let me see.\n\nDone."
    assert play.shown.tasks == [
        ("c1", "in_progress"),
        ("c1", "complete"),
        ("c2", "in_progress"),
        ("c2", "error"),
    ]
    assert [type(item).__name__ for item in play.llm.seen[1]] == [
        "UserText", "AssistantText", "ToolRequest", "ToolRequest", "ToolOutcome", "ToolOutcome"
    ]  # fmt: skip
    assert play.stored[0] == AssistantText("Let me see.") and play.stored[-1] == AssistantText("Done.")


async def test_why_something_was_refused_is_said_once_by_the_answer() -> None:
    play = Play([call(1), call(2, "fails")], ["There is no such lead."])
    await play.run(UserText("hi"))
    assert play.shown.outcomes == {"c1": "found", "c2": "Not done."}
    assert play.shown.words.count("no such lead") == 1
    told = play.llm.seen[1][-1]
    assert isinstance(told, ToolOutcome) and "no such lead" in told.output  # the model knows why


async def test_a_turn_goes_on_with_the_calls_that_were_not_answered() -> None:
    play = Play(["Done."])
    await play.run(UserText("hi"), call(1), call(2), ToolOutcome("c1", "{}"))
    assert play.ran == ["c2"] and play.shown.words.strip() == "Done."


async def test_a_model_that_never_ends_is_ended() -> None:
    play = Play(*[[call(n)] for n in range(MAX_ROUNDS + 5)])
    await play.run(UserText("hi"))
    assert len(play.llm.seen) == MAX_ROUNDS and ENOUGH in play.shown.words
    assert play.stored[-1] == AssistantText(ENOUGH)


async def test_a_model_that_asks_for_too_much_at_once_is_refused() -> None:
    play = Play([call(n) for n in range(MAX_CALLS + 1)])
    await play.run(UserText("hi"))
    assert play.ran == [] and ENOUGH in play.shown.words


async def test_the_transcript_of_a_refused_turn_can_be_used_again() -> None:
    """Calls that never ran are no part of what the next turn tells the model."""
    play = Play([call(n) for n in range(MAX_CALLS + 1)])
    await play.run(UserText("hi"))
    rows = [UserText("hi"), *play.stored, UserText("and now?")]
    items = items_of([HistoryItem(None, *to_row(item), NOW) for item in rows])
    assert not any(isinstance(item, ToolRequest) for item in items)


async def test_stop_is_heard_between_words_and_between_tools() -> None:
    play = Play(["a", "b"])
    play.stopped = True
    with pytest.raises(Stopped):
        await play.run(UserText("hi"))
    assert play.shown.words == "" and play.stored == []
    with pytest.raises(Stopped):
        await play.run(UserText("hi"), call(1))
    assert play.ran == []


async def test_a_model_that_says_nothing_ends_the_turn() -> None:
    play = Play([])
    await play.run(UserText("hi"))
    assert play.stored == [] and len(play.llm.seen) == 1


TEXTS = st.text(max_size=30)
ITEMS = st.one_of(
    TEXTS.map(UserText),
    TEXTS.map(AssistantText),
    st.builds(ToolRequest, call_id=st.sampled_from("abcdef"), name=TEXTS, arguments=TEXTS),
    st.builds(ToolOutcome, call_id=st.sampled_from("abcdef"), output=TEXTS),
)


@given(ITEMS)
def test_an_item_is_stored_and_read_as_it_was(item: Item) -> None:
    role, content = to_row(item)
    assert to_item(role, content) == item


@given(st.lists(ITEMS, max_size=30))
def test_every_outcome_stands_behind_its_call(items: list[Item]) -> None:
    shown = items_of([HistoryItem(None, *to_row(item), NOW) for item in items])
    for at, item in enumerate(shown):
        if isinstance(item, ToolOutcome):
            before = shown[at - 1]
            assert isinstance(before, ToolRequest) and before.call_id == item.call_id
    last = max((at for at, item in enumerate(shown) if isinstance(item, UserText)), default=0)
    answered = {item.call_id for item in shown if isinstance(item, ToolOutcome)}
    assert all(item.call_id in answered for item in shown[:last] if isinstance(item, ToolRequest))


def test_a_long_history_is_cut_at_a_persons_words() -> None:
    items: list[Item] = []
    for n in range(100):
        items += [
            UserText(f"question {n}"),
            call(n),
            ToolOutcome(f"c{n}", "x" * 3000),
            AssistantText("answer"),
        ]
    shown = items_of([HistoryItem(None, *to_row(item), NOW) for item in items])
    assert isinstance(shown[0], UserText) and shown[-1] == AssistantText("answer")
    assert sum(len(str(item)) for item in shown) <= MOST_CHARACTERS
    assert len(shown) > 20


def test_one_turn_that_is_longer_than_the_budget_is_kept_whole() -> None:
    items: list[Item] = [UserText("old"), AssistantText("old"), UserText("x" * (MOST_CHARACTERS + 10))]
    shown = items_of([HistoryItem(None, *to_row(item), NOW) for item in items])
    assert shown == items[2:]
