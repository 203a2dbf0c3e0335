"""Everything the assistant can do; importing this package registers every tool."""

from bot.tools import (
    addresses,
    analytics,
    approvals,
    campaigns,
    campaigns_new,
    experiments,
    finding,
    leads,
    memory,
    research,
    suppress,
    tasks,
    templates,
)

__all__ = [
    "addresses",
    "analytics",
    "approvals",
    "campaigns",
    "campaigns_new",
    "experiments",
    "finding",
    "leads",
    "memory",
    "research",
    "suppress",
    "tasks",
    "templates",
]
