"""What a setting must look like, and which need each other: found at start, not by the first who needs it.

Sentences name the setting and say what to do; the value of a secret is never in one.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# What is said of a setting that is needed and not there.
MISSING = {
    "database_url": "set it to postgresql://user:password@host/name, of Postgres 15 or later",
    "redis_url": "set it to redis://host:6379/0",
    "encryption_key": "set it to 32 bytes in hex, as `openssl rand -hex 32` makes them, and keep them safe",
    "openai_api_key": "set it to the key of the model's server",
    "slack_bot_token": "set it to the app's xoxb-… token (OAuth & Permissions)",
}
STAND_INS = frozenset({"slack", "model", "research", "mail"})
SEARCH_PROVIDERS = frozenset({"google", "brave", "searxng"})
_MAPPING = re.compile(r"[^=\s:]+(:\d+)?=(\[[0-9a-fA-F:]+\]|[\d.]+):\d+")
_LIMIT = re.compile(r"\w+\s*=\s*\d+(\.\d+)?")
_HOST = re.compile(r"[\w.-]+|[0-9a-fA-F:.]+")
_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")


@dataclass(frozen=True, slots=True)
class Form:
    """`fits`: is it well formed? `must`: what follows "must" in the sentence."""

    fits: Callable[[str], bool]
    must: str


def _url(schemes: str, must: str) -> Form:
    def fits(text: str) -> bool:
        try:
            parts = urlsplit(text)
            return parts.scheme in schemes.split() and bool(parts.hostname) and (parts.port or 0) >= 0
        except ValueError:
            return False

    return Form(fits, must)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _listed(known: frozenset[str]) -> Form:
    return Form(lambda text: set(_parts(text)) <= known, f"be some of {', '.join(sorted(known))}, by commas")


def _is_server(text: str) -> bool:
    """`ip`, `ip:port` or `[ip6]:port`."""
    address, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "53")
    try:
        return bool(ipaddress.ip_address(address.strip("[]"))) and 0 < int(port) <= 65535
    except ValueError:
        return False


def _is_key(text: str) -> bool:
    """One key, or `id:key` by commas; an empty key could be guessed, and two of one id be told apart by nobody."""
    ids, keys = zip(*(part.strip().rpartition(":")[::2] for part in text.split(",")), strict=True)
    named = [one for one in ids if one]
    return all(keys) and len(named) == len(set(named))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _may_be_folder(text: str) -> bool:
    return not any(path.exists() and not path.is_dir() for path in (Path(text), *Path(text).parents))


_WEB = _url("http https", "be an address that begins with https:// or http://")
_POSTGRES = _url("postgresql postgres postgresql+psycopg", "begin with postgresql:// and name a host")
_MAILBOX = Form(lambda text: _ADDRESS.fullmatch(text) is not None, "be one address, as name@example.com")
_LIMITS = Form(
    lambda text: all(_LIMIT.fullmatch(part) for part in _parts(text)), "be service=number, by commas"
)
_PROXY = _url("http https socks5", "")
_FILE = Form(lambda text: Path(text).is_file(), "be a file that is there")

FORMS: Mapping[str, Form] = {
    **dict.fromkeys(
        (
            "public_url", "slack_api_url", "openai_base_url", "gemini_base_url", "google_search_url",
            "brave_search_url", "searxng_url", "apify_api_url", "gmail_api_url", "google_auth_url",
            "google_token_url", "google_certs_url", "sandbox_url",
        ),
        _WEB,
    ),
    "database_url": Form(
        lambda text: _POSTGRES.fits(text) or text.startswith(("postgresql:///", "postgres:///")),
        _POSTGRES.must,
    ),
    "migration_database_url": Form(
        lambda text: _POSTGRES.fits(text) or text.startswith(("postgresql:///", "postgres:///")),
        _POSTGRES.must,
    ),
    "redis_url": Form(
        lambda text: _url("redis rediss", "").fits(text) or text.startswith("unix:///"),
        "begin with redis:// or rediss:// and name a host",
    ),
    "encryption_key": Form(_is_key, "be one key, or id:key,id:key with ids that differ and no empty key"),
    "slack_bot_token": Form(
        lambda text: not text.startswith(("xapp-", "xoxp-")), "be the bot's token, xoxb-…, and not another"
    ),
    "slack_app_token": Form(
        lambda text: not text.startswith(("xoxb-", "xoxp-")), "be the app-level token, xapp-…, and not another"
    ),
    "search_providers": _listed(SEARCH_PROVIDERS),
    "stand_ins": _listed(STAND_INS),
    **dict.fromkeys(
        ("apify_contact_input", "apify_places_input", "apify_company_input", "apify_people_input"),
        Form(_is_json, "be a JSON object"),
    ),
    "proxy_urls": Form(
        lambda text: all(_PROXY.fits(part) for part in _parts(text)),
        "be addresses that begin with http://, https:// or socks5://, by commas",
    ),
    "daily_cents": _LIMITS,
    "daily_requests": _LIMITS,
    "dns_server": Form(_is_server, "be an ip, or ip:port"),
    "egress_hosts": Form(
        lambda text: all(_MAPPING.fullmatch(part) for part in _parts(text)), "be pattern=ip:port, by commas"
    ),
    "egress_ca": _FILE,
    "chromium_path": Form(lambda text: Path(text).is_file(), "lead to a browser; leave it out to have one found"),
    "clock_file": _FILE,
    "log_dir": Form(_may_be_folder, "be a folder, or a place for one"),
    "smtp_url": _url("smtp smtps", "begin with smtp:// or smtps:// and name a host"),
    "imap_url": _url("imap imaps", "begin with imap:// or imaps:// and name a host"),
    "mail_hosts": Form(
        lambda text: all(_HOST.fullmatch(part) for part in _parts(text)), "be host names or ips, by commas"
    ),
    "from_email": _MAILBOX,
    "reply_to_email": _MAILBOX,
}  # fmt: skip

# A setting that means nothing without others.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "gmail_client_id": ("gmail_client_secret",),
    "gmail_client_secret": ("gmail_client_id",),
    "gmail_refresh_token": ("gmail_client_id", "gmail_client_secret", "from_email"),
    "smtp_url": ("from_email",),
    "imap_url": ("smtp_url",),
    "google_search_api_key": ("google_search_engine_id",),
    "google_search_engine_id": ("google_search_api_key",),
}


def misshapen(given: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each setting that is not what it must be; `given`: those that are set, by name."""
    for name, form in FORMS.items():
        if name in given and not form.fits(given[name]):
            yield f"{name.upper()} must {form.must}"


def halves(given: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each setting that lacks a companion."""
    for name, others in NEEDS.items():
        missing = [other.upper() for other in others if other not in given]
        if name in given and missing:
            yield f"{missing[0]} is missing: {name.upper()} needs {' and '.join(missing)} beside it"
