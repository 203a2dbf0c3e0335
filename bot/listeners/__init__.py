"""Slack's side: every listener, registered on one Bolt app."""

from bot.listeners import addresses, candidates, commands, drafts, held, home, imports, leads, messages, setup
from bot.listeners.base import Bot, Router

__all__ = ["Bot", "Router", "register"]


def register(app: Router, bot: Bot) -> None:
    for part in (messages, commands, leads, addresses, drafts, setup, home, held, imports, candidates):
        part.register(app, bot)
