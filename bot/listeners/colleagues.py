"""Whom somebody chose in a form: a person of this workspace, no app and nobody from outside."""

from typing import Any

from slack_sdk.errors import SlackApiError

from bot.listeners.base import Bot, Scene
from bot.slack import code, dig, is_outage, is_rate_limit
from pipeline.errors import FieldErrors

SLACKBOT = "USLACKBOT"


async def require_colleagues(bot: Bot, scene: Scene, field: str, *people: str) -> None:
    """Raises FieldErrors at `field` with what is wrong; those who are fine are known by name from now on."""
    for user_id in people:
        refusal = await _why_not(bot, scene, user_id)
        if refusal:
            raise FieldErrors({field: refusal})
        await bot.meet(scene.workspace_id, user_id)


async def _why_not(bot: Bot, scene: Scene, user_id: str) -> str | None:
    try:
        user: dict[str, Any] = (await bot.client.users_info(user=user_id))["user"]
    except SlackApiError as error:
        if is_outage(error) or is_rate_limit(error):
            return "Slack can't tell me who that is right now. Please try again in a moment."
        return f"I can't find that person in this workspace ({code(error)})."
    name = str(
        dig(user, "profile", "real_name") or user.get("real_name") or user.get("name") or "That person"
    )
    if user.get("is_bot") or user_id == SLACKBOT:
        return f"{name} is an app; choose a person."
    if user.get("deleted"):
        return f"{name} has left this workspace."
    if user.get("is_stranger") or not _is_ours(user, scene.team_id):
        return f"{name} belongs to another workspace; choose one of yours."
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return f"{name} is a guest here; choose a full member."
    return None


def _is_ours(user: dict[str, Any], team_id: str) -> bool:
    """By the team Slack names; in an Enterprise Grid a person belongs to several."""
    teams = {user.get("team_id"), *(dig(user, "enterprise_user", "teams") or ())} - {None}
    return not teams or team_id in teams
