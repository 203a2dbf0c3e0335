"""Many rows in one statement whose text is always the same: building and sending one for each row, or one for each
number of rows, costs a research run more than all its questions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, TextClause, Uuid, any_, cast, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

_DIALECT = postgresql.dialect()


def insert_many(table: Table, columns: str, then: str = "") -> TextClause:
    """An INSERT of `:rows` (`as_rows`) into `columns`, named with spaces between; the others take their defaults.
    `then`: what follows, such as ON CONFLICT. With DO UPDATE no two rows may be in conflict with each other."""
    named = columns.split()
    names = ", ".join(f'"{name}"' for name in named)
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in named)
    return text(
        f"INSERT INTO {table.name} ({names})"
        f" SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row({typed}) {then}"
    )


def among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """IN, with one value however many ids there are: no statement is written anew for another number of them."""
    return column == any_(cast([*ids], ARRAY(Uuid)))


def as_rows(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """What such a statement is executed with."""
    return {"rows": json.dumps(rows, default=_spelled)}


def _spelled(value: Any) -> str:
    if isinstance(value, UUID | Decimal | date):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a column")
