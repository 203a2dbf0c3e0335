"""What a step asked of the outside, as it goes into the books: a row for each question that was really asked."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from db.queries.evidence import NewUsage
from pipeline.clients.asked import CALLED_OFF, Asked
from pipeline.clients.search import Attempt
from pipeline.rules.strategy import Action, Step

_NO_CENTS = Decimal(0)
_CALLED_OFF = " (called off)"


def heard(calls: Sequence[Asked]) -> tuple[NewUsage, ...]:
    """Pages, robots.txt, look-ups: what the clients tell of themselves. What we called off ourselves is no failure
    of theirs."""
    return tuple(
        NewUsage(
            service=call.service,
            endpoint=f"{call.endpoint}{_CALLED_OFF}" if call.error == CALLED_OFF else call.endpoint,
            cost_cents=call.cents,
            response_time_ms=call.ms,
            error=None if call.error == CALLED_OFF else call.error,
        )
        for call in calls
    )


def failed_call(step: Step, ms: int, error: Exception | None) -> tuple[NewUsage, ...]:
    """An actor or a model that brought nothing; `error` None: we called it off."""
    endpoint = (urlsplit(step.target).hostname if "://" in step.target else step.target.split(" ")[0]) or ""
    return (
        NewUsage(
            service="apify_actors" if step.action is Action.ACTOR else "openai",
            endpoint=endpoint if error is not None else f"{endpoint}{_CALLED_OFF}",
            cost_cents=getattr(error, "cost_cents", _NO_CENTS),
            response_time_ms=ms,
            error=str(error)[:300] if error is not None else None,
        ),
    )


def searched(attempts: Sequence[Attempt]) -> tuple[NewUsage, ...]:
    return tuple(
        NewUsage(
            service=attempt.service,
            endpoint="search",
            cost_cents=attempt.cost_cents,
            response_time_ms=attempt.ms,
            error=attempt.error[:300] if attempt.error else None,
        )
        for attempt in attempts
        if attempt.asked
    )
