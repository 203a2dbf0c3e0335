"""Has everything imported and forks a worker for each line it reads: a process a run, without a start a run.

One line of JSON in: `{"settings", "clock", "trail", "death": null | [number, after, name]}`. Lines out:
`{"began": pid}` at once, `{"ended": pid, "signal": 9 | 0, "status": exit code}` later. Ends with its input.
"""

import asyncio
import json
import os
import select
import sys
import traceback
from pathlib import Path
from typing import Any

import googleapiclient.discovery  # noqa: F401

import pipeline.clients.gmail
import pipeline.clients.smtp  # noqa: F401
from tests.crash.forked_worker import Death, watch_commits, work


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # what a worker prints does not get between the lines
    alive: set[int] = set()
    rest = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.005 if alive else None)
        if ready:
            read = os.read(0, 1 << 20)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                pid = _fork(json.loads(line), out)
                alive.add(pid)
                _tell(out, began=pid)
        for pid in [*alive]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                alive.discard(pid)
                _tell(out, ended=pid, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                      status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0)  # fmt: skip


def _tell(out: int, **told: int) -> None:
    os.write(out, json.dumps(told).encode() + b"\n")


def _fork(told: dict[str, Any], out: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(out)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        death = told["death"]
        watch_commits(Path(told["trail"]), Death(*death) if death else None)
        asyncio.run(work(told))
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
