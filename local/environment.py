"""What is real and what is embedded: read from the settings, and what the processes are told of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from local.processes import private_file
from local.sandbox.context import Accounts
from pipeline.errors import BadSettings
from pipeline.settings import Settings, load

EMBEDDED = "postgresql://embedded@127.0.0.1/rainmaker"  # stands for the address that is not known yet
SANDBOX_PORT = "SANDBOX_PORT"  # of `make run` alone, no setting of the product
EMBEDDED_REDIS = "redis://127.0.0.1/0"

# Any of these set: that part of the outside is configured, and nothing of it is made up.
SLACK = (
    "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"
)  # fmt: skip
MODEL = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
SEARCH = ("GOOGLE_SEARCH_API_KEY", "GOOGLE_SEARCH_ENGINE_ID", "BRAVE_SEARCH_API_KEY", "SEARXNG_URL")
APIFY = ("APIFY_API_TOKEN",)
MAIL = ("GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN", "SMTP_URL")


@dataclass(frozen=True)
class SandboxPorts:
    """Where the sandbox listens, and what it says of itself once it does."""

    main: int
    dns: int = 0
    egress_hosts: str = ""
    ca: str = ""


@dataclass(frozen=True)
class Choice:
    """Which parts get a stand-in. Research and mail have none beside a real Slack: the sandbox's people,
    pages and mailboxes exist in its own workspace only."""

    given: Mapping[str, str]  # `.env` and the environment, which wins; empty counts as not set
    postgres: bool
    redis: bool
    slack: bool
    model: bool
    search: bool
    apify: bool
    mail: bool

    @property
    def sandbox(self) -> bool:
        return self.slack or self.model or self.research or self.mail

    @property
    def research(self) -> bool:
        return self.search or self.apify

    @property
    def slack_is_far(self) -> bool:
        """Slack itself, or an emulator on another machine."""
        return not self.slack and not is_here(self.given.get("SLACK_API_URL", "https://slack.com/api/"))

    @property
    def stand_ins(self) -> str:
        named = {"slack": self.slack, "model": self.model, "research": self.research, "mail": self.mail}
        return ",".join(name for name, chosen in named.items() if chosen)


def read_given(env_file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Every setting that is set, by its name in capitals."""
    known = {name.upper() for name in Settings.model_fields} | {SANDBOX_PORT}
    from_file = dotenv_values(env_file) if env_file.exists() else {}
    both = [*from_file.items(), *environment.items()]  # later ones win
    return {name.upper(): value for name, value in both if value and name.upper() in known}


def choose(given: Mapping[str, str]) -> Choice:
    def none_of(names: tuple[str, ...]) -> bool:
        return not any(name in given for name in names)

    far = not none_of(SLACK) and not is_here(given.get("SLACK_API_URL", "https://slack.com/api/"))
    search = none_of(SEARCH) and not far
    return Choice(
        given=given,
        postgres="DATABASE_URL" not in given,
        redis="REDIS_URL" not in given,
        slack=none_of(SLACK),
        model=none_of(MODEL),
        search=search,
        apify=search and none_of(APIFY),
        mail=none_of(MAIL) and not far,
    )


def stand_ins(choice: Choice, sandbox: SandboxPorts, port: int) -> dict[str, str]:
    """Settings that lead to the sandbox, for what is not configured."""
    known, base = Accounts(), f"http://127.0.0.1:{sandbox.main}"
    told: dict[str, str] = {}
    if choice.slack:
        told |= {
            "SLACK_API_URL": f"{base}/api/",
            "SLACK_BOT_TOKEN": known.slack_bot_token,
            "SLACK_SIGNING_SECRET": known.slack_signing_secret,
        }
    if choice.slack or is_here(choice.given.get("SLACK_API_URL", "")):
        told |= {"PUBLIC_URL": choice.given.get("PUBLIC_URL", f"http://127.0.0.1:{port}")}
    if choice.model:
        told |= {"OPENAI_BASE_URL": f"{base}/openai/v1", "OPENAI_API_KEY": known.openai_api_key}
        if "GOOGLE_AI_API_KEY" not in choice.given:
            told |= {
                "GEMINI_BASE_URL": f"{base}/gemini/v1beta/openai/",
                "GOOGLE_AI_API_KEY": known.gemini_api_key,
            }
    if choice.search:
        told |= _search(known, base)
    if choice.apify:
        told |= {"APIFY_API_URL": f"{base}/apify", "APIFY_API_TOKEN": known.apify_token}
    if choice.research:
        reach = {"EGRESS_HOSTS": sandbox.egress_hosts, "EGRESS_CA": sandbox.ca}
        told |= {**reach, "DNS_SERVER": f"127.0.0.1:{sandbox.dns}"}
    if choice.mail:
        told |= _mail(known, base)
    if choice.sandbox:
        told |= {"STAND_INS": choice.stand_ins, "SANDBOX_URL": base}
    return told


def _search(known: Accounts, base: str) -> dict[str, str]:
    return {
        "GOOGLE_SEARCH_URL": f"{base}/",
        "GOOGLE_SEARCH_API_KEY": known.google_api_key,
        "GOOGLE_SEARCH_ENGINE_ID": known.google_engine_id,
        "BRAVE_SEARCH_URL": f"{base}/brave/res/v1",
        "BRAVE_SEARCH_API_KEY": known.brave_api_key,
        "SEARXNG_URL": f"{base}/searxng",
    }


def _mail(known: Accounts, base: str) -> dict[str, str]:
    return {
        "GMAIL_API_URL": f"{base}/",
        "GOOGLE_AUTH_URL": f"{base}/google/auth",
        "GOOGLE_TOKEN_URL": f"{base}/google/token",
        "GOOGLE_CERTS_URL": f"{base}/google/certs",
        "GMAIL_CLIENT_ID": known.gmail_client_id,
        "GMAIL_CLIENT_SECRET": known.gmail_client_secret,
        "GMAIL_REFRESH_TOKEN": known.gmail_refresh_token,
        "FROM_EMAIL": known.mailbox,
    }


def check(choice: Choice, env_file: Path) -> Settings:
    """The settings as the processes will see them, before anything is started. Raises BadSettings."""
    sandbox_port(choice)
    told = {**choice.given, **stand_ins(choice, SandboxPorts(main=1, dns=1), 1)}
    told.pop(SANDBOX_PORT, None)
    told.setdefault("ENCRYPTION_KEY", "not made yet")
    if choice.postgres:
        told |= {"DATABASE_URL": EMBEDDED, "MIGRATION_DATABASE_URL": EMBEDDED}
    if choice.redis:
        told |= {"REDIS_URL": EMBEDDED_REDIS}
    return load(_env_file=env_file, **{name.lower(): value for name, value in told.items() if value})


def sandbox_port(choice: Choice) -> int:
    """Raises BadSettings."""
    text = choice.given.get(SANDBOX_PORT, "3100")
    if not text.isdigit() or int(text) > 65535:
        raise BadSettings(f"{SANDBOX_PORT}: {text!r} is not a port; it is a number up to 65535.")
    return int(text)


def encryption_key(state: Path, given: Mapping[str, str]) -> str:
    """The one that is set, else one of this checkout's own, made once and readable by its owner only."""
    if "ENCRYPTION_KEY" in given:
        return given["ENCRYPTION_KEY"]
    path = state / "secrets"
    if not path.exists():
        private_file(path, f"ENCRYPTION_KEY={secrets.token_hex(32)}\n")
    return dotenv_values(path)["ENCRYPTION_KEY"] or ""


def is_here(url: str) -> bool:
    """Does the address lead to this machine?"""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
