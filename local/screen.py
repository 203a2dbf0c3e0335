"""What `make run` shows: one table, where to go, and what goes wrong meanwhile, a line each."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

from local.environment import Choice
from pipeline.settings import Settings

QUIET_SECONDS = 60.0  # the same trouble of the same process is shown again only after so long
MOST_SHOWN = 300  # characters of what went wrong
REAL, EMBEDDED, SANDBOX, NONE = "real", "embedded", "sandbox", "not set"
COLOURS = {REAL: "32", EMBEDDED: "36", SANDBOX: "33", NONE: "31", "bold": "1", "dim": "2", "trouble": "31"}


@dataclass(frozen=True)
class Row:
    what: str
    kind: str
    text: str


class Screen:
    """Coloured on a terminal only."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._colour = out.isatty()
        self._shown: dict[tuple[str, str], float] = {}

    def line(self, text: str = "") -> None:
        try:
            print(text, file=self._out, flush=True)
        except (BrokenPipeError, OSError):
            pass  # nobody looks any more

    def paint(self, name: str, text: str) -> str:
        return f"\x1b[{COLOURS[name]}m{text}\x1b[0m" if self._colour else text

    def say(self, who: str, text: str) -> None:
        """What happened to a process; the same only once a minute."""
        now = time.monotonic()
        if now - self._shown.get((who, text), -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._shown[who, text] = now
        self.line(f"  {time.strftime('%H:%M:%S')}  {self.paint('trouble', who)}  {text[:MOST_SHOWN]}")

    def table(self, rows: Sequence[Row]) -> None:
        width = max(len(row.what) for row in rows)
        self.line()
        self.line(self.paint("bold", "Rainmaker"))
        for row in rows:
            kind = self.paint(row.kind, row.kind.ljust(len(EMBEDDED)))
            self.line(f"  {row.what.ljust(width)}  {kind}  {row.text}")
        self.line()


def rows(choice: Choice, settings: Settings, browser: str) -> list[Row]:
    """What is real and what is not, in the order in which a person asks."""
    return [
        _slack(choice, settings),
        _model(choice, settings),
        _search(choice, settings),
        Row("browser", REAL if browser else NONE, browser or "being installed; only pages that need it wait"),
        _mail(choice, settings),
        Row("database", EMBEDDED, "Postgres, kept in .rainmaker")
        if choice.postgres
        else Row("database", REAL, _host(settings.database_url)),
        Row("queue", EMBEDDED, "Valkey") if choice.redis else Row("queue", REAL, _host(settings.redis_url)),
    ]


def _slack(choice: Choice, settings: Settings) -> Row:
    if choice.slack:
        return Row("Slack", SANDBOX, "a workspace on this machine (SLACK_BOT_TOKEN, SLACK_APP_TOKEN)")
    way = "Socket Mode" if settings.slack_app_token else "HTTP"
    return Row("Slack", REAL, f"{_host(settings.slack_api_url)}, {way}")


def _model(choice: Choice, settings: Settings) -> Row:
    if choice.model:
        return Row(
            "model", SANDBOX, "scripted: it knows the documented sentences, no others (OPENAI_API_KEY)"
        )
    return Row("model", REAL, f"{settings.openai_model} at {_host(settings.openai_base_url)}")


def _search(choice: Choice, settings: Settings) -> Row:
    if choice.search:
        return Row("research", SANDBOX, "made-up companies, people and pages (BRAVE_SEARCH_API_KEY, …)")
    found = {
        "Google": settings.google_search_api_key and settings.google_search_engine_id,
        "Brave": settings.brave_search_api_key,
        "SearXNG": settings.searxng_url,
        "Apify": settings.apify_api_token,
    }
    names = [name for name, value in found.items() if value]
    if not names:
        return Row("research", NONE, "set BRAVE_SEARCH_API_KEY, SEARXNG_URL or Google's key and engine")
    return Row("research", REAL, ", ".join(names))


def _mail(choice: Choice, settings: Settings) -> Row:
    if choice.mail:
        return Row(
            "mail", SANDBOX, "mailboxes on this machine that answer and bounce (GMAIL_CLIENT_ID, SMTP_URL)"
        )
    if settings.smtp_url is None and settings.gmail_client_id is None:
        return Row("mail", NONE, "nothing is sent: set GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, or SMTP_URL")
    return Row("mail", REAL, "Gmail" if settings.gmail_client_id else "SMTP")


def _host(url: str) -> str:
    """Without user and password."""
    parts = urlsplit(url)
    return (parts.hostname or url) + (f":{parts.port}" if parts.port else "")


def trouble_in(line: bytes) -> str | None:
    """What a line of a process's log says went wrong, if it does: its event, and the error's last line."""
    if b'"error"' not in line and b'"critical"' not in line:
        return None
    try:
        found: Any = json.loads(line)
    except ValueError:
        return None
    entry = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if entry.get("level") not in ("error", "critical"):
        return None
    last = str(entry.get("exception") or "").strip().rpartition("\n")[2]
    return f"{entry.get('event', '')}{': ' + last if last else ''}"
