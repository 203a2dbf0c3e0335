"""The background work; importing this package registers every job."""

from pipeline.jobs import base, decide, dispatch, inbound, research, send, sweep, tasks, write

__all__ = ["base", "decide", "dispatch", "inbound", "research", "send", "sweep", "tasks", "write"]
