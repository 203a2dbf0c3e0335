"""Every way to write an address that leads inside, and what `inspect url` says of it."""

import ipaddress
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.egress import Guard
from pipeline.egress.addresses import is_public
from pipeline.egress.resolver import DnsResolver
from pipeline.egress.verdict import Verdict, verdict_of
from pipeline.errors import Blocked
from pipeline.inspect import main
from tests.pipeline.egress_stubs import dns_server

NOBODY = "127.0.0.1:1"  # a DNS server that is not there: literals must not need one
INSIDE = [
    "http://127.0.0.1/", "http://127.1/", "http://0177.0.0.1/", "http://0x7f.1/", "http://2130706433/",
    "http://017700000001/", "http://0x7f000001/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/", "http://0/", "http://0.0.0.0/", "http://169.254.169.254/latest/", "http://100.64.0.1/",
    "http://168.63.129.16/", "http://100.100.100.200/", "http://192.0.2.1/", "http://198.51.100.1/", "http://224.0.0.1/",
    "http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://metadata.google.internal/",
    "http://metadata/", "http://①②⑦.⓪.⓪.①/", "http://１２７。０。０。１/", "http://127。0。0。1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://8.8.8.8@127.0.0.1/", "http://127.0.0.1@8.8.8.8/", "http://user:pw@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1/",
    "http://127.0.0.1\\.good.com/", "http:\\\\127.0.0.1\\", "http://8.8.8.8\t/", "http://127.0.\n0.1/", " http://8.8.8.8/",
    "http://%31%32%37.0.0.1/", "http://8.8.8.8%2f@127.0.0.1/", "http://8.8.8.8:22/", "http://8.8.8.8:8080/",
    "http://8.8.8.8:0/", "http://8.8.8.8:99999/", "http://8.8.8.8:-1/", "file:///etc/passwd", "data:text/html,x",
    "javascript:alert(1)", "view-source:http://8.8.8.8/", "blob:http://8.8.8.8/x", "ftp://8.8.8.8/", "gopher://8.8.8.8/",
    "ws://8.8.8.8/", "chrome://version", "about:blank", "//8.8.8.8/", "8.8.8.8", "", "http://", "http:///x", "http://[",
    "http://[::1", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://a..com/", "http://-a.com/", "http://a_b/",
    "http://exa mple.com/", "http://a\x00.com/", "http://\udcff.com/", "http://xn--/", "http://" + "a" * 64 + ".com/",
    "http://[2606:4700::1111]x/", "http://x[2606:4700::1111]/", "http://[[2606:4700::1111]]/", "http://[v1.x]/",
    "http://[good.com]/", "http://[v1.2606:4700::1111]/", "http://[::ffff:0:7f00:1]/", "http://[2001:0:7f00:1::]/",
    "http:8.8.8.8", "http:/8.8.8.8", "https:127.0.0.1", "http://8.8.8.8../", "http://127.0.0.1../", "http://a.com../",
    "http://.8.8.8.8/", "http://8.8.8.8:+80/", "http://8.8.8.8:８０/", "http://8.8.8.8:8_0/", "http://8.8.8.8:65616/",
    "http://1²7.0.0.1/", "http://⑯⑨.②⑤④.①⑥⑨.②⑤④/", "http://localhoſt/", "http://loc\u00adalhost/", "http://127․0․0․1/",
    "http://127.0\u200b.0.1/", "http://8.8.8.8\uff2f@127.0.0.1/", "http://" + "1" * 5000 + "/", "http://١٢٧.0.0.1/",
    "http://" + "a." * 200 + "com/", "http://℀.com/", "http://good.com／evil/", "http://\u202e.com/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
async def test_no_spelling_leads_inside_and_none_needs_dns(url: str) -> None:
    verdict = await verdict_of(url, dns_server=NOBODY, egress_hosts="", egress_ca=None)
    assert not verdict.allowed and verdict.addresses == ()
    assert verdict.reason.endswith(".") and "No DNS answer" not in verdict.reason
    assert len(verdict.reason) < 250  # whatever was asked, it is a sentence


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/", "https://8.8.8.8:443/x?y#z", "HTTP://8.8.8.8:80", "http://[2606:4700::1111]/"]
)
async def test_public_literals_pass_without_dns(url: str) -> None:
    verdict = await verdict_of(url, dns_server=NOBODY, egress_hosts="", egress_ca=None)
    assert verdict.allowed and all(is_public(ipaddress.ip_address(address)) for address in verdict.addresses)


ODD = st.text(alphabet=st.characters(), max_size=60) | st.sampled_from(INSIDE)
PARTS = st.lists(
    st.sampled_from(
        ["http", "https", "file", ":", "//", "/", "\\", "@", "127", ".", "0x7f", "[", "]", "::", "%", "1", "localhost",
         "①", "。", "\t", "\n", " ", "8.8.8.8", "#", "?", "\x00", "\udc80", "ß", "xn--", "a" * 64]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(ODD | PARTS)
async def test_any_string_gets_a_verdict(url: str) -> None:
    verdict = await verdict_of(url, dns_server=NOBODY, egress_hosts="", egress_ca=None)
    assert isinstance(verdict, Verdict) and verdict.reason
    if verdict.allowed:
        assert all(is_public(ipaddress.ip_address(address)) for address in verdict.addresses)


@pytest.mark.parametrize("settings", [("x", ""), (NOBODY, "nonsense")])
async def test_wrong_settings_are_a_verdict_too(settings: tuple[str, str]) -> None:
    verdict = await verdict_of(
        "http://8.8.8.8/", dns_server=settings[0], egress_hosts=settings[1], egress_ca=None
    )
    assert not verdict.allowed and verdict.reason


async def test_aliases_and_mixed_answers_are_judged_by_every_address() -> None:
    records = {
        "alias.com": [["CNAME inside.com", "10.0.0.1"]],
        "fine.com": [["CNAME far.com", "93.184.216.34"]],
        "mixed.com": [["93.184.216.34", "127.0.0.1"]],
        "mixed6.com": [["93.184.216.34", "::1"]],
        "only6.com": [["fd00::1"]],
        "empty.com": [[]],
    }
    async with dns_server(records) as (server, stub):
        for name in ("alias.com", "mixed.com", "mixed6.com", "only6.com"):
            verdict = await verdict_of(f"http://{name}/", dns_server=server, egress_hosts="", egress_ca=None)
            assert not verdict.allowed and "not a public address" in verdict.reason, name
        fine = await verdict_of("http://fine.com/", dns_server=server, egress_hosts="", egress_ca=None)
        empty = await verdict_of("http://empty.com/", dns_server=server, egress_hosts="", egress_ca=None)
    assert fine.addresses == ("93.184.216.34",)
    assert not empty.allowed and "no address" in empty.reason
    assert stub.asked.count("mixed.com") == 1


async def test_names_are_asked_for_as_browsers_do() -> None:
    async with dns_server({"xn--strae-oqa.com": [["93.184.216.34"]]}) as (server, _):
        route = await Guard(DnsResolver(server)).route("Straße。com", 443)
    assert route.host == "xn--strae-oqa.com"


async def test_an_address_with_a_zone_is_refused_by_the_proxys_way_too() -> None:
    for host in ("fe80::1%eth0", "[fe80::1%25lo]", "2001:4860:4860::8888%eth0"):
        with pytest.raises(Blocked):
            await Guard(DnsResolver(NOBODY)).route(host, 80)


@pytest.mark.parametrize(
    "url", ["--help-me", "-x", "", "http://\udcff/", "http://127.0.0.1/", "http://8.8.8.8/"]
)
def test_the_command_prints_a_verdict_for_any_string(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["url", url]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {"allowed", "reason", "addresses"} <= set(shown)
    assert shown["allowed"] is (url == "http://8.8.8.8/")


def test_the_command_needs_no_settings_and_speaks_ascii() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline.inspect", "url", b"http://\xff\xfe/"],
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["allowed"] is False
