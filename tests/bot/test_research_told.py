"""How a lead was researched, which address is right, and how often verdicts were: as tools and as `/leads stats`."""

import json
from decimal import Decimal
from typing import Any

import pytest

from db.models.lead import Lead, LeadFit
from db.models.research import ResearchRun
from db.models.workspace import SlackOutbox
from tests.bot import test_listeners
from tests.bot.test_listeners import desk as slack_desk
from tests.bot.tool_desk import Desk, desk

__all__ = ["desk", "slack_desk"]
PLAN: dict[str, Any] = {
    "steps": [
        {"key": "search:a", "title": "Searching for news", "tool": "search", "state": "ok", "why": "For news.",
         "found": 3, "ms": 812, "cents": 0.5, "error": None},
        {"key": "fetch:b", "title": "Reading the company's website", "tool": "fetch", "state": "failed", "why": None,
         "found": 0, "ms": 90, "cents": 0.0, "error": "acme.example answered 503."},
        {"key": "guess:c", "title": "Guessing", "tool": "guess", "state": "ok",
         "note": "maria@acme.example, 70% sure."},
    ],
    "not_taken": [{"tool": "actor", "title": "Asking Apify", "reason": "the time was up"}],
    "ended": "the time was up",
    "score": "40 of 100: title 20, site 20",
    "quality": "two sources agree",
}  # fmt: skip


async def ran(desk: Desk, lead_id: str, **more: Any) -> None:
    async with desk.deps.db.transaction(desk.workspace) as tx:
        tx.session.add(
            ResearchRun(
                workspace_id=desk.workspace,
                lead_id=lead_id,
                state="done",
                plan=PLAN,
                missing=["email", "phone"],
                quality=62,
                cost_cents=Decimal("0.5"),
                **more,
            )
        )


async def test_each_step_is_told_with_its_reason_its_time_its_cost_and_its_failure(desk: Desk) -> None:
    made = await desk.add("Maria Silva", email="maria@acme.example")
    await ran(desk, made)
    told = await desk.call("explain_research", lead="Maria Silva")
    news, site, guess = told["steps"]
    assert (news["why"], news["brought"]) == ("For news.", "3 facts in 0.8 s, 0.50 ¢")
    assert site["brought"].startswith("failed") and site["note"] == "acme.example answered 503."
    assert guess["note"] == "maria@acme.example, 70% sure." and guess["why"] is None
    assert told["not_taken"] == [{"title": "Asking Apify", "reason": "the time was up"}]
    assert (told["missing"], told["cents"], told["ended"]) == (["email", "phone"], 0.5, "the time was up")
    assert told["quality"] == "62 of 100: two sources agree" and told["score"] == PLAN["score"]
    assert told["email"] is None
    for words in ("3 steps", "1 failed", "0.5 cents", "ended because the time was up", "1 step not taken"):
        assert words in told["summary"]


async def test_a_guess_says_how_sure_it_is_and_a_run_without_a_plan_is_told_too(desk: Desk) -> None:
    made = await desk.add("Maria Silva", email="maria@acme.example")
    await desk.change(made, email_status="guessed", email_note="70% sure. By pattern.")
    async with desk.deps.db.transaction(desk.workspace) as tx:
        tx.session.add(ResearchRun(workspace_id=desk.workspace, lead_id=made, state="queued"))
    told = await desk.call("explain_research", lead="Maria Silva")
    assert told["ok"] and told["steps"] == [] and told["email"] == "70% sure. By pattern."
    assert "0 steps" in told["summary"] and told["quality"] is None


async def lead_of(desk: Desk, lead_id: str) -> Lead:
    async with desk.deps.db.transaction(desk.workspace) as tx:
        found = await tx.session.get(Lead, lead_id)
    assert found is not None
    return found


async def guessed(desk: Desk) -> str:
    """Known well enough to be written to, but for the address."""
    made = await desk.add("Maria Silva", email="maria@acme.example")
    await desk.change(
        made, email_status="guessed", email_note="70% sure.", status="researched", qualified=False, title="CEO",
        researched_at=desk.deps.clock.now(),
        linkedin_url="https://linkedin.com/in/maria", website_url="https://acme.example", twitter_url="https://x.com/m",
    )  # fmt: skip
    return made


async def test_a_confirmed_guess_counts_and_offers_a_button_but_begins_nothing(desk: Desk) -> None:
    made = await guessed(desk)
    told = await desk.call("confirm_email", lead="Maria Silva", email=None)
    row = await lead_of(desk, made)
    assert told["ok"] and (row.email, row.email_status) == ("maria@acme.example", "confirmed")
    assert row.email_note is None and row.qualified is True and "worth writing to now" in told["summary"]
    assert await desk.count(SlackOutbox) == 1 and row.status == "researched"


async def test_another_address_takes_its_place(desk: Desk) -> None:
    made = await guessed(desk)
    told = await desk.call("confirm_email", lead="Maria Silva", email="M.Silva@acme.example")
    row = await lead_of(desk, made)
    assert (str(row.email).lower(), row.email_status) == ("m.silva@acme.example", "given")
    assert str(row.email) in told["summary"]


@pytest.mark.parametrize(
    ("email", "state", "words"),
    [
        ("other@acme.example", {}, "is the address of Ann Lee already"),
        ("not an address", {}, "address"),
        (None, {"email": None, "email_status": "missing", "status": "new"}, "What is it?"),
        (None, {"email_status": "invalid"}, "bounced"),
    ],
)
async def test_an_address_that_cannot_be_right_is_refused_with_why(
    desk: Desk, email: str | None, state: dict[str, Any], words: str
) -> None:
    await desk.add("Ann Lee", email="other@acme.example")
    made = await guessed(desk)
    await desk.change(made, **state)
    before = await lead_of(desk, made)
    told = await desk.call("confirm_email", lead="Maria Silva", email=email)
    after = await lead_of(desk, made)
    assert not told["ok"] and words in told["error"]
    assert (after.email, after.email_status) == (before.email, before.email_status)


async def test_stats_say_how_often_people_agreed_with_the_verdicts(slack_desk: test_listeners.Desk) -> None:
    await slack_desk.command("add Maria Silva, Acme, maria@acme.example")
    said = json.dumps(await slack_desk.command("stats"), ensure_ascii=False)
    assert "Nobody has pressed “Good fit”" in said and "1 lead:" in said
    ours = await slack_desk.workspace()
    async with slack_desk.database.transaction(ours) as tx:
        for number in range(10):
            person = Lead(workspace_id=ours, name=f"Lead {number}", source="manual", status="new")
            tx.session.add(person)
            await tx.session.flush()
            fit = LeadFit(
                workspace_id=ours, lead_id=person.id, user_id=f"U{number}", good=number < 8, predicted=True
            )
            tx.session.add(fit)
    said = json.dumps(await slack_desk.command("stats"), ensure_ascii=False)
    assert "agreed with 8 of 10 verdicts on leads: 80% (95 % interval 49% to 94%)" in said
