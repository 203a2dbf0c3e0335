"""What the pipeline tells people. It says what happened; bot/notifier.py decides how that looks.

Each message becomes, in the same transaction, a surface in the Slack outbox: posted once, then updated in
place whenever a message with the same subject is told again.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from db.session import Tx
from db.types import (
    ApprovalId,
    CampaignId,
    EmailId,
    EnrollmentId,
    ImportId,
    LeadId,
    MailboxId,
    ReplyId,
    RunId,
    SearchId,
    TaskId,
)


@dataclass(frozen=True, slots=True)
class RunProgressed:
    """A research run began, brought something, or ended; one card shows it, in place."""

    run_id: RunId


@dataclass(frozen=True, slots=True)
class SearchProgressed:
    """A search for new leads began, proposed somebody, ended, or a candidate was decided; one card shows it."""

    search_id: SearchId


@dataclass(frozen=True, slots=True)
class ImportProgressed:
    """A file of leads waits for its columns to be confirmed, is being read, or was read."""

    import_id: ImportId


@dataclass(frozen=True, slots=True)
class ApprovalWanted:
    """Drafts (or an answer) wait for an approver; told again when they change or are decided."""

    approval_id: ApprovalId
    open_step: int = 1  # the draft that is shown whole: the one that was just changed


@dataclass(frozen=True, slots=True)
class EmailTroubled:
    """An email failed, or whether it was sent can't be known: a person decides with a button."""

    email_id: EmailId


@dataclass(frozen=True, slots=True)
class EmailWentOut:
    email_id: EmailId


@dataclass(frozen=True, slots=True)
class ReplyArrived:
    """Somebody answered, is away, bounced or opted out."""

    reply_id: ReplyId


@dataclass(frozen=True, slots=True)
class SequenceChanged:
    """A sequence was stopped, held or resumed (`by` a person): its card shows how it stands. `because`: what people
    are told, where nothing else tells them."""

    enrollment_id: EnrollmentId
    because: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxTroubled:
    mailbox_id: MailboxId


@dataclass(frozen=True, slots=True)
class CampaignChanged:
    """A campaign was started, paused, resumed, cancelled or given leads; its card shows how it stands."""

    campaign_id: CampaignId


@dataclass(frozen=True, slots=True)
class CampaignNeedsAttention:
    campaign_id: CampaignId
    kind: str  # what the alert is about; a kind can be muted
    recommendation: str


@dataclass(frozen=True, slots=True)
class LeadsNeedAttention:
    kind: str
    lead_ids: tuple[LeadId, ...]
    recommendation: str


@dataclass(frozen=True, slots=True)
class BriefingDue:
    """The morning briefing, or one asked for: `channel` None means the workspace's briefing channel."""

    key: str
    channel: str | None = None
    thread_ts: str | None = None
    user_id: str | None = None
    insights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reminder:
    task_id: TaskId
    key: str
    text: str
    channel: str | None
    user_id: str | None
    repeats: bool = True


Message = (
    RunProgressed
    | SearchProgressed
    | ImportProgressed
    | ApprovalWanted
    | EmailTroubled
    | EmailWentOut
    | ReplyArrived
    | SequenceChanged
    | MailboxTroubled
    | CampaignChanged
    | CampaignNeedsAttention
    | LeadsNeedAttention
    | BriefingDue
    | Reminder
)


class Notifier(Protocol):
    async def tell(self, tx: Tx, message: Message) -> None:
        """Write what should be seen into the outbox, in this transaction."""
        ...


class Silent:
    """A notifier that keeps what it was told; for tests and tools without Slack."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, Message]] = []

    async def tell(self, tx: Tx, message: Message) -> None:
        self.told.append((tx.workspace_id, message))
