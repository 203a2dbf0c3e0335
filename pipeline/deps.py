"""The composition root's result: everything a job or a tool may use, handed in, never imported."""

from dataclasses import dataclass

from redis.asyncio import Redis

from db.session import Database, connect
from db.wake import Enqueuer
from pipeline.clients.llm import open_llm
from pipeline.clients.llm.base import Llm
from pipeline.clients.mail import Mail, open_mail
from pipeline.clients.outside import ResearchClients, open_research
from pipeline.clock import AnchoredClock, Clock, SystemClock
from pipeline.crypto import Digester
from pipeline.messages import Notifier
from pipeline.settings import Settings


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

    async def close(self) -> None:
        """Close what was opened, the truth last."""
        await self.research.close()
        await self.mail.close()
        await self.redis.aclose()
        await self.db.close()


def open_deps(settings: Settings, clock: Clock, notifier: Notifier, enqueuer: Enqueuer) -> Deps:
    """Everything by the settings. Nothing is connected yet: each part connects when it is first used."""
    redis: Redis = Redis.from_url(settings.redis_url)  # pyright: ignore[reportUnknownMemberType]
    return Deps(
        settings=settings,
        clock=clock,
        db=connect(settings.database_url, enqueuer),
        redis=redis,
        notifier=notifier,
        digester=Digester(settings.encryption_key.get_secret_value()),
        llm=open_llm(settings, clock),
        research=open_research(settings, clock, redis),
        mail=open_mail(settings, clock),
    )


def open_clock(settings: Settings) -> Clock:
    """The machine's, or the sandbox's, which may run faster."""
    return AnchoredClock(settings.clock_file) if settings.clock_file else SystemClock()
