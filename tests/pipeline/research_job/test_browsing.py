"""The step that opens a page in the browser: what robots.txt says holds for where it ends up, too."""

import asyncio

from db.session import Database
from db.types import StepState, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.jobs.research_plan import start_of
from pipeline.jobs.research_steps import Outcome, StepTaker
from pipeline.rules.strategy import Action, Step
from tests.pipeline.egress_stubs import answer, raw_server, request_of
from tests.pipeline.research_world import opened_deps, settings_for

WORDS = f"<p>{'Words of this page. ' * 40}</p>"
PAGES = {
    "/robots.txt": answer(b"User-agent: *\nDisallow: /private", kind="text/plain"),
    "/open": answer(WORDS.encode()),
    "/private": answer(WORDS.encode()),
    "/led": answer(b"", "Location: /private", status="302 Found"),
    "/script": answer(f"{WORDS}<script>location = '/private'</script>".encode()),
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await request_of(reader)).split(" ")[1]
    writer.write(PAGES.get(path, answer(b"", status="404 Not Found")))
    await writer.drain()


async def test_a_page_that_robots_forbid_is_not_read_however_it_is_reached(
    world: RunningSandbox, database: Database, redis_url: str, workspace: WorkspaceId
) -> None:
    columns = dict.fromkeys(("name", "company", "email", "linkedin_url", "website_url", "location"), None)
    found = start_of({**columns, "name": "Jane Miller", "company_domain": "bare.example"})
    async with raw_server(serve) as port:
        settings = settings_for(world, redis_url=redis_url, database_url="postgresql://127.0.0.1/x")
        hosts = f"bare.example=127.0.0.1:{port},{settings.egress_hosts}"
        async with opened_deps(settings.model_copy(update={"egress_hosts": hosts}), database) as deps:
            taker = StepTaker(deps, None)

            async def browsed(path: str) -> Outcome:
                step = Step(
                    action=Action.BROWSE, target=f"http://bare.example{path}", title="", kind="", chances={},
                    seconds=0, cents=0, order=0,
                )  # fmt: skip
                return await taker.take(step, found, 30)

            ended = {path: await browsed(path) for path in ("/open", "/private", "/led", "/script")}
            await taker.close()
    assert ended["/open"].state is StepState.OK
    for path in ("/private", "/led", "/script"):
        assert ended[path].state is StepState.SKIPPED and "robots.txt" in str(ended[path].error), path
        assert ended[path].drafts == ()
