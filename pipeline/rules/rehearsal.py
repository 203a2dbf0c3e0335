"""A campaign played through without sending: the same gates, the same pace and the same seeds as the real thing.

What can't be known is taken as the quiet case: every draft is approved at the start, nobody answers, nothing bounces.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pipeline.rules import pace, schedule
from pipeline.rules.gates import OPENS_BY_ITSELF, PACED, GateFacts
from pipeline.rules.pace import End, Go, Paces, Wait
from pipeline.rules.schedule import Window
from pipeline.rules.sequence import LAST_STEP, wait_before


@dataclass(frozen=True, slots=True)
class Part:
    """One lead's sequence as it stands: its next step, and when that may go at the earliest."""

    campaign_id: UUID
    lead_id: UUID
    name: str
    domain: str  # of the address
    mailbox_id: UUID | None
    facts: GateFacts
    window: Window
    waits: tuple[int, ...]
    earliest: datetime
    number: int = 1
    last: int = LAST_STEP
    planned_for: datetime | None = None  # its slot, where it has one already
    has_slot: bool = False  # that one is of its mailbox's turns
    left_at: datetime | None = None  # when the step before left
    is_ours: bool = True  # of the campaign that is rehearsed, and not one that shares its mailboxes


@dataclass(frozen=True, slots=True)
class Planned:
    lead_id: UUID
    name: str
    number: int
    mailbox_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Blocked:
    """What no time opens: a person has to."""

    lead_id: UUID
    name: str
    gate: str
    sentence: str


@dataclass
class Rehearsal:
    horizon: datetime
    planned: list[Planned] = field(default_factory=list[Planned])  # in order, up to the horizon
    blocked: list[Blocked] = field(default_factory=list[Blocked])
    later: int = 0  # emails that leave after the horizon


@dataclass(slots=True)
class _Turn:
    part: Part
    number: int
    facts: GateFacts
    left_at: datetime | None
    has_slot: bool


_Queue = list[tuple[datetime, UUID, int, _Turn]]  # those of one moment in the order of dispatch


def rehearse(parts: Iterable[Part], paces: Paces, *, horizon: datetime) -> Rehearsal:
    """`paces`: as the mailboxes stand at the start; it is used up."""
    played = Rehearsal(horizon)
    queue: _Queue = []
    for part in parts:
        turn = _Turn(part, part.number, part.facts, part.left_at, part.has_slot)
        _push(queue, turn, part.planned_for or _slot(turn, part.earliest))
    day = None
    while queue:
        at, _, _, turn = heapq.heappop(queue)
        if at > horizon:
            heapq.heappush(queue, (at, turn.part.lead_id, turn.number, turn))
            break
        if day != at.date():
            day = at.date()
            paces.forget(at)
        _play(played, queue, paces, turn, at)
    played.later = sum(turn.part.last - turn.number + 1 for *_, turn in queue if turn.part.is_ours)
    return played


def _play(played: Rehearsal, queue: _Queue, paces: Paces, turn: _Turn, at: datetime) -> None:
    part = turn.part
    match pace.decide(paces, turn.facts, part.mailbox_id, part.domain, at, has_slot=turn.has_slot):
        case Go():
            if part.is_ours:
                played.planned.append(Planned(part.lead_id, part.name, turn.number, part.mailbox_id, at))
            turn.number, turn.left_at, turn.has_slot = turn.number + 1, at, False
            if turn.number <= part.last:
                turn.facts = replace(part.facts, number=turn.number, slot_seed=_seed(turn))
                _push(queue, turn, _slot(turn, at))
        case End(held):
            if part.is_ours:
                played.blocked.append(Blocked(part.lead_id, part.name, held.gate, held.sentence))
        case Wait(held, until):
            first = held[0]
            if first.until is None and first.gate not in OPENS_BY_ITSELF:
                if part.is_ours:
                    played.blocked.append(Blocked(part.lead_id, part.name, first.gate, first.sentence))
                return
            turn.has_slot = first.gate in PACED
            _push(queue, turn, until)


def _push(queue: _Queue, turn: _Turn, at: datetime) -> None:
    heapq.heappush(queue, (at, turn.part.lead_id, turn.number, turn))


def _slot(turn: _Turn, earliest: datetime) -> datetime:
    wait = wait_before(turn.number, turn.part.waits)
    return schedule.step_slot(turn.left_at, wait, turn.part.window, earliest=earliest, seed=_seed(turn))


def _seed(turn: _Turn) -> str:
    return schedule.slot_seed(turn.part.campaign_id, turn.part.lead_id, turn.number)
