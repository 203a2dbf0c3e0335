"""Research runs, their steps, the pages they read, the facts they found, and what it all cost."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Json, Owned, Stamped, Strings, one_of
from db.types import Depth, FactSource, ResearchTool, RunState, StepState

CENTS = Numeric(12, 4)


class ResearchRun(Owned, Stamped, Base):
    __tablename__ = "research_runs"
    __table_args__ = (
        one_of("depth", Depth),
        one_of("state", RunState),
        Index(
            "uq_research_runs_open",
            "lead_id",
            unique=True,
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_research_runs_due", "lease_until", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_research_runs_lead", "lead_id", "created_at"),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    depth: Mapped[str] = mapped_column(server_default=Depth.STANDARD)
    state: Mapped[str] = mapped_column(server_default=RunState.QUEUED)
    requested_by: Mapped[str | None]
    channel_id: Mapped[str | None]  # where progress is shown
    thread_ts: Mapped[str | None]
    then_write: Mapped[bool] = mapped_column(server_default=true())  # write a sequence if qualified
    cost_cap_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="25")
    cost_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")
    plan: Mapped[Json] = mapped_column(server_default="{}")  # steps chosen and what each brought
    missing: Mapped[Strings] = mapped_column(server_default="{}")
    quality: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    error: Mapped[str | None]


class LeadResearch(Owned, Base):
    """One step of a run: which tool, what it brought, how long it took and what it cost."""

    __tablename__ = "lead_research"
    __table_args__ = (
        one_of("tool_used", ResearchTool, "valid_tool"),
        one_of("state", StepState),
        CheckConstraint("data_quality_score BETWEEN 0 AND 100", name="valid_quality"),
        UniqueConstraint("run_id", "step_key"),
        Index("ix_lead_research_lead", "lead_id", "created_at"),
        Index("ix_lead_research_data", "research_data", postgresql_using="gin"),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("research_runs.id", ondelete="CASCADE"))
    step_key: Mapped[str]  # e.g. `search:Northwind Robotics news`
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tool_used: Mapped[str]
    tool_version: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=StepState.OK)
    research_data: Mapped[Json] = mapped_column(server_default="{}")
    research_notes: Mapped[str | None]
    personalization_context: Mapped[str | None]
    data_quality_score: Mapped[int | None]
    processing_time_ms: Mapped[int | None]
    cost_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")


class EvidencePage(Owned, Base):
    """A page as it was read: its text compressed and hashed, so that any quote can be re-checked."""

    __tablename__ = "evidence_pages"
    __table_args__ = (UniqueConstraint("workspace_id", "canonical_url", "content_hash"),)

    url: Mapped[str]
    canonical_url: Mapped[str]
    title: Mapped[str | None]
    retrieved_at: Mapped[datetime]
    content_hash: Mapped[str]  # SHA-256 hex of the text
    content: Mapped[bytes] = mapped_column(LargeBinary)  # zlib of UTF-8 text
    status_code: Mapped[int | None]
    via: Mapped[str]  # ResearchTool


class Fact(Owned, Base):
    __tablename__ = "facts"
    __table_args__ = (
        one_of("source", FactSource),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="valid_confidence"),
        Index("ix_facts_lead", "lead_id", "field"),
        Index("ix_facts_run", "run_id"),
        Index("ix_facts_page", "page_id"),
        UniqueConstraint("lead_id", "field", "value", "url", postgresql_nulls_not_distinct=True),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("research_runs.id", ondelete="SET NULL"))
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_pages.id", ondelete="SET NULL"))
    field: Mapped[str]  # a name from pipeline.rules.scoring.FACT_FIELDS
    value: Mapped[str]
    quote: Mapped[str]
    url: Mapped[str | None]  # null: a person said it
    source: Mapped[str]
    confidence: Mapped[Decimal] = mapped_column(Numeric(4, 3), server_default="1")
    published_on: Mapped[date | None]  # of news and posts
    retrieved_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiUsage(Base):
    """Every call to the outside. Partitioned by month; nothing refers to it."""

    __tablename__ = "api_usage"
    __table_args__ = (
        Index("ix_api_usage_recent", "workspace_id", "timestamp"),
        Index("ix_api_usage_service", "workspace_id", "service", "timestamp"),
        {"postgresql_partition_by": "RANGE (timestamp)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    timestamp: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.now())
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    service: Mapped[str]
    endpoint: Mapped[str | None]
    model: Mapped[str | None]
    tokens_used: Mapped[int | None]
    cost_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")
    lead_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    response_time_ms: Mapped[int | None]
    error: Mapped[str | None]


class ServiceQuota(Owned, Base):
    """Requests and cents a service was asked for on one day of real time; hard limits are checked here."""

    __tablename__ = "service_quotas"
    __table_args__ = (
        UniqueConstraint("workspace_id", "service", "day"),
        Index("ix_service_quotas_day", "day", "service"),
    )

    service: Mapped[str]
    day: Mapped[date]
    requests: Mapped[int] = mapped_column(server_default="0")
    cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")
