"""NamedPeople: whom a company's page names with their role, each with the words they stand in."""

import re
from typing import Any

from local.sandbox.openai.extractor import ROLE, TO_MACHINES
from local.sandbox.openai.sections import Sections

MOST = 10
_NAME = r"[A-ZÄÖÜ][a-zäöüß]+(?:[ -][A-ZÄÖÜ][a-zäöüß]+){1,2}"
_PERSON = re.compile(
    rf"(?P<name>{_NAME})(?:, (?:our |the )?|\s*[–—|-]\s*|\s*\(|\s*\n\s*| is (?:our |the )?)(?P<title>{ROLE})\b"
)


def named_people(sections: Sections, instructions: str) -> dict[str, Any]:
    found = {
        match["name"]: {"name": match["name"], "title": match["title"], "quote": match.group()}
        for match in _PERSON.finditer(sections.text("page"))
        if not TO_MACHINES.search(match.group())
    }
    return {"people": list(found.values())[:MOST]}
