"""What the model is told besides the conversation: who asks, when, and what spans threads."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from db.models.workspace import Workspace
from pipeline.clients.llm.tasks import labelled

_PROMPT = Path(__file__).parent / "prompts" / "assistant.md"


@cache
def prompt() -> str:
    return _PROMPT.read_text()


def default_context() -> dict[str, Any]:
    """The seeds' default context of a person."""
    return {
        "preferences": {
            "communication_style": "professional",
            "update_frequency": "daily",
            "priority_metrics": ["reply_rate", "open_rate", "lead_quality"],
        },
        "current_goals": [],
        "active_campaigns": [],
        "important_leads": [],
    }


def instructions(
    workspace: Workspace, *, person: str, timezone: str, context: dict[str, Any], now: datetime
) -> str:
    """The system prompt, with what is true at this moment as labelled data."""
    local = now.astimezone(ZoneInfo(timezone))
    situation = {
        "now": f"{local:%A, %d %B %Y, %H:%M}",
        "timezone": timezone,
        "person": person,
        "our_company": workspace.company_name,
        "sending_stopped": workspace.sending_stopped_at is not None,
        "remembered": default_context() | context,
    }
    return f"{prompt()}\n{labelled({'situation': json.loads(json.dumps(situation, default=str))})}"
