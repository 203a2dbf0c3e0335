"""The background work; importing this package registers every job."""

from pipeline.jobs import answer, base, decide, dispatch, inbound, research, send, sweep, tasks, write

__all__ = ["answer", "base", "decide", "dispatch", "inbound", "research", "send", "sweep", "tasks", "write"]
