"""The composition root's result: everything a job or a tool may use, handed in, never imported."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from redis.asyncio import Redis

from db.errors import DatabaseError
from db.queries import evidence
from db.queries.evidence import NewUsage
from db.session import Database, connect
from db.types import WorkspaceId
from db.wake import Enqueuer
from pipeline.clients.budget import Budget
from pipeline.clients.llm import LlmUsage, OnUsage, open_gemini, open_llm
from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.budgeted import Budgeted
from pipeline.clients.llm.tasks import ExtractedFacts, NamedPeople
from pipeline.clients.mail import Mail, open_mail
from pipeline.clients.outside import ResearchClients, open_budget, open_research
from pipeline.clients.rates import RateLimiter
from pipeline.clock import AnchoredClock, Clock, SystemClock
from pipeline.crypto import Digester, lasting_secret
from pipeline.logs import get_logger
from pipeline.messages import Notifier
from pipeline.settings import Settings
from pipeline.telemetry import observe_model, observe_provider
from pipeline.together import Together

log = get_logger(__name__)
_READINGS = (ExtractedFacts.__name__, NamedPeople.__name__)


@dataclass(frozen=True)
class Deps:
    settings: Settings
    clock: Clock
    db: Database
    redis: Redis
    notifier: Notifier
    digester: Digester
    llm: Llm
    research: ResearchClients
    mail: Mail
    gemini: Llm | None = None  # the other model of experiments
    together: Together = field(default_factory=Together)  # emails that leave at the same time

    async def close(self) -> None:
        """Close what was opened, the truth last."""
        await self.together.close()
        await self.research.close()
        await self.mail.close()
        await self.redis.aclose()
        await self.db.close()


def open_deps(settings: Settings, clock: Clock, notifier: Notifier, enqueuer: Enqueuer) -> Deps:
    """Everything by the settings. Nothing is connected yet: each part connects when it is first used."""
    redis: Redis = Redis.from_url(settings.redis_url)  # pyright: ignore[reportUnknownMemberType]
    db = connect(settings.database_url, enqueuer)
    budget = open_budget(settings, clock, db)
    on_usage = _bookkeeper(settings, clock, db, budget)
    llm = open_llm(settings, clock, on_usage=on_usage)
    gemini = open_gemini(settings, clock, on_usage=on_usage)
    research = open_research(settings, clock, redis, budget=budget, on_state=observe_provider)
    return Deps(
        settings=settings,
        clock=clock,
        db=db,
        redis=redis,
        notifier=notifier,
        digester=Digester(lasting_secret(settings.encryption_key.get_secret_value())),
        llm=Budgeted(llm, _limit("openai", budget, research.rates)),
        research=research,
        mail=open_mail(settings, clock),
        gemini=Budgeted(gemini, _limit("gemini", budget, research.rates)) if gemini else None,
    )


def _limit(service: str, budget: Budget, rates: RateLimiter) -> Callable[[str], Awaitable[None]]:
    """Before each call to a model: the workspace's budget of the day, and the rate that all workers share. Research
    counts its own readings, since it waits for its turn where others are told to come later."""

    async def check(task: str) -> None:
        await budget.check(service)
        if task not in _READINGS:
            await rates.take(f"{service}_api")

    return check


def _bookkeeper(settings: Settings, clock: Clock, db: Database, budget: Budget) -> OnUsage:
    """Writes each call to a model into api_usage, for the workspace the boundaries bound to the logs, and counts
    it against the day's budget.

    What a research run or a search for new leads asks is left out of api_usage: they record it with their steps.
    """

    async def record(call: LlmUsage) -> None:
        await observe_model(call)
        await budget.charge(call.service, settings.model_cents(call.input_tokens, call.output_tokens))
        workspace_id = structlog.contextvars.get_contextvars().get("workspace_id")
        if workspace_id is None or call.task in _READINGS:
            return
        try:
            async with db.transaction(WorkspaceId(UUID(str(workspace_id)))) as tx:
                await evidence.record_usage(
                    tx.session,
                    tx.workspace_id,
                    [_as_usage(settings, call)],
                    lead_id=None,
                    run_id=None,
                    now=clock.now(),
                )
        except DatabaseError as error:
            log.warning("usage_not_recorded", reason=str(error))

    return record


def _as_usage(settings: Settings, call: LlmUsage) -> NewUsage:
    return NewUsage(
        service=call.service,
        endpoint=f"{call.endpoint} {call.task}",
        model=call.model,
        tokens_used=call.input_tokens + call.output_tokens,
        cost_cents=settings.model_cents(call.input_tokens, call.output_tokens),
        response_time_ms=round(call.duration.total_seconds() * 1000),
        error=call.error,
    )


def open_clock(settings: Settings) -> Clock:
    """The machine's, or the sandbox's, which may run faster."""
    return AnchoredClock(settings.clock_file) if settings.clock_file else SystemClock()
