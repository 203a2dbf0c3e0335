"""Campaigns, enrollments, mailboxes, suppressions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer

from db.base import Base, Json, Owned, Stamped, one_of
from db.crypto_type import SealedJson
from db.types import (
    CampaignState,
    CampaignType,
    EnrollmentState,
    MailboxState,
    MailProvider,
    StopReason,
    SuppressionKind,
)


class Campaign(Owned, Stamped, Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("type", CampaignType),
        one_of("state", CampaignState),
        CheckConstraint("leads_per_day > 0", name="drip"),
        Index("ix_campaigns_state", "workspace_id", "state", "created_at"),
    )

    name: Mapped[str]
    goal: Mapped[str] = mapped_column(server_default="")
    type: Mapped[str] = mapped_column(server_default=CampaignType.IMMEDIATE)
    state: Mapped[str] = mapped_column(server_default=CampaignState.ACTIVE)
    approach: Mapped[str | None]
    language: Mapped[str | None]
    filter: Mapped[Json | None]  # how its leads were chosen
    waits: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{0,3,4,5,7}")  # business days
    answer_in_thread: Mapped[bool] = mapped_column(server_default=true())
    starts_at: Mapped[datetime | None]
    leads_per_day: Mapped[int | None]  # of a drip: how many begin on one business day
    owner_user_id: Mapped[str | None]
    created_by: Mapped[str | None]
    channel_id: Mapped[str | None]
    thread_ts: Mapped[str | None]


class Mailbox(Owned, Stamped, Base):
    __tablename__ = "mailboxes"
    __table_args__ = (
        UniqueConstraint("workspace_id", "address"),
        one_of("provider", MailProvider),
        one_of("state", MailboxState),
        Index("ix_mailboxes_poll", "polled_at"),
    )

    provider: Mapped[str]
    address: Mapped[str]
    display_name: Mapped[str | None]
    reply_to: Mapped[str | None]
    credentials: Mapped[Any] = mapped_column(SealedJson)  # gmail: refresh token; smtp: url, imap url
    state: Mapped[str] = mapped_column(server_default=MailboxState.ACTIVE)
    error: Mapped[str | None]
    history_id: Mapped[str | None]
    polled_at: Mapped[datetime | None]  # wall time, the last poll that succeeded
    daily_cap: Mapped[int | None]  # rolling 24 h; null: the workspace's
    ramp_started_at: Mapped[datetime | None]
    health: Mapped[str | None]  # null: unknown
    next_send_at: Mapped[datetime | None]  # business time; gap and jitter
    booked_until: Mapped[datetime | None]  # business time; slots given away to emails that wait
    keeps_headers: Mapped[bool | None]  # does our private header survive; null: not tried


class Enrollment(Owned, Stamped, Base):
    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("campaign_id", "lead_id"),
        one_of("state", EnrollmentState),
        one_of("stop_reason", StopReason),
        Index("ix_enrollments_lead", "lead_id", "state"),
        Index(
            "ix_enrollments_experiment",
            "experiment_id",
            "arm",
            postgresql_where=text("experiment_id IS NOT NULL"),
        ),
        Index("ix_enrollments_writing", "updated_at", postgresql_where=text("state = 'writing'")),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailboxes.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(server_default=EnrollmentState.WRITING)
    stop_reason: Mapped[str | None]
    held_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]  # a drip begins with a few leads a day
    experiment_id: Mapped[UUID | None] = mapped_column(ForeignKey("experiments.id", ondelete="SET NULL"))
    arm: Mapped[str | None]  # of the experiment; it stays for the whole sequence
    stand_in: Mapped[bool] = mapped_column(server_default=false())  # not its arm's model wrote (some of) it
    thread_id: Mapped[str | None]  # the provider's thread
    channel_id: Mapped[str | None]  # where in Slack it was asked for
    thread_ts: Mapped[str | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time, while its emails are written
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]


class Suppression(Owned, Base):
    """An address or domain never to write to. After erasure only the hash remains."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "value_hash"), one_of("kind", SuppressionKind))

    kind: Mapped[str]
    value_hash: Mapped[str]  # HMAC-SHA256 hex of the normalised value
    value: Mapped[str | None]
    reason: Mapped[str]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
