"""Control of the sandbox from outside: faults, latency, and a look at the world and its mail."""

import json
from dataclasses import asdict
from typing import Any

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.mailboxes import define as define_mail
from local.sandbox.mailboxes import mail_log

SERVICES = {
    "slack",
    "openai",
    "gemini",
    "google",
    "brave",
    "searxng",
    "apify",
    "gmail",
    "oauth",
    "smtp",
    "imap",
    "site",
    "dns",
}
SETTINGS = {*SERVICES, "slow_site", "apify_run"}
COVERAGE = {
    "POST /sandbox/faults": "arm a fault",
    "GET /sandbox/faults": "the armed faults",
    "DELETE /sandbox/faults": "clear faults and latency",
    "POST /sandbox/latency": "how long a service takes",
    "GET /sandbox/world": "companies and people",
    "GET /sandbox/mail": "every mail delivered",
    "GET /sandbox/hits": "requests that reached the sites",
    "POST /sandbox/obedient": "whether the model obeys what it reads",
}


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    define_mail(box)  # so that the log is empty, not missing, where no mail service runs
    control = Control(box)
    return [
        web.post("/sandbox/faults", control.arm),
        web.get("/sandbox/faults", control.armed, allow_head=False),
        web.delete("/sandbox/faults", control.clear),
        web.post("/sandbox/latency", control.latency),
        web.get("/sandbox/world", control.world, allow_head=False),
        web.get("/sandbox/mail", control.mail, allow_head=False),
        web.get("/sandbox/hits", control.hits, allow_head=False),
        web.post("/sandbox/obedient", control.obedient),
    ]


class Control:
    def __init__(self, box: Sandbox) -> None:
        self._box = box

    async def arm(self, request: web.Request) -> web.Response:
        """{service, kind, times = 1, match = "", options = {}}; `times` -1 lasts until cleared."""
        body = await _body(request)
        try:
            fault = Fault(
                service=_known(body["service"], SERVICES),
                kind=str(body["kind"]),
                times=int(body.get("times", 1)),
                match=str(body.get("match", "")),
                options=dict(body.get("options", {})),
            )
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"not a fault: {error}")
        self._box.faults.arm(fault)
        return web.json_response({"ok": True})

    async def armed(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [asdict(fault) for fault in self._box.faults.armed()]})

    async def clear(self, request: web.Request) -> web.Response:
        self._box.faults.clear()
        return web.json_response({"ok": True})

    async def latency(self, request: web.Request) -> web.Response:
        """{service, shortest, longest}, in seconds; both 0 ends it."""
        body = await _body(request)
        try:
            service = _known(body["service"], SETTINGS)
            shortest, longest = float(body["shortest"]), float(body["longest"])
            if not 0 <= shortest <= longest:
                raise ValueError("0 <= shortest <= longest")
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"not a latency: {error}")
        self._box.faults.latency[service] = (shortest, longest)
        if longest == 0:
            del self._box.faults.latency[service]
        return web.json_response({"ok": True})

    async def world(self, request: web.Request) -> web.Response:
        world = self._box.world
        companies = [{**asdict(company), "url": company.url} for company in world.companies]
        people = [{**asdict(person), "name": person.name} for person in world.people]
        content = {
            "seed": world.seed,
            "today": world.today,
            "now": self._box.clock.now(),
            "companies": companies,
            "people": people,
            "news_host": world.news_host,
            "directory_host": world.directory_host,
            "trap_host": world.trap_host,
        }
        return web.json_response(text=json.dumps(content, default=_text, ensure_ascii=False))

    async def mail(self, request: web.Request) -> web.Response:
        """Every mail somebody in the world was sent, oldest first."""
        return web.json_response({"mail": await mail_log(self._box)})

    async def hits(self, request: web.Request) -> web.Response:
        """?host= keeps one host's."""
        host = request.query.get("host")
        found = [asdict(hit) for hit in self._box.site_hits if host in (None, hit.host)]
        return web.json_response({"hits": found})

    async def obedient(self, request: web.Request) -> web.Response:
        """{obedient: bool}"""
        obedient = (await _body(request)).get("obedient")
        if not isinstance(obedient, bool):
            return _refused("obedient is true or false")
        self._box.obedient = obedient
        return web.json_response({"ok": True})


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(
            text='{"ok": false, "error": "not a JSON object"}', content_type="application/json"
        )
    return body


def _known(name: str, names: set[str]) -> str:
    if name not in names:
        raise ValueError(f"{name!r} is none of {', '.join(sorted(names))}")
    return name


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=400)


def _text(value: Any) -> str:
    return value.isoformat()
