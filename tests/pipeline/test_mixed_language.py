"""The sender's own sentences in an email of another language."""

from dataclasses import replace

import pytest

from pipeline.jobs import passing
from pipeline.rules import mixed_language
from pipeline.rules.passing import Why
from tests.pipeline.mail_world import MailWorld
from tests.pipeline.test_drafting import Listening, fail, save, written
from tests.pipeline.test_step_templates import OFFERS

SHORT = "Brightpath shows operations teams where their orders wait."


@pytest.mark.parametrize("spoken", OFFERS)
@pytest.mark.parametrize("language", OFFERS)
def test_a_copied_offer_is_found_where_it_is_of_another_language(spoken: str, language: str) -> None:
    offer = OFFERS[spoken]
    found = mixed_language.copied(f"Hi Ada,\n\nin short: {offer} Nothing more.", [offer], language)
    assert bool(found) is (spoken != language)


def test_a_short_offer_is_enough_and_a_translated_one_is_fine() -> None:
    (found,) = mixed_language.copied(f"Guten Tag,\n\nkurz gesagt: {SHORT}", [SHORT], "de-AT")
    assert SHORT in found.sentence and found.field == "body"
    german = "Guten Tag,\n\nBrightpath zeigt Ihnen, wo Aufträge liegen bleiben."
    assert mixed_language.copied(german, [SHORT], "de") == []


def test_nothing_is_said_where_the_language_is_not_plain() -> None:
    names = "Software Brightpath Cloud Packing Suite"
    assert mixed_language.copied(f"Guten Tag, {names}", [names], "de") == []
    assert mixed_language.copied("Guten Tag", ["", " "], "de") == []


async def test_a_german_email_is_written_without_the_english_offer(world: MailWorld) -> None:
    asked = Listening(world.deps.llm)
    world.deps = replace(world.deps, llm=asked)
    lead_id = await world.lead(world.person("silent"), language="de")
    rows = await written(world, await world.enroll(lead_id))
    assert rows[0].body.startswith("Guten Tag ")
    assert not any("We help teams answer" in row.body or "Teams answer twice" in row.body for row in rows)
    assert any("another language than the email" in text for text in asked.texts)
    assert not any(row.template_used for row in rows)


async def test_a_template_of_ours_with_the_english_offer_says_so_on_the_card(world: MailWorld) -> None:
    body = (
        "Guten Tag {{ first_name }},\n\n{{ offer }}\n\n" + "wir helfen Teams, weniger Zeit zu verlieren. " * 8
    )
    await save(world, "introduction", "Hallo {{ company }}", body, language="de")
    fail(world, "server_error", "", status=503)
    lead_id = await world.lead(world.person("silent"), language="de", company="Nord")
    await written(world, await world.enroll(lead_id), attempts=4)
    card = await world.card()
    assert "another language than the email" in card.emails[0].warnings[0]
    (checked,) = await passing.check(world.deps, world.workspace, [card.id])
    assert any(one.why is Why.LINT and "another language" in one.sentence for one in checked.objections)
