"""Gmail: the API v1 on the wire, Google's OAuth server beside it, and the mail behind both."""

from collections.abc import AsyncIterator

from aiohttp import web

from local.sandbox import mailboxes
from local.sandbox.context import Sandbox
from local.sandbox.gmail import account, drafts, messages, oauth, push
from local.sandbox.gmail.call import Method, Quota, handler
from local.sandbox.gmail.errors import GoogleError

METHODS: tuple[Method, ...] = drafts.METHODS + messages.METHODS + account.METHODS
PREFIX = "/gmail/v1/users/{user}/"

# Method of Google's discovery document to the routes that serve it; tests hold it against both.
COVERAGE: dict[str, tuple[str, ...]] = {
    method.id: tuple(
        f"{method.verb} {start}{PREFIX}{method.path}"
        for start in ("", "/upload")
        if not start or method.upload
    )
    for method in METHODS
}


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    mailboxes.define(box)
    oauth.define(box)
    quota = Quota()
    found: list[web.AbstractRouteDef] = []
    for method in METHODS:
        serve = handler(box, method, quota)
        for route in COVERAGE[method.id]:
            verb, _, path = route.partition(" ")
            found.append(web.route(verb, path, serve))
    others = [web.route("*", f"{start}/gmail/v1/{{rest:.*}}", _not_covered) for start in ("", "/upload")]
    return [*found, *others, *oauth.routes(box), *push.routes(box)]


async def background(box: Sandbox, app: web.Application) -> AsyncIterator[None]:
    """Posts the characters' answers when they are due and tells of changes; for `app.cleanup_ctx`."""
    async for _ in mailboxes.background(box):
        async for _ in push.background(box):
            yield


async def _not_covered(request: web.Request) -> web.Response:
    return GoogleError(
        501, "notImplemented", f"{request.method} {request.path} is not part of this sandbox."
    ).response()
