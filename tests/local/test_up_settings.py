"""What is real and what is made up: decided from the settings, refused where it would mix."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.anchor import MOST_UNSEEN, anchor_again, note_seen, office_hours
from local.environment import (
    SandboxPorts,
    check,
    choose,
    encryption_key,
    read_given,
    sandbox_port,
    stand_ins,
)
from local.sandbox.context import Accounts
from local.screen import rows, trouble_in
from pipeline.errors import BadSettings
from pipeline.settings import Settings, load
from tests.local.up_process import run_to_end

NOWHERE = Path("/nonexistent/.env")
PORTS = SandboxPorts(3100, 3153, "*.example=127.0.0.1:3180", __file__)  # any file will do for the CA
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
MODEL = {"OPENAI_API_KEY": "sk-1"}
SEARCH = {"BRAVE_SEARCH_API_KEY": "b"}
MAIL = {
    "GMAIL_REFRESH_TOKEN": "1//x",
    "GMAIL_CLIENT_ID": "x",
    "GMAIL_CLIENT_SECRET": "y",
    "FROM_EMAIL": "a@b.example",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def refusal(**given: str) -> str:
    with pytest.raises(BadSettings) as refused:
        check(choose(given), NOWHERE)
    return str(refused.value)


def test_without_settings_everything_is_embedded() -> None:
    choice = choose({})
    assert choice.postgres
    assert choice.redis
    assert choice.stand_ins == "slack,model,research,mail"
    assert check(choice, NOWHERE).stand_in_names == {"slack", "model", "research", "mail"}


def test_the_processes_are_led_to_the_sandbox() -> None:
    told = stand_ins(choose({}), PORTS, 3000)
    told |= {
        "DATABASE_URL": "postgresql://127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1",
        "ENCRYPTION_KEY": "0" * 64,
    }
    settings = load(_env_file=None, **{name.lower(): value for name, value in told.items()})
    assert not settings.slack_is_real
    assert not settings.mail_is_real
    assert settings.public_url == "http://127.0.0.1:3000"
    assert settings.egress_hosts == "*.example=127.0.0.1:3180"
    assert settings.dns_server == "127.0.0.1:3153"
    assert settings.from_email == Accounts().mailbox
    addresses = (value for name, value in told.items() if name.endswith("_URL"))
    assert all("//127.0.0.1" in address for address in addresses)


def test_only_what_is_not_set_is_led_there() -> None:
    told = stand_ins(choose(MODEL), PORTS, 3000)
    assert told["STAND_INS"] == "slack,research,mail"
    assert "OPENAI_BASE_URL" not in told
    assert "GOOGLE_AI_API_KEY" not in told


def test_one_real_search_provider_means_that_nothing_found_is_made_up() -> None:
    choice = choose(SEARCH)
    told = stand_ins(choice, PORTS, 3000)
    assert not choice.research
    assert not {"GOOGLE_SEARCH_URL", "SEARXNG_URL", "APIFY_API_TOKEN", "EGRESS_HOSTS", "DNS_SERVER"} & set(
        told
    )


def test_made_up_people_have_no_place_in_a_real_slack() -> None:
    choice = choose(SLACK)
    assert choice.slack_is_far
    assert choice.stand_ins == "model"
    told = stand_ins(choice, PORTS, 3000)
    assert not {"EGRESS_HOSTS", "GMAIL_API_URL", "PUBLIC_URL", "SLACK_API_URL"} & set(told)
    assert check(choice, NOWHERE).slack_is_real


def test_an_emulator_of_slack_on_this_machine_is_used_as_it_is() -> None:
    choice = choose({**SLACK, "SLACK_API_URL": "http://127.0.0.1:9000/api/"})
    assert not choice.slack
    assert not choice.slack_is_far
    assert choice.stand_ins == "model,research,mail"
    assert stand_ins(choice, PORTS, 3000)["PUBLIC_URL"] == "http://127.0.0.1:3000"
    assert "SLACK_API_URL" not in stand_ins(choice, PORTS, 3000)


def test_with_everything_real_there_is_no_sandbox() -> None:
    choice = choose({**SLACK, **MODEL, **SEARCH, **MAIL})
    assert not choice.sandbox
    assert stand_ins(choice, PORTS, 3000) == {}
    assert check(choice, NOWHERE).mail_is_real


@pytest.mark.parametrize("missing", ["model", "research"])
def test_a_real_mailbox_with_a_stand_in_is_refused(missing: str) -> None:
    given = {"model": SEARCH, "research": MODEL}[missing]
    said = refusal(**given, **MAIL)
    assert f"a real mailbox can't send what a stand-in wrote or found ({missing})" in said


def test_half_a_slack_is_refused_by_name() -> None:
    assert "SLACK_BOT_TOKEN is missing" in refusal(SLACK_APP_TOKEN="xapp-1")
    assert "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET" in refusal(SLACK_BOT_TOKEN="xoxb-1")


def test_a_server_without_a_key_is_refused_by_name() -> None:
    assert "OPENAI_API_KEY is missing" in refusal(OPENAI_BASE_URL="http://127.0.0.1:11434/v1")


def test_fast_time_is_refused_in_a_real_slack() -> None:
    assert "SPEED" in refusal(**SLACK, SPEED="60")


@pytest.mark.parametrize("value", ["many", "-1", "70000", "3100.5"])
def test_a_wrong_sandbox_port_is_named(value: str) -> None:
    assert refusal(SANDBOX_PORT=value).startswith("SANDBOX_PORT: ")
    assert sandbox_port(choose({})) == 3100


def test_a_refusal_ends_the_start_with_2(tmp_path: Path) -> None:
    done = run_to_end(tmp_path, SMTP_URL="smtp://user:password@mail.example.com", FROM_EMAIL="a@b.example")
    assert done.returncode == 2
    assert "a real mailbox can't send" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_MODEL=a\nGEMINI_MODEL=b\nHOME=/elsewhere\nexport BRAVE_SEARCH_API_KEY='quoted'\n")
    given = read_given(file, {"OPENAI_MODEL": "c", "GEMINI_MODEL": "", "PATH": "/bin"})
    assert given == {"OPENAI_MODEL": "c", "GEMINI_MODEL": "b", "BRAVE_SEARCH_API_KEY": "quoted"}


def test_a_key_is_made_once(tmp_path: Path) -> None:
    made = encryption_key(tmp_path, {})
    assert len(bytes.fromhex(made)) == 32
    assert encryption_key(tmp_path, {}) == made
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o600
    assert encryption_key(tmp_path, {"ENCRYPTION_KEY": "mine"}) == "mine"


def test_the_table_never_shows_a_password() -> None:
    given = {**SLACK, **MODEL, **SEARCH, "DATABASE_URL": "postgresql://u:hidden@db.example.com/x?sslmode=require",
             "REDIS_URL": "redis://:hidden@redis.example.com:6380/0"}  # fmt: skip
    choice = choose(given)
    settings = load(
        _env_file=None, encryption_key="0" * 64, **{name.lower(): value for name, value in given.items()}
    )
    shown = "\n".join(row.text for row in rows(choice, settings, ""))
    assert "hidden" not in shown
    assert "db.example.com" in shown
    assert "redis.example.com:6380" in shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b'{"event": "loop_broke", "level": "error"}', "loop_broke"),
        (b'{"event": "failed", "level": "error", "exception": "Traceback\\nOSError: no"}', "failed: OSError: no"),
        (b'{"event": "an error was said", "level": "info"}', None),
        (b'{"level": "error"', None),
        (b'["error"]', None),
        (b"plain text with \"error\"", None),
    ],
)  # fmt: skip
def test_errors_are_taken_from_the_logs(line: bytes, shown: str | None) -> None:
    assert trouble_in(line) == shown


# --- the anchor of business time ---

AHEAD = 5_000_000.0  # seconds by which business time is ahead, in some tests


def test_time_begins_with_real_time_in_office_hours(tmp_path: Path) -> None:
    anchor = anchor_again(tmp_path / "clock", 60)
    assert anchor.wall == pytest.approx(time.time(), abs=60)
    assert anchor.business == office_hours(anchor.wall)
    assert json.loads((tmp_path / "clock").read_text()) == {
        "wall": anchor.wall,
        "business": anchor.business,
        "speed": 60,
    }


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("2026-03-04T15:30", "2026-03-04T15:30"),  # a Wednesday, open
        ("2026-03-04T08:00", "2026-03-04T14:10"),
        ("2026-03-04T18:00", "2026-03-05T14:10"),
        ("2026-03-06T19:00", "2026-03-09T14:10"),  # Friday evening
        ("2026-03-07T15:00", "2026-03-09T14:10"),  # Saturday
        ("2026-12-24T20:00", "2026-12-29T14:10"),  # Christmas, a weekend, and Boxing Day made up for
        ("2026-07-03T15:00", "2026-07-06T14:10"),  # Independence Day is observed on that Friday
    ],
)
def test_office_hours(moment: str, wanted: str) -> None:
    begins = office_hours(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(begins, UTC).isoformat(timespec="minutes")[:16] == wanted


def put(
    folder: Path, *, business: float, speed: float, ran: float, stopped_for: float, cleanly: bool
) -> Path:
    """An anchor that somebody went by for `ran` seconds, which ended `stopped_for` seconds ago."""
    path, now = folder / "clock", time.time()
    began = now - stopped_for - ran
    path.write_text(json.dumps({"wall": began, "business": business, "speed": speed}))
    (folder / "clock.seen").write_text(json.dumps({"wall": now - stopped_for, "stopped": cleanly}))
    return path


def test_time_stands_while_nothing_runs(tmp_path: Path) -> None:
    ahead = time.time() + AHEAD
    path = put(tmp_path, business=ahead, speed=3600, ran=10, stopped_for=5000, cleanly=True)
    assert anchor_again(path, 3600).business == pytest.approx(office_hours(ahead + 36_000), abs=1)


def test_time_never_falls_behind_the_real_one(tmp_path: Path) -> None:
    path = put(tmp_path, business=time.time() - 5010, speed=1, ran=10, stopped_for=5000, cleanly=True)
    assert anchor_again(path, 1).business == pytest.approx(office_hours(time.time()), abs=60)


def test_time_never_goes_back_after_a_kill(tmp_path: Path) -> None:
    """Children may have gone on for some seconds; with a high speed that is hours."""
    ahead = time.time() + AHEAD
    path = put(tmp_path, business=ahead, speed=3600, ran=10, stopped_for=5000, cleanly=False)
    at_most = ahead + (10 + MOST_UNSEEN) * 3600
    assert anchor_again(path, 1).business == pytest.approx(office_hours(at_most), abs=1)


def test_time_goes_on_to_this_moment_where_somebody_still_ran(tmp_path: Path) -> None:
    ahead = time.time() + AHEAD
    path = put(tmp_path, business=ahead, speed=10, ran=10, stopped_for=500, cleanly=False)
    assert anchor_again(path, 10, still_running=True).business == pytest.approx(
        office_hours(ahead + 5100), abs=20
    )


def test_a_slower_speed_goes_on_from_where_a_faster_came(tmp_path: Path) -> None:
    fast = anchor_again(tmp_path / "clock", 100_000)
    note_seen(tmp_path / "clock", stopped=True)
    slow = anchor_again(tmp_path / "clock", 1)
    assert slow.business >= fast.business
    assert slow.at(slow.wall + 10) == pytest.approx(slow.business + 10)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"wall": "x", "business": 1, "speed": 1}', '{"wall": 1}']
)
def test_a_broken_anchor_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "clock").write_text(content)
    (tmp_path / "clock.seen").write_text(content)
    assert anchor_again(tmp_path / "clock", 1).business == pytest.approx(office_hours(time.time()), abs=60)
