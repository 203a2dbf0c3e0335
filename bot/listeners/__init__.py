"""Slack's side: every listener, registered on one Bolt app."""

from bot.listeners import (
    addresses,
    approvers,
    campaigns,
    campaigns_form,
    candidates,
    commands,
    drafts,
    drafts_batch,
    drafts_handover,
    drafts_queue,
    drafts_sequence,
    experiments,
    held,
    home,
    imports,
    leads,
    mailboxes,
    messages,
    sending,
    setup,
    suppressions,
    templates,
)
from bot.listeners.base import Bot, Router

__all__ = ["Bot", "Router", "register"]

PARTS = (
    messages,
    commands,
    leads,
    addresses,
    approvers,
    drafts,
    drafts_queue,
    drafts_sequence,
    drafts_batch,
    drafts_handover,
    sending,
    setup,
    mailboxes,
    suppressions,
    home,
    held,
    imports,
    candidates,
    campaigns,
    campaigns_form,
    experiments,
    templates,
)


def register(app: Router, bot: Bot) -> None:
    for part in PARTS:
        part.register(app, bot)
