"""Which campaigns somebody means, and pausing, resuming and cancelling them; every card that shows one follows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from db.campaign_card import CampaignRow
from db.queries import campaign as campaigns
from db.queries import campaign_switch as switch
from db.queries import lead as leads
from db.queries.campaign_switch import Changed, Which
from db.session import Tx
from db.types import ApprovalId, CampaignId
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.messages import ApprovalWanted, CampaignChanged
from pipeline.rules import lead_filter

MOST_CARDS = 200  # that are renewed at once; the others are when something happens to them
_LITTLE = """
    a all and approach as at campaign campaigns companies company did email emails firms for from in last
    latest lead leads like my newest of our previous same sequence sequences strategy style that the then
    they those time to tone used we were with
"""
_NEWEST = re.compile(r"\b(?:last|latest|previous|newest|most recent)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """What is to be switched, as somebody said it; all three None is everything."""

    campaign: str | None = None
    company: str | None = None
    filter: str | None = None

    @property
    def is_everything(self) -> bool:
        return not (self.campaign or self.company or self.filter)


async def one(tx: Tx, words: str) -> CampaignRow:
    """The one campaign that is meant. Raises UserError, with those that could be."""
    found = await campaigns.by_words(tx.session, tx.workspace_id, words)
    if not found and (telling := _telling(words)):
        found = await campaigns.with_words(tx.session, tx.workspace_id, telling)
    if len(found) != 1:
        raise UserError(_which_one(words, found))
    return found[0]


async def approach_of(tx: Tx, words: str) -> CampaignRow:
    """The past campaign whose approach is to be taken: “the tech companies”, “last time”. Raises UserError."""
    telling = _telling(words)
    found = await campaigns.by_words(tx.session, tx.workspace_id, words)
    if not found and (telling or _NEWEST.search(words)):
        found = await campaigns.with_words(tx.session, tx.workspace_id, telling)
    if _NEWEST.search(words) and found:
        return found[0]
    if len(found) != 1:
        raise UserError(_which_one(words, found))
    return found[0]


def _telling(words: str) -> list[str]:
    """The words that tell one campaign from another."""
    return [word for word in re.findall(r"[\w&.-]+", words.lower()) if word not in _LITTLE.split()]


def _which_one(words: str, found: Sequence[CampaignRow]) -> str:
    said = words.strip()[:80]
    if not found:
        return f"I know no campaign like “{said}”. `/leads campaigns` lists them. Which one do you mean?"
    names = "; ".join(f"“{one.name}”" for one in found[:5])
    return f"“{said}” fits {len(found)} campaigns: {names}. Which one?"


async def which_of(tx: Tx, named: Named) -> Which:
    """Raises UserError for a campaign that is not there, or words that are no filter."""
    campaign_id = (await one(tx, named.campaign)).id if named.campaign else None
    wanted = lead_filter.parse(named.filter) if named.filter else None
    company = named.company or (wanted.company if wanted else None)
    if wanted is None and company is None:
        return Which(campaign_id)
    conditions = switch.of_company(tx.workspace_id, company) if company else []
    if wanted is not None:
        rest = replace(wanted, company=None)  # of a company, everybody is meant
        conditions += await leads.conditions_of(tx.session, tx.workspace_id, rest)
    return Which(campaign_id, conditions)


async def pause(deps: Deps, tx: Tx, named: Named, *, now: datetime) -> Changed:
    changed = await switch.pause(tx.session, tx.workspace_id, await which_of(tx, named), now=now)
    await refresh(deps, tx, changed)
    return changed


async def resume(deps: Deps, tx: Tx, named: Named, *, now: datetime) -> Changed:
    changed = await switch.resume(tx.session, tx.workspace_id, await which_of(tx, named), now=now)
    await refresh(deps, tx, changed)
    tx.enqueue(Wake.DISPATCH)
    return changed


async def affected(tx: Tx, named: Named) -> Changed:
    """What cancelling would end. Raises UserError."""
    return await switch.affected(tx.session, tx.workspace_id, await which_of(tx, named))


async def cancel(deps: Deps, tx: Tx, named: Named, *, now: datetime) -> Changed:
    """Sequences end, what they would have sent is cancelled, and nobody is asked about their drafts any more."""
    changed = await switch.cancel(tx.session, tx.workspace_id, await which_of(tx, named), now=now)
    reason = "the campaign was cancelled" if changed.campaigns else "the sequence was cancelled"
    voided = await switch.void_questions(
        tx.session, tx.workspace_id, changed.enrollments, reason=reason, now=now
    )
    await refresh(deps, tx, changed, voided)
    return changed


async def refresh(deps: Deps, tx: Tx, changed: Changed, also: Sequence[ApprovalId] = ()) -> None:
    """The cards of these campaigns and sequences show how they stand."""
    campaign_ids = await switch.campaigns_of(tx.session, tx.workspace_id, changed)
    for campaign_id in campaign_ids[:MOST_CARDS]:
        await deps.notifier.tell(tx, CampaignChanged(CampaignId(campaign_id)))
    cards = await switch.cards_of(tx.session, tx.workspace_id, changed.enrollments, limit=MOST_CARDS)
    for approval_id in [*also, *cards][:MOST_CARDS]:
        await deps.notifier.tell(tx, ApprovalWanted(approval_id))
