"""Reading pages more than once: kept pages, tries, walls, politeness, certificates, bytes that lie."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis.asyncio import Redis

from pipeline.clients.asked import listening
from pipeline.clients.breakers import BreakerOpen
from pipeline.clients.fetch import Fetcher
from pipeline.clients.host_gate import HostGate
from pipeline.clients.page_cache import PageCache
from pipeline.clock import ManualClock, SystemClock
from pipeline.egress import Guard
from pipeline.egress.guard import parse_hosts
from pipeline.egress.resolver import DnsResolver
from pipeline.errors import Blocked, Permanent, RainmakerError, Transient
from tests.conftest import START
from tests.pipeline.egress_stubs import answer, raw_server, request_of

URL = "http://www.site.example/page"
HTML = f"<html><body><p>{'Hello from the site. ' * 60}</p></body></html>".encode()
NO_ROBOTS = answer(b"", status="404 Not Found")
Reply = Callable[[int, str], bytes]  # how many were asked before, and the request


@asynccontextmanager
async def site(reply: Reply, **options: object) -> AsyncIterator[tuple[Fetcher, list[str]]]:
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        if " /robots.txt " in request:
            writer.write(NO_ROBOTS)
        else:
            asked.append(request)
            writer.write(reply(len(asked) - 1, request))
        await writer.drain()

    async with raw_server(serve) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        given = {"clock": SystemClock(), "pause": 0, "wait": lambda _: 0.0, **options}
        fetcher = Fetcher(guard, **given)  # type: ignore[arg-type]
        try:
            yield fetcher, asked
        finally:
            await fetcher.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


async def test_ten_leads_of_one_company_read_its_site_once(redis: Redis) -> None:
    clock = SystemClock()
    async with site(lambda *_: answer(HTML), cache=PageCache(redis, clock)) as (fetcher, asked):
        pages = await asyncio.gather(*(fetcher.fetch(URL) for _ in range(10)))
        again = await fetcher.fetch(f"{URL}/?utm_source=mail#team")
    assert len(asked) == 1
    assert sum(page.cached for page in pages) == 9 and again.cached and again.html == pages[0].html


async def test_after_an_hour_a_page_is_asked_whether_it_changed(redis: Redis) -> None:
    clock = ManualClock(START)

    def reply(count: int, request: str) -> bytes:
        if 'If-None-Match: "v1"' in request and count < 2:
            return b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
        return answer(HTML.replace(b"Hello", b"News" if count else b"Hello"), 'ETag: "v1"')

    async with site(reply, cache=PageCache(redis, clock), clock=clock) as (fetcher, asked):
        await fetcher.fetch(URL)
        clock.jump(timedelta(minutes=61))
        unchanged = await fetcher.fetch(URL)
        clock.jump(timedelta(minutes=61))
        changed = await fetcher.fetch(URL)
    assert len(asked) == 3
    assert unchanged.cached and "Hello" in unchanged.html
    assert not changed.cached and "News" in changed.html


@pytest.mark.parametrize("control", ["no-store", "private, max-age=0"])
async def test_what_nobody_may_keep_is_not_kept(redis: Redis, control: str) -> None:
    async with site(
        lambda *_: answer(HTML, f"Cache-Control: {control}"), cache=PageCache(redis, SystemClock())
    ) as (fetcher, asked):
        await fetcher.fetch(URL)
        await fetcher.fetch(URL)
    assert len(asked) == 2


async def test_a_redis_that_is_gone_or_holds_rubbish_only_costs_time(redis: Redis) -> None:
    gone: Redis = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    async with site(lambda *_: answer(HTML), cache=PageCache(gone, SystemClock())) as (fetcher, _):
        assert "Hello" in (await fetcher.fetch(URL)).html
    await gone.aclose()
    await redis.set("rm:page:http://www.site.example/page", b"rubbish")
    async with site(lambda *_: answer(HTML), cache=PageCache(redis, SystemClock())) as (fetcher, _):
        assert "Hello" in (await fetcher.fetch(URL)).html


@pytest.mark.parametrize(
    "first", [answer(b"", status="503 Busy"), b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"]
)
async def test_what_may_pass_is_tried_again(first: bytes) -> None:
    async with site(lambda count, _: answer(HTML) if count else first) as (fetcher, asked):
        assert "Hello" in (await fetcher.fetch(URL)).html
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("reply", "error", "tries"),
    [
        (answer(b"", status="503 Busy"), Transient, 3),
        (answer(b"", "Retry-After: 90", status="503 Busy"), Transient, 1),
        (answer(b"", "Retry-After: 1", status="429 Slow"), Transient, 3),
        (answer(b"", status="404 No"), Permanent, 1),
        (answer(b"", status="410 Gone"), Permanent, 1),
        (answer(b"<h1>Forbidden</h1>", status="403 No"), Blocked, 1),
        (answer(b"", status="401 Who"), Blocked, 1),
        (answer(b"%PDF-1.4 and more"), Blocked, 1),
        (answer(b"\x89PNG\r\n\x1a\n" + b"\0" * 50), Blocked, 1),
        (answer(HTML, "Content-Encoding: gzip"), Permanent, 1),
        (answer(b"", "Location: http://[", status="302 Found"), Permanent, 1),
        (answer(b"<form><input type=password></form>"), Blocked, 1),
        (answer(b"<p>We use cookies. Accept all cookies</p>"), Blocked, 1),
        (answer(b"<title>Just a moment...</title>", "cf-mitigated: challenge", status="403 No"), Blocked, 1),
    ],
)
async def test_what_is_refused_is_not(reply: bytes, error: type[RainmakerError], tries: int) -> None:
    async with site(lambda *_: reply) as (fetcher, asked):
        with pytest.raises(error) as caught:
            await fetcher.fetch(URL)
    assert len(asked) == tries
    assert str(caught.value).endswith(".")


async def test_fifty_megabytes_are_not_read() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        if "/robots.txt" in await request_of(reader):
            writer.write(NO_ROBOTS)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(500):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with raw_server(serve) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        fetcher = Fetcher(guard, SystemClock(), pause=0)
        with pytest.raises(Blocked, match="bigger than 4 MB"):
            await fetcher.fetch(URL)
        await fetcher.close()
    assert sent < 20_000_000


async def test_one_host_is_asked_by_two_at_once_and_not_in_a_burst() -> None:
    gate, now, most = HostGate(asyncio.get_running_loop().time, pause=0.02), 0, 0
    began: list[float] = []

    async def visit() -> None:
        nonlocal now, most
        async with gate.turn("a.com"):
            began.append(asyncio.get_running_loop().time())
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.05)
            now -= 1

    await asyncio.gather(*(visit() for _ in range(6)))
    assert most == 2
    assert min(after - before for before, after in pairwise(began)) >= 0.015
    async with asyncio.timeout(1), gate.turn("b.com"):
        pass  # another host does not wait


def certificate(folder: Path, name: str, days: int) -> ssl.SSLContext:
    """Self-signed, for `name`, which runs out in `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("name", "days", "trusted", "words"),
    [
        ("www.site.example", 30, False, "signed by nobody but itself"),
        ("www.site.example", -1, True, "has run out"),
        ("other.example", 30, True, "is for another name"),
        ("www.site.example", 30, True, ""),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_said(
    tmp_path: Path, name: str, days: int, trusted: bool, words: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await request_of(reader)).split(" ")[1]
            writer.write(NO_ROBOTS if "robots" in path else answer(HTML))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    context = certificate(tmp_path, name, days)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    ca = tmp_path / "cert.pem" if trusted else None
    guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example:443=127.0.0.1:{port}"), ca)
    fetcher = Fetcher(guard, SystemClock(), pause=0)
    try:
        if words:
            with pytest.raises(Permanent, match=words):
                await fetcher.fetch("https://www.site.example/")
        else:
            assert "Hello" in (await fetcher.fetch("https://www.site.example/")).html
    finally:
        await fetcher.close()
        server.close()


async def test_a_site_that_fails_page_after_page_is_left_alone_and_comes_back() -> None:
    clock, is_well = ManualClock(START), False
    async with site(lambda *_: answer(HTML) if is_well else b"", clock=clock) as (fetcher, asked):
        for number in range(3):
            with pytest.raises(Transient, match="broke off"):
                await fetcher.fetch(f"{URL}/{number}")
        so_far = len(asked)
        with listening() as told, pytest.raises(BreakerOpen, match=r"site\.example failed 3 times in a row"):
            await fetcher.fetch(f"{URL}/3")
        assert len(asked) == so_far and told == []  # nothing went out, and nothing is in the books
        is_well = True
        assert "Hello" in (await fetcher.fetch("http://other.example/")).html  # another site is not to blame
        clock.jump(timedelta(seconds=16))
        assert "Hello" in (await fetcher.fetch(f"{URL}/4")).html
        assert "Hello" in (await fetcher.fetch(f"{URL}/5")).html


async def test_a_site_that_is_too_slow_page_after_page_is_left_alone() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "/robots.txt" in await request_of(reader):
            writer.write(NO_ROBOTS)
            await writer.drain()
        else:
            await asyncio.sleep(5)

    async with raw_server(serve) as port:
        guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"*.example=127.0.0.1:{port}"))
        fetcher = Fetcher(guard, SystemClock(), pause=0, seconds=0.2)
        for number in range(3):
            with pytest.raises(Transient, match="took longer"):
                await fetcher.fetch(f"{URL}/{number}")
        with pytest.raises(BreakerOpen):
            await fetcher.fetch(f"{URL}/3")
        await fetcher.close()


async def test_a_site_that_answers_no_is_there() -> None:
    async with site(lambda *_: answer(b"gone", status="404 Not Found")) as (fetcher, asked):
        for number in range(5):
            with pytest.raises(Permanent, match="404"):
                await fetcher.fetch(f"{URL}/{number}")
    assert len(asked) == 5


async def test_without_https_a_site_is_still_read_by_http() -> None:
    """Its pages are tried by https first, several at once."""
    async with site(lambda *_: answer(HTML)) as (fetcher, _):
        for number in range(4):
            with pytest.raises((Blocked, Transient)):
                await fetcher.fetch(f"https://www.site.example/{number}")
        assert "Hello" in (await fetcher.fetch(URL)).html


async def test_a_page_whose_turn_never_came_is_not_called_slow() -> None:
    async with site(lambda *_: answer(HTML), pause=5, seconds=0.5) as (fetcher, asked):
        await fetcher.fetch(URL)
        with pytest.raises(Transient, match=r"could not be asked for this page within"):
            await fetcher.fetch(f"{URL}/other")
    assert len(asked) == 1
