"""Read models of single emails."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import CardClaim, CardEmail, FactLine, LeadLine
from db.models.campaign import Campaign
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.queries import email as emails
from db.queries import lead_card
from db.types import EmailId, WorkspaceId

NOTHING = Decimal(0)


def claims_of(email: EmailCampaign) -> tuple[CardClaim, ...]:
    """The stored claims: which sentence rests on which facts."""
    stored: list[dict[str, Any]] = (email.claims or {}).get("claims", [])
    return tuple(CardClaim(one["sentence"], tuple(one["fact_ids"])) for one in stored)


def is_in_thread(email: EmailCampaign, campaign: Campaign | None) -> bool:
    """A follow-up that answers in the thread of the first email, whose subject it has."""
    return (email.email_sequence or 1) > 1 and (campaign is None or campaign.answer_in_thread)


def card(
    email: EmailCampaign, lead: LeadLine, facts: Sequence[FactLine], campaign: Campaign | None = None
) -> CardEmail:
    claims, stored = claims_of(email), email.claims or {}
    cited = {fact_id for claim in claims for fact_id in claim.fact_ids}
    return CardEmail(
        id=EmailId(email.id),
        kind=email.kind,
        number=email.email_sequence,
        state=email.state,
        to_email=email.to_email,
        subject=email.subject,
        body=email.body,
        content_hash=email.content_hash,
        claims=claims,
        facts=tuple(fact for fact in facts if fact.id in cited),
        judge_score=email.judge_score,
        template_used=email.template_used,
        scheduled_for=email.scheduled_for,
        sent_at=email.sent_at,
        gate=email.gate,
        gate_reason=email.gate_reason,
        error=email.error,
        lead=lead,
        in_thread=is_in_thread(email, campaign),
        edited_by=stored.get("edited_by"),
        warnings=tuple(stored.get("warnings", ())),
    )


async def load_email_card(
    session: AsyncSession, workspace_id: WorkspaceId, email_id: UUID
) -> CardEmail | None:
    email = await emails.get(session, workspace_id, email_id)
    lead = await session.scalar(select(Lead).where(Lead.id == email.lead_id)) if email else None
    if email is None or lead is None:
        return None
    campaign = await session.scalar(select(Campaign).where(Campaign.id == email.campaign_id))
    facts = await lead_card.load_facts(session, workspace_id, lead.id)
    return card(email, lead_card.line(lead), facts, campaign)
