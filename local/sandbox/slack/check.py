"""The small checks Block Kit validation is made of; each notes a problem at a JSON pointer."""

from collections.abc import Collection
from typing import Any, TypeGuard

PROBLEMS = 20  # Slack does not list more than a screenful


class Check:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def add(self, sentence: str, at: str) -> None:
        if len(self.problems) < PROBLEMS:
            self.problems.append(f"{sentence} [json-pointer:{at}]")

    def object(self, value: Any, at: str) -> TypeGuard[dict[str, Any]]:
        if not isinstance(value, dict):
            self.add("must provide an object", at)
        return isinstance(value, dict)

    def fields(self, value: dict[str, Any], known: Collection[str], at: str) -> None:
        """Slack refuses what it does not know; a null counts as absent."""
        for name in value:
            if name not in known:
                self.add(f"invalid additional property: {name}", at)

    def array(self, value: Any, at: str, most: int, least: int = 0) -> TypeGuard[list[Any]]:
        """Whether `value` is a list; a wrong length is noted, its items may still be looked at."""
        if value is None:
            self.add(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0] or "/")
            return False
        if not isinstance(value, list):
            self.add("must provide an array", at)
            return False
        if len(value) > most:
            self.add(f"no more than {most} items allowed", at)
        if len(value) < least:
            self.add(f"no fewer than {least} items allowed", at)
        return True

    def string(self, value: Any, at: str, most: int, *, required: bool = True, empty: bool = False) -> None:
        if value is None:
            if required:
                self.add(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0] or "/")
        elif not isinstance(value, str):
            self.add("must provide a string", at)
        elif len(value) > most:
            self.add(f"must be less than {most + 1} characters", at)
        elif not value and not empty:
            self.add("must be more than 0 characters", at)

    def one_of(self, value: Any, allowed: Collection[str], at: str, *, required: bool = True) -> None:
        if value is None and not required:
            return
        if value not in allowed:
            self.add(f"must be one of {', '.join(sorted(allowed))}", at)
