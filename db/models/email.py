"""Emails, approvals, what came in, templates, and the log of what happened to each email."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Json, Owned, Stamped, Strings, one_of
from db.crypto_type import SealedText
from db.models.research import CENTS
from db.types import ApprovalState, EmailKind, EmailState, InboundKind, Outcome


class Approval(Owned, Base):
    """One question to the approvers. It binds the hash of every email it covers."""

    __tablename__ = "approvals"
    __table_args__ = (
        one_of("state", ApprovalState),
        one_of("kind", EmailKind),
        Index("ix_approvals_open", "workspace_id", "expires_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_approvals_rejected",
            "workspace_id",
            "decided_at",
            postgresql_where=text("state = 'rejected'"),
        ),
        Index("ix_approvals_lead", "lead_id"),
        Index("ix_approvals_enrollment", "enrollment_id"),
    )

    kind: Mapped[str] = mapped_column(server_default=EmailKind.SEQUENCE)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    reply_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default=ApprovalState.PENDING)
    content_hash: Mapped[str]  # SHA-256 hex over the covered emails' hashes, in order
    channel_id: Mapped[str | None]
    thread_ts: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class EmailCampaign(Owned, Stamped, Base):
    """One row an email. The table keeps the seeds' name."""

    __tablename__ = "email_campaigns"
    __table_args__ = (
        one_of("kind", EmailKind),
        one_of("state", EmailState),
        CheckConstraint(
            "(kind = 'sequence' AND email_sequence BETWEEN 1 AND 5)"
            " OR (kind <> 'sequence' AND email_sequence IS NULL)",
            name="valid_sequence",
        ),
        Index(
            "uq_email_campaigns_step",
            "enrollment_id",
            "email_sequence",
            unique=True,
            postgresql_where=text("kind = 'sequence'"),
        ),
        Index("uq_email_campaigns_message_id", "workspace_id", "message_id", unique=True),
        Index(
            "ix_email_campaigns_due",
            "scheduled_for",
            "lead_id",
            "id",
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index(
            "ix_email_campaigns_leaving",
            "workspace_id",
            postgresql_where=text("state IN ('claimed', 'created', 'unknown') AND sent_at IS NULL"),
        ),
        Index(
            "ix_email_campaigns_open", "lease_until", postgresql_where=text("state IN ('claimed', 'created')")
        ),
        Index("ix_email_campaigns_lead", "lead_id"),
        Index("ix_email_campaigns_campaign", "campaign_id"),
        Index("ix_email_campaigns_approval", "approval_id"),
        Index("ix_email_campaigns_enrollment", "enrollment_id"),
        Index(
            "ix_email_campaigns_sent",
            "workspace_id",
            "mailbox_id",
            "sent_at",
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index("ix_email_campaigns_thread", "workspace_id", "thread_id"),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("approvals.id", ondelete="SET NULL"))
    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailboxes.id", ondelete="SET NULL"))
    reply_id: Mapped[UUID | None]  # the inbound message an answer answers
    kind: Mapped[str] = mapped_column(server_default=EmailKind.SEQUENCE)
    state: Mapped[str] = mapped_column(server_default=EmailState.DRAFT)
    email_sequence: Mapped[int | None]
    to_email: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]  # with the call to action and the P.S.; without footer and signature block
    from_email: Mapped[str]
    reply_to: Mapped[str | None]
    language: Mapped[str | None]
    # {"claims": [{"sentence", "fact_ids"}], "warnings": [sentence], "edited_by": user}
    claims: Mapped[Json] = mapped_column(server_default="{}")
    content_hash: Mapped[str]  # SHA-256 hex of recipient, subject, body as they stand
    approved_hash: Mapped[str | None]  # what an approver saw
    judge_score: Mapped[int | None]
    template_used: Mapped[bool] = mapped_column(server_default=false())
    scheduled_for: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    gate: Mapped[str | None]  # the gate that last held it back
    gate_reason: Mapped[str | None]
    # the send protocol
    send_token: Mapped[str | None]  # opaque header value of ours
    draft_id: Mapped[str | None]
    draft_message_id: Mapped[str | None]
    history_id: Mapped[str | None]  # the mailbox's, when claimed
    claimed_at: Mapped[datetime | None]  # wall time
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    # what became of it
    opened: Mapped[bool] = mapped_column(server_default=false())
    opened_at: Mapped[datetime | None]
    clicked: Mapped[bool] = mapped_column(server_default=false())
    clicked_at: Mapped[datetime | None]
    replied: Mapped[bool] = mapped_column(server_default=false())
    replied_at: Mapped[datetime | None]
    bounced: Mapped[bool] = mapped_column(server_default=false())
    bounce_type: Mapped[str | None]
    unsubscribed: Mapped[bool] = mapped_column(server_default=false())
    message_id: Mapped[str | None]  # the real RFC 5322 Message-ID, read back after sending
    provider_message_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    personalization_tokens: Mapped[Json | None]
    ai_model_used: Mapped[str | None]
    ai_prompt_version: Mapped[str | None]
    cost_cents: Mapped[Decimal] = mapped_column(CENTS, server_default="0")


class InboundEmail(Owned, Base):
    __tablename__ = "inbound_emails"
    __table_args__ = (
        one_of("kind", InboundKind),
        one_of("outcome", Outcome),
        UniqueConstraint("mailbox_id", "provider_message_id"),
        Index("ix_inbound_emails_recent", "workspace_id", "received_at"),
        Index("ix_inbound_emails_lead", "lead_id"),
        Index("ix_inbound_emails_email", "email_id"),
        Index("ix_inbound_emails_enrollment", "enrollment_id"),
        Index(
            "ix_inbound_emails_unanswered",
            "lease_until",
            postgresql_where=text("kind = 'human' AND NOT answered"),
        ),
    )

    mailbox_id: Mapped[UUID] = mapped_column(ForeignKey("mailboxes.id", ondelete="CASCADE"))
    provider_message_id: Mapped[str]
    message_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    kind: Mapped[str]
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("email_campaigns.id", ondelete="SET NULL"))
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id", ondelete="SET NULL"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    from_email: Mapped[str]
    subject: Mapped[str] = mapped_column(SealedText)
    body: Mapped[str] = mapped_column(SealedText)  # what the person wrote, without quotes
    received_at: Mapped[datetime]  # business time
    sentiment: Mapped[str | None]  # interested, question, not_now, not_interested, other
    summary: Mapped[str | None] = mapped_column(SealedText)
    returns_on: Mapped[date | None]
    bounce_type: Mapped[str | None]  # hard, soft
    outcome: Mapped[str | None]
    outcome_by: Mapped[str | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    answered: Mapped[bool] = mapped_column(server_default=false())  # an answer was proposed
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EmailTemplate(Owned, Stamped, Base):
    __tablename__ = "email_templates"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str]
    subject_template: Mapped[str]
    body_template: Mapped[str]
    variables: Mapped[Strings] = mapped_column(server_default="{}")
    sequence_type: Mapped[str | None]  # introduction, value_proposition, ...
    language: Mapped[str] = mapped_column(server_default="en")


class EmailEvent(Base):
    """What happened to an email, one row an event. Partitioned by month; nothing refers to it."""

    __tablename__ = "email_events"
    __table_args__ = (
        Index("ix_email_events_email", "email_id", "at"),
        Index("ix_email_events_recent", "workspace_id", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    at: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.now())
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    email_id: Mapped[UUID]
    lead_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    type: Mapped[str]  # approved, scheduled, held, sent, opened, clicked, replied, bounced, unsubscribed, ...
    detail: Mapped[Json] = mapped_column(server_default="{}")
    machine: Mapped[bool] = mapped_column(server_default=false())
