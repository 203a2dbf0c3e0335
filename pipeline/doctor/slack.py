"""Slack: tokens, scopes, and the way its events take."""

import json
from pathlib import Path

from pipeline.doctor.finding import Finding, note, ok, problem
from pipeline.doctor.web_call import call
from pipeline.settings import Settings

MANIFEST = Path(__file__).parents[2] / "manifest.json"
WHAT_TO_DO = {
    "invalid_auth": "Copy the token again from “OAuth & Permissions”.",
    "not_authed": "Copy the token again from “OAuth & Permissions”.",
    "account_inactive": "The app was removed from the workspace: install it again and copy the new token.",
    "token_revoked": "The app was removed from the workspace: install it again and copy the new token.",
    "token_expired": "Turn token rotation off, or install by OAuth.",
}


async def slack(settings: Settings) -> list[Finding]:
    return [*await _bot(settings), await _events(settings)]


async def _bot(settings: Settings) -> list[Finding]:
    if settings.slack_bot_token is None:
        return [note("Slack", "no SLACK_BOT_TOKEN: each workspace installs the app by OAuth")]
    token = settings.slack_bot_token.get_secret_value()
    answer = await call("POST", f"{settings.slack_api_url}auth.test", token=token)
    if not answer.json.get("ok"):
        code = str(answer.json.get("error", f"status {answer.status}"))
        return [problem("Slack", f"auth.test refuses SLACK_BOT_TOKEN: {code}", WHAT_TO_DO.get(code, ""))]
    who = f"{answer.json.get('user', '?')} in {answer.json.get('team', '?')}"
    given = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes")
    return [ok("Slack", f"we are {who}"), scopes(given)]


def scopes(given: str | None) -> Finding:
    """Those of the manifest, against what the token has."""
    if given is None:
        return note("Slack scopes", "Slack did not say which the token has")
    wanted: list[str] = json.loads(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"]
    missing = sorted(set(wanted) - {scope.strip() for scope in given.split(",")})
    if missing:
        todo = (
            "Add them under “OAuth & Permissions” (or update the app's manifest) and install the app again."
        )
        return problem("Slack scopes", f"missing: {', '.join(missing)}", todo)
    return ok("Slack scopes", f"all {len(wanted)} are there")


async def _events(settings: Settings) -> Finding:
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        answer = await call("POST", f"{settings.slack_api_url}apps.connections.open", token=token)
        if answer.json.get("ok"):
            return ok("Slack events", "Socket Mode")
        code = answer.json.get("error", f"status {answer.status}")
        todo = "Make an app token with the scope connections:write, and turn Socket Mode on."
        return problem("Slack events", f"Socket Mode refuses SLACK_APP_TOKEN: {code}", todo)
    if settings.slack_is_real and settings.public_url is None:
        todo = "Set PUBLIC_URL to the https address at which Slack reaches PORT, or SLACK_APP_TOKEN."
        return problem("Slack events", "by HTTP, but PUBLIC_URL is not set", todo)
    where = f"{(settings.public_url or 'http://127.0.0.1').rstrip('/')}/slack/events"
    return ok("Slack events", f"by HTTP to {where}")
