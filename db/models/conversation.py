"""Threads, their transcript, turns and tool calls."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, false, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Json, Owned, one_of
from db.crypto_type import SealedJson, SealedText
from db.types import Effect, TurnState


class ConversationThread(Owned, Base):
    __tablename__ = "conversation_threads"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel_id", "thread_id"),
        Index("ix_conversation_threads_last", "workspace_id", "user_id", "last_message_at"),
    )

    user_id: Mapped[str]  # who began it
    channel_id: Mapped[str]
    thread_id: Mapped[str]  # Slack's thread_ts, or ts of the root
    title: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_message_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_count: Mapped[int] = mapped_column(server_default="0")


class Turn(Owned, Base):
    """One message of a person and all the assistant did about it."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("inbox_id"),
        one_of("state", TurnState),
        Index("uq_turns_running", "conversation_id", unique=True, postgresql_where=text("state = 'running'")),
        Index("ix_turns_open", "lease_until", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_turns_conversation", "conversation_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation_threads.id", ondelete="CASCADE"))
    inbox_id: Mapped[UUID | None]  # no foreign key: the inbox is pruned sooner
    user_id: Mapped[str]
    message_ts: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=TurnState.QUEUED)
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
    stop_requested_at: Mapped[datetime | None]
    stream_ts: Mapped[str | None]
    posted_ts: Mapped[list[str]] = mapped_column(SealedJson, nullable=True)  # messages of this answer
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]


class ConversationMessage(Owned, Base):
    """One item of the transcript: a person's words, the model's text or calls, a tool's result."""

    __tablename__ = "conversation_messages"
    __table_args__ = (
        one_of("role", ("user", "assistant", "tool")),
        Index("ix_conversation_messages_order", "conversation_id", "seq"),
        Index("ix_conversation_messages_turn", "turn_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation_threads.id", ondelete="CASCADE"))
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    role: Mapped[str]
    content: Mapped[Any] = mapped_column(SealedJson)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ToolCall(Owned, Base):
    """A call the model made. Its result commits with its effect, so a resumed turn repeats nothing."""

    __tablename__ = "tool_calls"
    __table_args__ = (UniqueConstraint("turn_id", "call_id"), one_of("effect", Effect))

    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    call_id: Mapped[str]
    name: Mapped[str]
    effect: Mapped[str]
    arguments: Mapped[Any] = mapped_column(SealedJson)
    result: Mapped[Any] = mapped_column(SealedJson)
    failed: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AgentNotification(Owned, Base):
    __tablename__ = "agent_notifications"
    __table_args__ = (
        one_of("priority", ("low", "medium", "high")),
        Index("ix_agent_notifications_recent", "workspace_id", "created_at"),
    )

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    user_id: Mapped[str | None]
    type: Mapped[str]
    title: Mapped[str]
    content: Mapped[str] = mapped_column(SealedText)
    priority: Mapped[str] = mapped_column(server_default="medium")
    read: Mapped[bool] = mapped_column(server_default=false())
    actionable: Mapped[bool] = mapped_column(server_default=false())
    actions: Mapped[Json | None]
    outbox_key: Mapped[str | None]
