"""Ways in: searches for new leads with the candidates they proposed, and imported files."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Json, Owned, Stamped, one_of
from db.crypto_type import SealedBytes, SealedText
from db.models.research import CENTS
from db.types import CandidateState, RunState


class LeadSearch(Owned, Stamped, Base):
    """Finding new leads: what was asked for, and how far it has come."""

    __tablename__ = "lead_searches"
    __table_args__ = (
        one_of("state", RunState),
        Index("ix_lead_searches_due", "lease_until", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_lead_searches_recent", "workspace_id", "created_at"),
    )

    request: Mapped[str]  # for people: “plumbing companies in Austin with more than 10 people”
    criteria: Mapped[Json]  # kind, place, role, size: pipeline.rules.finding.Criteria
    wanted: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=RunState.QUEUED)
    requested_by: Mapped[str | None]
    channel_id: Mapped[str | None]
    thread_ts: Mapped[str | None]
    cost_cap_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="100")
    cost_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")
    plan: Mapped[Json] = mapped_column(server_default="{}")  # steps taken and what each brought
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    error: Mapped[str | None]


class LeadCandidate(Owned, Stamped, Base):
    """A company that a search proposed, with the person to write to where one was found."""

    __tablename__ = "lead_candidates"
    __table_args__ = (
        one_of("state", CandidateState),
        UniqueConstraint("search_id", "key"),
        Index("ix_lead_candidates_search", "search_id", "position"),
        Index("ix_lead_candidates_lead", "lead_id"),
    )

    search_id: Mapped[UUID] = mapped_column(ForeignKey("lead_searches.id", ondelete="CASCADE"))
    key: Mapped[str]  # the company's domain, or its name where it has none: one company, one candidate
    position: Mapped[int]
    company: Mapped[str]
    company_domain: Mapped[str | None]
    website_url: Mapped[str | None]
    phone: Mapped[str | None]
    location: Mapped[str | None]
    person: Mapped[str | None]  # null: no person found
    title: Mapped[str | None]
    email: Mapped[str | None]
    linkedin_url: Mapped[str | None]
    # Each criterion with its verdict and the words, page and value it stands on; the person's likewise.
    evidence: Mapped[Json] = mapped_column(server_default="{}")
    state: Mapped[str] = mapped_column(server_default=CandidateState.PROPOSED)
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="SET NULL"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class LeadImport(Owned, Stamped, Base):
    """A file of leads: which column is what, and how far it was read."""

    __tablename__ = "lead_imports"
    __table_args__ = (
        one_of("state", ("asked", *RunState)),
        Index("ix_lead_imports_due", "lease_until", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_lead_imports_recent", "workspace_id", "created_at"),
        UniqueConstraint("workspace_id", "file_id"),
    )

    file_id: Mapped[str]  # Slack's
    file_name: Mapped[str]
    # The file's text (pipeline.rules.file_text) until it was read to its end; loaded only where it is asked for.
    content: Mapped[bytes | None] = mapped_column(SealedBytes, deferred=True, deferred_raiseload=True)
    outline: Mapped[str | None] = mapped_column(  # its layout and first rows: pipeline.rules.lead_file
        SealedText, deferred=True, deferred_raiseload=True
    )
    columns: Mapped[Json] = mapped_column(server_default="{}")  # field: number of the column
    state: Mapped[str] = mapped_column(server_default="asked")  # asked: the columns are not confirmed yet
    requested_by: Mapped[str | None]
    channel_id: Mapped[str | None]
    thread_ts: Mapped[str | None]
    next_row: Mapped[int] = mapped_column(server_default="0")  # rows before it are done
    rows: Mapped[int] = mapped_column(server_default="0")
    added: Mapped[int] = mapped_column(server_default="0")
    known: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    finished_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    error: Mapped[str | None]


class ImportRefusal(Owned, Base):
    """A row that was not taken, and why; kept until the report was given."""

    __tablename__ = "lead_import_refusals"
    __table_args__ = (UniqueConstraint("import_id", "row"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("lead_imports.id", ondelete="CASCADE"))
    row: Mapped[int]  # its number in the file, the header being 1
    cells: Mapped[str] = mapped_column(SealedText)
    reason: Mapped[str]
