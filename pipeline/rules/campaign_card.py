"""What a campaign's cards say: who is in it, who is not, when its emails would leave, day by day."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from db.types import CampaignType
from pipeline.rules.enrolling import Chosen, LeftOut
from pipeline.rules.rehearsal import Blocked, Planned, Rehearsal
from pipeline.rules.sequence import LAST_STEP

DAYS_SHOWN = 14
NAMES_SHOWN = 5
_ORDER = (
    "unsubscribed", "bounced", "suppressed", "here", "running", "answer_waits", "not_researched", "no_address",
    "not_qualified", "role",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    counts: tuple[int, ...]  # by step, the first first

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class BlockedGroup:
    """Leads whose emails would not leave until a person does something."""

    sentence: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """What was asked for."""

    campaign_id: UUID
    name: str
    goal: str
    type: CampaignType
    approach: str | None
    language: str | None
    waits: tuple[int, ...]
    leads_per_day: int | None
    starts_at: datetime | None
    whom: str  # in words
    copied_from: str | None  # the campaign whose approach it takes
    timezone: str  # of the person who asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A campaign before it is one, or one that runs, as it would go on from now."""

    plans: Plans
    fit: int
    names: tuple[str, ...]  # the first few of those who fit
    left_out: tuple[LeftOut, ...]
    blocked: tuple[BlockedGroup, ...]
    days: tuple[CalendarDay, ...]
    emails: int  # that leave before the horizon
    later: int  # after it
    first_at: datetime | None
    last_first_at: datetime | None  # the last of the first emails; None where some leave after the horizon
    horizon: datetime

    @property
    def left_out_count(self) -> int:
        return sum(one.count for one in self.left_out)

    @property
    def blocked_count(self) -> int:
        return sum(one.count for one in self.blocked)


def preview(plans: Plans, chosen: Chosen, played: Rehearsal) -> Preview:
    firsts = [one.at for one in played.planned if one.number == 1]
    blocked = grouped(played.blocked)
    all_planned = len(firsts) + sum(one.count for one in blocked) >= len(chosen.fit)
    return Preview(
        plans=plans,
        fit=len(chosen.fit),
        names=tuple(one.name for one in chosen.fit[:NAMES_SHOWN]),
        left_out=tuple(sorted(chosen.left_out.values(), key=lambda one: _ORDER.index(one.reason.key))),
        blocked=blocked,
        days=calendar(played.planned, plans.timezone),
        emails=len(played.planned),
        later=played.later,
        first_at=played.planned[0].at if played.planned else None,
        last_first_at=max(firsts) if firsts and all_planned else None,
        horizon=played.horizon,
    )


def grouped(blocked: Iterable[Blocked]) -> tuple[BlockedGroup, ...]:
    """By the gate, since a sentence may name its lead; the largest first."""
    by_gate: dict[str, list[Blocked]] = {}
    for one in blocked:
        by_gate.setdefault(one.gate, []).append(one)
    groups = [
        BlockedGroup(ones[0].sentence, len(ones), tuple(one.name for one in ones[:NAMES_SHOWN]))
        for ones in by_gate.values()
    ]
    return tuple(sorted(groups, key=lambda group: -group.count))


def calendar(planned: Sequence[Planned], timezone: str, count: int = DAYS_SHOWN) -> tuple[CalendarDay, ...]:
    """The days from the first email on, each with its emails by step; empty where none leaves."""
    if not planned:
        return ()
    zone = ZoneInfo(timezone)
    by_day: Counter[tuple[date, int]] = Counter(
        (one.at.astimezone(zone).date(), one.number) for one in planned
    )
    first = planned[0].at.astimezone(zone).date()
    return tuple(
        CalendarDay(day, tuple(by_day[day, step] for step in range(1, LAST_STEP + 1)))
        for day in (first + timedelta(days=n) for n in range(count))
    )


def remembered(chosen: Chosen) -> dict[str, int]:
    """What a preview said, to be compared with later."""
    return {"fit": len(chosen.fit), **{one.reason.key: one.count for one in chosen.left_out.values()}}


def changes(before: Mapping[str, int], chosen: Chosen) -> list[str]:
    """What is different from what the preview said; empty where nothing is."""
    now = remembered(chosen)
    if now == before:
        return []
    said: list[str] = []
    more = now["fit"] - before.get("fit", 0)
    if more:
        said.append(f"{abs(more)} {_leads(more)} {'more' if more > 0 else 'fewer'} than in the preview")
    for one in chosen.left_out.values():
        extra = one.count - before.get(one.reason.key, 0)
        if extra > 0:
            said.append(f"{extra} left out since then {verb_of(one.reason.sentence, extra)}")
    return said


def reasons(left_out: Iterable[LeftOut], most: int = 5) -> str:
    """Who is left out and why, as a clause: “Dana Reyes and 2 more are not qualified”."""
    groups = sorted(left_out, key=lambda one: -one.count)
    return "; ".join(left_out_line(one) for one in groups[:most])


def left_out_line(one: LeftOut) -> str:
    return f"{names_of(one.names, one.count)} {verb_of(one.reason.sentence, one.count)}"


def verb_of(sentence: str, count: int) -> str:
    """“are not qualified” is “is not qualified” of one lead."""
    verb, _, rest = sentence.partition(" ")
    return f"{_OF_ONE.get(verb, verb)} {rest}" if count == 1 else sentence


_OF_ONE = {"are": "is", "have": "has"}


def names_of(names: Sequence[str], count: int, most: int = 3) -> str:
    shown = list(names[:most])
    rest = count - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _leads(count: int) -> str:
    return "lead" if abs(count) == 1 else "leads"
