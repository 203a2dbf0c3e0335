"""Read models: what one surface shows, loaded in one go and handed to pure views."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from db.types import (
    ApprovalId,
    CampaignId,
    CandidateId,
    EmailId,
    EmailStatus,
    EnrollmentId,
    ImportId,
    LeadId,
    LeadStatus,
    ReplyId,
    RunId,
    SearchId,
)


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as a person checks it: the value, the words it stands in, and where."""

    id: str
    field: str
    value: str
    quote: str
    url: str | None  # None: a person said it
    retrieved_at: datetime
    published_on: date | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class LeadLine:
    id: LeadId
    name: str
    email: str | None
    email_status: str
    company: str | None
    title: str | None
    status: str
    score: int
    qualified: bool | None
    qualification_reason: str | None
    location: str | None = None
    linkedin_url: str | None = None
    website_url: str | None = None
    source: str | None = None
    owner_user_id: str | None = None
    email_note: str | None = None  # of a guessed address: how sure it is and what it rests on


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a research run. `state`: pending, running, ok, empty, failed, skipped."""

    key: str
    title: str
    state: str
    found: str = ""
    url: str | None = None
    milliseconds: int | None = None
    cents: Decimal = Decimal(0)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RunCard:
    run_id: RunId
    lead: LeadLine
    depth: str
    state: str
    steps: tuple[StepLine, ...]
    facts: tuple[FactLine, ...]
    missing: tuple[str, ...]
    seconds: float | None
    cents: Decimal
    quality: int | None
    writing: bool = False  # a sequence is being written
    error: str | None = None
    not_taken: tuple[tuple[str, str], ...] = ()  # steps with why each was left out, the most promising first
    channel_id: str | None = None  # where progress is shown
    thread_ts: str | None = None
    requested_by: str | None = None


@dataclass(frozen=True, slots=True)
class CardClaim:
    sentence: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardEmail:
    id: EmailId
    kind: str  # sequence, answer
    number: int | None  # 1-5; None for an answer
    state: str
    to_email: str
    subject: str
    body: str
    content_hash: str
    claims: tuple[CardClaim, ...]
    facts: tuple[FactLine, ...]  # those the claims rest on
    judge_score: int | None
    template_used: bool
    scheduled_for: datetime | None
    sent_at: datetime | None
    gate: str | None
    gate_reason: str | None
    error: str | None
    lead: LeadLine
    in_thread: bool = False  # a follow-up, whose subject is that of the first
    edited_by: str | None = None  # the person whose words it has
    warnings: tuple[str, ...] = ()  # what was found when it was written or edited


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    id: ApprovalId
    kind: str  # sequence, answer
    state: str
    content_hash: str
    lead: LeadLine
    emails: tuple[CardEmail, ...]
    campaign_id: CampaignId | None
    campaign_name: str | None
    enrollment_id: EnrollmentId | None
    reply_id: ReplyId | None
    cost_cents: Decimal
    created_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    channel_id: str | None
    thread_ts: str | None
    owner_user_id: str | None  # who looks after the lead
    enrollment_state: str | None = None
    stop_reason: str | None = None  # why the sequence stopped or is on hold
    campaign_state: str | None = None
    asked_by: str | None = None  # whose campaign it is of


@dataclass(frozen=True, slots=True)
class ReplyCard:
    id: ReplyId
    kind: str  # human, auto_reply, dsn, opt_out, by_hand
    lead: LeadLine | None
    our_email: CardEmail | None
    from_email: str
    subject: str
    body: str
    received_at: datetime
    sentiment: str | None
    summary: str | None
    returns_on: date | None
    bounce_type: str | None
    outcome: str | None
    outcome_by: str | None
    answer: ApprovalCard | None
    owner_user_id: str | None
    held: EnrollmentId | None = None  # the sequence that waits until a person resumes it


@dataclass(frozen=True, slots=True)
class Setup:
    """The first-run checklist: each item is done or not."""

    approvers: bool
    company: bool
    sender: bool
    mailbox: bool
    window: bool
    channels: bool
    booking: bool
    once_complete: bool = False  # the first run is over, though something is missing again

    @property
    def done(self) -> int:
        return sum(
            (
                self.approvers,
                self.company,
                self.sender,
                self.mailbox,
                self.window,
                self.channels,
                self.booking,
            )
        )

    @property
    def complete(self) -> bool:
        return self.done == 7


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of a span of time, each with the span before it; all recounted from the tables."""

    label: str
    leads_added: int = 0
    researched: int = 0
    qualified: int = 0
    drafts_waiting: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    meetings: int = 0
    cents: Decimal = Decimal(0)

    def rate(self, count: int) -> float | None:
        """`count` of the emails sent, 0 to 1; None when nothing was sent."""
        return count / self.sent if self.sent else None


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date
    sent: int
    replied: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to do today, as a button."""

    label: str
    action: str  # an action_id
    value: str


@dataclass(frozen=True, slots=True)
class Briefing:
    day: date
    hour: int  # of that day, where the workspace is
    timezone: str
    today: Numbers
    before: Numbers
    total_leads: int
    by_status: dict[str, int]
    days: tuple[DayCount, ...]
    suggestions: tuple[Suggestion, ...] = ()
    insights: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCard:
    """A file of leads: `state` is `asked` until its columns are confirmed, then that of a run."""

    import_id: ImportId
    file_name: str
    state: str
    rows: int
    next_row: int  # rows before it are done
    added: int
    known: int
    refused: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionLine:
    criterion: str
    verdict: str  # met, not met, unknown
    value: str
    quote: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLine:
    """A company that a search proposed; `person` None: no person found."""

    candidate_id: CandidateId
    company: str
    website: str | None
    location: str | None
    person: str | None
    title: str | None
    email: str | None
    person_quote: str
    person_url: str
    unread: bool  # its site could not be read
    problem: str | None = None  # why nobody can say whom its pages name
    criteria: tuple[CriterionLine, ...]
    state: str
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCard:
    """A search for new leads, with its candidates, the best first."""

    search_id: SearchId
    request: str
    wanted: int
    state: str
    steps: tuple[StepLine, ...]
    left_out: tuple[str, ...]  # companies that are known not to fit, and why
    cents: float
    error: str | None
    candidates: tuple[CandidateLine, ...]


@dataclass(frozen=True, slots=True)
class LeadToEnroll:
    """What decides whether a lead may be enrolled, and when it would be written to."""

    lead_id: LeadId
    name: str
    company: str | None
    email: str | None
    email_status: EmailStatus
    status: LeadStatus
    qualified: bool | None
    qualification_reason: str | None
    score: int
    timezone: str | None
    country: str | None
    owner_user_id: str | None
    is_running: bool  # in a sequence that has not ended
    is_here: bool  # in the campaign in question, ended or not
    answer_waits: bool = False  # they wrote, and what we answer waits for an approval


@dataclass(frozen=True, slots=True)
class Load:
    """An active mailbox and how many sequences are under way from it."""

    mailbox_id: UUID
    running: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One lead's place in a campaign. `not_before`: a drip begins with a few leads a day."""

    lead_id: LeadId
    mailbox_id: UUID | None
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """What became of the leads of one arm. Each lead counts once, and only one whose email did not bounce and whose
    sequence the arm itself wrote."""

    arm: str
    leads: int = 0  # that an email was delivered to
    replied: int = 0  # of them, those who wrote back themselves
    positive: int = 0  # of those, who showed interest
    opened: int = 0
    stand_ins: int = 0  # leads left out, since something else than the arm wrote to them
    models: tuple[str, ...] = ()  # that wrote, as the rows name them


@dataclass(frozen=True, slots=True)
class Standing:
    """Where drafts stand among those that wait: `position` 1 to `total`; 0 where they do not wait (any more)."""

    position: int
    total: int


@dataclass(frozen=True, slots=True)
class CampaignWaiting:
    id: CampaignId
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class SuppressionLine:
    """An entry of the list of whom never to write to. `value` None: only the hash is kept."""

    id: UUID
    kind: str
    value: str | None
    digest: str
    reason: str
    added_by: str | None
    added_at: datetime
