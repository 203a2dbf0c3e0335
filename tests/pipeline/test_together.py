"""Questions answered in batches: who comes along, who doesn't, and whom an error hits."""

import asyncio
from collections.abc import Sequence

import pytest

from pipeline.together import MOST, Together


class Desk:
    """Answers with ten times the question, and remembers who came together."""

    def __init__(self, seconds: float = 0) -> None:
        self.batches: list[list[int]] = []
        self._seconds = seconds

    async def answer(self, questions: Sequence[int]) -> list[int | Exception]:
        self.batches.append([*questions])
        await asyncio.sleep(self._seconds)
        if -1 in questions:
            raise ValueError("nobody can answer this")
        return [one * 10 if one < 100 else LookupError(str(one)) for one in questions]


async def test_those_who_ask_at_once_are_answered_at_once() -> None:
    together, desk = Together(), Desk()
    asked = (together.ask("ours", "gates", n, desk.answer) for n in range(5))
    assert await asyncio.gather(*asked) == [0, 10, 20, 30, 40]
    assert desk.batches == [[0, 1, 2, 3, 4]]


async def test_while_one_batch_is_answered_the_next_gathers() -> None:
    together, desk = Together(), Desk(0.02)
    first = asyncio.create_task(together.ask("ours", "gates", 1, desk.answer))
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(together.ask("ours", "gates", n, desk.answer)) for n in (2, 3)]
    assert [await one for one in (first, *late)] == [10, 20, 30]
    assert desk.batches == [[1], [2, 3]]


async def test_a_batch_waits_a_moment_for_those_under_way_but_not_for_ever() -> None:
    together, desk = Together(), Desk()
    with together.going("ours"), together.going("ours"), together.going("ours"):
        first = asyncio.create_task(together.ask("ours", "gates", 1, desk.answer))
        await asyncio.sleep(0.003)
        second = asyncio.create_task(together.ask("ours", "gates", 2, desk.answer))
        async with asyncio.timeout(2):  # the third never asks
            assert [await first, await second] == [10, 20]
    assert desk.batches == [[1, 2]]


async def test_groups_and_names_are_answered_apart() -> None:
    together, desk = Together(), Desk()
    places = (("ours", "gates"), ("theirs", "gates"), ("ours", "take"))
    await asyncio.gather(*(together.ask(group, name, 1, desk.answer) for group, name in places))
    assert desk.batches == [[1], [1], [1]]


async def test_no_batch_is_larger_than_the_most() -> None:
    together, desk = Together(), Desk()
    many = range(MOST + 3)
    assert await asyncio.gather(*(together.ask("ours", "x", n, desk.answer) for n in many)) == [
        n * 10 for n in many
    ]
    assert [len(one) for one in desk.batches] == [MOST, 3]


async def test_an_error_belongs_to_the_question_it_came_of() -> None:
    together, desk = Together(), Desk()
    asked = (together.ask("ours", "gates", n, desk.answer) for n in (1, 200, 3))
    one, two, three = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, three) == (10, 30)
    assert isinstance(two, LookupError)


async def test_a_batch_that_fails_is_asked_again_one_by_one() -> None:
    together, desk = Together(), Desk()
    asked = (together.ask("ours", "gates", n, desk.answer) for n in (1, -1, 3))
    one, two, three = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, three) == (10, 30)
    assert isinstance(two, ValueError)
    assert desk.batches == [[1, -1, 3], [1], [-1], [3]]


async def test_who_has_gone_is_left_out() -> None:
    together, desk = Together(), Desk(0.02)
    first = asyncio.create_task(together.ask("ours", "gates", 1, desk.answer))
    await asyncio.sleep(0.005)
    gone, stays = (asyncio.create_task(together.ask("ours", "gates", n, desk.answer)) for n in (2, 3))
    await asyncio.sleep(0)
    gone.cancel()
    assert [await first, await stays] == [10, 30]
    assert desk.batches == [[1], [3]]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_closing_lets_what_is_under_way_end() -> None:
    together, desk = Together(), Desk(0.02)
    asked = asyncio.create_task(together.ask("ours", "gates", 1, desk.answer))
    await asyncio.sleep(0)
    await together.close()
    assert asked.done() or await asyncio.wait_for(asked, 1) == 10
    assert await together.ask("ours", "gates", 2, desk.answer) == 20
