"""`python -m pipeline.doctor [--json]`: one line for each finding. Exit code 1 where there is a problem, 2
where the settings themselves are wrong."""

import argparse
import asyncio
import dataclasses
import json
import logging
import sys
from collections.abc import Sequence

from pipeline.doctor import Finding, State, examine
from pipeline.errors import BadSettings
from pipeline.settings import load

COLOURS = {State.OK: "32", State.NOTE: "33", State.PROBLEM: "31"}


def lines(findings: Sequence[Finding], *, colour: bool) -> list[str]:
    width = max((len(finding.what) for finding in findings), default=0)
    shown: list[str] = []
    for finding in findings:
        word = finding.state.value.ljust(len(State.PROBLEM.value))
        word = f"\x1b[{COLOURS[finding.state]}m{word}\x1b[0m" if colour else word
        shown.append(f"  {word}  {finding.what.ljust(width)}  {finding.text}")
        shown += [f"  {'':7}  {'':{width}}  {line}" for line in finding.todo.splitlines()]
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as a list of objects")
    as_json = parser.parse_args().json
    logging.basicConfig(level=logging.CRITICAL)  # what matters is in the findings
    try:
        findings = asyncio.run(examine(load()))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        print("\n".join(lines(findings, colour=sys.stdout.isatty())))
    return 1 if any(finding.state is State.PROBLEM for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
