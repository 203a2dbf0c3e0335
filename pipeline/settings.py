"""Every setting: read once at start, from the environment and `.env` (the environment wins)."""

import ipaddress
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import BadSettings
from pipeline.setting_forms import MISSING, halves, misshapen

Secret = SecretStr | None
_TLS = re.compile(r"[?&]sslmode=(require|verify-ca|verify-full)(&|$)")


class Settings(BaseSettings):
    """One field a setting; the name in the environment is the field's in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    # where it runs
    port: int = Field(3000, ge=0, le=65535)
    public_url: str | None = None  # https address people and Slack reach us at
    metrics_token: Secret = None  # who may read /metrics; without, only this machine
    metrics_port: int | None = Field(None, ge=0, le=65535)  # of the worker's own /metrics
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_dir: Path | None = None
    speed: float = Field(1.0, ge=1, le=100_000)  # business seconds in a real one; sandbox only
    clock_file: Path | None = None  # the anchor shared with the sandbox; set by `make run`
    # the truth and the queue
    database_url: str
    migration_database_url: str | None = None
    redis_url: str
    # secrets of the installation
    encryption_key: SecretStr  # one key, or `id:key,id:key` with the one to seal with first
    # Slack
    slack_api_url: str = "https://slack.com/api/"
    slack_bot_token: Secret = None
    slack_app_token: Secret = None  # Socket Mode
    slack_signing_secret: Secret = None  # HTTP
    slack_client_id: str | None = None
    slack_client_secret: Secret = None
    # the model
    openai_api_key: SecretStr
    openai_base_url: str = "https://api.openai.com/v1"
    openai_api_style: Literal["responses", "chat"] = "responses"
    openai_model: str = "gpt-5.5"
    openai_fallback_model: str = "gpt-5.4-mini"
    openai_input_cents_per_million: Decimal = Field(
        Decimal(125), ge=0
    )  # what your model costs, per million tokens
    openai_output_cents_per_million: Decimal = Field(Decimal(1000), ge=0)
    google_ai_api_key: Secret = None
    gemini_base_url: str = "https://generativelanguage.googleapis.com/v1beta/openai/"
    gemini_model: str = "gemini-2.5-pro"
    # research
    search_providers: str = "google,brave,searxng"  # tried in this order, those that are set
    google_search_url: str = "https://customsearch.googleapis.com/"
    google_search_api_key: Secret = None
    google_search_engine_id: str | None = None
    google_search_per_day: int = Field(100, ge=0)  # of the key, for all workspaces together
    brave_search_url: str = "https://api.search.brave.com/res/v1"
    brave_search_api_key: Secret = None
    searxng_url: str | None = None
    apify_api_url: str = "https://api.apify.com"
    apify_api_token: Secret = None
    apify_contact_actor: str = "vdrmota/contact-info-scraper"
    apify_places_actor: str = "compass/crawler-google-places"
    apify_company_actor: str | None = None
    apify_people_actor: str | None = None
    # JSON with "$sites", "$urls", "$queries", "$limit", "$total" where an actor wants them; empty: the known one
    apify_contact_input: str = ""
    apify_places_input: str = ""
    apify_company_input: str = ""
    apify_people_input: str = ""
    chromium_path: Path | None = None
    proxy_urls: SecretStr = SecretStr("")  # http, https or socks5 proxies, in turn; they may hold passwords
    max_research_per_minute: int = Field(10, ge=1)
    research_cents: Decimal = Field(Decimal(25), ge=0)  # what research of one lead may cost
    find_cents: Decimal = Field(Decimal(100), ge=0)  # what a search for new leads may cost
    find_seconds: int = Field(300, ge=30, le=900)  # and how long it may take
    # of one workspace, on one day, for each service; hard
    daily_cents: str = "openai=10000,gemini=10000,apify_actors=5000,brave_search=2500,google_search=2500"
    daily_requests: str = ""
    dns_server: str | None = None  # ip or ip:port; default: the system's
    egress_hosts: str = ""  # `pattern=ip:port,…`: hosts that are on this machine; sandbox only
    egress_ca: Path | None = None  # a CA to trust for those hosts; sandbox only
    # mail
    gmail_api_url: str = "https://gmail.googleapis.com/"
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"
    google_certs_url: str = "https://www.googleapis.com/oauth2/v3/certs"
    gmail_client_id: str | None = None
    gmail_client_secret: Secret = None
    gmail_refresh_token: Secret = None  # one mailbox without a connect step
    smtp_url: Secret = None  # smtp://user:password@host:587 or smtps://
    imap_url: Secret = None
    mail_hosts: str = (
        ""  # mail servers people may connect though at a private address, or without TLS; by commas
    )
    from_email: str | None = None
    reply_to_email: str | None = None
    max_emails_per_day: int = Field(500, ge=1)
    approval_expires_hours: int = Field(168, ge=1)
    # which of the outside is a stand-in; set by `make run`
    stand_ins: str = ""  # of: slack, model, research, mail
    sandbox_url: str | None = None

    @field_validator("slack_api_url", "google_search_url", "gmail_api_url", "gemini_base_url")
    @classmethod
    def _ends_with_slash(cls, url: str) -> str:
        return url if url.endswith("/") else url + "/"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, level: str) -> str:
        return level.lower()

    @property
    def stand_in_names(self) -> frozenset[str]:
        return frozenset(name.strip() for name in self.stand_ins.split(",") if name.strip())

    @property
    def mail_host_names(self) -> frozenset[str]:
        return frozenset(
            name.strip().lower().rstrip(".") for name in self.mail_hosts.split(",") if name.strip()
        )

    def model_cents(self, input_tokens: int, output_tokens: int) -> Decimal:
        """What a call to the model cost, by the prices of the settings."""
        asked = input_tokens * self.openai_input_cents_per_million
        answered = output_tokens * self.openai_output_cents_per_million
        return (asked + answered) / 1_000_000

    @property
    def slack_is_real(self) -> bool:
        return not _is_loopback(self.slack_api_url)

    @property
    def mail_is_real(self) -> bool:
        """A mailbox whose server is not on this machine."""
        gmail = self.gmail_refresh_token is not None or self.gmail_client_id is not None
        return (gmail and not _is_loopback(self.gmail_api_url)) or (
            self.smtp_url is not None and not _is_loopback(self.smtp_url.get_secret_value())
        )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        texts = {name: _text(getattr(self, name)) for name in type(self).model_fields}
        given = {name: text for name, text in texts.items() if text}
        found = list(misshapen(given))
        if not found:  # the rest may read addresses as such
            found = [*self._real_and_made_up(), *self._on_the_way(), *self._missing(), *halves(given)]
        if found:
            raise ValueError(".\n".join(found))
        return self

    def _real_and_made_up(self) -> Iterator[str]:
        if self.slack_is_real and self.slack_bot_token is not None:
            for name in ("egress_hosts", "egress_ca"):
                if getattr(self, name):
                    yield f"{name.upper()} is for the sandbox and can't be used with a real Slack token"
            if self.speed != 1:
                yield "SPEED is for the sandbox and can't be used with a real Slack token"
        invented = self.stand_in_names & {"model", "research"}
        if self.mail_is_real and invented:
            yield (
                f"a real mailbox can't send what a stand-in wrote or found ({', '.join(sorted(invented))}): "
                "set OPENAI_API_KEY and a search provider, or leave the mailbox out"
            )

    def _on_the_way(self) -> Iterator[str]:
        for name in ("database_url", "migration_database_url"):
            url = getattr(self, name) or ""
            if urlsplit(url).hostname and not _is_loopback(url) and not _TLS.search(url):
                yield f"{name.upper()} points to another machine: add ?sslmode=require (or verify-full) to it"

    def _missing(self) -> Iterator[str]:
        if self.slack_bot_token is None:
            yield _missing("slack_bot_token")
        if self.slack_app_token is None and self.slack_signing_secret is None:
            yield (
                "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing: set SLACK_APP_TOKEN (Socket Mode) or "
                "SLACK_SIGNING_SECRET (HTTP), so that Slack can reach us"
            )


def _text(value: object) -> str:
    """As it stood in the environment; empty where nothing did."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load(**overrides: object) -> Settings:
    """Read the settings. Raises BadSettings with a sentence for each that is missing or wrong."""
    try:
        return Settings(**overrides)  # pyright: ignore[reportArgumentType, reportCallIssue]
    except ValidationError as error:
        raise BadSettings("\n".join(_sentence(dict(problem)) for problem in error.errors())) from None


def _sentence(problem: dict[str, object]) -> str:
    location = problem["loc"]
    message = str(problem["msg"]).removeprefix("Value error, ")
    if isinstance(location, tuple) and location:
        name = str(cast(tuple[object, ...], location)[0]).upper()
        return f"{_missing(name)}." if problem["type"] == "missing" else f"{name}: {message}."
    return f"{message}."


def _missing(name: str) -> str:
    return f"{name.upper()} is missing: {MISSING[name.lower()]}"
