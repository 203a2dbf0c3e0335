"""Checks everything outside that the settings name, and says what to do about what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable

from db.errors import DatabaseError
from pipeline.doctor import mail, research, slack, stores
from pipeline.doctor.finding import Finding, State, problem
from pipeline.errors import RainmakerError
from pipeline.settings import Settings

__all__ = ["Finding", "State", "examine"]

SECONDS = 30.0  # for one check; they run side by side
Check = Callable[[Settings], Awaitable[list[Finding]]]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("database", stores.database),
    ("Redis", stores.redis),
    ("ENCRYPTION_KEY", stores.key),
    ("Slack", slack.slack),
    ("model", research.model),
    ("search", research.search),
    ("Apify", research.apify),
    ("browser", research.browser),
    ("mailbox", mail.mailbox),
    ("DNS", mail.records),
    ("PUBLIC_URL", mail.links),
)


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order of the table above. Nothing is changed anywhere, no mail is sent; a search
    and a word of each model cost what they cost."""
    found = await asyncio.gather(*(_within(name, check, settings) for name, check in CHECKS))
    return [finding for findings in found for finding in findings]


async def _within(name: str, check: Check, settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            return await check(settings)
    except TimeoutError:
        return [problem(name, f"no answer within {SECONDS:.0f} s")]
    except (RainmakerError, DatabaseError, OSError, ValueError) as error:
        return [problem(name, (str(error).splitlines() or [type(error).__name__])[0])]
