"""Leads and what people said of their fit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Owned, Stamped, Strings, one_of
from db.types import EmailStatus, LeadStatus

VALID_EMAIL = r"email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$'"


class Lead(Owned, Stamped, Base):
    __tablename__ = "leads"
    __table_args__ = (
        one_of("status", LeadStatus),
        one_of("email_status", EmailStatus),
        CheckConstraint(VALID_EMAIL, name="valid_email"),
        CheckConstraint(
            "email IS NOT NULL OR status IN ('new', 'researching')", name="email_once_researched"
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="valid_score"),
        CheckConstraint("char_length(name) BETWEEN 2 AND 100", name="valid_name"),
        Index("uq_leads_email", "workspace_id", text("lower(email)"), unique=True),
        Index("ix_leads_status", "workspace_id", "status"),
        Index("ix_leads_created_at", "workspace_id", "created_at"),
        Index("ix_leads_domain", "workspace_id", "company_domain"),
        Index("ix_leads_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        Index("ix_leads_tags", "tags", postgresql_using="gin"),
    )

    name: Mapped[str]
    email: Mapped[str | None]
    email_status: Mapped[str] = mapped_column(server_default=EmailStatus.MISSING)
    email_note: Mapped[str | None]  # of a guess: how sure it is and what it rests on
    company: Mapped[str | None]
    company_domain: Mapped[str | None]
    title: Mapped[str | None]
    linkedin_url: Mapped[str | None]
    website_url: Mapped[str | None]
    ig_url: Mapped[str | None]
    twitter_url: Mapped[str | None]
    phone: Mapped[str | None]
    location: Mapped[str | None]
    country: Mapped[str | None]  # ISO 3166-1 alpha-2
    timezone: Mapped[str | None]
    language: Mapped[str | None]  # BCP 47
    status: Mapped[str] = mapped_column(server_default=LeadStatus.NEW)
    score: Mapped[int] = mapped_column(server_default="0")
    tags: Mapped[Strings] = mapped_column(server_default="{}")
    source: Mapped[str | None]
    qualified: Mapped[bool | None]  # null: not researched yet
    qualification_reason: Mapped[str | None]
    data_quality: Mapped[int | None]  # 0-100, of the newest run
    owner_user_id: Mapped[str | None]  # Slack user
    created_by: Mapped[str | None]
    researched_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    search: Mapped[str] = mapped_column(
        Computed("lower(name || ' ' || coalesce(email, '') || ' ' || coalesce(company, ''))", persisted=True)
    )


class LeadFit(Owned, Base):
    """ "Good fit" or "Not a fit", as one person pressed it: the truth the rules are measured on."""

    __tablename__ = "lead_fits"
    __table_args__ = (UniqueConstraint("lead_id", "user_id"),)

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    good: Mapped[bool]
    predicted: Mapped[bool | None]  # what the rules said at that moment
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
