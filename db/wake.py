"""Names of jobs, and what takes them after a commit. Redis and arq stay outside this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Queue(StrEnum):
    FAST = "rm:fast"
    RESEARCH = "rm:research"
    BROWSER = "rm:browser"


class Wake(StrEnum):
    """A wake-up: it carries ids only, and is safe to receive twice."""

    RESEARCH_LEAD = "research_lead"
    FIND_LEADS = "find_leads"
    IMPORT_LEADS = "import_leads"
    WRITE_SEQUENCE = "write_sequence"
    REGENERATE = "regenerate"
    WRITE_ANSWER = "write_answer"
    DISPATCH = "dispatch"
    SEND_EMAIL = "send_email"
    SEND_TEST = "send_test"
    POLL_MAILBOX = "poll_mailbox"
    RUN_TASK = "run_task"
    BRIEFING = "briefing"
    TICK = "tick"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class WakeUp:
    """One job to enqueue. `ids` values are strings (UUIDs); the workspace goes first.

    Wake-ups that share a `round` are one; without a round each is its own. A job that its worker left behind
    blocks its name in the queue for minutes, so nothing relies on a name being free.
    """

    job: Wake
    ids: tuple[tuple[str, str], ...]
    round: str = ""


class Enqueuer(Protocol):
    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        """Hand the wake-ups to the queue. Losing them is allowed: the sweep finds what is due."""
        ...
