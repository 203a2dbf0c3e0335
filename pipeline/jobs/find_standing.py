"""What is known of companies before their sites are read: leads there, earlier decisions, and whom not to write to."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.queries import finding, suppression
from db.types import SearchId, WorkspaceId
from pipeline.deps import Deps
from pipeline.rules.finding import ChosenPerson, Proposal


@dataclass(frozen=True, slots=True)
class Standing:
    """`leads_at`: names and domains of leads' companies; `dismissed`: keys, in other searches; `suppressed`: domains
    that are not to be written to."""

    leads_at: list[tuple[str | None, str | None]]
    dismissed: set[str]
    suppressed: set[str]


async def standing_of(
    deps: Deps, workspace_id: WorkspaceId, search_id: SearchId, proposals: Sequence[Proposal]
) -> Standing:
    domains = {one.domain for one in proposals if one.domain}
    digests = {deps.digester.digest(domain): domain for domain in domains}
    names, keys = [one.name for one in proposals], [one.key for one in proposals]
    async with deps.db.transaction(workspace_id) as tx:
        leads_at = await finding.companies_of_leads(tx.session, workspace_id, domains, names)
        dismissed = await finding.dismissed_keys(tx.session, workspace_id, keys, but=search_id)
        shut = await suppression.among(tx.session, workspace_id, list(digests))
    return Standing(leads_at, dismissed, {digests[one] for one in shut})


async def with_consent(
    deps: Deps, workspace_id: WorkspaceId, person: ChosenPerson | None
) -> ChosenPerson | None:
    """Nobody whose address is not to be written to."""
    if person is None or not person.email:
        return person
    async with deps.db.transaction(workspace_id) as tx:
        digest = deps.digester.digest(person.email)
        shut = await suppression.among(tx.session, workspace_id, [digest])
    return None if shut else person
