"""The arm of a sequence: given when its first email is about to be written, kept for all five and for rewrites.

The judge is the main model in every arm, so that no arm grades itself.
"""

import re
from dataclasses import dataclass

from db.models.campaign import Campaign, Enrollment
from db.models.experiment import Experiment
from db.queries import experiment as experiments
from db.session import Tx
from db.types import EnrollmentId, ExperimentDimension
from pipeline.clients.llm import ArmWriter
from pipeline.deps import Deps
from pipeline.jobs.prompt import FOLDER, Prompt, prompt
from pipeline.rules import experiment
from pipeline.rules.step_templates_own import asks_for_templates

MAIN_PROMPT = prompt("write_email").number
MAIN_MARK = "{main}"  # where a version's file takes the main prompt in, so that it says only what differs
_VERSIONED = re.compile(r"write_email\.([\w-]{1,20})\.md")


@dataclass(frozen=True, slots=True)
class Arm:
    dimension: ExperimentDimension
    value: str  # openai or gemini; a prompt's version; an approach


@dataclass(frozen=True)
class Hand:
    """Who writes a sequence, by which prompt, with which approach (None: the campaign's)."""

    writer: ArmWriter
    prompt: Prompt
    approach: str | None
    is_arm: bool

    @property
    def stood_in(self) -> bool:
        return self.is_arm and self.writer.stood_in


def prompt_versions() -> dict[str, Prompt]:
    """The prompts an email can be written by: the main one by its number, the others by what their files are
    called."""
    main = prompt("write_email")
    others = [match for path in FOLDER.iterdir() if (match := _VERSIONED.fullmatch(path.name))]
    found = {match[1]: prompt(f"write_email.{match[1]}") for match in sorted(others, key=lambda one: one[1])}
    return {MAIN_PROMPT: main} | {name: _whole(one, main) for name, one in found.items()}


def _whole(one: Prompt, main: Prompt) -> Prompt:
    """With the main prompt where it is taken in; both numbers say then what was read."""
    if MAIN_MARK not in one.text:
        return one
    return Prompt(one.text.replace(MAIN_MARK, main.text), f"{one.version}+{main.number}")


async def join(tx: Tx, enrollment: Enrollment, campaign: Campaign) -> Arm | None:
    """The sequence's arm: the one it has; else, where an experiment runs and nothing is written yet, its new one.
    Templates are the same in every arm: a campaign that asks for them takes part only if approaches are compared."""
    if enrollment.experiment_id is not None and enrollment.arm is not None:
        ran = await experiments.by_id(tx.session, tx.workspace_id, enrollment.experiment_id)
        return _arm(ran, enrollment.arm) if ran else None
    running = await experiments.running(tx.session, tx.workspace_id)
    if running is None:
        return None
    if running.dimension != ExperimentDimension.APPROACH and asks_for_templates(campaign.approach):
        return None
    chosen = experiment.arm_of(running.id, enrollment.lead_id, running.arms)
    given = await experiments.assign(
        tx.session, tx.workspace_id, EnrollmentId(enrollment.id), experiment_id=running.id, arm=chosen
    )
    return _arm(running, chosen) if given else None


def _arm(of: Experiment, value: str) -> Arm:
    return Arm(ExperimentDimension(of.dimension), value)


def hand(deps: Deps, arm: Arm | None, *, stood_in: bool) -> Hand:
    """`stood_in`: something else has written a part of the sequence already, and goes on."""
    is_gemini = arm == Arm(ExperimentDimension.MODEL, "gemini")
    asked, fallback = deps.settings.openai_model, deps.settings.openai_fallback_model

    def is_main(model: str) -> bool:
        return experiment.same_model(asked, model) or not experiment.same_model(fallback, model)

    writer = (
        ArmWriter(deps.gemini, deps.llm, stood_in=stood_in)
        if is_gemini
        else ArmWriter(deps.llm, None, is_own=is_main, stood_in=stood_in)
    )
    chosen, is_missing = _prompt(arm)
    writer.stood_in |= is_missing
    approach = arm.value if arm and arm.dimension is ExperimentDimension.APPROACH else None
    return Hand(writer, chosen, approach, arm is not None)


def _prompt(arm: Arm | None) -> tuple[Prompt, bool]:
    """And whether it is the main one since the arm's own is gone."""
    known = prompt_versions()
    wanted = arm.value if arm and arm.dimension is ExperimentDimension.PROMPT else MAIN_PROMPT
    return known.get(wanted, known[MAIN_PROMPT]), wanted not in known
