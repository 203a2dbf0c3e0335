"""What an email is written from: all that is known, and the sections of it that a model gets to read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nameparser import HumanName

from db.correspondence import NONE_YET, Correspondence
from db.models.campaign import Campaign
from db.models.lead import Lead
from db.models.research import Fact
from db.models.workspace import Workspace
from db.queries.mailbox import MailboxRow
from pipeline.rules import earlier, sequence, writing_context
from pipeline.rules.sequence import Step, TokenFact
from pipeline.rules.step_templates_own import OwnTemplate
from pipeline.rules.writing_context import Candidate, tokens_in

GENERAL_TOKENS = 3000  # of facts, where no step says which
_NOT_FOR_WRITING = frozenset(
    {"email", "phone", "address", "linkedin_url", "website_url", "twitter_url", "ig_url", "facebook_url"}
)


@dataclass(frozen=True, slots=True)
class Brief:
    """All that is known when a sequence is written. `rejections`: what the team's people said, newest first;
    `earlier`: what was written to the lead before this sequence."""

    lead: Lead
    workspace: Workspace
    campaign: Campaign
    facts: Sequence[Fact]
    mailbox: MailboxRow | None
    visits: int = 0
    arm_approach: str | None = None  # of the experiment's arm; it goes before the campaign's
    templates: Sequence[OwnTemplate] = ()
    rejections: Sequence[str] = ()
    today: date | None = None
    earlier: Correspondence = NONE_YET

    @property
    def first_name(self) -> str:
        name = HumanName(self.lead.name)
        return str(name.first or self.lead.name.split()[0])

    @property
    def last_name(self) -> str:
        return str(HumanName(self.lead.name).last)

    @property
    def language(self) -> str:
        return self.campaign.language or self.lead.language or "en"

    @property
    def approach(self) -> str:
        return self.arm_approach or self.campaign.approach or ""

    @property
    def sender_name(self) -> str:
        box = self.mailbox
        return (
            self.workspace.sender_name
            or (box.display_name if box else None)
            or self.workspace.company_name
            or ""
        )

    @property
    def usable_facts(self) -> list[Fact]:
        """The most telling facts, where no step says for what."""
        return self.facts_for(None, budget=GENERAL_TOKENS)

    def facts_for(self, step: Step | None, *, budget: int, used: Collection[str] = ()) -> list[Fact]:
        """The facts that serve a step, the most telling first. `used`: ids that earlier emails rest on."""
        usable = {str(fact.id): fact for fact in self.facts if fact.field not in _NOT_FOR_WRITING}
        chosen = writing_context.choose(
            [_candidate(fact) for fact in usable.values()],
            step.type if step else None,
            budget=budget,
            today=self.today,
            topic=f"{self.campaign.goal} {self.workspace.company_offer or ''}",
            used=used,
        )
        return [usable[one] for one in chosen]

    def known(self, instruction: str | None) -> list[str]:
        """Texts whose details need no research: the lead's own data, the sender's profile, a person's wish, and when
        and about what they were written to before."""
        lead, workspace, campaign = self.lead, self.workspace, self.campaign
        texts = (
            lead.name, lead.company, lead.title, lead.company_domain,
            workspace.company_name, workspace.company_offer, *workspace.proof_points, self.sender_name,
            workspace.signature, campaign.goal, self.approach, instruction, *earlier.known(self.earlier),
        )  # fmt: skip
        return [text for text in texts if text]

    @property
    def own_texts(self) -> list[str]:
        """What the sender says of itself, in whatever language."""
        return [self.workspace.company_offer or "", *self.workspace.proof_points]

    def tokens(self, facts: Sequence[Fact]) -> dict[str, str]:
        """The personalisation tokens that have something behind them among those facts."""
        return sequence.tokens(
            first_name=self.first_name,
            company=self.lead.company,
            title=self.lead.title,
            facts=[
                TokenFact(fact.field, fact.value, fact.url, by_person=fact.source == "person")
                for fact in facts
            ],
            visits=self.visits,
        )


def _candidate(fact: Fact) -> Candidate:
    return Candidate(
        id=str(fact.id),
        field=fact.field,
        value=fact.value,
        quote=fact.quote,
        published_on=fact.published_on,
        confidence=float(fact.confidence),
        by_person=fact.source == "person",
        tokens=tokens_in(_told(fact)),
    )


def sender_section(brief: Brief) -> dict[str, Any]:
    workspace = brief.workspace
    return {
        "company": workspace.company_name or "",
        "offer": workspace.company_offer or "",
        "proof_points": workspace.proof_points,
        "tone": workspace.tone,
        "forbidden_words": workspace.forbidden_words,
        "sender_name": brief.sender_name,
        "signature": workspace.signature or "",
        "booking_link": workspace.booking_link or "",
    }


def lead_section(brief: Brief) -> dict[str, Any]:
    lead = brief.lead
    return {
        "first_name": brief.first_name,
        "name": lead.name,
        "title": lead.title or "",
        "company": lead.company or "",
    }


def facts_section(brief: Brief, facts: Sequence[Fact] | None = None) -> list[dict[str, Any]]:
    return [_told(fact) for fact in (brief.usable_facts if facts is None else facts)]


def _told(fact: Fact) -> dict[str, Any]:
    return {
        "id": str(fact.id),
        "field": fact.field,
        "value": fact.value,
        "quote": fact.quote,
        "published_on": fact.published_on.isoformat() if fact.published_on else None,
    }


def step_section(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "type": step.type,
        "tone": step.tone,
        "personalization_depth": step.personalization_depth,
        "length": step.length,
        "min_words": step.min_words,
        "max_words": step.max_words,
    }
