"""A company's site that can't be read: the reason is recorded, the run goes on, and the card says what is missing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.views.lead import run_card
from db.models.research import ResearchRun
from db.queries import evidence, lead_card
from db.queries.lead import NewLead
from db.session import Database
from db.types import Depth, RunState, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.messages import Silent
from tests.pipeline.egress_stubs import answer, raw_server, request_of
from tests.pipeline.research_job.people import arm
from tests.pipeline.research_world import opened_deps, researched, settings_for

NO_ROBOTS = answer(b"", status="404 Not Found")
LOGIN = b"<title>Log in</title><p>Please log in to continue</p><form><input type='password'></form>"
COOKIES = b"<p>Before you continue</p><button>Accept all cookies</button>"
REASONS = {
    "fifty megabytes": (b"<p>filler</p>" * 4_000_000, "bigger than 4 MB"),
    "an endless redirect": (answer(b"", "Location: /again?n=1", status="302 Found"), "redirects in a circle"),
    "a PDF": (answer(b"%PDF-1.7 words", kind="application/pdf"), "sent a PDF"),
    "a PDF that lies": (answer(b"%PDF-1.7 words"), "sent a PDF"),
    "binary": (answer(bytes(range(256)) * 40), "sent a binary file"),
    "a login": (answer(LOGIN), "asks for a login"),
    "a question about cookies": (answer(COOKIES), "question about cookies"),
    "a captcha": (answer(b"<p>Please verify you are a human</p>"), "whether we are a person"),
    "forbidden": (answer(b"no", status="403 Forbidden"), "403"),
    "gone": (answer(b"gone", status="410 Gone"), "answered 410"),
    "an error of its own": (answer(b"oops", status="500 Oops"), "answered 500"),
    "no http": (b"hello\r\n\r\n", "did not answer"),
}


@asynccontextmanager
async def bad_site(reply: bytes) -> AsyncIterator[str]:
    """For EGRESS_HOSTS: a site that says the same to every page, over http only."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        if " /robots.txt " in request:
            writer.write(NO_ROBOTS)
        elif len(reply) > 1_000_000:
            writer.write(answer(reply))
        else:
            writer.write(reply)
        await writer.drain()

    async with raw_server(serve) as port:
        yield f"bad-site.example=127.0.0.1:{port},www.bad-site.example=127.0.0.1:{port}"


async def run_of(
    world: RunningSandbox, hosts: str, database: Database, workspace: WorkspaceId, redis_url: str, url: str
) -> tuple[ResearchRun, str, dict[str, str]]:
    """The run, its card in words, and the errors in the books by endpoint."""
    settings = settings_for(world, redis_url=redis_url, database_url="postgresql://127.0.0.1/x")
    settings = settings.model_copy(update={"egress_hosts": f"{hosts},{settings.egress_hosts}"})
    async with opened_deps(settings, database, Silent()) as deps:
        person = NewLead(name="Jane Miller", company="Bad Site", website_url=url)
        _, run = await researched(deps, workspace, person, Depth.QUICK, then_write=False)
        return run, await shown(deps, workspace, run), await booked(deps, workspace, run)


async def shown(deps: Deps, workspace: WorkspaceId, run: ResearchRun) -> str:
    async with deps.db.transaction(workspace) as tx:
        card = await lead_card.load_run_card(tx.session, workspace, run.id)
    assert card is not None
    return json.dumps(list(run_card(card).blocks), ensure_ascii=False)


async def booked(deps: Deps, workspace: WorkspaceId, run: ResearchRun) -> dict[str, str]:
    async with deps.db.transaction(workspace) as tx:
        used = await evidence.usage_of_run(tx.session, workspace, run.id)
    return {one.service: f"{one.calls} {one.errors}" for one in used}


@pytest.mark.parametrize("what", REASONS)
async def test_the_reason_is_recorded_and_shown_and_the_run_goes_on(
    world: RunningSandbox, database: Database, workspace: WorkspaceId, redis_url: str, what: str
) -> None:
    reply, reason = REASONS[what]
    async with bad_site(reply) as hosts:
        run, card, books = await run_of(
            world, hosts, database, workspace, redis_url, "http://www.bad-site.example/page"
        )
    [step] = [step for step in run.plan["steps"] if step.get("url") == "http://www.bad-site.example/page"]
    assert step["state"] in ("skipped", "failed") and reason in step["error"]
    assert run.state == RunState.DONE and len(run.plan["steps"]) > 1
    assert reason in card and "Not found: " in card and "nothing found" not in reason
    assert "company_info" in run.missing and "email" in run.missing
    assert int(books["fetch"].split()[1]) >= 1  # the failed page; its robots.txt was answered


async def test_a_certificate_that_is_not_right_is_a_reason(
    world: RunningSandbox, database: Database, workspace: WorkspaceId, redis_url: str
) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer(b"<p>This is no https</p>", status="400 Bad Request"))
        await writer.drain()

    async with raw_server(plain) as port:
        secure = f"www.bad-site.example:443=127.0.0.1:{port}"
        run, card, _ = await run_of(
            world, secure, database, workspace, redis_url, "https://www.bad-site.example/page"
        )
    [step] = [step for step in run.plan["steps"] if step.get("url") == "https://www.bad-site.example/page"]
    assert step["state"] == "failed" and "https" in step["error"]
    assert "over https" in card and run.state == RunState.DONE


async def test_a_provider_that_fails_has_failed_and_has_not_found_nothing(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    for service in ("google", "brave", "searxng", "apify"):
        await arm(world, service, "server_error")
    person = NewLead(name="Jane Miller", company="Nowhere Ltd", email="jane@nowhere-ltd.example")
    row, run = await researched(deps, workspace, person, Depth.STANDARD, then_write=False)
    steps = [step for step in run.plan["steps"] if step["tool"] in ("search", "actor")]
    assert steps and {step["state"] for step in steps} <= {"failed", "skipped"}
    assert all(step["error"] for step in steps)
    card = await shown(deps, workspace, run)
    assert "nothing found" not in card
    assert "Not everything could be asked" in str(row.qualification_reason) or run.state == RunState.FAILED
