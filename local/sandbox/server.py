"""Composes the sandbox: one box of state, every service on one port, sites and DNS on their own."""

import asyncio
import errno
import importlib
import importlib.util
import socket
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from aiohttp import web

from local.sandbox.clock import WorldClock
from local.sandbox.context import Accounts, Sandbox
from local.sandbox.dns import start_dns
from local.sandbox.sites.certificates import server_context
from local.sandbox.sites.server import site_application
from local.sandbox.store import Store

LOOPBACK = "127.0.0.1"
SERVICES = ("slack", "openai", "gmail", "smtp", "imap", "google", "brave", "searxng", "apify", "scenario")
UPLOAD_LIMIT = 64 * 1024 * 1024  # a Gmail upload is at most 35 MB, a Slack file in a demo less
STOP_SECONDS = 0.3  # what open requests get; the whole stop stays under a second


@dataclass(frozen=True)
class Ports:
    """Where each listener goes; 0 takes a free port."""

    main: int = 3100
    sites_http: int = 3180
    sites_https: int = 3443
    smtp: int = 3125
    dns: int = 3153
    imap: int = 3143


FREE_PORTS = Ports(0, 0, 0, 0, 0, 0)


class PortInUse(Exception):
    """Something else listens on a port the sandbox was told to use."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use; stop what listens there or choose another.")
        self.port = port


@dataclass
class RunningSandbox:
    """A sandbox that listens. `stop()` ends it within a second."""

    box: Sandbox
    ports: Ports
    ca: Path  # the CA certificate that signed the sites' own
    _stack: AsyncExitStack = field(repr=False)

    @property
    def port(self) -> int:
        return self.ports.main

    @property
    def base_url(self) -> str:
        return self.box.base_url

    @property
    def egress_hosts(self) -> str:
        """For the product's EGRESS_HOSTS: `pattern=ip:port` or `pattern:443=ip:port`, comma separated."""
        return ",".join(f"{pattern}={where}" for pattern, where in self.box.egress.items())

    def ready(self) -> dict[str, Any]:
        """What the process prints once everything listens."""
        return {
            "ready": True,
            "port": self.ports.main,
            "sites_http": self.ports.sites_http,
            "sites_https": self.ports.sites_https,
            "smtp": self.ports.smtp,
            "imap": self.ports.imap,
            "dns": self.ports.dns,
            "egress_hosts": self.egress_hosts,
            "ca": str(self.ca),
        }

    async def stop(self) -> None:
        await self._stack.aclose()


async def start_sandbox(
    *,
    state: Path | None = None,
    ports: Ports = FREE_PORTS,
    events_url: str = "http://127.0.0.1:3000/slack/events",
    clock: Path | None = None,
    seed: int = 7,
    obedient: bool = False,
    accounts: Accounts | None = None,
    services: Sequence[str] = SERVICES,
) -> RunningSandbox:
    """Start every service in this loop. Without `state` it remembers nothing; only a certificate is written.

    Raises PortInUse.
    """
    folder = state or Path(mkdtemp(prefix="rainmaker-sandbox-"))
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        if state is None:
            stack.callback(rmtree, folder, ignore_errors=True)
        sockets = _listen(stack, ports)
        bound = Ports(**{name: listener.getsockname()[1] for name, listener in sockets.items()})
        store = Store(folder / "sandbox.sqlite" if state else ":memory:")
        stack.callback(store.close)
        box = Sandbox(
            store=store,
            clock=WorldClock(clock),
            base_url=f"http://{LOOPBACK}:{bound.main}",
            events_url=events_url,
            seed=seed,
            accounts=accounts or Accounts(),
            obedient=obedient,
            smtp_port=bound.smtp,
            imap_port=bound.imap,
        )
        box.egress = egress(box, bound)
        tls = server_context(folder, list(box.world.tls_hosts))
        for name in ("smtp", "imap"):
            sockets.pop(name).close()  # only tried: these servers bind their ports themselves
        with _named(bound.dns):  # the same number over UDP
            await start_dns(stack, box, sockets["dns"], bound.dns)
        await _serve(stack, site_application(box, "http"), sockets["sites_http"])
        await _serve(stack, site_application(box, "https"), sockets["sites_https"], tls)
        with _named(bound.smtp):  # bound by a background of the application
            await _serve(stack, application(box, services), sockets["main"])
        return RunningSandbox(box, bound, folder / "ca.pem", stack.pop_all())
    raise AssertionError("unreachable")


def application(box: Sandbox, services: Sequence[str] = SERVICES) -> web.Application:
    """These services on the main port; a package that does not exist yet is passed over."""
    app = web.Application(client_max_size=UPLOAD_LIMIT)
    for name in services:
        if importlib.util.find_spec(f"local.sandbox.{name}") is None:
            continue
        service = importlib.import_module(f"local.sandbox.{name}")
        if hasattr(service, "routes"):
            app.add_routes(service.routes(box))
        if hasattr(service, "background"):
            app.cleanup_ctx.append(partial(service.background, box))
    return app


def egress(box: Sandbox, ports: Ports) -> dict[str, str]:
    """The world's hosts on this machine; port 443 is open only where a site has a certificate."""
    found = {f"{host}:443": f"{LOOPBACK}:{ports.sites_https}" for host in box.world.tls_hosts}
    return {"*.example": f"{LOOPBACK}:{ports.sites_http}", **found}


@contextmanager
def _named(port: int) -> Iterator[None]:
    """A refusal to bind becomes one that says which port."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortInUse(port) from error
        raise


def _listen(stack: AsyncExitStack, ports: Ports) -> dict[str, socket.socket]:
    sockets = {}
    for name, port in vars(ports).items():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        stack.callback(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with _named(port):
            listener.bind((LOOPBACK, port))
            listener.listen(128)  # so that a port another process just listens on is refused here
        sockets[name] = listener
    return sockets


async def _serve(
    stack: AsyncExitStack, app: web.Application, listener: socket.socket, tls: Any = None
) -> None:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    stack.push_async_callback(_close, runner)
    await web.SockSite(runner, listener, ssl_context=tls).start()


async def _close(runner: web.AppRunner) -> None:
    try:
        await asyncio.wait_for(runner.cleanup(), STOP_SECONDS * 2)
    except TimeoutError:
        pass  # a client that will not let go does not hold up the stop
