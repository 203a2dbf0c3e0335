"""The egress guard: which hosts, in which spellings, at which addresses."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.egress import Guard, SocksProxy, open_guard
from pipeline.egress.addresses import is_public, literal
from pipeline.egress.guard import HostMapping, parse_hosts
from pipeline.egress.resolver import DnsResolver
from pipeline.errors import BadSettings, Blocked, Permanent
from tests.pipeline.egress_stubs import answer, dns_server, raw_server, request_of

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:81b::200e"]
REFUSED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1",
    "::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378::1",
    "2001:db8::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "100::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", REFUSED)
def test_no_other_address_passes(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0177.1",
        "017700000001",
        "127.0.0.1.",
        "0x7F.0x0.0x0.0x1",
        "00000177.0.0.1",
    ],
)
async def test_every_spelling_of_loopback_is_refused(spelling: str) -> None:
    assert literal(spelling) == ipaddress.IPv4Address("127.0.0.1")
    with pytest.raises(Blocked):
        await Guard(DnsResolver("127.0.0.1:1")).route(spelling, 80)


@pytest.mark.parametrize(
    "spelling", ["1.2.3.4.5", "256.1.1.1", "1.2.3.999", "0xg.1", "a.b.1", "1..2.3", "4294967296"]
)
async def test_what_is_nearly_an_address_is_refused(spelling: str) -> None:
    with pytest.raises(Blocked):
        await Guard(DnsResolver("127.0.0.1:1")).route(spelling, 80)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "printer.local",
        "db.internal",
        "intranet",
        "nas.lan",
        "１２７.0.0.1",
        "[::1]",
        "::ffff:7f00:1",
        "metadata.google.internal",
        "x.onion",
    ],
)
async def test_names_of_this_machine_and_of_local_networks_are_refused(host: str) -> None:
    with pytest.raises(Blocked):
        await Guard(DnsResolver("127.0.0.1:1")).route(host, 80)


@pytest.mark.parametrize("port", [22, 25, 3000, 5432, 6379, 8080, 8443, 0])
async def test_other_ports_than_a_websites_are_refused(port: int) -> None:
    with pytest.raises(Blocked, match="Port"):
        await Guard(DnsResolver("127.0.0.1:1")).route("example.com", port)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "data:text/html,hi",
        "ftp://example.com/",
        "gopher://example.com/",
        "javascript:1",
        "//x.com",
        "http://",
        "http://user:pw@example.com/",
        "http://example.com:6379/",
        "http://[::1",
        "http://example.com:99999/",
    ],
)
def test_only_plain_web_addresses_are_read(url: str) -> None:
    with pytest.raises(Blocked):
        Guard(DnsResolver("127.0.0.1:1")).check_url(url)


@pytest.mark.parametrize(
    "bad", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
async def test_a_name_is_refused_if_any_of_its_addresses_is_not_public(bad: str) -> None:
    async with dns_server({"evil.com": [["8.8.8.8", bad]]}) as (server, _):
        with pytest.raises(Blocked, match="not a public address"):
            await Guard(DnsResolver(server)).route("evil.com", 80)


async def test_a_public_name_gives_exactly_the_addresses_that_were_checked() -> None:
    async with dns_server({"good.com": [["8.8.8.8", "2606:4700::1111"]]}) as (server, _):
        route = await Guard(DnsResolver(server)).route("Good.COM.", 443)
    assert set(route.addresses) == {"8.8.8.8", "2606:4700::1111"}
    assert (route.host, route.port) == ("good.com", 443)


async def test_each_connection_is_a_new_question_so_rebinding_gains_nothing() -> None:
    async with dns_server({"rebind.com": [["8.8.8.8"], ["127.0.0.1"]]}) as (server, _):
        guard = Guard(DnsResolver(server))
        assert (await guard.route("rebind.com", 80)).addresses == ("8.8.8.8",)
        with pytest.raises(Blocked):
            await guard.route("rebind.com", 80)


async def test_a_name_that_does_not_exist_is_permanent() -> None:
    async with dns_server({}) as (server, _):
        with pytest.raises(Permanent, match="does not exist"):
            await Guard(DnsResolver(server)).route("nowhere.com", 80)


def test_hosts_of_the_sandbox_are_parsed_and_nothing_else() -> None:
    assert parse_hosts("*.example=127.0.0.1:3180, a.example:443=[::1]:3443") == (
        HostMapping("*.example", 80, "127.0.0.1", 3180),
        HostMapping("a.example", 443, "::1", 3443),
    )
    for wrong in ("*.example=10.0.0.1:80", "a.example", "=127.0.0.1:80", "a.example=127.0.0.1:x"):
        with pytest.raises(BadSettings, match="EGRESS_HOSTS"):
            parse_hosts(wrong)


async def test_a_mapped_host_answers_at_its_mapped_ports_only() -> None:
    guard = open_guard(dns_server="127.0.0.1:1", egress_hosts="*.example=127.0.0.1:3180", egress_ca=None)
    assert (await guard.route("shop.example", 80)).port == 3180
    with pytest.raises(Blocked, match="port 443"):
        await guard.route("shop.example", 443)


async def test_a_pattern_never_opens_an_address() -> None:
    guard = Guard(DnsResolver("127.0.0.1:1"), parse_hosts("*=127.0.0.1:3180"))
    with pytest.raises(Blocked):
        await guard.route("127.0.0.1", 80)


MAPPING = Guard(DnsResolver("127.0.0.1:1"), parse_hosts("*=127.0.0.1:3180"))


@given(st.text(max_size=80))
async def test_any_host_is_refused_or_mapped_never_anything_else(host: str) -> None:
    try:
        route = await MAPPING.route(host, 80)
    except Blocked:
        return
    assert route.mapped or is_public(ipaddress.ip_address(route.addresses[0]))


# The proxy


async def ask_proxy(url: str, request: bytes) -> bytes:
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    writer.write(b"\x05\x01\x00")
    assert await reader.readexactly(2) == b"\x05\x00"
    writer.write(request)
    await writer.drain()
    reply = await reader.readexactly(10)
    writer.write(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    rest = await reader.read(4096) if reply[1] == 0 else b""
    writer.close()
    return reply[1:2] + rest


def by_name(host: str, port: int, command: int = 1) -> bytes:
    return bytes([5, command, 0, 3, len(host)]) + host.encode() + struct.pack("!H", port)


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (by_name("localhost", 80), 2),
        (by_name("shop.example", 22), 2),
        (by_name("2130706433", 80), 2),
        (bytes([5, 1, 0, 1, 127, 0, 0, 1]) + struct.pack("!H", 80), 2),
        (bytes([5, 1, 0, 1, 169, 254, 169, 254]) + struct.pack("!H", 80), 2),
        (bytes([5, 1, 0, 4]) + ipaddress.IPv6Address("::1").packed + struct.pack("!H", 80), 2),
        (by_name("shop.example", 80, command=2), 7),  # BIND
        (by_name("shop.example", 80, command=3), 7),  # UDP
        (bytes([5, 1, 0, 9]) + struct.pack("!H", 80), 8),
    ],
)
async def test_the_proxy_connects_to_nothing_the_guard_refuses(request_bytes: bytes, code: int) -> None:
    proxy = SocksProxy(Guard(DnsResolver("127.0.0.1:1"), parse_hosts("shop.example=127.0.0.1:9")))
    try:
        assert await ask_proxy(await proxy.start(), request_bytes) == bytes([code])
    finally:
        await proxy.close()


async def test_the_proxy_carries_what_is_allowed() -> None:
    async def page(reader, writer):
        asked = await request_of(reader)
        writer.write(answer(asked.splitlines()[1].encode()))
        await writer.drain()

    async with raw_server(page) as port:
        proxy = SocksProxy(Guard(DnsResolver("127.0.0.1:1"), parse_hosts(f"shop.example=127.0.0.1:{port}")))
        try:
            reply = await ask_proxy(await proxy.start(), by_name("shop.example", 80))
        finally:
            await proxy.close()
    assert reply.startswith(b"\x00HTTP/1.1 200") and reply.endswith(b"Host: shop.example")
