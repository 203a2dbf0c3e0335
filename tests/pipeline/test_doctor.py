"""The doctor, over the wire: what is well, and what to do about what is not."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.queries.diagnosis import Facts
from local.environment import SandboxPorts, choose, stand_ins
from local.sandbox.server import RunningSandbox, start_sandbox
from pipeline.doctor import examine, mail, research, slack, stores
from pipeline.doctor.__main__ import lines
from pipeline.doctor.finding import Finding, State, note, ok, problem
from pipeline.settings import Settings, load

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9/"  # discard: nothing listens there


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox(state=tmp_path_factory.mktemp("sandbox"))
    yield running
    await running.stop()


@pytest.fixture
def told(sandbox: RunningSandbox, database_url: str, migration_url: str, redis_url: str) -> dict[str, Any]:
    ports = SandboxPorts(sandbox.port, sandbox.ports.dns, sandbox.egress_hosts, str(sandbox.ca))
    found = {
        **stand_ins(choose({}), ports, 3000),
        "DATABASE_URL": database_url,
        "MIGRATION_DATABASE_URL": migration_url,
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEY": "ab" * 32,
    }
    return {name.lower(): value for name, value in found.items()}


def settings(told: dict[str, Any], **changes: Any) -> Settings:
    return load(_env_file=None, **{**told, **changes})


def only(findings: list[Finding], state: State) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings if finding.state is state}


async def test_all_is_well_in_the_sandbox(told: dict[str, Any]) -> None:
    found = await examine(settings(told))
    assert not only(found, State.PROBLEM)
    well = set(only(found, State.OK))
    assert {
        "database",
        "login",
        "tables",
        "migrations",
        "pg_trgm",
        "Redis",
        "ENCRYPTION_KEY",
        "Slack",
    } <= well
    assert {"Slack scopes", "model", "fallback model", "Gemini", "google search", "brave search"} <= well
    assert {"searxng", "Apify", "Gmail", "SPF", "DMARC", "MX"} <= well


async def test_with_nothing_reachable_each_check_says_so_in_time(told: dict[str, Any]) -> None:
    away = {
        "database_url": "postgresql://nobody@127.0.0.1:9/x",
        "redis_url": "redis://127.0.0.1:9/0",
        "slack_api_url": NOBODY,
        "openai_base_url": NOBODY,
        "gemini_base_url": NOBODY,
        "google_search_url": NOBODY,
        "brave_search_url": NOBODY,
        "searxng_url": NOBODY,
        "apify_api_url": NOBODY,
        "google_token_url": NOBODY,
        "dns_server": "127.0.0.1:9",
    }
    found = only(await examine(settings(told, **away)), State.PROBLEM)
    assert {"database", "Redis", "Slack", "model", "fallback model", "Gemini", "Apify", "mailbox"} <= set(
        found
    )
    assert {"google search", "brave search", "searxng"} <= set(found)
    assert "DATABASE_URL" in found["database"].todo
    assert "REDIS_URL" in found["Redis"].todo


async def test_a_refused_token_is_named(told: dict[str, Any]) -> None:
    found = await slack.slack(settings(told, slack_bot_token="xoxb-wrong"))
    refused = only(found, State.PROBLEM)["Slack"]
    assert "refuses SLACK_BOT_TOKEN: invalid_auth" in refused.text
    assert "OAuth & Permissions" in refused.todo


async def test_a_refused_app_token_is_named(told: dict[str, Any]) -> None:
    found = await slack.slack(settings(told, slack_app_token="xapp-wrong"))
    refused = only(found, State.PROBLEM)["Slack events"]
    assert "SLACK_APP_TOKEN" in refused.text
    assert "connections:write" in refused.todo


def test_missing_scopes_are_named() -> None:
    wanted = json.loads((ROOT / "manifest.json").read_text())["oauth_config"]["scopes"]["bot"]
    assert slack.scopes(",".join(wanted)).state is State.OK
    found = slack.scopes(",".join(scope for scope in wanted if scope not in ("im:history", "commands")))
    assert found.state is State.PROBLEM
    assert found.text == "missing: commands, im:history"


async def test_a_refused_model_key_says_what_to_check(told: dict[str, Any]) -> None:
    found = only(await research.model(settings(told, openai_api_key="sk-wrong")), State.PROBLEM)
    assert set(found) == {"model", "fallback model"}
    assert "OPENAI_API_KEY" in found["model"].todo


async def test_no_search_provider_is_a_problem(told: dict[str, Any]) -> None:
    found = await research.search(settings(told, search_providers=""))
    assert found == [problem("search", "no search provider is set", research.SEARCH_TODO)]


async def test_a_refused_search_key_is_named(told: dict[str, Any]) -> None:
    found = only(await research.search(settings(told, brave_search_api_key="wrong")), State.PROBLEM)
    assert "BRAVE_SEARCH_API_KEY" in found["brave search"].text


async def test_a_refused_apify_token_is_named(told: dict[str, Any]) -> None:
    (found,) = await research.apify(settings(told, apify_api_token="wrong"))
    assert found.state is State.PROBLEM
    assert "APIFY_API_TOKEN" in found.text


async def test_a_browser_that_is_not_there_is_a_problem(told: dict[str, Any]) -> None:
    gone = settings(told).model_copy(update={"chromium_path": Path("/nowhere/chromium")})
    (found,) = await research.browser(gone)
    assert found.state is State.PROBLEM
    assert "CHROMIUM_PATH" in found.text


async def test_a_refused_mailbox_is_to_be_connected_again(told: dict[str, Any]) -> None:
    (found,) = await mail.mailbox(settings(told, gmail_refresh_token="wrong"))
    assert found.state is State.PROBLEM
    assert "Connect the mailbox again" in found.todo


async def test_a_mailbox_with_another_address_is_a_problem(told: dict[str, Any]) -> None:
    found = only(await mail.mailbox(settings(told, from_email="other@rainmaker-demo.example")), State.PROBLEM)
    assert "the mailbox is sam@rainmaker-demo.example" in found["FROM_EMAIL"].text
    assert "FROM_EMAIL" in found["FROM_EMAIL"].todo


async def test_smtp_is_logged_in_to_and_left(told: dict[str, Any], sandbox: RunningSandbox) -> None:
    def at(password: str) -> dict[str, Any]:
        user = f"sam%40rainmaker-demo.example:{password}"
        return {"gmail_refresh_token": None, "smtp_url": f"smtp://{user}@127.0.0.1:{sandbox.ports.smtp}"}

    assert (await mail.mailbox(settings(told, **at(sandbox.box.accounts.smtp_password))))[0].state is State.OK
    (refused,) = only(await mail.mailbox(settings(told, **at("wrong"))), State.PROBLEM).values()
    assert "refuses the user or the password" in refused.text


async def test_imap_is_signed_in_to(told: dict[str, Any], sandbox: RunningSandbox) -> None:
    def at(password: str | None) -> dict[str, Any]:
        user, known = "sam%40rainmaker-demo.example", sandbox.box.accounts.smtp_password
        imap = password and f"imap://{user}:{password}@127.0.0.1:{sandbox.ports.imap}"
        smtp = f"smtp://{user}:{known}@127.0.0.1:{sandbox.ports.smtp}"
        return {"gmail_refresh_token": None, "smtp_url": smtp, "imap_url": imap}

    for password, state in (
        (sandbox.box.accounts.imap_password, State.OK),
        ("wrong", State.PROBLEM),
        (None, State.NOTE),
    ):
        _, found, *_ = await mail.mailbox(settings(told, **at(password)))
        assert (found.what, found.state) == ("IMAP", state)


async def test_a_domain_without_records_is_told_which_to_add(told: dict[str, Any]) -> None:
    found = only(await mail.records(settings(told, from_email="a@unknown.example")), State.PROBLEM)
    assert set(found) == {"SPF", "DMARC", "MX"}
    assert "v=spf1" in found["SPF"].todo
    assert "_dmarc.unknown.example" in found["DMARC"].todo


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["v=spf1 -all"], State.OK),
        (["google-site-verification=x", "V=SPF1 mx"], State.OK),
        (["v=spf1 mx", "v=spf1 a"], State.PROBLEM),
        (["v=spf10 mx"], State.PROBLEM),
        ([], State.PROBLEM),
    ],
)
def test_spf(texts: list[str], state: State) -> None:
    assert mail.spf("a.example", texts).state is state


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["v=DMARC1; p=none"], State.OK),
        (["v=DMARC1;p=reject; rua=mailto:x@a.example"], State.OK),
        (["v=DMARC1; rua=mailto:x@a.example"], State.PROBLEM),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], State.PROBLEM),
        (["p=none"], State.PROBLEM),
        ([], State.PROBLEM),
    ],
)
def test_dmarc(texts: list[str], state: State) -> None:
    assert mail.dmarc("a.example", texts).state is state


SOUND = Facts(
    login="web",
    version=16,
    passes_by=False,
    app_passes_by=False,
    roles=frozenset({"rm_app", "rm_system"}),
    may_become_app=True,
    trigrams=True,
    trigrams_can_be=True,
    migrated=True,
    revision="0001",
    unprotected=(),
)
OWNER = replace(SOUND, login="Owner")


def test_a_sound_login() -> None:
    assert stores.login(SOUND, OWNER).state is State.OK


def test_missing_roles_come_with_the_sql_for_an_administrator() -> None:
    found = stores.login(replace(SOUND, roles=frozenset({"rm_app"}), may_become_app=True), OWNER)
    assert found.state is State.PROBLEM
    sql = [line.strip() for line in found.todo.splitlines()[1:]]
    assert sql == [
        "CREATE ROLE rm_system NOLOGIN;",
        'GRANT rm_app, rm_system TO "Owner";',
        "GRANT rm_app TO web;",
    ]


def test_a_login_that_cant_become_rm_app_comes_with_the_grant() -> None:
    found = stores.login(replace(SOUND, may_become_app=False), OWNER)
    assert found.todo.splitlines()[1].strip() == "GRANT rm_app TO web;"


def test_a_role_that_passes_by_row_level_security_is_a_problem() -> None:
    found = stores.login(replace(SOUND, app_passes_by=True), OWNER)
    assert "NOBYPASSRLS" in found.todo
    assert stores.login(replace(SOUND, passes_by=True), OWNER).state is State.NOTE


def test_unprotected_tables_are_named() -> None:
    assert "leads, facts" in stores.tables(replace(SOUND, unprotected=("leads", "facts"))).text
    assert stores.tables(replace(SOUND, migrated=False)).state is State.PROBLEM


def test_old_and_missing_migrations_are_told_apart() -> None:
    old = stores.migrations(replace(SOUND, revision="0000"))
    assert old.text.startswith("at 0000, but ")
    assert stores.migrations(replace(SOUND, migrated=False, revision=None)).text == "none has run"
    assert stores.migrations(replace(SOUND, revision=None)).state is State.NOTE


def test_what_the_server_lacks() -> None:
    assert "CREATE EXTENSION pg_trgm" in stores.trigrams(replace(SOUND, trigrams=False)).todo
    assert "contrib" in stores.trigrams(replace(SOUND, trigrams=False, trigrams_can_be=False)).todo
    assert stores.server(replace(SOUND, version=14)).state is State.PROBLEM


async def test_the_database_is_looked_at_with_the_run_time_login(told: dict[str, Any]) -> None:
    found = await stores.database(settings(told))
    assert {finding.state for finding in found} == {State.OK}
    without_owner = await stores.database(settings(told, migration_database_url=None))
    assert only(without_owner, State.NOTE)["migrations"].todo.startswith("Set MIGRATION_DATABASE_URL")


async def test_a_key_that_can_be_guessed_is_a_problem(told: dict[str, Any]) -> None:
    (weak,) = await stores.key(settings(told, encryption_key="secret"))
    assert "guessed" in weak.text
    assert weak.state is State.PROBLEM


def test_lines_are_plain_and_in_columns() -> None:
    found = [ok("Redis", "9.1"), problem("migrations", "none has run", "Run it.\nThen look."), note("x", "y")]
    assert lines(found, colour=False) == [
        "  ok       Redis       9.1",
        "  problem  migrations  none has run",
        "                       Run it.",
        "                       Then look.",
        "  note     x           y",
    ]
    assert "\x1b[31mproblem\x1b[0m" in lines(found, colour=True)[1]


def test_the_command_ends_with_2_where_settings_are_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.doctor"],
        cwd=ROOT,
        env={"PATH": "/bin:/usr/bin", "PORT": "http"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "PORT: " in done.stderr


async def test_the_command_gives_json_and_1_where_there_is_a_problem(told: dict[str, Any]) -> None:
    environment = {name.upper(): str(value) for name, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pipeline.doctor",
        "--json",
        cwd=ROOT,
        env={**os.environ, **environment, "APIFY_API_URL": NOBODY},
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    found = {one["what"]: one["state"] for one in json.loads(said)}
    assert process.returncode == 1
    assert [what for what, state in found.items() if state == "problem"] == ["Apify"]
