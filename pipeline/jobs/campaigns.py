"""A campaign from the wish to the start: drafted, previewed, rehearsed, started, given more leads.

A draft is a row and nothing else: nobody is enrolled, and nothing written, before somebody starts it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db.campaign_card import CampaignRow
from db.models.campaign import Campaign
from db.queries import audit, enrollment
from db.queries import campaign as campaigns
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries.lead import LeadFilter
from db.session import Tx
from db.types import CampaignId, CampaignState, CampaignType, LeadId
from pipeline.deps import Deps
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs import campaign_plan
from pipeline.jobs.campaign_plan import HORIZON, Plan
from pipeline.messages import CampaignChanged
from pipeline.rules import campaign_card, lead_filter
from pipeline.rules.campaign_card import Plans, Preview
from pipeline.rules.cron_text import zone
from pipeline.rules.enrolling import Chosen
from pipeline.rules.rehearsal import Planned, Rehearsal
from pipeline.rules.sequence import DEFAULT_WAITS

KEEP_PREVIEW = timedelta(days=14)
WHOLE = timedelta(days=42)  # a sequence takes about four weeks, and a large campaign begins over some days
USUAL_DRIP = 10  # leads a day where a drip names no number
MOST_A_DAY = 500
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")  # BCP 47, as much as is of use here
GONE = "This preview is not here any more. Ask for the campaign again, and I make a new one."
ENDED = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A campaign as somebody wants it: for a filter, or for leads by name."""

    name: str | None = None
    goal: str = ""
    type: CampaignType = CampaignType.IMMEDIATE
    starts_at: datetime | None = None
    leads_per_day: int | None = None
    approach: str | None = None
    language: str | None = None
    waits: tuple[int, ...] | None = None
    filter: str | None = None
    lead_ids: tuple[LeadId, ...] = ()
    copied_from: str | None = None
    timezone: str = "UTC"


def like(asked: Asked, other: CampaignRow, waits: Sequence[int]) -> Asked:
    """The same approach as in `other`; what was asked for in words stands."""
    return replace(
        asked,
        goal=asked.goal or other.goal,
        approach=asked.approach or other.approach,
        language=asked.language or other.language,
        leads_per_day=asked.leads_per_day or other.leads_per_day,
        waits=asked.waits or tuple(waits),
        copied_from=other.name,
    )


async def draft(
    deps: Deps, tx: Tx, asked: Asked, *, by: str, channel_id: str | None, thread_ts: str | None, now: datetime
) -> CampaignId:
    """Raises UserError (FieldErrors where a form has the field) for what can't be."""
    values = await _checked(tx, asked, now)
    return await campaigns.create(
        tx.session,
        tx.workspace_id,
        **values,
        state=CampaignState.DRAFT,
        owner_user_id=by,
        created_by=by,
        channel_id=channel_id,
        thread_ts=thread_ts,
        now=now,
    )


async def change(deps: Deps, tx: Tx, campaign_id: UUID, asked: Asked, *, now: datetime) -> None:
    """Raises UserError where it was started meanwhile."""
    await drafted(tx, campaign_id, now)
    values = await _checked(tx, asked, now)
    among = (CampaignState.DRAFT,)
    await campaigns.change(tx.session, tx.workspace_id, campaign_id, values, among=among, now=now)


async def _checked(tx: Tx, asked: Asked, now: datetime) -> dict[str, Any]:
    """The columns of a campaign that can be."""
    zone(asked.timezone)
    if asked.starts_at is not None and asked.starts_at < now - timedelta(minutes=1):
        raise FieldErrors({"start": "That time has passed. When should it start?"})
    a_day = asked.leads_per_day
    if asked.type is CampaignType.DRIP:
        a_day = USUAL_DRIP if a_day is None else a_day
    if a_day is not None and not 1 <= a_day <= MOST_A_DAY:
        raise FieldErrors({"leads_per_day": f"Between 1 and {MOST_A_DAY} leads can begin on a day."})
    if asked.language and not _LANGUAGE.fullmatch(asked.language):
        raise FieldErrors({"language": "Write the language as a code, such as en, de or pt-BR."})
    kept: dict[str, Any] = {"timezone": asked.timezone, "copied_from": asked.copied_from}
    kept |= (
        {"lead_ids": [str(one) for one in asked.lead_ids]}
        if asked.lead_ids
        else {"filter": asked.filter or ""}
    )
    return {
        "name": (asked.name or _name(asked, now)).strip()[:120],
        "goal": asked.goal[:500],
        "type": asked.type,
        "approach": (asked.approach or "")[:500] or None,
        "language": asked.language,
        "filter": await _with_somebody(tx, kept),
        "starts_at": asked.starts_at,
        "leads_per_day": a_day if asked.type is CampaignType.DRIP else None,
        "waits": list(asked.waits or DEFAULT_WAITS),
    }


def _name(asked: Asked, now: datetime) -> str:
    about = lead_filter.words_of(asked.filter) if asked.filter else "Chosen leads"
    return f"{about[:80]}, {now.astimezone(zone(asked.timezone)):%d %b}"


async def _with_somebody(tx: Tx, kept: dict[str, Any]) -> dict[str, Any]:
    """Raises FieldErrors where nobody is meant."""
    (wanted,) = wanted_of(kept)
    if not await leads.count(tx.session, tx.workspace_id, wanted):
        hint = await _hint(tx, wanted)
        raise FieldErrors(
            {"filter": f"No lead matches “{kept.get('filter', '')}”, so there is no campaign.{hint}"}
        )
    return kept


async def _hint(tx: Tx, wanted: LeadFilter) -> str:
    """“Google” may be where leads come from, or where they work."""
    if wanted.source and not wanted.company:
        other, said = replace(wanted, source=None, company=wanted.source), f"company:{wanted.source}"
    elif wanted.company and not wanted.source:
        other, said = replace(wanted, company=None, source=wanted.company), f"source:{wanted.company}"
    else:
        return ""
    count = await leads.count(tx.session, tx.workspace_id, other)
    return f" With {said} there {'is' if count == 1 else 'are'} {count}." if count else ""


def wanted_of(kept: Mapping[str, Any]) -> list[LeadFilter]:
    """The leads that a campaign's row names. Raises UserError."""
    if "lead_ids" in kept:
        return [LeadFilter(lead_ids=tuple(LeadId(UUID(one)) for one in kept["lead_ids"]))]
    return [lead_filter.parse(str(kept.get("filter") or ""))]


# --- the preview ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An email of a rehearsal, and where it would leave from."""

    planned: Planned
    timezone: str  # of the lead, or of the workspace
    mailbox: str | None


async def drafted(tx: Tx, campaign_id: UUID, now: datetime) -> Campaign:
    """The draft, locked. Raises UserError: it is gone, old, or was started."""
    row = await campaigns.lock(tx.session, tx.workspace_id, campaign_id)
    if row is None or (row.state == CampaignState.DRAFT and row.updated_at < now - KEEP_PREVIEW):
        raise UserError(GONE)
    if row.state != CampaignState.DRAFT:
        raise UserError(f"“{row.name}” was started already.")
    return row


async def preview(deps: Deps, tx: Tx, campaign_id: UUID, *, now: datetime) -> Preview:
    """How the campaign would go from now on, a draft or a running one. Raises UserError."""
    return (await _played(deps, tx, campaign_id, now, HORIZON))[0]


async def rehearse(
    deps: Deps, tx: Tx, campaign_id: UUID, *, now: datetime, horizon: timedelta = HORIZON
) -> tuple[Preview, list[Line]]:
    """The same, and each of its emails. Raises UserError."""
    seen, played = await _played(deps, tx, campaign_id, now, horizon)
    zones = await leads.timezones(tx.session, tx.workspace_id, [one.lead_id for one in played.planned])
    boxes: dict[UUID | None, str] = {
        box.id: box.address for box in await mailboxes.listing(tx.session, tx.workspace_id)
    }
    usual = seen.plans.timezone
    return seen, [
        Line(one, zones.get(one.lead_id, usual), boxes.get(one.mailbox_id)) for one in played.planned
    ]


async def _played(
    deps: Deps, tx: Tx, campaign_id: UUID, now: datetime, horizon: timedelta
) -> tuple[Preview, Rehearsal]:
    row = await enrollment.campaign_of(tx.session, tx.workspace_id, campaign_id)
    if row is None:
        raise UserError(GONE)
    if row.state in ENDED:
        raise UserError(f"“{row.name}” has ended ({row.state}); there is nothing to rehearse.")
    planned = await _plan(deps, tx, row, wanted_of(row.filter or {}), now) if _is_draft(row) else None
    ahead = max(row.starts_at - now, timedelta(0)) if row.starts_at else timedelta(0)
    played = await campaign_plan.rehearse(deps, tx, row, planned, now=now, horizon=ahead + horizon)
    chosen = planned.chosen if planned else Chosen()
    return campaign_card.preview(plans_of(row), chosen, played), played


def _is_draft(row: Campaign) -> bool:
    return row.state == CampaignState.DRAFT


async def _plan(
    deps: Deps, tx: Tx, row: Campaign, wanted: Sequence[LeadFilter], now: datetime, *, lock: bool = False
) -> Plan:
    return await campaign_plan.plan(
        deps,
        tx,
        wanted,
        campaign_id=row.id,
        starts_at=row.starts_at,
        leads_per_day=row.leads_per_day,
        now=now,
        lock=lock,
    )


def plans_of(row: Campaign) -> Plans:
    kept: dict[str, Any] = row.filter or {}
    return Plans(
        campaign_id=row.id,
        name=row.name,
        goal=row.goal,
        type=CampaignType(row.type),
        approach=row.approach,
        language=row.language,
        waits=tuple(row.waits),
        leads_per_day=row.leads_per_day,
        starts_at=row.starts_at,
        whom=_whom(kept),
        copied_from=kept.get("copied_from"),
        timezone=str(kept.get("timezone") or "UTC"),
    )


def _whom(kept: Mapping[str, Any]) -> str:
    if "lead_ids" in kept:
        count = len(kept["lead_ids"])
        return f"{count} chosen {'lead' if count == 1 else 'leads'}"
    return lead_filter.words_of(str(kept["filter"])) if kept.get("filter") else "Leads one by one"


async def remember(tx: Tx, campaign_id: UUID, seen: Preview, *, now: datetime) -> None:
    """What the preview said is kept, so that the start can say what changed since."""
    row = await drafted(tx, campaign_id, now)
    told = {"fit": seen.fit, **{one.reason.key: one.count for one in seen.left_out}}
    kept = {**(row.filter or {}), "previewed": told}
    among = (CampaignState.DRAFT,)
    await campaigns.change(tx.session, tx.workspace_id, campaign_id, {"filter": kept}, among=among, now=now)


# --- from then on it sends --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """How many leads entered, who did not, and what is different from what was shown before."""

    name: str
    count: int
    chosen: Chosen
    changes: tuple[str, ...] = ()


async def start(deps: Deps, tx: Tx, campaign_id: UUID, *, by: str, now: datetime) -> Entered:
    """Enroll everybody who fits now; their drafts are written and wait for an approval. Raises UserError."""
    row = await drafted(tx, campaign_id, now)
    planned = await _plan(deps, tx, row, wanted_of(row.filter or {}), now, lock=True)
    if not planned.chosen.fit:
        raise UserError(
            f"Nobody can be enrolled any more: {campaign_card.reasons(planned.chosen.left_out.values())}."
        )
    said = campaign_card.changes((row.filter or {}).get("previewed") or {}, planned.chosen)
    if row.starts_at and row.starts_at < now:
        said.append("the planned start has passed, so it begins now")
    kept = {**(row.filter or {}), "started": {"by": by, "at": now.isoformat(), "changes": said}}
    values = {"state": CampaignState.ACTIVE, "filter": kept}
    among = (CampaignState.DRAFT,)
    await campaigns.change(tx.session, tx.workspace_id, campaign_id, values, among=among, now=now)
    count = await _enroll(deps, tx, row, planned, now)
    await _note(tx, by, "campaign.started", campaign_id, {"name": row.name, "enrolled": count}, now)
    await deps.notifier.tell(tx, CampaignChanged(CampaignId(campaign_id)))
    return Entered(row.name, count, planned.chosen, tuple(said))


async def add(
    deps: Deps, tx: Tx, campaign_id: UUID, wanted: Sequence[LeadFilter], *, now: datetime
) -> Entered:
    """More leads for a campaign that runs or is paused. Raises UserError where it does neither, or nobody fits."""
    row = await campaigns.lock(tx.session, tx.workspace_id, campaign_id)
    if row is None:
        raise UserError("That campaign is not here any more.")
    if row.state == CampaignState.DRAFT:
        raise UserError(
            f"“{row.name}” has not been started yet. Change its preview instead, or start it first."
        )
    if row.state in ENDED:
        raise UserError(
            f"“{row.name}” has ended ({row.state}), so nobody can be added. Make a new campaign like it."
        )
    planned = await _plan(deps, tx, row, wanted, now, lock=True)
    if not planned.chosen.fit:
        why = campaign_card.reasons(planned.chosen.left_out.values()) or "no lead matches"
        raise UserError(f"Nobody can be added to “{row.name}”: {why}.")
    count = await _enroll(deps, tx, row, planned, now)
    await deps.notifier.tell(tx, CampaignChanged(CampaignId(campaign_id)))
    return Entered(row.name, count, planned.chosen)


async def discard(deps: Deps, tx: Tx, campaign_id: UUID, *, by: str, now: datetime) -> str:
    """Forget a draft. Returns its name. Raises UserError where it was started or is gone."""
    row = await drafted(tx, campaign_id, now)
    name = row.name
    await _note(tx, by, "campaign.discarded", campaign_id, {"name": name}, now)
    await tx.session.delete(row)
    return name


async def _enroll(deps: Deps, tx: Tx, row: Campaign, planned: Plan, now: datetime) -> int:
    return await campaign_plan.enroll(
        deps, tx, row.id, planned, channel_id=row.channel_id, thread_ts=row.thread_ts, now=now
    )


async def _note(
    tx: Tx, by: str, action: str, campaign_id: UUID, payload: Mapping[str, Any], now: datetime
) -> None:
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=by,
        action=action,
        entity_type="campaign",
        entity_id=campaign_id,
        payload=payload,
        now=now,
    )
