"""A circuit breaker for each provider, kept by each process for itself.

A provider is a service, or a site of the web. Not shared through Redis: a process with a broken network would else
shut a provider for all others, and what a process needs to learn costs it five questions. The decision is pure, in
`rules.breaker`.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from pipeline.clock import Clock
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger
from pipeline.rules import breaker as rule
from pipeline.rules.breaker import Breaker, State

log = get_logger(__name__)
OnState = Callable[[str, State], None]
_MOST_KEPT = 5000  # of those that failed lately; the longest unheard of is forgotten


class NotAsked(Transient):
    """We did not ask the provider: its budget is spent, or it is left alone for now."""


class BreakerOpen(NotAsked):
    """The provider failed so often that it is left alone for a while; nothing was asked."""


class Breakers:
    """`on_state` is told whenever a provider's state changes. `threshold`: failures in a row that open one."""

    def __init__(
        self, clock: Clock, on_state: OnState | None = None, *, threshold: int = rule.THRESHOLD
    ) -> None:
        self._clock = clock
        self._on_state = on_state
        self._threshold = threshold
        self._breakers: OrderedDict[str, Breaker] = OrderedDict()
        self._told: dict[str, State] = {}

    @asynccontextmanager
    async def guarding(
        self, service: str, name: str, *, innocent: type[Transient] = NotAsked
    ) -> AsyncGenerator[None]:
        """Around one question to `service`, called `name` in sentences. Raises BreakerOpen before it is asked;
        a Transient from within counts as a failure, unless it is of the kind of which the service is `innocent`,
        and a Permanent as an answer."""
        began = self._clock.monotonic()
        verdict = rule.ask(self.breaker(service), began)
        self._keep(service, verdict.breaker)
        if not verdict.allowed:
            raise BreakerOpen(
                f"{name} failed {self.breaker(service).failures} times in a row and is left alone for now.",
                timedelta(seconds=verdict.wait),
            )
        try:
            yield
        except (NotAsked, innocent):
            self._keep(service, rule.given_up(self.breaker(service)))
            raise
        except Transient as trouble:
            self.failed(service, trouble.retry_after)
            raise
        except Permanent:
            self._keep(service, rule.succeeded())
            raise
        except BaseException:
            self._keep(service, rule.given_up(self.breaker(service)))
            raise
        self._keep(service, rule.succeeded())

    def failed(self, service: str, wait: timedelta | None = None) -> None:
        """A failure that showed outside of `guarding`. `wait`: what the service asked for."""
        seconds = wait.total_seconds() if wait else 0.0
        now = self._clock.monotonic()
        self._keep(service, rule.failed(self.breaker(service), now, wait=seconds, threshold=self._threshold))

    def now(self) -> float:
        """Seconds, for measuring."""
        return self._clock.monotonic()

    def breaker(self, service: str) -> Breaker:
        return self._breakers.get(service, Breaker())

    def state(self, service: str) -> State:
        return rule.state_of(self.breaker(service), self._clock.monotonic())

    def _keep(self, service: str, breaker: Breaker) -> None:
        self._breakers[service] = breaker
        self._breakers.move_to_end(service)
        state = self.state(service)
        if breaker == Breaker():
            del self._breakers[service]  # as if it had never failed
        elif len(self._breakers) > _MOST_KEPT:
            forgotten, _ = self._breakers.popitem(last=False)
            self._told.pop(forgotten, None)
        if self._told.get(service, State.CLOSED) is state:
            return
        self._told[service] = state
        if state is State.CLOSED:
            del self._told[service]
        log.warning("provider_breaker", service=service, state=state.value, failures=breaker.failures)
        if self._on_state is not None:
            self._on_state(service, state)
