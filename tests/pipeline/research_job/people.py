"""Somebody to research, and ways to spoil it."""

import aiohttp

from local.sandbox.server import RunningSandbox
from local.sandbox.world_model import Company, Person


def somebody(world: RunningSandbox, kind: str = "static", *, public: bool = True) -> tuple[Person, Company]:
    made = world.box.world
    for person in made.people:
        company = made.company(person.company_key)
        if company.site_kind == kind and person.email_public is public:
            return person, company
    raise LookupError(kind)


async def arm(world: RunningSandbox, service: str, kind: str, times: int = -1) -> None:
    """`times`: how many requests it spoils; -1: all."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{world.base_url}/sandbox/faults", json={"service": service, "kind": kind, "times": times}
        ) as response,
    ):
        assert response.status < 300
