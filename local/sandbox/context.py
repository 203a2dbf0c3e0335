"""What every service of the sandbox is given."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from local.sandbox.clock import WorldClock
from local.sandbox.faults import Faults
from local.sandbox.store import Store
from local.sandbox.world import World


@dataclass(frozen=True)
class Accounts:
    """The credentials the sandbox accepts; `make run` puts the same ones into the product's settings."""

    slack_bot_token: str = "xoxb-sandbox-000000000000-bot"
    slack_app_token: str = "xapp-sandbox-000000000000-app"
    slack_signing_secret: str = "sandbox-signing-secret-0000000000"
    slack_client_id: str = "1000000000.2000000000"
    slack_client_secret: str = "sandbox-slack-client-secret"
    openai_api_key: str = "sk-sandbox-scripted-model"
    gemini_api_key: str = "sandbox-gemini-key"
    google_api_key: str = "sandbox-google-key"
    google_engine_id: str = "sandbox-engine"
    brave_api_key: str = "sandbox-brave-key"
    apify_token: str = "apify_api_sandbox"
    apify_company_actor: str = "sandbox/company-lookup"
    apify_people_actor: str = "sandbox/people-finder"
    gmail_client_id: str = "sandbox.apps.googleusercontent.com"
    gmail_client_secret: str = "sandbox-gmail-secret"
    gmail_refresh_token: str = "sandbox-refresh-token"
    mailbox: str = "sam@rainmaker-demo.example"
    smtp_password: str = "sandbox-smtp-password"  # with any mail address as the user
    imap_password: str = "sandbox-imap-password"  # the same


@dataclass(frozen=True)
class SiteHit:
    """One request that reached a site of the world."""

    scheme: str
    host: str
    path: str
    user_agent: str
    status: int
    at: float  # epoch seconds, real time


@dataclass
class Sandbox:
    """State and settings shared by the services."""

    store: Store
    clock: WorldClock
    base_url: str  # of the sandbox itself, e.g. http://127.0.0.1:3100, without a slash at the end
    events_url: str  # where the Slack app listens, e.g. http://127.0.0.1:3000/slack/events
    seed: int = 7
    accounts: Accounts = field(default_factory=Accounts)
    faults: Faults = field(default_factory=Faults)
    obedient: bool = False  # the scripted model follows every instruction it reads anywhere
    planted: bool = True  # the injected company's pages carry their instructions, or are the same without
    egress: dict[str, str] = field(default_factory=dict)  # host pattern to ip:port, as EGRESS_HOSTS
    parts: dict[str, object] = field(default_factory=dict)  # what a service keeps in memory, by its name
    smtp_port: int = 3125  # 0: a free one; the server writes the one it got here
    imap_port: int = 3143
    site_hits: list[SiteHit] = field(default_factory=list)  # the last pages fetched, oldest first

    @cached_property
    def world(self) -> World:
        """The world of this seed. It began on the day it was first made, so that a restart moves no dates."""
        self.store.define("CREATE TABLE IF NOT EXISTS worlds (seed INTEGER PRIMARY KEY, began TEXT NOT NULL)")
        self.store.run(
            "INSERT OR IGNORE INTO worlds VALUES (?, ?)", self.seed, self.clock.now().date().isoformat()
        )
        row = self.store.one("SELECT began FROM worlds WHERE seed = ?", self.seed)
        assert row is not None
        return World(self.seed, date.fromisoformat(row["began"]))
