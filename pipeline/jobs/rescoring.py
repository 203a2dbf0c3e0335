"""Weighing a lead anew when something about it changed without a research run."""

from datetime import datetime
from uuid import UUID

from db.queries import lead, research
from db.session import Tx
from db.types import LeadStatus
from pipeline.jobs.research_plan import columns_of, weighed_facts
from pipeline.rules.qualification import Verdict, worth_writing
from pipeline.rules.quality import quality_of
from pipeline.rules.scoring import lead_data_from


async def rescore(tx: Tx, lead_id: UUID, *, now: datetime) -> Verdict | None:
    """The verdict by what is known now, stored with the lead; None where the lead was never researched or is gone."""
    person = await lead.get(tx.session, tx.workspace_id, lead_id)
    if person is None:
        return None
    await tx.session.refresh(person)
    if person.researched_at is None:
        return None
    facts = weighed_facts(await research.facts(tx.session, tx.workspace_id, lead_id))
    columns = columns_of(person)
    verdict = worth_writing(lead_data_from(columns, facts, now.date()))
    changes: dict[str, object] = {
        "score": verdict.score,
        "qualified": verdict.qualified,
        "qualification_reason": verdict.reason,
        "data_quality": quality_of(columns, facts, now.date()).score,
    }
    if person.status == LeadStatus.NEW and columns["email"]:
        changes["status"] = LeadStatus.RESEARCHED.value
    await lead.update(tx.session, tx.workspace_id, lead_id, changes, now=now)
    return verdict
