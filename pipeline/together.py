"""Questions that are asked at about the same time, answered by one transaction instead of one each.

It is what a database does with commits (group commit). While one batch is being answered the next one gathers; and
where others of the same group are under way, a batch waits a moment for them, as PostgreSQL's commit_delay does. Who is
alone waits for nobody.
"""

import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
Answer = Callable[[list[Q]], Awaitable[Sequence[A | Exception]]]
MOST = 64  # questions in a batch
LOOKS, BETWEEN = 6, 0.002  # how often, and after how many seconds, a batch looks who else has come


class Together:
    """Of one process. What is asked under one name by one group is answered in batches, one batch at a time."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[tuple[Any, asyncio.Future[Any]]]] = {}
        self._under_way: Counter[Hashable] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def going(self, group: Hashable) -> Generator[None]:
        """Around all that one of the group asks."""
        self._under_way[group] += 1
        try:
            yield
        finally:
            self._under_way[group] -= 1

    async def ask(self, group: Hashable, name: str, question: Q, answer: Answer[Q, A]) -> A:
        """`answer` gives each question of a batch its answer, or the error it ends with. Where it raises, nothing
        was done, and each question is asked once more, alone: one that can't be answered takes no other with it."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        key = (group, name)
        if key in self._waiting:
            self._waiting[key].append((question, future))
        else:
            self._waiting[key] = [(question, future)]
            # In a context of its own: what it logs belongs to no single asker.
            task = asyncio.create_task(self._answer(key, answer), context=contextvars.Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _answer(self, key: tuple[Hashable, str], answer: Answer[Any, Any]) -> None:
        """Until nobody waits."""
        try:
            while self._waiting[key]:
                await self._gather(key)
                waiting = [one for one in self._waiting[key] if not one[1].done()]
                batch, self._waiting[key] = waiting[:MOST], waiting[MOST:]
                if batch:
                    await _settle(batch, answer)
        finally:
            for _, future in self._waiting.pop(key):
                future.cancel()

    async def _gather(self, key: tuple[Hashable, str]) -> None:
        for _ in range(LOOKS):
            if len(self._waiting[key]) >= min(MOST, self._under_way[key[0]]):
                return
            await asyncio.sleep(BETWEEN)

    async def close(self) -> None:
        """Let what is being answered come to its end."""
        await asyncio.gather(*self._tasks)


async def _settle(batch: list[tuple[Any, asyncio.Future[Any]]], answer: Answer[Any, Any]) -> None:
    try:
        # As values, since every error belongs to whoever asked.
        (found,) = await asyncio.gather(answer([question for question, _ in batch]), return_exceptions=True)
        if isinstance(found, BaseException) and len(batch) > 1:
            for one in batch:
                await _settle([one], answer)
            return
        given = [found] if isinstance(found, BaseException) else found
        for (_, future), one in zip(batch, given, strict=True):
            _tell(future, one)
    finally:  # where the process ends, nobody is left waiting
        for _, future in batch:
            future.cancel()


def _tell(future: asyncio.Future[Any], given: Any) -> None:
    if future.done():  # whoever asked has gone
        return
    if isinstance(given, BaseException):
        future.set_exception(given)
    else:
        future.set_result(given)
