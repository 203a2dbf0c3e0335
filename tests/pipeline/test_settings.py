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
def test_a_missing_setting_is_named(name: str) -> None:
    given = {key: value for key, value in ENOUGH.items() if key != name}
    assert refusal(**given) == f"{name.upper()} is missing."


def test_every_missing_setting_is_named_at_once() -> None:
    said = refusal().splitlines()
    assert {line.split()[0] for line in said} == {
        "DATABASE_URL",
        "REDIS_URL",
        "ENCRYPTION_KEY",
        "OPENAI_API_KEY",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "http"), ("port", 70_000), ("log_level", "loud"), ("speed", 0), ("openai_api_style", "assistants"),
     ("max_emails_per_day", 0), ("max_research_per_minute", "many"), ("approval_expires_hours", -1)],
)  # fmt: skip
def test_a_wrong_value_is_named(name: str, value: object) -> None:
    said = refusal(**ENOUGH, **{name: value})
    assert said.startswith(f"{name.upper()}: ")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "value"), [("egress_hosts", "*.example=127.0.0.1:3180"), ("egress_ca", "/tmp/ca.pem")]
)
def test_the_sandboxs_way_out_is_refused_with_a_real_slack(name: str, value: str) -> None:
    assert f"{name.upper()} is for the sandbox" in refusal(**ENOUGH, **{name: value})
    assert getattr(loaded(**SANDBOX, **{name: value}), name)


def test_fast_time_is_refused_with_a_real_slack() -> None:
    assert "SPEED is for the sandbox" in refusal(**ENOUGH, speed=60)
    assert loaded(**SANDBOX, speed=60).speed == 60


REAL_MAIL = [
    {"gmail_refresh_token": "1//x"},
    {"gmail_client_id": "x.apps.googleusercontent.com"},
    {"smtp_url": "smtp://user:password@mail.example.com:587"},
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
        gmail_refresh_token="sandbox",
        gmail_api_url="http://127.0.0.1:3100/",
        stand_ins="slack,model,research,mail",
    )
    assert not settings.mail_is_real
    assert settings.stand_in_names == {"slack", "model", "research", "mail"}


def test_slack_needs_a_token() -> None:
    given = {key: value for key, value in ENOUGH.items() if key != "slack_bot_token"}
    assert refusal(**given) == "SLACK_BOT_TOKEN is missing."
    assert refusal(**given, slack_client_id="1.2") == "SLACK_BOT_TOKEN is missing.", (
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
        loaded(**ENOUGH, slack_signing_secret="very-secret", smtp_url="smtp://u:very-secret@127.0.0.1")
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
