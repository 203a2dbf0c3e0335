"""The world's name server, asked by dnspython."""

import struct

import dns.asyncquery
import dns.asyncresolver
import dns.message
import dns.rcode
import dns.resolver
import pytest
import pytest_asyncio

from local.sandbox.faults import Fault
from local.sandbox.server import RunningSandbox, start_sandbox


@pytest_asyncio.fixture(scope="module")
async def running():
    sandbox = await start_sandbox(services=("scenario",))
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def resolver(running: RunningSandbox) -> dns.asyncresolver.Resolver:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = running.ports.dns
    resolver.lifetime = 2
    return resolver


async def test_hosts_of_the_world_have_one_steady_address(running, resolver):
    company = running.box.world.companies[0]
    first = [str(record) for record in await resolver.resolve(company.host, "A")]
    second = [str(record) for record in await resolver.resolve(company.host.upper(), "A")]
    assert first == second
    assert first[0].startswith("203.0.113.")


async def test_domains_have_mail_spf_and_dmarc(running, resolver):
    for domain in (running.box.world.companies[2].domain, running.box.accounts.mailbox.split("@")[1]):
        (exchanger,) = await resolver.resolve(domain, "MX")
        assert str(exchanger.exchange) == f"mail.{domain}."
        assert len(await resolver.resolve(f"mail.{domain}", "A")) == 1
        (spf,) = await resolver.resolve(domain, "TXT")
        assert spf.strings[0].startswith(b"v=spf1 ")
        (policy,) = await resolver.resolve(f"_dmarc.{domain}", "TXT")
        assert policy.strings[0].startswith(b"v=DMARC1;")


async def test_unknown_names_do_not_exist(resolver):
    with pytest.raises(dns.resolver.NXDOMAIN):
        await resolver.resolve("no-such-company.example", "A")


async def test_a_known_name_without_the_type_is_empty_not_missing(running, resolver):
    with pytest.raises(dns.resolver.NoAnswer):
        await resolver.resolve(running.box.world.companies[0].host, "AAAA")


async def test_it_answers_over_tcp_several_times_on_one_connection(running):
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", running.ports.dns)
    for company in running.box.world.companies[:3]:
        query = dns.message.make_query(company.domain, "MX").to_wire()
        writer.write(struct.pack("!H", len(query)) + query)
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        reply = dns.message.from_wire(await reader.readexactly(size))
        assert f"mail.{company.domain}." in reply.answer[0].to_text()
    writer.close()


async def test_noise_gets_a_format_error_and_the_server_lives(running, resolver):
    import asyncio

    class Listener(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.reply.set_result(data)

    listener = Listener()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: listener, remote_addr=("127.0.0.1", running.ports.dns)
    )
    transport.sendto(b"no")
    transport.sendto(b"\x12\x34\x01\x00\xff\xff\x00\x00\x00\x00\x00\x00garbage")
    reply = await asyncio.wait_for(listener.reply, 2)
    transport.close()
    assert reply[:2] == b"\x12\x34"
    assert reply[3] & 15 == dns.rcode.FORMERR
    assert await resolver.resolve(running.box.world.companies[0].host, "A")


async def test_a_failing_name_server_is_not_a_missing_name(running, resolver):
    running.box.faults.arm(Fault("dns", "server_error", times=-1))
    try:
        with pytest.raises(dns.resolver.NoNameservers):
            await resolver.resolve(running.box.world.companies[0].host, "A")
    finally:
        running.box.faults.clear()
