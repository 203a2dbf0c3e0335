"""`make run`: brings up what is missing, in order; one screen; a clean stop.

    python -m local.up [--state DIR] [--env-file FILE] [--doctor [--json] | --why EMAIL_ID]

Exit codes: 0 stopped, 1 something could not be started, 2 a setting is missing or wrong. With `--doctor` and `--why`
what is asked runs on top of what runs here already, else of what is brought up for it; its exit code is theirs.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from local.environment import check, choose, read_given
from local.leftovers import AlreadyRunning, StateLock
from local.ports import CantStart
from local.runtime import ROOT, Runtime, examine
from local.screen import Screen
from pipeline.errors import BadSettings

BAD_SETTINGS = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.up", description=__doc__)
    parser.add_argument("--state", type=Path, default=ROOT / ".rainmaker", help="where everything is kept")
    parser.add_argument("--env-file", type=Path, default=ROOT / ".env")
    parser.add_argument("--doctor", action="store_true", help="check every setting, then stop")
    parser.add_argument("--why", metavar="EMAIL_ID", help="what holds an email back, then stop")
    parser.add_argument("--json", action="store_true", help="what the doctor found, as JSON")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    os.chdir(ROOT)
    question = asked(args)
    try:
        choice = choose(read_given(args.env_file, os.environ))
        settings = check(choice, args.env_file)
    except BadSettings as error:
        print(f"Rainmaker can't start:\n{error}", file=sys.stderr)
        return BAD_SETTINGS
    try:
        with StateLock(args.state):
            runtime = Runtime(args.state.absolute(), choice, settings, Screen())
            try:
                return asyncio.run(runtime.examine(*question) if question else runtime.run())
            finally:
                runtime.end_servers()
    except AlreadyRunning as error:
        if question:
            return examine_running(args.state, *question)
        print(error, file=sys.stderr)
    except CantStart as error:
        print(error, file=sys.stderr)
    return 1


def asked(args: argparse.Namespace) -> list[str]:
    """The module that is to look at it, and its arguments; empty where it is to run."""
    if args.why:
        return ["pipeline.inspect", "why", args.why, "--state", str(args.state.absolute())]
    return ["pipeline.doctor", *(["--json"] if args.json else [])] if args.doctor else []


def examine_running(state: Path, *arguments: str) -> int:
    """What was asked, with the settings of what runs in this folder."""
    try:
        told = json.loads((state / "environment").read_text())
    except FileNotFoundError:
        print("Rainmaker is just being started here; ask again in a moment.", file=sys.stderr)
        return 1
    return asyncio.run(examine({**os.environ, **told}, *arguments))


if __name__ == "__main__":
    sys.exit(main())
