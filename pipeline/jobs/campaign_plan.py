"""A campaign before it is one: who is in it, who is left out and why, and when each email would leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from db.cards import LeadToEnroll, Place
from db.models.campaign import Campaign
from db.models.workspace import Workspace
from db.queries import email as emails
from db.queries import enrolling, suppression
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.lead import LeadFilter
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import CampaignState, EnrollmentState, LeadId, SuppressionKind
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.jobs import gate_facts
from pipeline.jobs.gate_facts import Loaded
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.rules import consent, rehearsal, schedule
from pipeline.rules.enrolling import Chosen, choose, places
from pipeline.rules.gates import BY_HAND_QUIET, GateFacts
from pipeline.rules.rehearsal import Part, Rehearsal
from pipeline.rules.schedule import Window

MOST_LEADS = 10_000
HORIZON = timedelta(days=14)
WOKEN = 200  # writings that begin at once; the sweep wakes the rest as they are done
TOGETHER = 500
OTHERS = 5_000  # scheduled emails of other campaigns that share the mailboxes


@dataclass(frozen=True)
class Plan:
    """`places`: for each of `chosen.fit`, in its order."""

    chosen: Chosen
    places: Sequence[Place]


async def plan(
    deps: Deps,
    tx: Tx,
    wanted: Sequence[LeadFilter],
    *,
    campaign_id: UUID | None,
    starts_at: datetime | None,
    leads_per_day: int | None,
    now: datetime,
    lock: bool = False,
) -> Plan:
    """Leads that fit any of the filters, up to `MOST_LEADS`. `lock`: they are about to be enrolled."""
    await ensure_from_settings(deps, tx, now=now)
    ours = await workspaces.get(tx.session, tx.workspace_id)
    found: dict[LeadId, LeadToEnroll] = {}
    for one in wanted:
        conditions = await leads.conditions_of(tx.session, tx.workspace_id, one)
        some = await enrolling.candidates(
            tx.session, tx.workspace_id, conditions, campaign_id=campaign_id, limit=MOST_LEADS, lock=lock
        )
        found |= {candidate.lead_id: candidate for candidate in some}
    candidates = list(found.values())[:MOST_LEADS]
    chosen = choose(
        candidates, await _suppressed(deps, tx, candidates), role_addresses=ours.allow_role_addresses
    )
    begun = (
        await enrolling.count(tx.session, tx.workspace_id, campaign_id)
        if campaign_id and leads_per_day
        else 0
    )
    return Plan(
        chosen,
        places(
            chosen.fit,
            await enrolling.loads(tx.session, tx.workspace_id),
            starts=max(starts_at or now, now),
            leads_per_day=leads_per_day,
            begun=begun,
            window=_window(ours),
        ),
    )


def _window(ours: Workspace) -> Window:
    """The workspace's own hours and days."""
    return Window(ours.window_start, ours.window_end, ours.timezone, ours.country)


async def _suppressed(
    deps: Deps, tx: Tx, candidates: Sequence[LeadToEnroll]
) -> dict[LeadId, SuppressionKind]:
    """Those on the list. The list is the shorter side to read where it is short, and never read whole."""
    digest = deps.digester.digest
    keys = {
        key.digest: one.lead_id
        for one in candidates
        if one.email
        for key in consent.suppression_keys(one.email, digest)[:1]
    }
    domains: dict[str, list[LeadId]] = {}
    for one in candidates:
        for domain in consent.domains_of(one.email or ""):
            domains.setdefault(domain, []).append(one.lead_id)
    by_domain = {digest(domain): ids for domain, ids in domains.items()}
    found = await suppression.among(tx.session, tx.workspace_id, [*keys, *by_domain])
    suppressed = {keys[one]: kind for one, kind in found.items() if one in keys}
    for one, kind in found.items():
        suppressed |= dict.fromkeys(by_domain.get(one, ()), kind)
    return suppressed


async def enroll(
    deps: Deps,
    tx: Tx,
    campaign_id: UUID,
    planned: Plan,
    *,
    channel_id: str | None,
    thread_ts: str | None,
    now: datetime,
) -> int:
    """The plan's leads enter the campaign, and their emails are written. How many entered."""
    made = await enrolling.enroll(
        tx.session,
        tx.workspace_id,
        campaign_id,
        planned.places,
        channel_id=channel_id,
        thread_ts=thread_ts,
        now=now,
    )
    for enrollment_id in list(made.values())[:WOKEN]:
        tx.enqueue(Wake.WRITE_SEQUENCE, enrollment_id=enrollment_id)
    return len(made)


async def rehearse(
    deps: Deps,
    tx: Tx,
    campaign: Campaign,
    planned: Plan | None,
    *,
    now: datetime,
    horizon: timedelta = HORIZON,
) -> Rehearsal:
    """The campaign from now on without sending: those who are in it, and those of the plan. Whatever else has a
    slot goes along, since it shares the mailboxes. Every draft that waits is taken as approved now."""
    ours = await workspaces.get(tx.session, tx.workspace_id)
    boxes: dict[UUID, MailboxRow] = {
        one.id: one for one in await mailboxes.listing(tx.session, tx.workspace_id)
    }
    stage = _Stage(deps, ours, campaign, boxes, now)
    by_hand = await enrolling.by_hand_since(tx.session, tx.workspace_id, now - BY_HAND_QUIET)
    waiting = await enrolling.waiting(tx.session, tx.workspace_id, campaign.id, limit=MOST_LEADS)
    entering = list(zip(planned.chosen.fit, planned.places, strict=True)) if planned else []
    parts = [stage.part(lead, place, by_hand.get(lead.lead_id)) for lead, place in [*waiting, *entering]]
    with_slots = await emails.scheduled(tx.session, tx.workspace_id, limit=OTHERS)
    for start in range(0, len(with_slots), TOGETHER):
        some = await gate_facts.load_many(deps, tx, with_slots[start : start + TOGETHER])
        parts += [stage.running(one) for one in some]
    paces = await gate_facts.load_paces(deps, tx, ours, now=now)
    # Seconds of work for ten thousand leads: others go on meanwhile.
    return await asyncio.to_thread(rehearsal.rehearse, parts, paces, horizon=now + horizon)


class _Stage:
    """What all parts of one rehearsal share."""

    def __init__(
        self,
        deps: Deps,
        ours: Workspace,
        campaign: Campaign,
        boxes: dict[UUID, MailboxRow],
        now: datetime,
    ) -> None:
        self._deps, self._ours, self._campaign, self._boxes, self._now = deps, ours, campaign, boxes, now
        self._windows: dict[tuple[str | None, str | None], Window] = {}

    def part(self, lead: LeadToEnroll, place: Place, by_hand_at: datetime | None) -> Part:
        """A lead whose first email waits for an approval."""
        campaign, box = self._campaign, self._boxes.get(place.mailbox_id) if place.mailbox_id else None
        window = self._window(lead.timezone, lead.country)
        begins = max((at for at in (campaign.starts_at, place.not_before) if at), default=None)
        facts = GateFacts(
            sending_stopped=self._ours.sending_stopped_at is not None,
            postal_address=bool(self._ours.postal_address),
            zone=self._ours.timezone,
            campaign_state=CampaignState.ACTIVE,
            campaign_starts_at=begins,
            enrollment_state=EnrollmentState.ACTIVE,
            lead_name=lead.name,
            lead_status=lead.status,
            address_status=lead.email_status,
            by_hand_at=by_hand_at,
            role_address=consent.is_role_address(lead.email or ""),
            role_addresses_allowed=self._ours.allow_role_addresses,
            window=window,
            slot_seed=schedule.slot_seed(campaign.id, lead.lead_id, 1),
            mailbox_state=box.state if box else None,
            health=box.health if box else None,
        )
        return Part(
            campaign_id=campaign.id,
            lead_id=lead.lead_id,
            name=lead.name,
            domain=consent.domain_of(lead.email or ""),
            mailbox_id=place.mailbox_id,
            facts=facts,
            window=window,
            waits=tuple(campaign.waits),
            earliest=max(self._now, begins or self._now),
        )

    def running(self, one: Loaded) -> Part:
        """An email that has its slot."""
        email, campaign = one.rows.email, one.rows.campaign or self._campaign
        window = gate_facts.window_of(one.rows.workspace, one.rows.lead)
        return Part(
            campaign_id=campaign.id,
            lead_id=email.lead_id,
            name=one.rows.lead.name,
            domain=consent.domain_of(email.to_email),
            mailbox_id=email.mailbox_id,
            facts=replace(one.facts, wall=None),  # answers are read before each email leaves
            window=window,
            waits=tuple(campaign.waits),
            earliest=self._now,
            number=email.email_sequence or 1,
            planned_for=max(email.scheduled_for or self._now, self._now),
            has_slot=one.has_slot,
            is_ours=campaign.id == self._campaign.id,
        )

    def _window(self, timezone: str | None, country: str | None) -> Window:
        key = (timezone, country)
        if key not in self._windows:
            ours = self._ours
            self._windows[key] = Window(
                ours.window_start, ours.window_end, timezone or ours.timezone, country or ours.country
            )
        return self._windows[key]
