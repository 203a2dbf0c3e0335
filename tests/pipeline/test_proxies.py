"""Upstream proxies: behind the guard, told checked addresses only, in turn, left out while they fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.browser import BrowserPool
from pipeline.clients.fetch import Fetcher
from pipeline.clients.proxies import Proxies
from pipeline.clock import SystemClock
from pipeline.egress import Guard
from pipeline.egress.resolver import DnsResolver
from pipeline.egress.upstream import ProxyFailed, Upstream, open_streams, parse_proxies
from pipeline.errors import BadSettings, Blocked, Transient
from pipeline.rules import rotation
from pipeline.rules.rotation import Standing
from tests.pipeline.egress_stubs import answer, dns_server, raw_server, request_of
from tests.pipeline.proxy_stubs import ProxyStub, upstream_proxy

CLOCK = SystemClock()
URL = "http://www.good.com/page"
HTML = f"<html><body><p>{'Hello from the site. ' * 60}</p></body></html>"


@asynccontextmanager
async def site() -> AsyncIterator[int]:
    """A site that blocks whoever comes through the first tunnel and lets others in."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await request_of(reader)).split(" ")[1]
        reply = answer(HTML.encode()) if path != "/robots.txt" else answer(b"", status="404 Not Found")
        writer.write(reply)
        await writer.drain()

    async with raw_server(serve) as port:
        yield port


@asynccontextmanager
async def blocking() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await request_of(reader)).split(" ")[1]
        status = "404 Not Found" if path == "/robots.txt" else "403 Forbidden"
        writer.write(answer(b"<h1>Access denied</h1>", status=status))
        await writer.drain()

    async with raw_server(serve) as port:
        yield port


@asynccontextmanager
async def fetching(*stubs: ProxyStub) -> AsyncIterator[tuple[Fetcher, Proxies]]:
    """Names are public ones; only through a proxy does anything answer."""
    names = {
        "www.good.com": [["93.184.216.34"]],
        "six.com": [["2606:4700::1111"]],
        "evil.com": [["10.0.0.1"]],
    }
    proxies = Proxies(parse_proxies(",".join(stub.url for stub in stubs)), CLOCK.monotonic)
    async with dns_server(names) as (server, _):
        fetcher = Fetcher(Guard(DnsResolver(server)), CLOCK, proxies=proxies, pause=0, wait=lambda _: 0)
        yield fetcher, proxies
        await fetcher.close()


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("secret", [None, "user:p%40ss"])
async def test_the_proxy_is_told_the_checked_address_never_the_name(kind: str, secret: str | None) -> None:
    async with site() as port, upstream_proxy(port, kind) as stub:
        stub.secret = secret.replace("%40", "@") if secret else None
        url = f"{kind}://{secret + '@' if secret else ''}127.0.0.1:{stub.port}"
        proxies = Proxies(parse_proxies(url), CLOCK.monotonic)
        async with dns_server({"www.good.com": [["93.184.216.34"]]}) as (server, _):
            fetcher = Fetcher(Guard(DnsResolver(server)), CLOCK, proxies=proxies, pause=0)
            page = await fetcher.fetch(URL)
            await fetcher.close()
    assert "Hello" in page.html
    assert set(stub.asked) == {"93.184.216.34:80"}


async def test_ipv6_goes_through_too() -> None:
    async with site() as port, upstream_proxy(port) as stub, fetching(stub) as (fetcher, _):
        assert "Hello" in (await fetcher.fetch("http://six.com/")).html
    assert set(stub.asked) == {"[2606:4700::1111]:80"}


async def test_what_the_guard_refuses_never_reaches_the_proxy() -> None:
    async with site() as port, upstream_proxy(port) as stub, fetching(stub) as (fetcher, _):
        for url in ("http://evil.com/", "http://127.0.0.1/", "http://169.254.169.254/", "http://localhost/"):
            with pytest.raises(Blocked):
                await fetcher.fetch(url)
    assert stub.asked == []


async def test_a_blocked_page_is_read_through_another_proxy() -> None:
    async with (
        blocking() as shut,
        site() as open_,
        upstream_proxy(shut) as blocked,
        upstream_proxy(open_, "socks5") as free,
        fetching(blocked, free) as (fetcher, proxies),
    ):
        assert "Hello" in (await fetcher.fetch(URL)).html
        assert blocked.asked and free.asked
        before = len(blocked.asked)
        await fetcher.fetch(URL)
        assert len(blocked.asked) == before  # it is left out for a while
        assert proxies.next() == parse_proxies(free.url)[0]


async def test_a_proxy_that_fails_is_passed_over_and_named_without_its_password() -> None:
    async with (
        site() as port,
        upstream_proxy(port, secret="u:secret") as wrong,
        upstream_proxy(port) as right,
    ):
        wrong.secret = "u:other"
        bad = parse_proxies(f"http://u:secret@127.0.0.1:{wrong.port}")[0]
        async with fetching(right) as (fetcher, _):
            fetcher._proxies = Proxies([bad, *parse_proxies(right.url)], CLOCK.monotonic)
            assert "Hello" in (await fetcher.fetch(URL)).html
            fetcher._proxies = Proxies([bad], CLOCK.monotonic)
            fetcher._robots._kept.clear()
            with pytest.raises(Transient, match=r"refused the connection \(407\)") as caught:
                await fetcher.fetch("http://www.good.com/other")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("kind", "refuse"), [("http", 403), ("http", 302), ("socks5", 2), ("socks5", 7)])
async def test_a_refusal_of_the_proxy_is_the_proxys_failure(kind: str, refuse: int) -> None:
    async with upstream_proxy(9, kind, refuse=refuse) as stub:
        with pytest.raises(ProxyFailed):
            await open_streams(("93.184.216.34",), 443, parse_proxies(stub.url)[0])


@pytest.mark.parametrize(("kind", "refuse"), [("http", 502), ("http", 504), ("socks5", 4), ("socks5", 5)])
async def test_a_site_the_proxy_cannot_reach_is_not(kind: str, refuse: int) -> None:
    async with upstream_proxy(9, kind, refuse=refuse) as stub:
        with pytest.raises(OSError, match="could not reach") as caught:
            await open_streams(("93.184.216.34", "93.184.216.35"), 443, parse_proxies(stub.url)[0])
    assert not isinstance(caught.value, ProxyFailed)
    assert len(stub.asked) == 2  # both addresses were tried


@pytest.mark.parametrize(
    "noise", [b"", b"SSH-2.0-x\r\n\r\n", b"\x05\xff", b"HTTP/1.1 two\r\n\r\n", b"\x00" * 90_000]
)
@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_nonsense_from_a_proxy_is_its_failure(noise: bytes, kind: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(noise)
        await writer.drain()

    async with raw_server(serve) as port:
        with pytest.raises(ProxyFailed):
            await open_streams(("93.184.216.34",), 80, Upstream(kind, "127.0.0.1", port))


def test_settings_are_read_and_nonsense_is_refused() -> None:
    first, second = parse_proxies("http://u:p%40@host.net:3128, socks5h://[2001:db8::1]")
    assert first == Upstream("http", "host.net", 3128, "u", "p@")
    assert second == Upstream("socks5", "2001:db8::1", 1080)
    for wrong in ("ftp://x", "host:80", "http://", "http://h:99999", "socks5://" + "u" * 300 + "@h"):
        with pytest.raises(BadSettings, match="PROXY_URLS"):
            parse_proxies(wrong)


def test_proxies_take_turns_and_come_back() -> None:
    standings = {"a": Standing(), "b": Standing(used=1)}
    assert rotation.choose(standings, 0) == "a"
    assert rotation.choose(standings, 0, avoid=["a"]) == "b"
    standings["a"] = rotation.failed(standings["a"], 0)
    assert rotation.choose(standings, 0) == "b"
    assert rotation.choose(standings, 31) == "a"
    assert rotation.failed(standings["a"], 31).out_until == 31 + 60
    assert rotation.choose({}, 0) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 100)), max_size=50))
def test_there_is_always_one_to_try(history: list[tuple[str, bool, float]]) -> None:
    standings, now = {name: Standing() for name in "abc"}, 0.0
    for name, worked, passed in history:
        now += passed
        standings[name] = (
            rotation.worked(standings[name]) if worked else rotation.failed(standings[name], now)
        )
        chosen = rotation.choose(standings, now)
        assert chosen is not None
        if any(standing.out_until <= now for standing in standings.values()):
            assert standings[chosen].out_until <= now


async def test_chromium_goes_through_the_guard_and_then_the_proxy_and_switches_it() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=HTML, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with (
        blocking() as shut,
        upstream_proxy(shut) as blocked,
        upstream_proxy(port, "socks5") as free,
        dns_server({"www.good.com": [["93.184.216.34"]]}) as (server, _),
    ):
        proxies = Proxies(parse_proxies(f"{blocked.url},{free.url}"), CLOCK.monotonic)
        pool = BrowserPool(Guard(DnsResolver(server)), pause=lambda: 0, seconds=40, proxies=proxies)
        async with pool.session() as session:
            assert "Hello" in (await session.render(URL)).html
            with pytest.raises(Blocked):
                await session.render("http://127.0.0.1/")
        await pool.close()
    await runner.cleanup()
    assert set(blocked.asked) == set(free.asked) == {"93.184.216.34:80"}
