"""Pages that want the browser's memory, its time or another host, by ways that only show in a real Chromium."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pipeline.clients.browser import BrowserPool
from pipeline.clients.proxies import Proxies
from pipeline.clock import SystemClock
from pipeline.egress import Guard
from pipeline.egress.guard import parse_hosts
from pipeline.egress.resolver import DnsResolver
from pipeline.egress.upstream import parse_proxies
from pipeline.errors import Blocked, RainmakerError, Transient
from tests.pipeline.egress_stubs import answer, dns_server, raw_server, request_of
from tests.pipeline.proxy_stubs import upstream_proxy

WORDS = f"<p>{'Some words to read. ' * 60}</p>"


def packed(megabytes: int) -> bytes:
    """So much markup in a few kilobytes for each megabyte."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    line = b"<p>Words that fill the memory.</p>" * 30_000
    return b"".join([*(stream.compress(line) for _ in range(megabytes)), stream.flush()])


class Site:
    """Says of each path what `pages` holds; `reached` is what came in for 127.0.0.1 by any way."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.reached: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        path = request.split(" ")[1]
        if "Host: 127." in request or "Host: [" in request or path.startswith("/inside"):
            self.reached.append(path)
        page = self.pages.get(path)
        if page == b"drip":
            await self._drip(writer)
        elif page is None:
            writer.write(answer(b"", status="404 Not Found"))
        else:
            writer.write(page.replace(b"PORT", str(self.port).encode()))
        await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"<p>x</p>")
            await writer.drain()
            await asyncio.sleep(0.2)


@asynccontextmanager
async def opened(site: Site, seconds: float = 20) -> AsyncIterator[BrowserPool]:
    names = {
        "inside.com": [["127.0.0.1"]],
        "inside6.com": [["::1"]],
        "mapped.com": [["::ffff:127.0.0.1"]],
        "both.com": [["93.184.216.34", "10.0.0.1"]],
        "alias.com": [["CNAME db.corp", "192.168.1.1"]],
    }
    async with raw_server(site.serve) as port, dns_server(names) as (server, _):
        site.port = port
        guard = Guard(DnsResolver(server), parse_hosts(f"*.example=127.0.0.1:{port}"))
        pool = BrowserPool(guard, pause=lambda: 0, seconds=seconds)
        try:
            yield pool
        finally:
            await pool.close()


async def rendered(pool: BrowserPool, path: str) -> str:
    async with pool.session() as session:
        return (await session.render(f"http://shop.example{path}")).html


def page_with(script: str) -> bytes:
    return answer(f"<html><body>{WORDS}<script>{script}</script></body></html>".encode())


GREEDY = {
    "a packed page": answer(packed(1500), "Content-Encoding: gzip"),
    "what a script unpacks": page_with(
        "setInterval(() => document.body.append('more words '), 50); fetch('/packed').then(r => r.arrayBuffer())"
    ),
    "what a script allocates": page_with(
        "const kept = []; setInterval(() => { document.body.append('more ');"
        " for (let i = 0; i < 20; i++) kept.push(new Uint8Array(5e6).fill(1)) }, 5)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", GREEDY)
async def test_a_page_that_takes_the_memory_is_ended_and_the_browser_still_works(what: str) -> None:
    site = Site()
    site.pages = {"/": GREEDY[what], "/packed": GREEDY["a packed page"], "/fine": answer(WORDS.encode())}
    async with opened(site) as pool, pool.session() as session:
        with pytest.raises(Blocked, match="more memory than it gets"):
            await session.render("http://shop.example/")
        assert "Some words" in (await session.render("http://shop.example/fine")).html


async def test_more_markup_than_is_read_is_refused_and_not_carried_over() -> None:
    site = Site()
    site.pages["/"] = answer(f"<p>{'word ' * 1_100_000}</p>".encode())
    async with opened(site) as pool:
        with pytest.raises(Blocked, match="bigger than 5 MB"):
            await rendered(pool, "/")


async def test_a_page_that_drips_is_left() -> None:
    site = Site()
    site.pages["/"] = b"drip"
    async with opened(site, seconds=3) as pool:
        began = time.monotonic()
        with pytest.raises(Transient, match="took longer than 3 seconds"):
            await rendered(pool, "/")
        assert time.monotonic() - began < 10


ELSEWHERE = {
    "a name that is inside": "fetch('http://inside.com:PORT/inside')",
    "a name that is inside at a website's port": "fetch('http://inside.com/inside')",
    "a name at IPv6's loopback": "fetch('http://inside6.com/inside')",
    "a name at a mapped address": "fetch('http://mapped.com/inside')",
    "a name with one address inside": "new Image().src = 'http://both.com/inside'",
    "an alias": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://alias.com/inside'}))",
    "octal": "fetch('http://0177.0.0.1/inside')",
    "hexadecimal": "fetch('http://0x7f000001/inside')",
    "short": "location = 'http://127.1/inside'",
    "digits of another script": "fetch('http://①②⑦.0.0.1/inside')",
    "NAT64": "fetch('http://[64:ff9b::7f00:1]/inside')",
    "6to4": "fetch('http://[2002:7f00:1::]/inside')",
    "Teredo": "fetch('http://[2001:0:7f00:1::]/inside')",
    "a socket to a name inside": "new WebSocket('ws://inside.com/inside')",
    "a secure socket": "new WebSocket('wss://inside.com/inside')",
    "data in a frame": "document.body.append(Object.assign(document.createElement('iframe'),"
    " {src: 'data:text/html,<script>fetch(%22http://inside.com/inside%22)</script>'}))",
    "a file": "location = 'file:///etc/passwd'",
    "a file in a frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'file:///etc/passwd'}))",
    "a file in an object": "document.body.append(Object.assign(document.createElement('object'), {data: 'file:///etc/passwd'}))",
    "WebRTC": "const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}, {urls:"
    " 'turn:127.0.0.1:PORT?transport=tcp', username: 'a', credential: 'b'}]}); p.createDataChannel('x');"
    " p.createOffer().then(o => p.setLocalDescription(o))",
    "WebTransport": "new WebTransport('https://127.0.0.1:PORT/inside')",
    "a proxy of its own": "fetch('http://shop.example@127.0.0.1:PORT/inside')",
    "preconnect": "document.head.append(Object.assign(document.createElement('link'), {rel: 'preconnect', href: 'http://127.0.0.1:PORT'}))",
}  # fmt: skip


async def test_no_name_and_no_spelling_leads_a_page_inside() -> None:
    site = Site()
    for number, script in enumerate(ELSEWHERE.values()):
        site.pages[f"/{number}"] = page_with(script)
    async with opened(site) as pool, pool.session() as session:
        for number, name in enumerate(ELSEWHERE):
            try:
                page = await session.render(f"http://shop.example/{number}")
            except RainmakerError:
                continue
            assert "root:" not in page.html, name
        refused = len(pool.refused)
    assert site.reached == [] and refused >= 10


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "data:text/html,<p>hi",
        "http://inside.com/",
        "http://0x7f.1/",
        "chrome://version",
    ],
)
async def test_a_redirect_leads_no_further_than_a_link(target: str) -> None:
    site = Site()
    site.pages["/"] = answer(b"", f"Location: {target}", status="302 Found")
    async with opened(site) as pool:
        with pytest.raises(RainmakerError):
            await rendered(pool, "/")
    assert site.reached == []


async def test_a_name_that_changes_its_address_is_asked_for_anew_and_refused() -> None:
    """Twice public, when it is checked and when it is opened; then inside, when its script asks again."""
    site = Site()
    script = "fetch('/inside').then(r => r.text()).then(t => document.title = t)"
    site.pages["/"] = page_with(script).replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n")
    site.pages["/inside"] = answer(b"secret")
    public = ["93.184.216.34"]
    async with (
        raw_server(site.serve) as port,
        upstream_proxy(port) as proxy,
        dns_server({"rebind.com": [public, public, ["127.0.0.1"]]}) as (server, _),
    ):
        proxies = Proxies(parse_proxies(proxy.url), SystemClock().monotonic)
        pool = BrowserPool(Guard(DnsResolver(server)), pause=lambda: 0, proxies=proxies)
        async with pool.session() as session:
            page = await session.render("http://rebind.com/")
        await pool.close()
    assert "Some words" in page.html and "secret" not in page.html
    assert site.reached == [] and set(proxy.asked) == {"93.184.216.34:80"}
