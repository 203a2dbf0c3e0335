"""Prompt files: instructions with their version, which stands on every row they brought forth.

A file begins with a line `version: 2` and a line `---`. Whoever changes the text raises the number; a test
holds each text against the digest recorded for its version.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "prompts"
_FRONT = re.compile(r"\Aversion: (?P<version>\d+)\n---\n")


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version`: the file's name and number, such as `write_email/2`."""

    text: str
    version: str

    @property
    def number(self) -> str:
        return self.version.rpartition("/")[2]


@cache
def prompt(name: str) -> Prompt:
    """The prompt of that name. Raises FileNotFoundError, and ValueError for a file without a version."""
    whole = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    front = _FRONT.match(whole)
    if front is None:
        raise ValueError(f"prompts/{name}.md does not begin with its version")
    return Prompt(whole[front.end() :], f"{name}/{front['version']}")
