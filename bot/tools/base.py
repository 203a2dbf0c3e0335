"""How a tool is declared, shown to the model, and run.

A tool is one decorated function. Its docstring is what the model reads, its pydantic argument model is the
strict schema, its result is a pydantic model whose JSON goes back to the model.
"""

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ValidationError, model_validator

from bot.views.held import held
from bot.words import all_storable
from db.errors import DatabaseError
from db.queries import audit, outbox, tool_call
from db.session import Tx
from db.types import Effect, TurnId, WorkspaceId
from pipeline.clients.llm.base import ToolRequest, ToolSchema
from pipeline.clients.llm.schema import strict_schema
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient, UserError
from pipeline.logs import get_logger

log = get_logger(__name__)
HELD = "waits_for_click"  # in the stored outcome of a call that was not made yet
BROKEN = "This did not work, through a fault on my side; nothing was changed. It is noted in the log."


class Arguments(BaseModel):
    """Base of what a model passes to a tool. Every field is required; what may be left out is nullable."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, given: Any) -> Any:
        return all_storable(given)


class Result(BaseModel):
    """Base of what a tool answers: `summary` says in a sentence what was found or done."""

    summary: str


@dataclass(frozen=True)
class ToolContext:
    """Who asks, where, and the one transaction in which the tool's effect and result commit."""

    deps: Deps
    tx: Tx
    workspace_id: WorkspaceId
    user_id: str
    channel_id: str
    thread_ts: str
    now: datetime
    timezone: str
    by_model: bool = False  # asked by the model for the person, not pressed or typed as a command

    @property
    def actor(self) -> str:
        """As the audit log names who does it."""
        return f"assistant for {self.user_id}" if self.by_model else self.user_id

    async def record(
        self, action: str, entity_type: str, entity_id: UUID | None = None, payload: Any = None
    ) -> None:
        """What is written stands in the audit log, with who did it."""
        await audit.record(
            self.tx.session,
            self.workspace_id,
            actor=self.actor,
            action=action,
            entity_type=entity_type,
            entity_id=entity_id,
            payload=payload,
            now=self.now,
        )


A = TypeVar("A", bound=Arguments)
Call = Callable[[ToolContext, Any], Awaitable[Result]]


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    effect: Effect
    label: str  # what the task card shows, with {fields} of the arguments
    arguments: type[Arguments]
    call: Call
    outside: tuple[str, ...] = ()  # fields of the result that hold words of strangers: of pages, of replies
    asks: bool = False  # never made by the model alone: it waits for the person's click
    on_home: bool = False  # what it changes stands on the Home tab

    @cached_property  # pydantic takes a millisecond for each, and every request to the model names them all
    def schema(self) -> ToolSchema:
        return ToolSchema(self.name, self.description, strict_schema(self.arguments))

    def title(self, arguments: str) -> str:
        """The label with the call's own words, at most 120 characters; the bare name for garbage."""
        try:
            given = json.loads(arguments)
            values = {name: _words(value) for name, value in given.items()}
            return " ".join(self.label.format_map(_Blank(values)).split())[:120]
        except (ValueError, AttributeError):
            return self.name.replace("_", " ").capitalize()


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast(list[Any], value)))
    return "" if value is None else str(value)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


TOOLS: dict[str, Tool] = {}


def tool(
    *, effect: Effect, label: str, outside: tuple[str, ...] = (), asks: bool = False, on_home: bool = False
) -> Callable[[Callable[[ToolContext, A], Awaitable[Result]]], Callable[[ToolContext, A], Awaitable[Result]]]:
    """Register `async def name(ctx: ToolContext, args: SomeArguments) -> SomeResult`."""

    def register(
        call: Callable[[ToolContext, A], Awaitable[Result]],
    ) -> Callable[[ToolContext, A], Awaitable[Result]]:
        arguments = get_type_hints(call)["args"]
        name = call.__name__
        if name in TOOLS:
            raise ValueError(f"a tool named {name} exists already")
        said = inspect.getdoc(call) or ""
        TOOLS[name] = Tool(name, said, effect, label, arguments, call, outside, asks, on_home)
        return call

    return register


def offered() -> list[ToolSchema]:
    """What a model may call: everything but what reaches a person outside."""
    return [tool.schema for tool in TOOLS.values() if tool.effect is not Effect.SEND]


def only_reads(name: str) -> bool:
    """The outcome of such a tool is what the engine knows, and no echo of what the model passed in to be kept."""
    return name in TOOLS and TOOLS[name].effect is Effect.READ


def is_on_home(name: str) -> bool:
    """Does what such a tool changes stand on the Home tab?"""
    return name in TOOLS and TOOLS[name].on_home


def title_of(request: ToolRequest) -> str:
    """What a call's task card says."""
    known = TOOLS.get(request.name)
    return known.title(request.arguments) if known else request.name[:120]


@dataclass(frozen=True)
class Ran:
    """The outcome of one call, as JSON text for the model and a line for the task card."""

    output: str
    summary: str
    failed: bool


async def run(
    deps: Deps,
    request: ToolRequest,
    turn_id: TurnId,
    make_context: Callable[[Tx], ToolContext],
    workspace_id: WorkspaceId,
) -> Ran:
    """Run a call once. Effect and stored result commit together; a repeated call id gives the stored result.

    This is the tool boundary: a UserError becomes an answer the model can explain, what is broken an apology;
    only a database that is away passes on, since the call runs again then.
    """
    async with deps.db.transaction(workspace_id) as tx:
        stored = await tool_call.get(tx.session, turn_id, request.call_id)
    if stored is not None:
        return _ran(stored.result, failed=stored.failed)
    try:
        chosen = _chosen(request)
        arguments = checked(chosen, request.arguments)
        async with deps.db.transaction(workspace_id) as tx:
            context = make_context(tx)
            if chosen.asks or (chosen.effect is Effect.WRITE and await _read_strangers(tx, turn_id)):
                answer = await _hold(context, chosen, request, turn_id)
            else:
                answer = succeeded(await chosen.call(context, arguments))
            await _store(tx, request, turn_id, chosen.effect, answer, failed=False, now=deps.clock.now())
        return _ran(answer, failed=False)
    except (UserError, Permanent, Transient) as error:
        log.info("tool_refused", tool=request.name[:60])
        answer = {"ok": False, "error": str(error)}
    except DatabaseError:
        raise
    except Exception:
        log.exception("tool_failed", tool=request.name[:60])
        answer = {"ok": False, "error": BROKEN}
    async with deps.db.transaction(workspace_id) as tx:
        effect = TOOLS[request.name].effect if request.name in TOOLS else Effect.READ
        await _store(tx, request, turn_id, effect, answer, failed=True, now=deps.clock.now())
    return _ran(answer, failed=True)


async def _read_strangers(tx: Tx, turn_id: TurnId) -> bool:
    """Has this answer read words of strangers? They might ask for a change, too."""
    done = await tool_call.of_turn(tx.session, turn_id)
    return any(TOOLS[one.name].outside for one in done if one.name in TOOLS and not one.failed)


async def _hold(ctx: ToolContext, chosen: Tool, request: ToolRequest, turn_id: TurnId) -> dict[str, Any]:
    """Ask the person instead of doing it; the click is in bot/tools/held.py."""
    title = chosen.title(request.arguments)
    await outbox.put(
        ctx.tx.session,
        ctx.workspace_id,
        key=held_key(turn_id, request.call_id),
        channel=ctx.channel_id,
        thread_ts=ctx.thread_ts or None,
        payload=held(title, f"{turn_id}|{request.call_id}", by_rule=chosen.asks).payload(),
        now=ctx.now,
    )
    return {
        "ok": True,
        HELD: True,
        "summary": f"Not done yet: it waits for the person's click below. {title}",
    }


def held_key(turn_id: TurnId, call_id: str) -> str:
    """The surface that asks about a held call."""
    return f"held:{turn_id}:{call_id}"


def without_strangers(name: str, output: str) -> str:
    """A tool's stored outcome as later turns see it: without the words of strangers."""
    known = TOOLS.get(name)
    if known is None or not known.outside:
        return output
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:  # it was cut: what stands before those fields is whole
        heads = [output.split(', "' + field + '":')[0] for field in known.outside]
        return min(heads, key=len) + "}"
    return json.dumps(
        {key: part for key, part in answer.items() if key not in known.outside}, ensure_ascii=False
    )


def succeeded(result: Result) -> dict[str, Any]:
    """A call's outcome as it is stored, and as the model reads it."""
    return {"ok": True, **result.model_dump(mode="json")}


def _chosen(request: ToolRequest) -> Tool:
    chosen = TOOLS.get(request.name)
    if chosen is None or chosen.effect is Effect.SEND:
        raise UserError(f"There is no tool named {request.name[:60]}.")
    return chosen


def checked(chosen: Tool, arguments: str) -> Arguments:
    try:
        return chosen.arguments.model_validate_json(arguments or "{}")
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise UserError(f"The arguments don't fit: {problems[:500]}") from error


async def _store(
    tx: Tx,
    request: ToolRequest,
    turn_id: TurnId,
    effect: Effect,
    answer: dict[str, Any],
    *,
    failed: bool,
    now: datetime,
) -> None:
    await tool_call.store(
        tx.session,
        tx.workspace_id,
        turn_id,
        call_id=request.call_id,
        name=request.name[:100],
        effect=effect,
        arguments=request.arguments,
        result=answer,
        failed=failed,
        now=now,
    )


def _ran(answer: dict[str, Any], *, failed: bool) -> Ran:
    summary = str(answer.get("error" if failed else "summary", ""))
    return Ran(json.dumps(answer, ensure_ascii=False), summary, failed)
