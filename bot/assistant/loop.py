"""One turn: the model speaks, tools run, until it has nothing more to ask for.

Each response of the model is stored before its tools run, and each tool's result commits with its effect, so a
turn that was cut off is resumed from the transcript and repeats nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.tools.base import Ran, title_of
from pipeline.clients.llm.base import (
    AssistantText,
    Completed,
    Item,
    Llm,
    StreamEvent,
    TextDelta,
    ToolOutcome,
    ToolRequest,
    ToolSchema,
)
from pipeline.errors import Transient

NOT_DONE = "Not done."  # on the card of a call that was refused or broke
MAX_ROUNDS = 8  # responses of the model in one turn
MAX_CALLS = 24  # tool calls in one turn
MOST_WAITS = 3  # for one response, where the model says when to ask again
LONGEST_WAIT = timedelta(seconds=20)
ENOUGH = "I stopped here: this took more steps than one answer should. Tell me how to go on."


class Answer(Protocol):
    """Where the turn is shown; `bot.assistant.stream.AnswerStream` is one."""

    async def text(self, words: str) -> None: ...
    async def task(self, task_id: str, title: str, status: str, output: str | None = None) -> None: ...


class Stopped(Exception):
    """The person pressed Stop."""


@dataclass(frozen=True)
class Turn:
    """What a turn needs of its surroundings."""

    llm: Llm
    instructions: str
    tools: Sequence[ToolSchema]
    answer: Answer
    run_tool: Callable[[ToolRequest], Awaitable[Ran]]
    store: Callable[[Sequence[Item]], Awaitable[None]]
    is_stopped: Callable[[], bool]


async def run_turn(turn: Turn, items: list[Item]) -> None:
    """Go on from `items` (the transcript, ending in the person's words or anywhere later in this turn).

    Raises Stopped, and what the model client and Slack raise.
    """
    await _run_calls(turn, items, _unanswered(items))
    calls = 0
    for _ in range(MAX_ROUNDS):
        response = await _respond(turn, items)
        await turn.store(response.items)
        items.extend(response.items)
        requests = [item for item in response.items if isinstance(item, ToolRequest)]
        if not requests:
            return
        calls += len(requests)
        if calls > MAX_CALLS:
            break
        await _run_calls(turn, items, requests)
    await turn.answer.text(f"\n\n{ENOUGH}")
    await turn.store([AssistantText(ENOUGH)])


async def replay(answer: Answer, items: Sequence[Item]) -> None:
    """Show again what a turn had already said and done before another process took it over."""
    titles = {item.call_id: title_of(item) for item in items if isinstance(item, ToolRequest)}
    for item in items:
        if isinstance(item, AssistantText):
            await answer.text(item.text + "\n\n")
        elif isinstance(item, ToolOutcome):
            await answer.task(item.call_id, titles.get(item.call_id, ""), "complete")


async def _respond(turn: Turn, items: Sequence[Item]) -> Completed:
    """A model that asks for a moment is given it, as long as it has said nothing: a person need not ask again."""
    for waited in range(MOST_WAITS + 1):
        heard: list[StreamEvent] = []
        try:
            return await _listen(turn, items, heard)
        except Transient as error:
            pause = error.retry_after
            if heard or pause is None or pause > LONGEST_WAIT or waited == MOST_WAITS:
                raise
            await asyncio.sleep(pause.total_seconds())
    raise AssertionError("unreachable")


async def _listen(turn: Turn, items: Sequence[Item], heard: list[StreamEvent]) -> Completed:
    spoke = False
    completed: Completed | None = None
    async for event in turn.llm.stream(instructions=turn.instructions, items=items, tools=turn.tools):
        if turn.is_stopped():
            raise Stopped
        heard.append(event)
        if isinstance(event, TextDelta):
            if not spoke and any(isinstance(item, AssistantText | ToolOutcome) for item in items[-1:]):
                await turn.answer.text("\n\n")
            spoke = True
            await turn.answer.text(event.text)
        elif isinstance(event, Completed):
            completed = event
    return completed or Completed(())


async def _run_calls(turn: Turn, items: list[Item], requests: Sequence[ToolRequest]) -> None:
    for request in requests:
        if turn.is_stopped():
            raise Stopped
        title = title_of(request)
        await turn.answer.task(request.call_id, title, "in_progress")
        ran = await turn.run_tool(request)
        outcome = ToolOutcome(request.call_id, ran.output)
        await turn.store([outcome])
        items.append(outcome)
        # Why something was refused the answer itself explains, so the card does not say it first.
        status, said = ("error", NOT_DONE) if ran.failed else ("complete", ran.summary)
        await turn.answer.task(request.call_id, title, status, said)


def _unanswered(items: Sequence[Item]) -> list[ToolRequest]:
    """Calls of an interrupted turn that have no outcome yet."""
    answered = {item.call_id for item in items if isinstance(item, ToolOutcome)}
    return [item for item in items if isinstance(item, ToolRequest) and item.call_id not in answered]
