"""What was written to a lead before, and what they answered, as whoever writes to them again has to know it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SentBefore:
    """An email of ours that left, of a sequence or an answer."""

    enrollment_id: UUID | None
    at: datetime
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class HeardBefore:
    """What they wrote back, as it was read: a stranger's words. `sentiment`: interested, question, not_now, …"""

    enrollment_id: UUID | None
    at: datetime
    sentiment: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Both, the newest first."""

    sent: tuple[SentBefore, ...] = ()
    heard: tuple[HeardBefore, ...] = ()

    def before(self, enrollment_id: UUID | None) -> "Correspondence":
        """Without what belongs to that sequence itself."""
        return Correspondence(
            tuple(one for one in self.sent if one.enrollment_id != enrollment_id),
            tuple(one for one in self.heard if one.enrollment_id != enrollment_id),
        )


NONE_YET = Correspondence()
