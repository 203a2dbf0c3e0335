"""The sandbox's memory: one SQLite file, so that a restart forgets nothing our rows point at."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Store:
    """A connection of this process's event loop. Each service creates and reads its own tables."""

    def __init__(self, path: Path | str) -> None:
        """`path`: a file, or ":memory:" in tests."""
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA busy_timeout=5000")

    def define(self, script: str) -> None:
        """Create a service's tables; every statement is `IF NOT EXISTS`."""
        self._connection.executescript(script)

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement; the rowid of what it inserted, or 0."""
        return self._connection.execute(sql, values).lastrowid or 0

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return self._connection.execute(sql, values).fetchone()

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._connection.executemany(sql, rows)

    def next_id(self, name: str) -> int:
        """1, 2, 3, … for each name, remembered across restarts."""
        self.define("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)")
        row = self.one(
            "INSERT INTO counters VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        assert row is not None
        return row["value"]

    def close(self) -> None:
        self._connection.close()


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
