"""Workspaces, their people, what Slack sends us (inbox) and what we send it (outbox)."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint, false, func, text, true
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Json, Owned, Stamped, Strings, one_of
from db.crypto_type import SealedJson, SealedText
from db.types import InboxKind, InboxState, OutboxState


class Workspace(Identified, Stamped, Base):
    """One Slack team and how it wants to work. Its row-level policy compares `id`."""

    __tablename__ = "workspaces"
    __table_args__ = (UniqueConstraint("team_id"),)

    team_id: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    country: Mapped[str | None]  # ISO 3166-1 alpha-2, for public holidays
    # what we sell and how we speak
    company_name: Mapped[str | None]
    company_offer: Mapped[str | None]
    proof_points: Mapped[Strings] = mapped_column(server_default="{}")
    tone: Mapped[str] = mapped_column(server_default="")
    forbidden_words: Mapped[Strings] = mapped_column(server_default="{}")
    signature: Mapped[str | None]
    sender_name: Mapped[str | None]
    postal_address: Mapped[str | None]
    booking_link: Mapped[str | None]
    # when and how much
    window_start: Mapped[time] = mapped_column(server_default="09:00")
    window_end: Mapped[time] = mapped_column(server_default="17:00")
    window_confirmed: Mapped[bool] = mapped_column(server_default=false())
    open_tracking: Mapped[bool] = mapped_column(server_default=true())
    allow_role_addresses: Mapped[bool] = mapped_column(server_default=false())
    max_emails_per_day: Mapped[int] = mapped_column(server_default="500")
    max_emails_per_domain: Mapped[int] = mapped_column(server_default="10")  # to one company in 24 hours
    sending_stopped_at: Mapped[datetime | None]
    sending_stopped_by: Mapped[str | None]
    # where
    briefing_channel: Mapped[str | None]
    drafts_channel: Mapped[str | None]
    alerts_channel: Mapped[str | None]
    muted_alerts: Mapped[Strings] = mapped_column(server_default="{}")
    setup_completed_at: Mapped[datetime | None]


class Member(Owned, Stamped, Base):
    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("workspace_id", "slack_user_id"),)

    slack_user_id: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    timezone: Mapped[str | None]
    dm_channel: Mapped[str | None]
    is_admin: Mapped[bool] = mapped_column(server_default=false())
    is_approver: Mapped[bool] = mapped_column(server_default=false())
    greeted_at: Mapped[datetime | None]


class SlackInstallation(Identified, Stamped, Base):
    """A bot token for a team. Precedes a known workspace, so it stands outside row-level security."""

    __tablename__ = "slack_installations"
    __table_args__ = (UniqueConstraint("enterprise_id", "team_id", postgresql_nulls_not_distinct=True),)

    enterprise_id: Mapped[str | None]
    team_id: Mapped[str | None]
    bot_token: Mapped[str] = mapped_column(SealedText)
    bot_user_id: Mapped[str]
    bot_id: Mapped[str | None]
    scopes: Mapped[str] = mapped_column(server_default="")
    installed_by: Mapped[str | None]
    refresh_token: Mapped[str | None] = mapped_column(SealedText)
    expires_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]


class SlackInbox(Identified, Base):
    """What Slack delivered, stored before the ack. Outside row-level security; the body is sealed."""

    __tablename__ = "slack_inbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        one_of("kind", InboxKind),
        one_of("state", InboxState),
        Index(
            "ix_slack_inbox_open", "lease_until", postgresql_where=text("state IN ('received', 'running')")
        ),
        Index("ix_slack_inbox_received_at", "received_at"),
    )

    dedupe_key: Mapped[str]  # event_id, trigger_id or view id and hash
    kind: Mapped[str]
    team_id: Mapped[str | None]
    body: Mapped[Any] = mapped_column(SealedJson)
    state: Mapped[str] = mapped_column(server_default=InboxState.RECEIVED)
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]


class SlackOutbox(Owned, Stamped, Base):
    """One surface in Slack: a message we posted or will post, and what it should show now.

    Writers set `payload` and raise `version`; the poster makes Slack match (post, then update in place).
    """

    __tablename__ = "slack_outbox"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        one_of("state", OutboxState),
        Index("ix_slack_outbox_due", "not_before", postgresql_where=text("state IN ('pending', 'posting')")),
        Index("ix_slack_outbox_channel", "workspace_id", "channel_id", "seq"),
        Index("ix_slack_outbox_posted", "workspace_id", "posted_channel", "posted_ts"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))  # order within a channel
    key: Mapped[str]  # idempotency: one surface a key, e.g. `approval:<id>`
    channel_id: Mapped[str]  # a channel, or a user id (their DM)
    thread_ts: Mapped[str | None]
    ephemeral_user: Mapped[str | None]
    payload: Mapped[Any] = mapped_column(SealedJson)  # {"text": str, "blocks": [...]}
    version: Mapped[int] = mapped_column(server_default="1")
    posted_version: Mapped[int] = mapped_column(server_default="0")
    posted_channel: Mapped[str | None]
    posted_ts: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=OutboxState.PENDING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    not_before: Mapped[datetime | None]  # wall time
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    error: Mapped[str | None]


class MemberContext(Owned, Stamped, Base):
    """What spans threads: preferences, goals, campaigns and leads on somebody's mind."""

    __tablename__ = "user_contexts"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)

    user_id: Mapped[str]
    context: Mapped[Json]
