"""Ids and states: the words the whole house shares."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

WorkspaceId = NewType("WorkspaceId", UUID)
LeadId = NewType("LeadId", UUID)
RunId = NewType("RunId", UUID)
SearchId = NewType("SearchId", UUID)
CandidateId = NewType("CandidateId", UUID)
ImportId = NewType("ImportId", UUID)
PageId = NewType("PageId", UUID)
FactId = NewType("FactId", UUID)
CampaignId = NewType("CampaignId", UUID)
EnrollmentId = NewType("EnrollmentId", UUID)
EmailId = NewType("EmailId", UUID)
ApprovalId = NewType("ApprovalId", UUID)
MailboxId = NewType("MailboxId", UUID)
ReplyId = NewType("ReplyId", UUID)
ConversationId = NewType("ConversationId", UUID)
TurnId = NewType("TurnId", UUID)
InboxId = NewType("InboxId", UUID)
OutboxId = NewType("OutboxId", UUID)
TaskId = NewType("TaskId", UUID)
ExperimentId = NewType("ExperimentId", UUID)
LeaseToken = NewType("LeaseToken", UUID)


class LeadStatus(StrEnum):
    NEW = "new"
    RESEARCHING = "researching"
    RESEARCHED = "researched"
    EMAILED = "emailed"
    REPLIED = "replied"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


class EmailStatus(StrEnum):
    """How sure we are of a lead's address."""

    MISSING = "missing"
    GIVEN = "given"  # a person told us
    FOUND = "found"  # published on a page, with a quote
    GUESSED = "guessed"  # built from a pattern; counts as missing until confirmed
    CONFIRMED = "confirmed"  # a person or a reply confirmed it
    INVALID = "invalid"  # bounced hard


class Depth(StrEnum):
    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class CandidateState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    KNOWN = "known"  # the company was among the leads already


class ResearchTool(StrEnum):
    GOOGLE_SEARCH = "google_search"
    BRAVE_SEARCH = "brave_search"
    SEARXNG = "searxng"
    BROWSER = "browseruse"  # the seeds' name for the browser
    FETCH = "fetch"
    APIFY = "apify"
    MANUAL = "manual"
    PATTERN = "pattern"  # an address guessed by the company's own pattern


class StepState(StrEnum):
    OK = "ok"
    EMPTY = "empty"  # the provider answered: nothing there
    FAILED = "failed"  # the provider did not answer
    SKIPPED = "skipped"


class FactSource(StrEnum):
    CODE = "code"
    MODEL = "model"
    PROVIDER = "provider"
    PERSON = "person"


class CampaignType(StrEnum):
    IMMEDIATE = "immediate"
    SCHEDULED = "scheduled"
    DRIP = "drip"


class ExperimentDimension(StrEnum):
    MODEL = "model"
    PROMPT = "prompt"
    APPROACH = "approach"


class ExperimentState(StrEnum):
    RUNNING = "running"
    ENDED = "ended"


class CampaignState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class EnrollmentState(StrEnum):
    WRITING = "writing"
    AWAITING_APPROVAL = "awaiting_approval"
    ACTIVE = "active"
    HELD = "held"
    COMPLETED = "completed"
    STOPPED = "stopped"


class StopReason(StrEnum):
    REPLIED = "replied"
    REPLIED_BY_HAND = "replied_by_hand"
    COLLEAGUE_REPLIED = "colleague_replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"  # a person of ours put the address or its domain on the list
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ERASED = "erased"


class EmailKind(StrEnum):
    SEQUENCE = "sequence"
    ANSWER = "answer"
    TEST = "test"


class EmailState(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    CREATED = "created"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


class MailProvider(StrEnum):
    GMAIL = "gmail"
    SMTP = "smtp"


class MailboxState(StrEnum):
    ACTIVE = "active"
    DISCONNECTED = "disconnected"


class SuppressionKind(StrEnum):
    ADDRESS = "address"
    DOMAIN = "domain"


class InboundKind(StrEnum):
    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    DSN = "dsn"
    OPT_OUT = "opt_out"
    BY_HAND = "by_hand"  # written by a person from our own mailbox
    UNRELATED = "unrelated"


class Outcome(StrEnum):
    MEETING = "meeting"
    WON = "won"
    LOST = "lost"
    LATER = "later"


class InboxKind(StrEnum):
    EVENT = "event"
    COMMAND = "command"
    ACTION = "action"
    VIEW = "view"
    SHORTCUT = "shortcut"
    OPTIONS = "options"


class InboxState(StrEnum):
    RECEIVED = "received"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class OutboxState(StrEnum):
    PENDING = "pending"
    POSTING = "posting"
    POSTED = "posted"
    FAILED = "failed"


class TurnState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"
    SEND = "send"


class ExecutionState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
