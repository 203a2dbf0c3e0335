"""A model's place in the tests: it calls tools as the assistant does."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

import bot.tools
from bot.tools.base import TOOLS, Ran
from bot.tools.base import run as run_tool
from db.models.lead import Lead
from db.session import Database
from db.types import WorkspaceId
from pipeline.clients.llm.base import ToolRequest
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from tests.bot.conftest import Asking, context_of, make_turn

assert bot.tools


@dataclass
class Desk:
    """Calls tools as the assistant does, in a turn of its own."""

    deps: Deps
    workspace: WorkspaceId
    turn: Asking
    calls: int = 0
    timezone: str = "Europe/Berlin"
    told: list[Ran] = field(default_factory=list)

    async def call(self, name: str, call_id: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        """The JSON the model reads."""
        known = TOOLS.get(name)
        empty = dict.fromkeys(known.arguments.model_fields) if known else {}
        return await self.raw(name, json.dumps(empty | arguments), call_id)

    async def raw(self, name: str, arguments: str, call_id: str | None = None) -> dict[str, Any]:
        self.calls += 1
        request = ToolRequest(call_id or f"c{self.calls}", name, arguments)
        make = context_of(self.deps, self.workspace, timezone=self.timezone)
        ran = await run_tool(self.deps, request, self.turn.turn_id, make, self.workspace)
        self.told.append(ran)
        answer = json.loads(ran.output)
        assert answer["ok"] is not ran.failed
        assert answer["summary" if answer["ok"] else "error"] == ran.summary
        return answer

    async def add(self, name: str = "Maria Silva", **more: Any) -> str:
        given: dict[str, Any] = {"email": None, "company": "Acme"}
        answer = await self.call("add_lead", name=name, **(given | more))
        assert answer["ok"], answer
        return answer["lead"]["id"]

    async def change(self, lead_id: str, **values: Any) -> None:
        async with self.deps.db.transaction(self.workspace) as tx:
            row = await tx.session.scalar(select(Lead).where(Lead.id == lead_id))
            for name, value in values.items():
                setattr(row, name, value)

    async def count(self, model: Any) -> int:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await tx.session.scalar(select(func.count()).select_from(model)) or 0

    async def qualified(self, name: str, email: str, company: str = "Acme") -> str:
        made = await self.add(name, email=email, company=company)
        await self.change(made, status="researched", qualified=True, score=80)
        return made


@pytest.fixture
async def desk(deps: Deps, workspace: WorkspaceId, database: Database, clock: ManualClock) -> Desk:
    return Desk(deps, workspace, await make_turn(database, workspace, clock))
