"""JSON from outside."""

import json
from typing import Any


def loads(text: str) -> Any:
    """Parsed JSON without lone surrogates, which SQLite cannot keep: each becomes a question mark.

    Raises json.JSONDecodeError.
    """
    value = json.loads(text)
    if "\\ud" in text.lower():
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value
