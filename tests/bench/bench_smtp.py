"""Claimed emails, sent through the real send job to a mail server on this machine, beside a bare aiosmtplib loop.

The server is a process of its own that does nothing but answer. Ours commits its steps, asks every gate again and
opens a connection for each mail, as the bare loop does; both have as many mails under way at once as a worker has
jobs. The bare loop over one connection, one mail after the other, is shown too: no two mailboxes could share one.
"""

import argparse
import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import aiosmtplib
import psycopg
import uvloop

from bot.process import settle
from bot.worker import MOST_JOBS
from db import seal
from db.session import connect
from db.wake import Queue
from pipeline.clients.mail import open_mail
from pipeline.jobs.dispatch import dispatch
from pipeline.jobs.send import send_email
from tests.bench.figures import median, show, show_machine, verdict
from tests.bench.sending_stage import BODY, SUBJECT, SendingStage, open_stage
from tests.bench.stage import stage

EMAILS, ROUNDS, RATIO = 400, 5, 0.5
AT_ONCE = MOST_JOBS[Queue.FAST]
_ANSWERS = {b"DATA": b"354 go on\r\n", b"EHLO": b"250 sink.example\r\n", b"QUIT": b"221 bye\r\n"}


async def sink() -> None:
    """Takes every mail and forgets it; says its port, then lives until its input ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"220 sink.example\r\n")
            while line := await reader.readline():
                word = line[:4].upper()
                writer.write(_ANSWERS.get(word, b"250 fine\r\n"))
                if word == b"DATA":
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(b"250 taken\r\n")
                elif word == b"QUIT":
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _at_once(jobs: list[Any], at_once: int) -> float:
    """Mails a second."""
    turn = asyncio.Semaphore(at_once)

    async def one(job: Any) -> None:
        async with turn:
            await job()

    began = time.perf_counter()
    await asyncio.gather(*(one(job) for job in jobs))
    return len(jobs) / (time.perf_counter() - began)


async def _ours(ours: SendingStage, deps: Any, at_once: int) -> float:
    ours.run(
        "UPDATE email_campaigns SET scheduled_for = scheduled_for + interval '7 days' WHERE state = 'scheduled'"
    )
    ours.make_due(EMAILS)
    await dispatch(deps)
    before, ids = ours.count("sent"), _claimed(ours)
    assert len(ids) == EMAILS, f"{len(ids)} of {EMAILS} were claimed"

    def job(email_id: UUID) -> Any:
        return lambda: send_email(deps, workspace_id=str(ours.ours), email_id=str(email_id))

    rate = await _at_once([job(one) for one in ids], at_once)
    assert ours.count("sent") - before == EMAILS
    return rate


def _claimed(ours: SendingStage) -> list[UUID]:
    with psycopg.connect(ours.made.postgres.dsn_superuser) as connection:
        found = connection.execute(
            b"SELECT id FROM email_campaigns WHERE workspace_id = %s AND state = 'claimed'", (ours.ours,)
        )
        return [row[0] for row in found]


def _mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Sales <sales@ours.example>", f"lead{number}@company{number}.example"
    mail["Subject"], mail["Message-ID"] = SUBJECT, f"<{number}@ours.example>"
    mail.set_content(BODY)
    return mail


async def _bare(port: int, at_once: int) -> float:
    def job(number: int) -> Any:
        return lambda: aiosmtplib.send(_mail(number), hostname="127.0.0.1", port=port, start_tls=False)

    return await _at_once([job(number) for number in range(EMAILS)], at_once)


async def _one_connection(port: int) -> float:
    began = time.perf_counter()
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for number in range(EMAILS):
            await client.send_message(_mail(number))
    return EMAILS / (time.perf_counter() - began)


async def main(rounds: int) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_smtp", "--sink",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin and server.stdout
    port = int(await server.stdout.readline())
    async with stage("smtp") as made:
        db = connect(made.postgres.dsn_app)
        show_machine()
        try:
            ours = await open_stage(made, db)
            ours.open(EMAILS)
            sealed = seal.current().seal(f'{{"url": "smtp://127.0.0.1:{port}?starttls=off"}}'.encode())
            ours.run("UPDATE mailboxes SET provider = 'smtp', credentials = %(sealed)s", sealed=sealed)
            ours.fill(EMAILS * 5 * (rounds + 2))
            deps = replace(ours.deps, mail=open_mail(ours.deps.settings, ours.clock))
            settle()  # as a worker's process does when all is made
            await _rounds(ours, deps, port, rounds)
            show("claimed → sent, one after the other", f"{await _ours(ours, deps, 1):.0f}/s")
            show("bare, one connection for all", f"{await _one_connection(port):.0f}/s")
        finally:
            await db.close()
            server.stdin.close()
            await server.wait()


async def _rounds(ours: SendingStage, deps: Any, port: int, rounds: int) -> None:
    """Each round beside the bare loops of the same minute: with as many at once, and with one after the other."""
    found = [
        (await _ours(ours, deps, AT_ONCE), await _bare(port, AT_ONCE), await _bare(port, 1))
        for _ in range(rounds)
    ]
    show(f"{AT_ONCE} at once: claimed → sent", f"{median([ours for ours, _, _ in found]):.0f}/s")
    for n, name in ((1, f"bare, {AT_ONCE} at once"), (2, "bare, one after the other")):
        ratio = median([one[0] / one[n] for one in found])
        show(f"  {name}", f"{median([one[n] for one in found]):.0f}/s")
        show("  ratio", f"{ratio:.2f}")
        verdict(f"≥ {RATIO}", ratio >= RATIO)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(sink() if given.sink else main(given.rounds))
