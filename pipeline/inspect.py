"""Looking at one thing as the product sees it: `python -m pipeline.inspect page|url|lead|draft|why|schedule …`.

`page FILE_OR_URL [--url URL] [--name … --company … --domain …]` prints what is extracted, as JSON. `url URL`
prints what the egress guard says. Neither needs a database, an account or the network (but `url` asks DNS). `lead EMAIL
[--check]` prints the dossier with its sources, and with `--check` which facts no longer stand. `draft FILE.json`
prints what lint and grounding say of a draft, `schedule "TEXT" --zone Z` the next times those words mean; both need
nothing else. `why EMAIL_ID` prints the gates that hold an email back, and needs the product's settings.

`lead` and `why` read the environment and `.env`, as the product does; what `make run` chose beside them, while it runs.
"""

import argparse
import asyncio
import fcntl
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from db.errors import DatabaseError
from pipeline.egress.verdict import verdict_of
from pipeline.errors import BadSettings, RainmakerError

STATE = Path(__file__).resolve().parents[1] / ".rainmaker"  # where `make run` keeps everything
NOT_RUNNING = "`make run` has such settings, and does not run now: start it, or ask with `make why ID=…`."


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where there is something to show, be it a refusal. `url` takes any string, also one like an option."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) == 2 and given[0] == "url" and given[1] not in ("-h", "--help"):
        # In ASCII: the string may hold what no terminal can print.
        print(json.dumps(asyncio.run(_url(given[1])), indent=2))
        return 0
    parsed = _parser().parse_args(given)
    if parsed.command == "lead":
        return _lead(parsed.email, check=parsed.check, state=parsed.state)
    if parsed.command == "page":
        return _page(parsed)
    if parsed.command in ("draft", "why", "schedule"):
        return _email(parsed)
    _print(asyncio.run(_url(parsed.url)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pipeline.inspect", description="See a page or an address as research does."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    page = commands.add_parser("page", help="what is extracted from a page")
    page.add_argument(
        "source", metavar="FILE_OR_URL", help="a file with HTML, - for standard input, or a URL"
    )
    page.add_argument("--url", help="where the page was; default: what the page itself says")
    page.add_argument("--name", default="", help="whom the research is about")
    page.add_argument("--company")
    page.add_argument("--domain", help="the company's; default: that of the URL")
    page.add_argument("--region", help="ISO country of phone numbers without a country code")
    url = commands.add_parser("url", help="what the egress guard says of an address")
    url.add_argument("url")
    lead = commands.add_parser("lead", help="what is known of a lead, with sources; needs DATABASE_URL")
    lead.add_argument("email")
    lead.add_argument("--check", action="store_true", help="does every fact still stand in its stored page?")
    draft = commands.add_parser("draft", help="what lint and grounding say of a draft")
    draft.add_argument("file", type=Path, metavar="FILE.json", help="its form: pipeline/inspect_email.py")
    why = commands.add_parser("why", help="what holds an email back; needs the product's settings")
    why.add_argument("email_id")
    for one in (lead, why):
        one.add_argument("--state", type=Path, default=STATE, help="where `make run` keeps everything")
    schedule = commands.add_parser("schedule", help="the next times that words mean")
    schedule.add_argument("text", help="such as “every weekday at 9am”, or a cron expression")
    schedule.add_argument("--zone", default="UTC", help="IANA time zone; default: UTC")
    return parser


def _email(parsed: argparse.Namespace) -> int:
    """1 where something speaks against the draft or there is no such email; 2 where it can't be looked at."""
    from pipeline.inspect_email import show_draft, show_schedule, show_why

    try:
        match parsed.command:
            case "draft":
                shown, code = show_draft(parsed.file)
            case "why":
                shown, code = asyncio.run(show_why(parsed.email_id, chosen_by_run(parsed.state)))
            case _:
                shown, code = show_schedule(parsed.text, parsed.zone), 0
    except (OSError, RainmakerError, BadSettings, DatabaseError) as error:
        print(error, file=sys.stderr)
        _hint(error, getattr(parsed, "state", None))
        return 2
    _print(shown)
    return code


def chosen_by_run(state: Path) -> dict[str, str]:
    """The settings that `make run` chose and its processes have, by their field; empty unless it runs in `state`,
    or where the environment names another database than its own."""
    try:
        told: dict[str, str] = json.loads((state / "environment").read_text())
        if not _is_running(state) or ("DATABASE_URL" in told and "DATABASE_URL" in os.environ):
            return {}
    except (OSError, ValueError):
        return {}
    return {name.lower(): value for name, value in told.items() if value}


def _is_running(state: Path) -> bool:
    """Does somebody hold the lock of the folder?"""
    with (state / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _hint(error: Exception, state: Path | None) -> None:
    """Settings that are missing here may be those of a `make run` that was stopped."""
    if isinstance(error, BadSettings) and state is not None and (state / "environment").exists():
        print(NOT_RUNNING, file=sys.stderr)


def _lead(email: str, *, check: bool, state: Path) -> int:
    """1 where no lead has this address or a fact does not stand; 2 where the database can't be asked."""
    from pipeline.inspect_lead import show_lead  # a page needs no database

    try:
        shown, code = asyncio.run(show_lead(email, check=check, chosen=chosen_by_run(state)))
    except (BadSettings, DatabaseError) as error:
        print(error, file=sys.stderr)
        _hint(error, state)
        return 2
    print(json.dumps(shown, ensure_ascii=False, indent=2, default=str))
    return code


def _page(parsed: argparse.Namespace) -> int:
    """2 where the file can't be read or the page not fetched."""
    from pipeline.inspect_page import show_page

    try:
        shown = show_page(
            parsed.source,
            url=parsed.url,
            name=parsed.name,
            company=parsed.company,
            domain=parsed.domain,
            region=parsed.region,
        )
    except (OSError, RainmakerError) as error:
        print(error, file=sys.stderr)
        return 2
    _print(shown)
    return 0


def _print(shown: dict[str, Any]) -> None:
    text = json.dumps(shown, ensure_ascii=False, indent=2, default=str)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:  # a terminal of another charset
        text = json.dumps(shown, indent=2, default=str)
    print(text)


async def _url(url: str) -> dict[str, Any]:
    verdict = await verdict_of(
        url,
        dns_server=os.environ.get("DNS_SERVER") or None,
        egress_hosts=os.environ.get("EGRESS_HOSTS", ""),
        egress_ca=os.environ.get("EGRESS_CA"),
    )
    return asdict(verdict)


if __name__ == "__main__":
    sys.exit(main())
