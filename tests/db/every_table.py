"""One valid row of every table, made from the metadata, so that a new table can't be forgotten."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Table, types

import db.models  # noqa: F401  (fills the metadata)
from db.base import Base
from db.types import WorkspaceId

OWNED = [table for table in Base.metadata.sorted_tables if "workspace_id" in table.columns]
OUTSIDE = ("slack_inbox", "slack_installations")
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
# What check constraints ask for beyond the type.
CHECKED: dict[str, dict[str, Any]] = {
    "mailboxes": {"provider": "gmail"},
    "suppressions": {"kind": "address"},
    "experiments": {"dimension": "approach", "baseline": 0.03, "target": 0.06},
    "lead_research": {"tool_used": "fetch"},
    "facts": {"source": "code"},
    "inbound_emails": {"kind": "human"},
    "conversation_messages": {"role": "user"},
    "tool_calls": {"effect": "read"},
    "task_executions": {"status": "running"},
    "scheduled_tasks": {"run_at": MOMENT},
    "email_campaigns": {"email_sequence": 1},
}
VALUES: dict[type, Any] = {
    datetime: MOMENT,
    date: MOMENT.date(),
    int: 1,
    float: 0.5,
    bool: True,
    Decimal: Decimal(1),
    bytes: b"x",
    uuid.UUID: uuid.UUID(int=7),
}


def row(table: Table, workspace_id: WorkspaceId, known: dict[str, uuid.UUID]) -> dict[str, Any]:
    """Values for every column that must be given; `known`: a row's id for each table that came before."""
    values: dict[str, Any] = {"workspace_id": workspace_id}
    for column in table.columns:
        if column.name in values or column.nullable or column.server_default is not None or column.identity:
            continue
        values[column.name] = _value(column, known)
    return values | CHECKED.get(table.name, {})


def _value(column: Column[Any], known: dict[str, uuid.UUID]) -> Any:
    for key in column.foreign_keys:
        return known[key.column.table.name]
    if isinstance(column.type, types.TypeDecorator):
        return "sealed"
    if isinstance(column.type, types.JSON):
        return {}
    if isinstance(column.type, types.ARRAY):
        return ["a", "b"]
    if isinstance(column.type, types.Text):
        return f"x-{uuid.uuid4().hex}"
    return VALUES[column.type.python_type]
