"""Experiments from Slack: begun and ended by a sentence, shown as a card that promises nothing too early."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.action_ids import Action
from bot.tools.experiments import NO_GEMINI, NONE_YET
from bot.views.experiments import WIDTH, bar, experiment_card, no_experiment
from db.cards import ArmCounts
from db.models.experiment import Experiment
from db.types import ExperimentDimension
from pipeline.jobs import arms
from pipeline.rules.experiment import Design, Report, report
from tests.bot import hostile
from tests.bot.conftest import make_turn
from tests.bot.test_listeners import Desk as Page
from tests.bot.test_listeners import desk as page
from tests.bot.test_views import assert_taken
from tests.bot.tool_desk import Desk, desk

assert desk and page  # fixtures

APPROACHES = {"dimension": "approach", "arms": ["ask about hiring", "offer a demo"]}


@pytest.fixture
def connected(desk: Desk) -> Desk:
    """With another model."""
    desk.deps = replace(desk.deps, gemini=desk.deps.llm)
    return desk


async def test_openai_is_compared_with_gemini(connected: Desk) -> None:
    made = await connected.call("start_experiment", dimension="model")
    assert made["ok"] and made["needed_per_arm"] == 650
    assert "OpenAI or Gemini, by lot" in made["summary"] and "650 leads an arm" in made["summary"]
    seen = await connected.call("experiment_results")
    assert seen["finding"] == "not_enough_data" and "0 of 650 leads an arm" in seen["summary"]
    assert [arm["name"] for arm in seen["arms"]] == ["OpenAI", "Gemini"]
    assert {arm["reply_rate"] for arm in seen["arms"]} == {"no leads yet"}


@pytest.mark.parametrize("arms", [["GPT", "Google"], ["gpt-5.5", "gemini-2.5-pro"], [" OpenAI ", "Gemini"]])
async def test_models_are_known_by_their_names(connected: Desk, arms: list[str]) -> None:
    made = await connected.call("start_experiment", dimension="model", arms=arms)
    assert made["ok"], made
    assert "OpenAI or Gemini" in made["summary"]


async def test_without_gemini_there_is_nothing_to_compare(desk: Desk) -> None:
    refused = await desk.call("start_experiment", dimension="model")
    assert refused["error"] == NO_GEMINI and await desk.count(Experiment) == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dimension": "model", "arms": ["openai", "llama"]}, "don't know “llama”"),
        ({"dimension": "model", "arms": ["openai", "gpt"]}, "two to 5 different arms"),
        ({"dimension": "model", "arms": ["openai"]}, "two to 5 different arms"),
        ({"dimension": "prompt", "arms": [arms.MAIN_PROMPT, "99"]}, "no prompt “99”"),
        ({"dimension": "prompt", "arms": ["1", "../judge_email"]}, "no prompt"),
        ({"dimension": "approach"}, "Which approaches?"),
        ({"dimension": "approach", "arms": ["a", " "]}, "Which approaches?"),
        ({"dimension": "approach", "arms": ["a", "a"]}, "different arms"),
        ({"dimension": "approach", "arms": [str(n) for n in range(6)]}, "two to 5"),
        ({"dimension": "approach", "arms": ["a", "x" * 301]}, "at most 300 characters"),
        ({**APPROACHES, "expected_reply_percent": 0}, "between 0 and 100"),
        ({**APPROACHES, "expected_reply_percent": 5, "worth_seeing_percent": 5}, "above the expected"),
        ({**APPROACHES, "expected_reply_percent": 150}, "between 0 and 100"),
        ({**APPROACHES, "expected_reply_percent": 3, "worth_seeing_percent": 3.01}, "bigger difference"),
    ],
)
async def test_what_can_not_be_compared_is_said(connected: Desk, wrong: dict[str, Any], says: str) -> None:
    refused = await connected.call("start_experiment", **wrong)
    assert not refused["ok"] and says in refused["error"], refused
    assert await connected.count(Experiment) == 0


@pytest.mark.parametrize(("expected", "worth", "needed"), [(3.43, 5, 2570), (3.43, 10, 227), (60, None, 81)])
async def test_how_many_leads_follows_what_is_worth_seeing(
    desk: Desk, expected: float, worth: float | None, needed: int
) -> None:
    rates = {"expected_reply_percent": expected, "worth_seeing_percent": worth}
    assert (await desk.call("start_experiment", **APPROACHES, **rates))["needed_per_arm"] == needed


async def test_a_second_one_waits_for_the_end_of_the_first(desk: Desk) -> None:
    assert (await desk.call("experiment_results"))["error"] == NONE_YET
    assert not (await desk.call("end_experiment"))["ok"]
    await desk.call("start_experiment", **APPROACHES, name="Openings")
    refused = await desk.call("start_experiment", **APPROACHES)
    assert "“Openings” runs" in refused["error"]
    ended = await desk.call("end_experiment", experiment="opening")
    assert ended["ok"] and "it ended at 0 of 650" in ended["summary"]
    assert "has ended already" in (await desk.call("end_experiment"))["error"]
    assert "No experiment's name holds" in (await desk.call("end_experiment", experiment="x"))["error"]
    assert (await desk.call("start_experiment", dimension="prompt"))["ok"]


def shown(*arms: ArmCounts, ended: bool = False, name: str = "Models") -> Report:
    design = Design(ExperimentDimension.MODEL, tuple(one.arm for one in arms), baseline=0.0343, target=0.0686)
    return report(uuid.UUID(int=1), name, design, {one.arm: one for one in arms}, ended=ended)


def test_the_card_shows_intervals_on_one_scale_and_the_button() -> None:
    card = experiment_card(
        shown(
            ArmCounts("openai", 1000, 34, 10, 400, 2, ("gpt-5.5",)),
            ArmCounts("gemini", 1000, 61, 30, 390, 1, ("gemini-2.5-pro",)),
        )
    )
    assert_taken(card)
    text = str(card.blocks)
    assert "Gemini is better: 6.1 % (4.8–7.8) against 3.4 % (2.4–4.7)." in text
    assert "3 written by a stand-in" in text and "Opens say little" in text and "(gpt-5.5)" in text
    bars = [line for line in text.split("\\n") if "●" in line]
    assert len(bars) == 2 and bars[0].index("●") < bars[1].index("●")
    assert card.blocks[-1]["elements"][0]["action_id"] == Action.EXPERIMENT_END
    assert "End" not in str(experiment_card(shown(ArmCounts("a"), ArmCounts("b"), ended=True)).blocks[-1])


counted = st.integers(0, 5000).flatmap(
    lambda leads: st.builds(
        ArmCounts,
        hostile.TEXTS,
        st.just(leads),
        st.integers(0, leads),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 9),
        st.lists(hostile.TEXTS, max_size=4).map(tuple),
    )
)


@given(st.lists(counted, min_size=2, max_size=5, unique_by=lambda one: one.arm), hostile.TEXTS, st.booleans())
def test_slack_takes_the_card_whatever_the_names_are(arms: list[ArmCounts], name: str, ended: bool) -> None:
    design = Design(ExperimentDimension.APPROACH, tuple(one.arm for one in arms), 0.03, 0.06)
    card = experiment_card(
        report(uuid.UUID(int=1), name, design, {one.arm: one for one in arms}, ended=ended)
    )
    assert_taken(card)
    table = card.blocks[1]["text"]["text"]
    assert table.startswith("```") and table.endswith("```") and table.count("`") == 6


@given(counted, st.floats(0.01, 1))
def test_a_bar_has_one_width_and_at_most_one_dot(one: ArmCounts, most: float) -> None:
    drawn = bar(one, most)
    assert len(drawn) == WIDTH and drawn.count("●") == (1 if one.leads else 0)


def test_where_none_has_run_the_way_in_is_shown() -> None:
    assert_taken(no_experiment())


async def test_the_command_shows_the_running_one_and_its_button_ends_it(page: Page) -> None:
    (none,) = await page.command("experiment")
    assert "No experiment has run yet" in none["text"]
    ours = await page.workspace()
    tools = Desk(page.web.web.deps, ours, await make_turn(page.database, ours, page.web.web.deps.clock))
    started = await tools.call("start_experiment", **APPROACHES, name="Openings")
    (card,) = await page.command("experiment")
    assert "“Openings” runs" in card["text"] and "Not enough data: 0 of 650" in card["text"]
    assert "No experiment's name holds" in (await page.command("experiment nothing"))[0]["text"]
    (ended,) = await page.press(Action.EXPERIMENT_END.value, started["experiment_id"])
    assert "“Openings” has ended" in ended["text"]
    (again,) = await page.press(Action.EXPERIMENT_END.value, started["experiment_id"])
    assert "has ended already" in again["text"]
    for gone in (str(uuid.uuid4()), "nonsense"):
        assert "not there any more" in (await page.press(Action.EXPERIMENT_END.value, gone))[0]["text"]
