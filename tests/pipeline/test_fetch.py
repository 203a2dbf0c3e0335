"""Reading strangers' pages: redirects, sizes, packing, charsets, robots, and servers that mean ill."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipeline.clients.asked import listening
from pipeline.clients.fetch import Fetcher
from pipeline.clock import SystemClock
from pipeline.egress import Guard
from pipeline.egress.guard import parse_hosts
from pipeline.egress.resolver import DnsResolver
from pipeline.errors import Blocked, Permanent, Transient
from pipeline.rules.extraction import read_page
from tests.pipeline.egress_stubs import answer, dns_server, raw_server, request_of

CLOCK = SystemClock()
HTML = b"<html><body><p>Hello from the site</p></body></html>"
NO_ROBOTS = answer(b"", status="404 Not Found")
URL = "http://www.site.example/page"


@asynccontextmanager
async def site(pages: dict[str, bytes], **options: Any) -> AsyncIterator[tuple[Fetcher, list[str]]]:
    """A site at www.site.example that answers each path with these bytes; and what was asked of it."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        path = request.split(" ", 2)[1]
        asked.append(path)
        writer.write(pages.get(path, NO_ROBOTS))
        await writer.drain()

    async with raw_server(serve) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        fetcher = Fetcher(guard, CLOCK, **{"pause": 0, "wait": lambda _: 0.0, **options})
        try:
            yield fetcher, asked
        finally:
            await fetcher.close()


def redirect(to: str) -> bytes:
    return answer(b"", f"Location: {to}", status="302 Found")


async def test_a_page_is_read_and_its_final_address_told() -> None:
    async with site({"/page": redirect("/moved"), "/moved": answer(HTML)}) as (fetcher, _):
        page = await fetcher.fetch(URL)
    assert page.url == "http://www.site.example/moved"
    assert "Hello from the site" in page.html


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/", "http://127.0.0.1:80/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
        "http://2130706433/", "http://0x7f.1/", "http://localhost/", "https://www.site.example/", "file:///etc/passwd",
        "data:text/html,hi", "http://www.site.example:6379/", "ftp://www.site.example/", "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/", "//127.0.0.1/x",
    ],
)  # fmt: skip
async def test_a_redirect_is_asked_of_the_guard_like_any_address(target: str) -> None:
    async with site({"/page": redirect(target)}) as (fetcher, asked):
        with pytest.raises(Blocked):
            await fetcher.fetch(URL)
    assert asked == ["/robots.txt", "/page"]


async def test_a_name_that_points_inside_is_refused_before_any_connection() -> None:
    async with dns_server({"evil.com": [["127.0.0.1"]]}) as (server, _):
        fetcher = Fetcher(Guard(DnsResolver(server)), CLOCK, pause=0, wait=lambda _: 0.0)
        with pytest.raises(Blocked, match="not a public address"):
            await fetcher.fetch("http://evil.com/")
        await fetcher.close()


async def test_rebinding_between_two_requests_is_caught() -> None:
    async with dns_server({"rebind.com": [["127.0.0.1"], ["8.8.8.8"], ["127.0.0.1"]]}) as (server, stub):
        fetcher = Fetcher(Guard(DnsResolver(server)), CLOCK, pause=0, wait=lambda _: 0.0)
        with pytest.raises(Blocked):
            await fetcher.fetch("http://rebind.com/")
        await fetcher.close()
    assert stub.asked == ["rebind.com"]


async def test_circles_and_long_chains_of_redirects_end() -> None:
    async with site({"/page": redirect("/page")}) as (fetcher, _):
        with pytest.raises(Permanent, match="circle"):
            await fetcher.fetch(URL)
    chain = {f"/{number}": redirect(f"/{number + 1}") for number in range(20)}
    async with site(chain) as (fetcher, asked):
        with pytest.raises(Permanent, match="more than 5"):
            await fetcher.fetch("http://www.site.example/0")
    assert len(asked) < 10


async def test_a_packed_bomb_is_cut_short() -> None:
    bomb = gzip.compress(b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    async with site({"/page": answer(bomb, "Content-Encoding: gzip")}) as (fetcher, _):
        with pytest.raises(Blocked, match="bigger"):
            await fetcher.fetch(URL)


async def test_a_page_without_an_end_is_cut_short() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "robots" in await request_of(reader):
            writer.write(NO_ROBOTS)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with raw_server(endless) as port:
        fetcher = Fetcher(
            Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}")), CLOCK, pause=0
        )
        with pytest.raises(Blocked, match="bigger"):
            await fetcher.fetch(URL)
        await fetcher.close()


async def test_a_server_that_drips_is_left() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "robots" in await request_of(reader):
            writer.write(NO_ROBOTS)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(drip) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        fetcher = Fetcher(guard, CLOCK, seconds=1.0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Transient, match=r"took longer|did not answer"):
            await fetcher.fetch(URL)
        assert asyncio.get_running_loop().time() - began < 5
        await fetcher.close()


@pytest.mark.parametrize(
    ("packing", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
async def test_packed_pages_are_unpacked(packing: str, pack) -> None:
    async with site({"/page": answer(pack(HTML), f"Content-Encoding: {packing}")}) as (fetcher, _):
        assert "Hello" in (await fetcher.fetch(URL)).html


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("Grüße".encode("latin-1"), "text/html; charset=iso-8859-1", "Grüße"),
        (b"\xef\xbb\xbf" + "Grüße".encode(), "text/html", "Grüße"),
        ("Grüße".encode("utf-16-le"), "text/html; charset=utf-16-le", "Grüße"),
        (b"<meta charset='shift_jis'>" + "日本".encode("shift_jis"), "text/html", "日本"),
        ("Grüße".encode("cp1252"), "text/html", "Grüße"),
        ("Grüße".encode(), "text/html; charset=no-such-thing", "Grüße"),
        ("Grüße".encode(), "text/html; charset=base64", "Grüße"),
    ],
)
async def test_charsets_are_taken_as_they_come(body: bytes, kind: str, text: str) -> None:
    async with site({"/page": answer(body, kind=kind)}) as (fetcher, _):
        assert text in (await fetcher.fetch(URL)).html


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (answer(b"%PDF", kind="application/pdf"), Blocked, "a PDF"),
        (answer(b"\0", kind="application/octet-stream"), Blocked, "a binary file"),
        (answer(b"gone", status="404 Not Found"), Permanent, "404"),
        (answer(b"no", status="403 Forbidden"), Blocked, "403"),
        (answer(b"later", "Retry-After: 7", status="429 Too Many"), Transient, "429"),
        (answer(b"oops", status="503 Unavailable"), Transient, "503"),
        (answer(b""), Permanent, "empty"),
        (b"not http at all\r\n\r\n", Transient, "did not answer"),
        (answer(HTML, "Content-Encoding: br"), Blocked, "br"),
    ],
)
async def test_every_refusal_says_what_it_was(reply: bytes, error: type[Exception], words: str) -> None:
    async with site({"/page": reply}) as (fetcher, _):
        with pytest.raises(error, match=words):
            await fetcher.fetch(URL)


async def test_robots_are_kept_and_asked_once() -> None:
    robots = answer(b"User-agent: *\nDisallow: /private*\nAllow: /", kind="text/plain")
    async with site({"/robots.txt": robots, "/page": answer(HTML), "/private1": answer(HTML)}) as (
        fetcher,
        asked,
    ):
        await fetcher.fetch(URL)
        with pytest.raises(Blocked, match=r"robots\.txt"):
            await fetcher.fetch("http://www.site.example/private1")
    assert asked == ["/robots.txt", "/page"]


async def test_our_own_name_in_robots_is_heard() -> None:
    robots = answer(b"User-agent: RainmakerBot\nDisallow: /\nUser-agent: *\nAllow: /", kind="text/plain")
    async with site({"/robots.txt": robots, "/page": answer(HTML)}) as (fetcher, _):
        assert not await fetcher.allowed(URL)


async def test_a_site_that_cannot_say_its_rules_is_left_for_another_time() -> None:
    async with site({"/robots.txt": answer(b"", status="500 Oops"), "/page": answer(HTML)}) as (fetcher, _):
        with pytest.raises(Transient, match=r"robots\.txt"):
            await fetcher.fetch(URL)


async def test_a_page_of_a_hundred_thousand_nested_tags_is_read_in_bounded_time() -> None:
    body = (
        b"<html><head><title>Acme</title></head><body>"
        + b"<div>" * 100_000
        + b"<p>Mail jane@site.example</p>"
    )
    async with site({"/page": answer(body)}) as (fetcher, _):
        began = time.process_time()
        page = await fetcher.fetch(URL)
        read = read_page(page.html, page.url)
    assert [email.address for email in read.emails] == ["jane@site.example"]
    assert time.process_time() - began < 2


async def test_fifty_megabytes_are_refused_before_they_are_read() -> None:
    """Whether the server says how much it is or not; memory holds no more than the limit."""
    sent = 0

    async def huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        if "robots" in await request_of(reader):
            writer.write(NO_ROBOTS)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            writer.write(b"<p>x</p>" * 125_000)
            await writer.drain()
            sent += 1

    async with raw_server(huge) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        fetcher = Fetcher(guard, CLOCK, pause=0)
        tracemalloc.start()
        with pytest.raises(Blocked, match="bigger than 4 MB"):
            await fetcher.fetch(URL)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await fetcher.close()
    assert sent < 50 and most < 30_000_000


async def test_every_question_is_told_once_and_cached_answers_are_not() -> None:
    pages = {"/page": redirect("/moved"), "/moved": answer(HTML)}
    async with site(pages) as (fetcher, asked):
        with listening() as heard:
            await fetcher.fetch(URL)
            await fetcher.allowed(URL)
        assert [(call.service, call.endpoint, call.error) for call in heard] == [
            ("fetch", "www.site.example/robots.txt", None),
            ("fetch", "www.site.example", None),
        ]
        assert asked == ["/robots.txt", "/page", "/moved"]
        with listening() as heard, pytest.raises(Permanent):
            await fetcher.fetch("http://www.site.example/gone")
        assert [(call.endpoint, call.error) for call in heard] == [
            ("www.site.example", "www.site.example answered 404 for this page.")
        ]


async def test_a_page_that_robots_forbid_is_told_only_as_its_robots() -> None:
    robots = answer(b"User-agent: *\nDisallow: /", kind="text/plain")
    async with site({"/robots.txt": robots}) as (fetcher, _):
        for expected in (["www.site.example/robots.txt"], []):
            with listening() as heard, pytest.raises(Blocked):
                await fetcher.fetch(URL)
            assert [call.endpoint for call in heard] == expected


async def test_many_pages_of_a_site_ask_its_robots_once() -> None:
    pages = {f"/{number}": answer(HTML) for number in range(5)}
    async with site(pages) as (fetcher, asked):
        await asyncio.gather(*(fetcher.fetch(f"http://www.site.example/{number}") for number in range(5)))
    assert asked.count("/robots.txt") == 1


@pytest.mark.parametrize("delay", [b"nan", b"-5", b"1e-9"])
async def test_odd_crawl_delays_hold_nobody_up(delay: bytes) -> None:
    robots = answer(b"User-agent: *\nCrawl-delay: " + delay, kind="text/plain")
    async with site({"/robots.txt": robots, "/page": answer(HTML)}) as (fetcher, _):
        assert "Hello" in (await fetcher.fetch(URL)).html
