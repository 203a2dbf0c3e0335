"""Experiments: arms of which each lead gets one, and keeps it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Owned, Strings, one_of
from db.types import ExperimentDimension, ExperimentState


class Experiment(Owned, Base):
    """One runs at a time in a workspace: two would blur each other."""

    __tablename__ = "experiments"
    __table_args__ = (
        one_of("dimension", ExperimentDimension),
        one_of("state", ExperimentState),
        CheckConstraint("cardinality(arms) BETWEEN 2 AND 5", name="arms"),
        CheckConstraint("baseline > 0 AND baseline < target AND target < 1", name="rates"),
        Index(
            "uq_experiments_running", "workspace_id", unique=True, postgresql_where=text("state = 'running'")
        ),
        Index("ix_experiments_recent", "workspace_id", "created_at"),
    )

    name: Mapped[str]
    dimension: Mapped[str]
    arms: Mapped[Strings]  # models, prompt versions or approaches; each lead's is chosen by its id
    baseline: Mapped[float]  # the share of leads that is expected to reply
    target: Mapped[float]  # the share that would be worth seeing; both fix how many leads an arm needs
    state: Mapped[str] = mapped_column(server_default=ExperimentState.RUNNING)
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
