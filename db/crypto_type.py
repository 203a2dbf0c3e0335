"""Column types whose values are sealed at rest."""

import json
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from db import seal


class SealedText(TypeDecorator[str]):
    """Text, sealed with AES-256-GCM by the process's keys. It can't be searched."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal.current().seal(value.encode())

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal.current().open(value).decode()


class SealedBytes(TypeDecorator[bytes]):
    """Bytes, sealed with AES-256-GCM by the process's keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else seal.current().seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal.current().open(value)


class SealedJson(TypeDecorator[Any]):
    """JSON, sealed with AES-256-GCM by the process's keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else seal.current().seal(json.dumps(value).encode())

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any | None:
        return None if value is None else json.loads(seal.current().open(value))
