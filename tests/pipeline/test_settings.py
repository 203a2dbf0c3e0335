"""Settings: what is refused at start, and in which words."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.settings import Settings, load

ENOUGH = {
    "database_url": "postgresql://app@127.0.0.1/rainmaker",
    "redis_url": "redis://127.0.0.1/0",
    "encryption_key": "00" * 32,
    "slack_bot_token": "xoxb-1",
    "slack_app_token": "xapp-1",
    "openai_api_key": "sk-1",
}
SANDBOX = {**ENOUGH, "slack_api_url": "http://127.0.0.1:3100/api/"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of whoever runs the tests are not looked at."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    yield


def loaded(**settings: Any) -> Settings:
    return load(_env_file=None, **settings)


def refusal(**settings: Any) -> str:
    with pytest.raises(BadSettings) as refused:
        loaded(**settings)
    return str(refused.value)


def test_what_is_needed_is_enough() -> None:
    assert loaded(**ENOUGH).slack_is_real


@pytest.mark.parametrize("name", ["database_url", "redis_url", "encryption_key", "openai_api_key"])
def test_a_missing_setting_is_named_with_what_to_do(name: str) -> None:
    given = {key: value for key, value in ENOUGH.items() if key != name}
    assert refusal(**given).startswith(f"{name.upper()} is missing: set it to ")


def test_every_missing_setting_is_named_at_once() -> None:
    said = refusal().splitlines()
    assert {line.split()[0] for line in said} == {
        "DATABASE_URL",
        "REDIS_URL",
        "ENCRYPTION_KEY",
        "OPENAI_API_KEY",
    }


# Of every setting, what it can't be.
WRONG: dict[str, list[object]] = {
    "port": ["http", 70_000, -1, "3000.5"],
    "mail_hosts": ["smtp://mail.corp.example", "mail.corp.example 10.0.0.1", "sam@mail"],
    "public_url": ["rainmaker.example.com", "ftp://rainmaker.example.com", "https://", "https://[::1"],
    "metrics_port": ["http", 70_000, -1],
    "log_level": ["loud"],
    "log_dir": [__file__, f"{__file__}/logs"],
    "speed": [0, -1, "fast", 1_000_000],
    "clock_file": ["/nowhere/clock"],
    "database_url": [
        "mysql://sam:hidden@127.0.0.1/x",
        "127.0.0.1",
        "postgresql://",
        "postgresql://127.0.0.1:x/y",
    ],
    "migration_database_url": ["mysql://127.0.0.1/x", "postgresql://db.example.com/x"],
    "redis_url": ["127.0.0.1:6379", "http://127.0.0.1", "redis://"],
    "encryption_key": [",", "new:,old:hidden", "a:hidden,a:hidden-too"],
    "slack_api_url": ["slack.com/api"],
    "slack_bot_token": ["xapp-1-A1-2-hidden", "xoxp-hidden"],
    "slack_app_token": ["xoxb-hidden"],
    "openai_base_url": ["api.openai.com", "openai"],
    "openai_api_style": ["assistants"],
    "openai_input_cents_per_million": [-1, "cheap"],
    "openai_output_cents_per_million": [-1, "cheap"],
    "gemini_base_url": ["generativelanguage"],
    "search_providers": ["google,bing"],
    "google_search_url": ["customsearch"],
    "brave_search_url": ["brave"],
    "searxng_url": ["searxng:8080"],
    "apify_api_url": ["apify"],
    "apify_contact_input": ["{", "[]"],
    "apify_places_input": ["$sites"],
    "apify_company_input": ["1"],
    "apify_people_input": ["people"],
    "proxy_urls": ["proxy.example.com:8080", "http://ok.example,ftp://sam:hidden@proxy.example"],
    "daily_cents": ["openai", "openai=-1", "openai=much"],
    "daily_requests": ["openai:5", "=5"],
    "chromium_path": ["/nowhere/chromium", "/"],
    "max_research_per_minute": ["many", 0],
    "research_cents": [-1, "much"],
    "find_cents": [-1, "much"],
    "find_seconds": [0, 29, 901, "long"],
    "google_search_per_day": ["many", -1],
    "dns_server": ["dns.example.com", "127.0.0.1:0", "127.0.0.1:x", "300.1.1.1"],
    "egress_hosts": ["*.example", "*.example=somewhere:80", "*.example=127.0.0.1"],
    "egress_ca": ["/nowhere/ca.pem"],
    "gmail_api_url": ["gmail"],
    "google_auth_url": ["google"],
    "google_token_url": ["google"],
    "google_certs_url": ["google"],
    "smtp_url": ["mail.example.com:587", "http://sam:hidden@mail.example.com", "smtp://"],
    "imap_url": ["mail.example.com", "smtp://sam:hidden@mail.example.com"],
    "from_email": ["sam", "Sam <sam@example.com>", "a@b.example,c@d.example"],
    "reply_to_email": ["sam@", "@example.com"],
    "max_emails_per_day": [0, "many"],
    "approval_expires_hours": [0, -1],
    "stand_ins": ["slack,weather"],
    "sandbox_url": ["127.0.0.1"],
}
# What may be anything: names and secrets that only their servers can judge.
FREE = {
    "metrics_token", "openai_api_key", "openai_model", "openai_fallback_model", "google_ai_api_key", "gemini_model",
    "slack_signing_secret", "slack_client_id", "slack_client_secret", "google_search_api_key",
    "google_search_engine_id", "brave_search_api_key", "apify_api_token", "apify_contact_actor",
    "apify_places_actor", "apify_company_actor", "apify_people_actor", "gmail_client_id",
    "gmail_client_secret", "gmail_refresh_token",
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_wrong_value_is_named(name: str, value: object) -> None:
    """And no other setting, and the value of none: it may be a secret."""
    said = refusal(**{**SANDBOX, "from_email": "sam@example.com", name: value}).splitlines()
    assert any(
        line.startswith((f"{name.upper()}: ", f"{name.upper()} must ", f"{name.upper()} points"))
        for line in said
    )
    assert {line.split()[0].rstrip(":") for line in said} <= {name.upper(), "SMTP_URL"}
    assert "hidden" not in "\n".join(said)


def test_it_is_known_of_every_setting_what_it_can_not_be() -> None:
    assert set(WRONG) & FREE == set()
    assert set(Settings.model_fields) - set(WRONG) - FREE == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_url", "https://rainmaker.example.com/bot"),
        ("database_url", "postgres://app:p%40ss@localhost:5432/x?application_name=y"),
        ("database_url", "postgresql:///rainmaker?host=/var/run/postgresql"),
        ("redis_url", "rediss://:secret@redis.example.com:6380/2"),
        ("redis_url", "unix:///run/redis.sock"),
        ("encryption_key", "new:" + "11" * 32 + ",old:" + "00" * 32),
        ("slack_bot_token", "any-token-of-an-emulator"),
        ("search_providers", "brave, google"),
        ("dns_server", "127.0.0.1:3153"),
        ("dns_server", "[::1]:53"),
        ("dns_server", "::1"),
        ("egress_hosts", "*.example=127.0.0.1:3180, *.example:443=[::1]:3181"),
        ("log_dir", "/nowhere/yet"),
        ("smtp_url", "smtps://u:p%40@127.0.0.1"),
        ("smtp_url", "smtp://127.0.0.1:2525?starttls=required"),
        ("from_email", "sam@mail.test"),
    ],
)
def test_what_is_right_is_taken(name: str, value: str) -> None:
    assert loaded(**{**SANDBOX, "from_email": "sam@example.com", name: value})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"gmail_client_id": "x"}, "GMAIL_CLIENT_SECRET"),
        ({"gmail_client_secret": "x"}, "GMAIL_CLIENT_ID"),
        ({"gmail_refresh_token": "x", "from_email": "a@b.example"}, "GMAIL_CLIENT_ID"),
        ({"gmail_refresh_token": "x", "gmail_client_id": "x", "gmail_client_secret": "x"}, "FROM_EMAIL"),
        ({"smtp_url": "smtp://127.0.0.1"}, "FROM_EMAIL"),
        ({"imap_url": "imap://127.0.0.1"}, "SMTP_URL"),
        ({"google_search_api_key": "x"}, "GOOGLE_SEARCH_ENGINE_ID"),
        ({"google_search_engine_id": "x"}, "GOOGLE_SEARCH_API_KEY"),
    ],
)
def test_half_a_credential_is_refused_with_the_name_of_the_other_half(
    given: dict[str, str], missing: str
) -> None:
    (said,) = refusal(**SANDBOX, **given).splitlines()
    assert said.startswith(f"{missing} is missing: ")
    assert next(iter(given)).upper() in said


@pytest.mark.parametrize(
    ("name", "value"), [("egress_hosts", "*.example=127.0.0.1:3180"), ("egress_ca", __file__)]
)
def test_the_sandboxs_way_out_is_refused_with_a_real_slack(name: str, value: str) -> None:
    assert f"{name.upper()} is for the sandbox" in refusal(**ENOUGH, **{name: value})
    assert getattr(loaded(**SANDBOX, **{name: value}), name)


def test_fast_time_is_refused_with_a_real_slack() -> None:
    assert "SPEED is for the sandbox" in refusal(**ENOUGH, speed=60)
    assert loaded(**SANDBOX, speed=60).speed == 60


CLIENT = {"gmail_client_id": "x.apps.googleusercontent.com", "gmail_client_secret": "y"}
REAL_MAIL = [
    {**CLIENT, "gmail_refresh_token": "1//x", "from_email": "sam@example.com"},
    CLIENT,
    {"smtp_url": "smtp://user:password@mail.example.com:587", "from_email": "sam@example.com"},
]


@pytest.mark.parametrize("mailbox", REAL_MAIL)
@pytest.mark.parametrize("invented", ["model", "research", "slack,model,research"])
def test_a_real_mailbox_never_sends_what_a_stand_in_made(mailbox: dict[str, str], invented: str) -> None:
    assert "a real mailbox can't send" in refusal(**SANDBOX, **mailbox, stand_ins=invented)


@pytest.mark.parametrize("mailbox", REAL_MAIL)
def test_a_real_mailbox_may_be_used_from_the_sandbox_workspace(mailbox: dict[str, str]) -> None:
    assert loaded(**SANDBOX, **mailbox, stand_ins="slack").mail_is_real


def test_the_sandboxs_mailbox_sends_what_the_stand_ins_made() -> None:
    settings = loaded(
        **SANDBOX,
        **CLIENT,
        gmail_refresh_token="sandbox",
        from_email="sam@example.com",
        gmail_api_url="http://127.0.0.1:3100/",
        stand_ins="slack,model,research,mail",
    )
    assert not settings.mail_is_real
    assert settings.stand_in_names == {"slack", "model", "research", "mail"}


def test_slack_needs_a_token() -> None:
    given = {key: value for key, value in ENOUGH.items() if key != "slack_bot_token"}
    assert refusal(**given).startswith("SLACK_BOT_TOKEN is missing: ")
    assert refusal(**given, slack_client_id="1.2").startswith("SLACK_BOT_TOKEN is missing: "), (
        "installing is not served yet"
    )


def test_slack_needs_a_way_to_reach_us() -> None:
    given = {key: value for key, value in ENOUGH.items() if key != "slack_app_token"}
    assert "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)" in refusal(**given)
    assert loaded(**given, slack_signing_secret="s").slack_signing_secret is not None


@pytest.mark.parametrize("host", ["db.example.com", "10.0.0.5", "192.168.1.2"])
def test_a_database_on_another_machine_needs_tls(host: str) -> None:
    given = {key: value for key, value in ENOUGH.items() if key != "database_url"}
    assert "sslmode=require" in refusal(**given, database_url=f"postgresql://app@{host}/rainmaker")
    assert loaded(**given, database_url=f"postgresql://app@{host}/rainmaker?sslmode=verify-full")
    assert "sslmode=require" in refusal(**given, database_url=f"postgresql://app@{host}/x?sslmode=disable")
    assert "MIGRATION_DATABASE_URL" in refusal(**ENOUGH, migration_database_url=f"postgresql://app@{host}/x")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.9"])
def test_a_database_on_this_machine_does_not(host: str) -> None:
    given = {key: value for key, value in ENOUGH.items() if key != "database_url"}
    assert loaded(**given, database_url=f"postgresql://app@{host}/rainmaker")


def test_addresses_end_with_a_slash_where_paths_are_joined_to_them() -> None:
    settings = loaded(
        **{**ENOUGH, "slack_api_url": "https://slack.com/api"}, gmail_api_url="https://gmail.test"
    )
    assert (settings.slack_api_url, settings.gmail_api_url) == (
        "https://slack.com/api/",
        "https://gmail.test/",
    )


def test_secrets_do_not_show_when_printed() -> None:
    shown = repr(
        loaded(
            **ENOUGH,
            slack_signing_secret="very-secret",
            smtp_url="smtp://u:very-secret@127.0.0.1",
            from_email="sam@example.com",
        )
    )
    assert "very-secret" not in shown
    assert "xoxb-1" not in shown


def test_the_environment_wins_over_the_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_MODEL=from-the-file\nGEMINI_MODEL=from-the-file\nPORT=\n")
    monkeypatch.setenv("OPENAI_MODEL", "from-the-environment")
    settings = load(_env_file=file, **ENOUGH)
    assert (settings.openai_model, settings.gemini_model, settings.port) == (
        "from-the-environment",
        "from-the-file",
        3000,
    )
    assert "OPENAI_MODEL" in os.environ
