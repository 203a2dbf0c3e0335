"""Many drafts at once: which of them pass, and the approval of those, each in a transaction of its own."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.correspondence import NONE_YET, Correspondence
from db.models.campaign import Campaign
from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.models.research import Fact
from db.models.workspace import Workspace
from db.queries import approval_batch, approval_queue, correspondence, email_card, lead_card
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.approval_queue import Wanted
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import ApprovalId, ApprovalState, EmailKind, EmailStatus, WorkspaceId
from pipeline.deps import Deps
from pipeline.jobs import asking, checking, decide, gate_facts
from pipeline.jobs.drafting import Brief
from pipeline.rules import approval, gates, passing
from pipeline.rules.passing import MOST_AT_ONCE, Checked, Draft, Drafts, Outcome

_STRETCH = 50  # approvals that are looked at in one transaction


@dataclass(frozen=True, slots=True)
class _Read:
    """What is known of one approval, to be judged without the database."""

    asked: Approval
    lead: Lead
    rows: list[EmailCampaign]
    brief: Brief | None
    facts: list[Fact]
    held: tuple[str, ...]


async def check_waiting(deps: Deps, workspace_id: WorkspaceId, wanted: Wanted) -> list[Checked]:
    """The first 500 that wait among those, each with what speaks against approving it unread."""
    async with deps.db.transaction(workspace_id) as tx:
        waiting = await approval_queue.questions(tx.session, workspace_id, wanted, limit=MOST_AT_ONCE)
    found: list[Checked] = []
    for start in range(0, len(waiting), _STRETCH):
        ids = [one.id for one in waiting[start : start + _STRETCH]]
        found += await check(deps, workspace_id, ids)
    return found


async def check(deps: Deps, workspace_id: WorkspaceId, ids: Sequence[ApprovalId]) -> list[Checked]:
    """In the order of the ids, without those that are decided or gone."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace_id) as tx:
        read = await _read(deps, tx, ids, now)
    return await asyncio.to_thread(lambda: [_checked(one, now) for one in read])


async def _read(deps: Deps, tx: Tx, ids: Sequence[ApprovalId], now: datetime) -> list[_Read]:
    session, ours = tx.session, tx.workspace_id
    asked = await approval_batch.pending(session, ours, ids)
    rows = await approval_batch.emails_of(session, ours, [one.id for one in asked])
    by_approval: dict[UUID, list[EmailCampaign]] = defaultdict(list)
    for row in rows:
        if row.approval_id is not None:
            by_approval[row.approval_id].append(row)
    people = {one.id: one for one in await leads.get_many(session, ours, [one.lead_id for one in asked])}
    facts = await approval_batch.facts_of(session, ours, list(people))
    before = await correspondence.with_leads(session, ours, list(people))
    campaigns = await approval_batch.campaigns_of(
        session, ours, {row.campaign_id for row in rows if row.campaign_id}
    )
    boxes = await mailboxes.some(session, ours, {row.mailbox_id for row in rows if row.mailbox_id})
    workspace = await workspaces.get(session, ours)
    held = {
        one.rows.email.id: tuple(held.sentence for held in gates.why(one.facts, now) if held.final)
        for one in await gate_facts.load_many(deps, tx, rows)
    }
    return [
        _Read(
            one,
            people[one.lead_id],
            mine := by_approval[one.id],
            _brief(people[one.lead_id], workspace, mine, campaigns, boxes, facts, before, now),
            facts.get(one.lead_id, []),
            tuple(dict.fromkeys(sentence for row in mine for sentence in held.get(row.id, ()))),
        )
        for one in asked
        if one.lead_id in people
    ]


def _brief(
    lead: Lead,
    workspace: Workspace,
    rows: Sequence[EmailCampaign],
    campaigns: dict[UUID, Campaign],
    boxes: dict[UUID, MailboxRow],
    facts: dict[UUID, list[Fact]],
    before: dict[UUID, Correspondence],
    now: datetime,
) -> Brief | None:
    """As the writer had it. None: they are of no campaign, or it is gone."""
    first = rows[0] if rows else None
    campaign = campaigns.get(first.campaign_id) if first and first.campaign_id else None
    if first is None or campaign is None:
        return None
    box = boxes.get(first.mailbox_id) if first.mailbox_id else None
    earlier = before.get(lead.id, NONE_YET).before(first.enrollment_id)
    return Brief(lead, workspace, campaign, facts.get(lead.id, []), box, today=now.date(), earlier=earlier)


def _checked(read: _Read, now: datetime) -> Checked:
    asked = read.asked
    waiting = [row for row in read.rows if row.state == "pending"]
    drafts = Drafts(
        is_answer=asked.kind == EmailKind.ANSWER,
        has_expired=asked.expires_at <= now,
        is_changed=not waiting or asking.hash_of(waiting) != asked.content_hash,
        address_status=EmailStatus(read.lead.email_status),
        emails=tuple(_draft(read, row) for row in waiting),
        facts=lead_card.fact_lines(read.facts),
        held=read.held,
    )
    name = f"the answer to {read.lead.name}" if drafts.is_answer else read.lead.name
    return Checked(ApprovalId(asked.id), asked.content_hash, name, passing.objections(drafts, now.date()))


def _draft(read: _Read, row: EmailCampaign) -> Draft:
    cited = {fact_id for claim in email_card.claims_of(row) for fact_id in claim.fact_ids}
    return Draft(
        number=row.email_sequence,
        from_template=row.template_used,
        judge_score=row.judge_score,
        edited="edited_by" in (row.claims or {}),
        lint=_lint(read.brief, row),
        ungrounded=_ungrounded(read.brief, row, read.facts),
        cited_fields=frozenset(fact.field for fact in read.facts if str(fact.id) in cited),
    )


def _lint(brief: Brief | None, row: EmailCampaign) -> tuple[str, ...]:
    if brief is None or row.email_sequence is None:
        return ()
    return tuple(checking.faults(brief, row.email_sequence, row.subject, row.body))


def _ungrounded(brief: Brief | None, row: EmailCampaign, facts: Sequence[Fact]) -> tuple[str, ...]:
    if brief is None:
        return ()
    return tuple(checking.unproven(brief, row.subject, row.body, email_card.claims_of(row), facts))


# --- approving those that passed ------------------------------------------------------------------------


Covered = Sequence[tuple[ApprovalId, str]]  # an approval, and the hash of what was summarised


def batch_hash(covered: Covered) -> str:
    """What one click over many binds: the hash over their hashes, in order."""
    return approval.covering_hash(f"{one}:{content_hash}" for one, content_hash in covered)


def stretches(covered: Covered) -> list[Covered]:
    return [covered[start : start + _STRETCH] for start in range(0, len(covered), _STRETCH)]


async def approve_each(deps: Deps, workspace_id: WorkspaceId, covered: Covered, *, user_id: str) -> None:
    """Each in its own transaction, so that nothing waits for all, and a crash loses none; those that pass no more
    are left. Safe to repeat: what is decided stays so. Raises UserError where the person may not."""
    bound = dict(covered)
    for one in await check(deps, workspace_id, list(bound)):
        if one.passes and one.content_hash == bound[one.approval_id]:
            await _approve(deps, workspace_id, one.approval_id, one.content_hash, user_id)


async def _approve(
    deps: Deps, workspace_id: WorkspaceId, approval_id: ApprovalId, content_hash: str, user_id: str
) -> None:
    try:
        async with deps.db.transaction(workspace_id) as tx:
            await decide.approve(
                deps, tx, approval_id, user_id=user_id, content_hash=content_hash, now=deps.clock.now()
            )
    except decide.TooLate:
        return  # a colleague decided, or it was changed, in between; the outcome counts it


async def outcome(tx: Tx, covered: Covered, *, user_id: str, since: datetime) -> Outcome:
    """Counted from the rows themselves, so it is the same after a crash."""
    rows = await approval_batch.some(tx.session, tx.workspace_id, [one for one, _ in covered])
    approved = sum(
        row.state == ApprovalState.APPROVED
        and row.decided_by == user_id
        and row.decided_at is not None
        and row.decided_at >= since
        for row in rows
    )
    decided = sum(row.state in (ApprovalState.APPROVED, ApprovalState.REJECTED) for row in rows) - approved
    return Outcome(approved, decided, len(covered) - approved - decided)
