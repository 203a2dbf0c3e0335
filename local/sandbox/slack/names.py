"""Who and what exists in the sandbox's workspace: ids, people, channels, the app and its commands."""

from dataclasses import dataclass
from typing import Any

TEAM_ID = "T0RAINDEMO1"
TEAM_NAME = "Rainmaker Demo"
TEAM_DOMAIN = "rainmaker-demo"
APP_ID = "A0RAINMAKER"
APP_NAME = "Rainmaker"
BOT_ID = "B0RAINMAKER"
BOT_USER_ID = "U0RAINMAKER"
VERIFICATION_TOKEN = "sandbox-verification-token"
SCOPES = (
    "app_mentions:read,assistant:write,channels:history,channels:read,chat:write,commands,files:read,"
    "files:write,groups:history,groups:read,im:history,im:read,im:write,reactions:read,reactions:write,"
    "team:read,users:read,users:read.email"
)

COMMANDS: list[dict[str, str]] = [
    {
        "command": "/leads",
        "description": "Find, research and write to leads",
        "hint": "add | show | research | stats | briefing | help",
    }
]
SHORTCUTS: list[dict[str, str]] = [
    {"callback_id": "add_as_lead", "name": "Add as lead", "type": "message"},
]
NOTICE = "A sandbox workspace on this machine. Nothing here reaches Slack or anybody's inbox."


@dataclass(frozen=True)
class Member:
    """A person or the bot, as the workspace starts out."""

    id: str
    handle: str
    real_name: str
    title: str
    email: str
    tz: str
    tz_label: str
    color: str
    is_admin: bool = False
    is_bot: bool = False


MEMBERS = (
    Member(
        "U0SAMRIVERS",
        "sam",
        "Sam Rivers",
        "Head of Growth",
        "sam@rainmaker-demo.example",
        "America/New_York",
        "Eastern Time",
        "4a6ee0",
        is_admin=True,
    ),
    Member(
        "U0ANACOSTA1",
        "ana",
        "Ana Costa",
        "Account Executive",
        "ana@rainmaker-demo.example",
        "Europe/Lisbon",
        "Western European Time",
        "2b8a5f",
    ),
    Member(
        "U0KENJIMORI",
        "kenji",
        "Kenji Mori",
        "Sales Development",
        "kenji@rainmaker-demo.example",
        "Asia/Tokyo",
        "Japan Standard Time",
        "b3541e",
    ),
    Member(
        BOT_USER_ID,
        "rainmaker",
        APP_NAME,
        "Lead generation colleague",
        "",
        "America/Los_Angeles",
        "Pacific Time",
        "6a3fb0",
        is_bot=True,
    ),
)

# id, name, is the bot a member
CHANNELS = (
    ("C0GENERAL01", "general", False),
    ("C0SALES0001", "sales", True),
    ("C0LEADS0001", "leads", True),
)


def direct_message_id(user: str) -> str:
    """The id of the DM between `user` and the bot."""
    return "D" + user[1:]


def team() -> dict[str, Any]:
    """The `team` of interactive payloads."""
    return {"id": TEAM_ID, "domain": TEAM_DOMAIN}
