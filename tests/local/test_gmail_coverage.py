"""The coverage table against the registered routes and against Google's own description of the API."""

import json
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from typing import Any

import aiohttp
import pytest
from googleapiclient.discovery import build_from_document
from googleapiclient.http import MediaInMemoryUpload

from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.gmail import COVERAGE, METHODS, routes
from local.sandbox.store import Store
from tests.local.gmail_client import Gmail, letter, started, users_of

DOCUMENT = json.loads(
    (files("googleapiclient.discovery_cache.documents") / "gmail.v1.json").read_text(encoding="utf-8")
)


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started() as running:
        yield running


def described(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for below in resource.get("resources", {}).values():
        yield from described(below)


def test_every_route_of_the_table_is_registered_and_no_other() -> None:
    box = Sandbox(Store(":memory:"), WorldClock(), base_url="", events_url="")
    registered = {f"{route.method} {route.path}" for route in routes(box) if "/gmail/v1/" in route.path}
    rest = {"* /gmail/v1/{rest:.*}", "* /upload/gmail/v1/{rest:.*}"}
    assert {route for served in COVERAGE.values() for route in served} == registered - rest
    assert rest <= registered


def test_every_method_of_the_table_is_described_by_google_with_that_verb_and_path() -> None:
    known = {method["id"]: method for method in described(DOCUMENT)}
    for method in METHODS:
        theirs = known[method.id]
        assert theirs["httpMethod"] == method.verb
        assert theirs["path"].replace("{userId}", "{user}") == f"gmail/v1/users/{{user}}/{method.path}"
        assert ("mediaUpload" in theirs) == method.upload
        assert set(theirs["scopes"]) >= {scope for scope in method.scopes if "labels" not in scope}


async def test_what_is_not_covered_says_so(gmail: Gmail) -> None:
    async with aiohttp.ClientSession(gmail.url) as http:
        answer = await http.get("gmail/v1/users/me/settings/vacation")
        assert answer.status == 501
        assert (await answer.json())["error"]["status"] == "UNIMPLEMENTED"


@pytest.mark.parametrize("with_body", [False, True])
async def test_media_uploads_are_taken_alone_and_beside_json(gmail: Gmail, with_body: bool) -> None:
    document = {**DOCUMENT, "rootUrl": gmail.url}
    credentials = users_of(gmail.box, gmail.url)._http.credentials
    gmail.users = build_from_document(document, credentials=credentials).users()
    media = MediaInMemoryUpload(letter("anna@somewhere.example", X_Token="up").as_bytes(), "message/rfc822")
    body = {"message": {}} if with_body else None
    draft = await gmail.call(lambda users: users.drafts().create(userId="me", body=body, media_body=media))
    assert await gmail.header(draft["message"]["id"], "X-Token") == "up"
