"""What the cards say of companies that were found or left out, and of steps that were not taken."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from bot.views.blocks import Rendered, words_of
from bot.views.candidates import search_card
from bot.views.lead import lead_card, run_card
from db.cards import CandidateLine, CriterionLine, FactLine, LeadLine, RunCard, SearchCard
from db.types import CandidateId, LeadId, RunId, SearchId
from tests.bot import hostile

ID = UUID(int=7)
MAP = "https://www.google.com/maps/search/?api=1&query_place_id=x"
LEAD = LeadLine(
    id=LeadId(ID), name="Dana Reyes", email=None, email_status="missing", company=None, title=None, status="new",
    score=0, qualified=None, qualification_reason=None, location=None, linkedin_url=None, website_url=None,
    source=None, owner_user_id=None,
)  # fmt: skip


def shown_in(card: Rendered) -> str:
    return " ".join(map(words_of, hostile.markup(card.payload()["blocks"])))


def candidate(*criteria: CriterionLine) -> CandidateLine:
    return CandidateLine(
        candidate_id=CandidateId(ID), company="Acme", website="https://acme.example", location=None, person=None,
        title=None, email=None, person_quote="", person_url="", unread=False, criteria=criteria, state="proposed",
        decided_by=None,
    )  # fmt: skip


def said(*left_out: str, candidates: tuple[CandidateLine, ...] = ()) -> str:
    card = SearchCard(
        search_id=SearchId(ID), request="plumbers in Atlantis", wanted=3, state="done", steps=(), left_out=left_out,
        cents=1.0, error=None, candidates=candidates,
    )  # fmt: skip
    return shown_in(search_card(card))


def test_companies_that_were_left_out_stand_together_by_why() -> None:
    shown = said(
        "Acme: not in Austin (1 Road, Dallas)", "Bolt: not in Austin (2 Road, Waco)", "Atlas: a directory"
    )
    assert "Left out, not in Austin: Acme, Bolt." in shown and "Left out, a directory: Atlas." in shown
    assert "Left out, not in Austin (1 Road, Dallas): Acme." in said("Acme: not in Austin (1 Road, Dallas)")


def test_a_condition_that_nobody_is_known_to_meet_is_named() -> None:
    met = CriterionLine(
        criterion="plumbers", verdict="met", value="Plumber", quote="Category: Plumber", url=MAP
    )
    unknown = CriterionLine(criterion="in Atlantis", verdict="unknown", value="", quote="", url="")
    shown = said(candidates=(candidate(met, unknown),))
    assert "in Atlantis. Is it spelled right?" in shown and "No person found" in shown and "the map" in shown
    assert "Is it spelled right?" not in said(candidates=(candidate(met),))
    assert "Is it spelled right?" not in said(candidates=(replace(candidate(met, unknown), state="known"),))


def test_a_site_that_nobody_could_read_is_not_called_empty() -> None:
    shown = said(candidates=(replace(candidate(), problem="The model is down."),))
    assert "Nobody could read who works there: The model is down." in shown
    assert "No person found" not in shown


def test_a_card_says_how_many_facts_it_leaves_out() -> None:
    def facts(count: int) -> list[FactLine]:
        told = (f"Opened shop {n}" for n in range(count))
        return [FactLine(one, "news", one, one, MAP, datetime(2026, 3, 2, tzinfo=UTC)) for one in told]

    assert "and 3 more that tell less" in shown_in(lead_card(LEAD, facts(33)))
    assert "more that tell less" not in shown_in(lead_card(LEAD, facts(30)))


def test_a_research_card_says_what_was_not_done_and_why() -> None:
    card = RunCard(
        run_id=RunId(ID), lead=LEAD, depth="standard", state="done", steps=(), facts=(), missing=(), seconds=1.0,
        cents=Decimal(1), quality=None,
        not_taken=(
            ("Asking Apify", "Apify is not set up."), ("Reading the news", "Nothing was missing that it could bring."),
            ("Reading A", "Nothing was missing that it could bring."),
            ("Reading B", "Nothing was missing that it could bring."),
        ),
    )  # fmt: skip
    shown = shown_in(run_card(card))
    assert "Not taken: Asking Apify (apify is not set up)" in shown
    assert "Reading the news, Reading A and 1 more (nothing was missing that it could bring)." in shown
