"""Putting addresses and domains on the list of whom never to write to: what runs to them stops at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from db.cards import SuppressionLine
from db.queries import audit, enrollment, suppression
from db.queries.suppression import NewSuppression, Reachable
from db.session import Tx
from db.types import StopReason, SuppressionKind, WorkspaceId
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs import asking
from pipeline.jobs.ending import stop_sequence
from pipeline.rules import consent
from pipeline.rules.suppression_list import Entry, Suppressed

WHY = "they are not to be written to any more"
_STRETCH = 1000


async def suppress(
    deps: Deps,
    tx: Tx,
    entries: Sequence[Entry],
    *,
    reason: str,
    by: str,
    actor: str | None = None,
    now: datetime,
) -> Suppressed:
    """A few, in the caller's transaction. `by`: the person; `actor`: as the audit log names who did it, if not them."""
    added = await _add(deps, tx, entries, reason=reason, by=by, actor=actor or by, now=now)
    found = await _meant(deps, tx, set(added))
    for one in found:
        await _stop(deps, tx, one, by=by, now=now)
    return Suppressed(len(added), len(entries) - len(added), tuple(one.name for one in found))


async def suppress_many(
    deps: Deps, workspace_id: WorkspaceId, entries: Sequence[Entry], *, reason: str, by: str
) -> Suppressed:
    """Any number: some in each transaction, then each lead by itself. The gates hold from the first on, and doing it
    again does no harm."""
    now, digests, count = deps.clock.now(), set[str](), 0
    for start in range(0, len(entries), _STRETCH):
        some = entries[start : start + _STRETCH]
        async with deps.db.transaction(workspace_id) as tx:
            count += len(await _add(deps, tx, some, reason=reason, by=by, actor=by, now=now))
        digests |= {_digest(deps, one) for one in some}
    async with deps.db.transaction(workspace_id) as tx:
        found = await _meant(deps, tx, digests)
    for one in found:
        async with deps.db.transaction(workspace_id) as tx:
            await _stop(deps, tx, one, by=by, now=now)
    return Suppressed(count, len(entries) - count, tuple(one.name for one in found))


async def release(deps: Deps, tx: Tx, row: SuppressionLine, *, by: str, now: datetime) -> None:
    """Take an entry off the list. What was stopped stays stopped."""
    gone = await suppression.remove(
        tx.session, tx.workspace_id, kind=SuppressionKind(row.kind), digest=row.digest
    )
    if not gone:
        raise UserError("It was taken off the list already.")
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=by,
        action="suppression.removed",
        entity_type="suppression",
        entity_id=row.id,
        payload={"kind": row.kind, "value": row.value, "reason": row.reason},
        now=now,
    )


async def on_list(deps: Deps, tx: Tx, entry: Entry) -> SuppressionLine | None:
    return await suppression.find(tx.session, tx.workspace_id, kind=entry.kind, digest=_digest(deps, entry))


def _digest(deps: Deps, entry: Entry) -> str:
    return entry.digest or deps.digester.digest(entry.value or "")


async def _add(
    deps: Deps, tx: Tx, entries: Sequence[Entry], *, reason: str, by: str, actor: str, now: datetime
) -> list[str]:
    rows = [
        NewSuppression(one.kind, one.value, _digest(deps, one), one.reason or reason, by) for one in entries
    ]
    added = await suppression.add_many(tx.session, tx.workspace_id, rows, now=now)
    if added:
        await audit.record(
            tx.session,
            tx.workspace_id,
            actor=actor,
            action="suppression.added",
            entity_type="suppression",
            payload={"count": len(added), "first": [one.value for one in entries[:5]]},
            reason=reason,
            now=now,
        )
    return added


async def _meant(deps: Deps, tx: Tx, digests: Collection[str]) -> list[Reachable]:
    """Whom of those we may write to the digests name, by address or domain."""
    if not digests:
        return []
    digest = deps.digester.digest
    return [
        one
        for one in await suppression.reachable(tx.session, tx.workspace_id)
        if any(key.digest in digests for key in consent.suppression_keys(one.email, digest))
    ]


async def _stop(deps: Deps, tx: Tx, one: Reachable, *, by: str, now: datetime) -> None:
    await asking.void(deps, tx, reason=WHY, lead_id=one.lead_id, by=by, now=now)
    for enrollment_id in await enrollment.running_of_lead(tx.session, tx.workspace_id, one.lead_id):
        await stop_sequence(deps, tx, enrollment_id, StopReason.SUPPRESSED, now=now)
