"""Words from outside, as every part behind us can take them."""

from typing import Any, cast

MOST = 20_000  # characters of one argument


def storable(text: str) -> str:
    """Without what Postgres or UTF-8 can't hold: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", errors="ignore").decode()


def all_storable(given: Any) -> Any:
    """The same for every string in decoded JSON, cut to a sensible length."""
    if isinstance(given, str):
        return storable(given[:MOST])
    if isinstance(given, list):
        return [all_storable(part) for part in cast(list[Any], given)]
    if isinstance(given, dict):
        return {name: all_storable(part) for name, part in cast(dict[str, Any], given).items()}
    return given
