"""Finding what is due. Postgres decides; wake-ups that Redis or a dead process lost are sent again from here.

`tick` follows business time (tasks, emails), `sweep` real time (leases that ran out, mailboxes to read). Any number
of workers may run both: everything they find is claimed by its row.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from db.queries import audit, campaign, due, finding, imports, inbox, outbox
from db.queries.due import Due
from db.types import ApprovalId, WorkspaceId
from db.wake import Wake, WakeUp
from pipeline.deps import Deps
from pipeline.jobs import decide
from pipeline.jobs.base import Enqueue
from pipeline.jobs.campaigns import KEEP_PREVIEW
from pipeline.jobs.drafts_left import discard_left
from pipeline.jobs.tasks import begin_due
from pipeline.logs import get_logger

log = get_logger(__name__)
POLL_MAIL_EVERY = timedelta(seconds=10)
ROUND_SECONDS = 10
_ROUNDS = {Wake.RESEARCH_LEAD: 20}  # many may wait for their turn, and each wake-up asks
FEWEST_RUNS = 20  # woken in a round: some of them are let go by their process, and go on at once
KEEP_DELIVERIES = timedelta(days=3)
KEEP_FILES = timedelta(days=14)  # of leads, with the report of what was not taken
KEEP_SURFACES = timedelta(days=90)
KEEP_CANDIDATES = timedelta(days=90)  # with the people's names, where they became no leads


async def tick(deps: Deps, enqueue: Enqueue) -> None:
    """Begin tasks that are due, let dispatch look at emails that are due, expire old approvals."""
    now = deps.clock.now()
    await begin_due(deps)
    async with deps.db.across() as tx:
        has_due_emails = bool(await due.emails(tx.session, now, limit=1))
        expired = await due.expired_approvals(tx.session, now)
    if has_due_emails:
        await enqueue([WakeUp(Wake.DISPATCH, (), _round(deps))])
    for one in expired:
        async with deps.db.transaction(one.workspace_id) as tx:
            await decide.expire(deps, tx, ApprovalId(one.id), now=now)


async def sweep(deps: Deps, enqueue: Enqueue) -> int:
    """Wake what nobody works on; how many wake-ups were sent."""
    wall = deps.clock.wall()
    async with deps.db.across() as tx:
        found = [
            *_wake_ups(
                Wake.RESEARCH_LEAD, "run_id", await due.research_runs(tx.session, wall, _may_begin(deps))
            ),
            *_wake_ups(Wake.FIND_LEADS, "search_id", await due.lead_searches(tx.session, wall)),
            *_wake_ups(Wake.IMPORT_LEADS, "import_id", await due.lead_imports(tx.session, wall)),
            *_wake_ups(Wake.WRITE_SEQUENCE, "enrollment_id", await due.writing(tx.session, wall)),
            *_wake_ups(Wake.SEND_EMAIL, "email_id", await due.open_sends(tx.session, wall)),
            *_wake_ups(
                Wake.POLL_MAILBOX, "mailbox_id", await due.mailboxes(tx.session, wall - POLL_MAIL_EVERY)
            ),
            *_wake_ups(Wake.WRITE_ANSWER, "reply_id", await due.unanswered_inbound(tx.session, wall)),
            *_wake_ups(Wake.RUN_TASK, "execution_id", await due.open_executions(tx.session, wall)),
        ]
    if found:
        await enqueue(
            [
                replace(wake_up, round=_round(deps, _ROUNDS.get(wake_up.job, ROUND_SECONDS)))
                for wake_up in found
            ]
        )
    return len(found)


def _may_begin(deps: Deps) -> int:
    """More runs than the rate lets begin within a round need not be woken in it."""
    a_round = deps.settings.max_research_per_minute * _ROUNDS[Wake.RESEARCH_LEAD] / 60
    return min(due.LIMIT, FEWEST_RUNS + round(2 * a_round))


def _round(deps: Deps, seconds: int = ROUND_SECONDS) -> str:
    """Sweeps within some seconds, of any worker, wake a row once."""
    return str(int(deps.clock.wall().timestamp() / seconds))


def _wake_ups(wake: Wake, name: str, rows: list[Due]) -> list[WakeUp]:
    return [WakeUp(wake, (("workspace_id", str(row.workspace_id)), (name, str(row.id)))) for row in rows]


async def tidy(deps: Deps) -> None:
    """Once an hour: next months' partitions, the audit chain, and what need not be kept."""
    now = deps.clock.now()
    async with deps.db.across() as tx:
        await due.ensure_partitions(tx.session, now, 3)
        forgotten = await inbox.prune(tx.session, received_before=now - KEEP_DELIVERIES)
        ours = await due.workspaces(tx.session)
        unsealed = await due.unsealed_audit(tx.session)
    for workspace_id in ours:
        async with deps.db.transaction(workspace_id) as tx:
            forgotten += await outbox.prune(tx.session, untouched_since=now - KEEP_SURFACES)
            forgotten += await imports.forget(tx.session, workspace_id, untouched_since=now - KEEP_FILES)
            forgotten += await finding.forget(tx.session, workspace_id, untouched_since=now - KEEP_CANDIDATES)
            forgotten += await campaign.forget_drafts(
                tx.session, workspace_id, untouched_since=now - KEEP_PREVIEW
            )
        await discard_left(deps, workspace_id)
    for workspace_id in unsealed:
        async with deps.db.transaction(WorkspaceId(UUID(str(workspace_id)))) as tx:
            await audit.seal_chain(tx.session, workspace_id)
    log.info("tidied", forgotten=forgotten)
