"""The sandbox as one process and in one loop: ready line, control routes, ports, stopping."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import aiohttp

from local.sandbox import scenario
from local.sandbox.server import FREE_PORTS, SERVICES, PortInUse, Ports, start_sandbox

ROOT = Path(__file__).parents[2]
FREE = ("--port", "0", "--sites-http", "0", "--sites-https", "0", "--smtp", "0", "--dns", "0", "--imap", "0")


async def spawn(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local.sandbox",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_process_says_where_it_listens_and_stops_within_a_second(tmp_path):
    process = await spawn(*FREE, "--state", str(tmp_path))
    assert process.stdout is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert line["ready"] is True
    assert Path(line["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert line["egress_hosts"].startswith(f"*.example=127.0.0.1:{line['sites_http']},")
    async with aiohttp.ClientSession() as client:
        answer = await client.get(f"http://127.0.0.1:{line['port']}/sandbox/world")
        assert len((await answer.json())["companies"]) >= 10
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 5) == 0
    assert time.monotonic() - began < 1.5  # a second, and what a busy machine adds


async def test_a_port_in_use_ends_with_98_and_one_sentence(tmp_path):
    holder = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = holder.sockets[0].getsockname()[1]
    process = await spawn(*FREE[2:], "--port", str(port), "--state", str(tmp_path))
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    holder.close()
    assert process.returncode == 98
    assert errors.decode().strip() == f"Port {port} is in use; stop what listens there or choose another."


async def test_a_taken_port_leaves_nothing_listening():
    running = await start_sandbox(services=("scenario",))
    try:
        await start_sandbox(services=("scenario",), ports=Ports(running.port, 0, 0, 0, 0, 0))
    except PortInUse as error:
        assert error.port == running.port
    else:
        raise AssertionError("a second sandbox got the same port")
    finally:
        await running.stop()


async def test_stopping_does_not_wait_for_open_requests():
    running = await start_sandbox(services=("scenario",))
    slow = next(company for company in running.box.world.companies if company.site_kind == "slow")
    running.box.faults.latency["slow_site"] = (60.0, 60.0)
    async with aiohttp.ClientSession() as client:
        request = asyncio.create_task(
            client.get(f"http://127.0.0.1:{running.ports.sites_http}/", headers={"Host": slow.host})
        )
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await running.stop()
        assert time.monotonic() - began < 1.5
        await asyncio.gather(request, return_exceptions=True)


async def test_a_restart_on_the_same_state_moves_no_dates(tmp_path):
    clock = tmp_path / "clock"
    clock.write_text(json.dumps({"wall": time.time(), "business": 1_790_000_000, "speed": 1}))
    first = await start_sandbox(state=tmp_path, services=("scenario",), clock=clock)
    began, authority = first.box.world.today, first.ca.read_bytes()
    await first.stop()
    clock.write_text(json.dumps({"wall": time.time(), "business": 1_790_900_000, "speed": 1}))
    second = await start_sandbox(state=tmp_path, services=("scenario",), clock=clock)
    try:
        assert second.box.world.today == began
        assert second.ca.read_bytes() == authority
    finally:
        await second.stop()


async def test_control_routes_equal_their_coverage_table():
    running = await start_sandbox(services=("scenario",))
    try:
        served = {f"{route.method} {route.path}" for route in scenario.routes(running.box)}
        assert served == set(scenario.COVERAGE)
    finally:
        await running.stop()


async def test_faults_are_armed_listed_used_up_and_cleared():
    running = await start_sandbox(services=("scenario",))
    async with aiohttp.ClientSession(running.base_url) as client:
        fault = {"service": "site", "kind": "server_error", "times": 1, "match": "/team", "options": {}}
        assert (await client.post("/sandbox/faults", json=fault)).status == 200
        assert (await (await client.get("/sandbox/faults")).json())["faults"] == [fault]
        assert running.box.faults.take("site", "server_error", "www.a.example/team") is not None
        assert (await (await client.get("/sandbox/faults")).json())["faults"] == []
        await client.post("/sandbox/faults", json={**fault, "times": -1})
        await client.delete("/sandbox/faults")
        assert running.box.faults.take("site", "server_error", "/team") is None
    await running.stop()


async def test_nonsense_is_refused_by_the_control_routes():
    running = await start_sandbox(services=("scenario",))
    async with aiohttp.ClientSession(running.base_url) as client:
        for path, body in (
            ("/sandbox/faults", {"service": "weather", "kind": "rain"}),
            ("/sandbox/faults", {"service": "google"}),
            ("/sandbox/faults", [1, 2]),
            ("/sandbox/latency", {"service": "google", "shortest": 2, "longest": 1}),
            ("/sandbox/obedient", {"obedient": "yes"}),
        ):
            assert (await client.post(path, json=body)).status == 400, (path, body)
    await running.stop()


async def test_obedience_and_latency_are_switched_from_outside():
    running = await start_sandbox(services=("scenario",))
    async with aiohttp.ClientSession(running.base_url) as client:
        await client.post("/sandbox/obedient", json={"obedient": True})
        await client.post("/sandbox/latency", json={"service": "google", "shortest": 0.1, "longest": 0.2})
        assert running.box.obedient is True
        assert running.box.faults.latency == {"google": (0.1, 0.2)}
        await client.post("/sandbox/latency", json={"service": "google", "shortest": 0, "longest": 0})
        assert running.box.faults.latency == {}
        assert (await (await client.get("/sandbox/mail")).json()) == {"mail": []}
    await running.stop()


async def test_every_service_is_composed_on_one_port():
    running = await start_sandbox(ports=FREE_PORTS)
    async with aiohttp.ClientSession(running.base_url) as client:
        for path in ("/customsearch/v1", "/brave/res/v1/web/search", "/searxng/search", "/apify/v2/users/me"):
            assert (await client.get(path)).status != 404, path
    await running.stop()
    assert {"slack", "openai", "gmail", "smtp", "imap"} < set(SERVICES)
