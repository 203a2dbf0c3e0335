"""Everything the assistant can do; importing this package registers every tool."""

from bot.tools import analytics, campaigns, finding, leads, memory, research, tasks

__all__ = ["analytics", "campaigns", "finding", "leads", "memory", "research", "tasks"]
