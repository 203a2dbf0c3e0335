"""The audit log: append only, partitioned by month, chained by digests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.crypto_type import SealedText


class AuditEntry(Base):
    """Who did what to which row, and why. The payload can be erased; its salted digest stays."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_recent", "workspace_id", "at"),
        Index("ix_audit_log_entity", "entity_id", "at"),
        Index("ix_audit_log_chain", "workspace_id", "chain_digest"),
        Index("ix_audit_log_unsealed", "seq", postgresql_where=text("chain_digest IS NULL")),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    at: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.now())
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    actor: Mapped[str]  # a Slack user, `rainmaker`, or `assistant for U123`
    action: Mapped[str]
    entity_type: Mapped[str]
    entity_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    salt: Mapped[str]
    payload_digest: Mapped[str]  # SHA-256 hex of salt and payload
    payload: Mapped[str | None] = mapped_column(SealedText)
    chain_digest: Mapped[str | None]  # `position:SHA-256`, set by the sealer job; position is 12 digits
