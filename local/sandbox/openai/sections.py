"""The labelled parts of a task: `<name>`, a line break, text or JSON, a line break, `</name>`."""

import html
import json
import re
from typing import Any

_SECTION = re.compile(r"<(?P<name>[a-z_]+)>\n(?P<text>.*?)\n?</(?P=name)>", re.DOTALL)


class Sections:
    def __init__(self, text: str) -> None:
        self._found = {match["name"]: match["text"] for match in _SECTION.finditer(text)}
        self.whole = text

    def text(self, name: str) -> str:
        """The words of a section; of a JSON one, its JSON text."""
        return html.unescape(self._found.get(name, ""))

    def value(self, name: str) -> Any:
        raw = self._found.get(name, "").strip()
        for candidate in (raw, html.unescape(raw)):
            try:
                return json.loads(candidate)
            except ValueError:
                continue
        return self.text(name)

    def object(self, name: str) -> dict[str, Any]:
        value = self.value(name)
        return value if isinstance(value, dict) else {}

    def objects(self, name: str) -> list[dict[str, Any]]:
        value = self.value(name)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def strings(self, name: str) -> list[str]:
        value = self.value(name)
        if isinstance(value, str):
            return [value] if value.strip() else []
        return [str(item) for item in value] if isinstance(value, list) else []
