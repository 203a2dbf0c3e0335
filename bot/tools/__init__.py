"""Everything the assistant can do; importing this package registers every tool."""

from bot.tools import addresses, analytics, campaigns, finding, leads, memory, research, tasks

__all__ = ["addresses", "analytics", "campaigns", "finding", "leads", "memory", "research", "tasks"]
