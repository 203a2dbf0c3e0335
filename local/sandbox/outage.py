"""How any HTTP service fails from outside: slow, never, or with an answer that is no answer."""

import asyncio

from aiohttp import web

from local.sandbox.context import Sandbox

NEVER = 3600.0  # seconds a request hangs; every client has given up long before


async def outage(box: Sandbox, service: str, what: str) -> web.StreamResponse | None:
    """Wait as the service was told to, then answer an armed fault that any service can have.

    Kinds: timeout (no answer), garbage (half a JSON text), empty (200 without a body), html (a proxy's page).
    """
    await box.faults.delay(service, sum(what.encode()) % 100 / 99)
    if box.faults.take(service, "timeout", what):
        await asyncio.sleep(NEVER)
    if box.faults.take(service, "garbage", what):
        return web.Response(body=b'{"items": [{"title": "\xff\xfe', content_type="application/json")
    if box.faults.take(service, "empty", what):
        return web.Response(status=200)
    if box.faults.take(service, "html", what):
        return web.Response(text="<html><body>Gateway says hello</body></html>", content_type="text/html")
    return None
