"""The background work; importing this package registers every job."""

from pipeline.jobs import (
    answer,
    base,
    decide,
    dispatch,
    find_leads,
    import_leads,
    inbound,
    research,
    send,
    sweep,
    tasks,
    write,
)

__all__ = [
    "answer",
    "base",
    "decide",
    "dispatch",
    "find_leads",
    "import_leads",
    "inbound",
    "research",
    "send",
    "sweep",
    "tasks",
    "write",
]
