"""A real process, really killed: SIGKILL at many moments of one send."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

import pytest

from db.types import EmailState
from tests.crash.test_send_crash import claimed_email, next_day, settle, times_left
from tests.pipeline.mail_world import MailWorld, settings_values

ROOT = Path(__file__).parents[2]
SECONDS_A_CALL = 0.12


@pytest.mark.kill
@pytest.mark.parametrize("after", [0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.05, 1.2])
async def test_a_killed_worker_neither_loses_nor_repeats(
    world: MailWorld, database_url: str, after: float
) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.box.faults.latency["gmail"] = (SECONDS_A_CALL, SECONDS_A_CALL)
    await killed_after(world, database_url, email_id, after)
    world.box.faults.clear()
    await asyncio.sleep(0.3)  # what was under way at the server comes to its end
    assert await settle(world, email_id) is EmailState.SENT
    assert times_left(world, "Note 1") == 1


async def killed_after(world: MailWorld, database_url: str, email_id: UUID, seconds: float) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.sender_process",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    told = {
        "settings": settings_values(world.box, world.url, database_url),
        "now": world.clock.now().isoformat(),
        "wall": world.clock.wall().isoformat(),
        "workspace_id": str(world.workspace),
        "email_id": str(email_id),
    }
    process.stdin.write(json.dumps(told).encode() + b"\n")
    assert (await process.stdout.readline()).strip() == b"ready"
    await asyncio.sleep(seconds)
    if process.returncode is None:
        process.kill()
    await process.wait()
