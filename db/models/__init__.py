"""Every table; importing this package fills the metadata."""

from db.models import (
    audit,
    campaign,
    conversation,
    email,
    experiment,
    finding,
    lead,
    research,
    task,
    workspace,
)

__all__ = [
    "audit",
    "campaign",
    "conversation",
    "email",
    "experiment",
    "finding",
    "lead",
    "research",
    "task",
    "workspace",
]
