"""What was asked of the outside: told by the clients where it happens, heard by whoever keeps the books.

Heard within one task and those it starts. What came from a cache was not asked, and is not told.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from pipeline.errors import RainmakerError

CALLED_OFF = "It was called off before it ended."


@dataclass(frozen=True, slots=True)
class Asked:
    """One page with its redirects and tries, one robots.txt, one look-up. `error`: how it failed, in words."""

    service: str
    endpoint: str
    ms: int
    error: str | None = None
    cents: Decimal = Decimal(0)


_heard: ContextVar[list[Asked] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Generator[list[Asked]]:
    """The list grows while the block runs."""
    heard: list[Asked] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def tell(call: Asked) -> None:
    """Nothing happens where nobody listens."""
    heard = _heard.get()
    if heard is not None:
        heard.append(call)


@contextmanager
def telling(service: str, endpoint: str, monotonic: Callable[[], float]) -> Generator[None]:
    """Around one question: told when it has ended, however it did."""
    began, problem = monotonic(), CALLED_OFF
    try:
        yield
        problem = ""
    except RainmakerError as error:
        problem = str(error)
        raise
    finally:
        tell(Asked(service, endpoint, round((monotonic() - began) * 1000), problem[:300] or None))
