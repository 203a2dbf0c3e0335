"""Experiments: beginning one, how it stands, and ending it."""

from pydantic import BaseModel, Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.models.experiment import Experiment
from db.queries import experiment as experiments
from db.types import Effect, ExperimentDimension, ExperimentState
from pipeline.errors import UserError
from pipeline.jobs import arms as known_arms
from pipeline.rules import experiment
from pipeline.rules.experiment import BASELINE, LONGEST_ARM, MOST_ARMS, TARGET, Design, Report

MOST_LEADS = 100_000  # an arm; no workspace writes to more in reason
NONE_YET = "There has been no experiment yet. Say “Compare OpenAI with Gemini” to begin one."
NO_GEMINI = "Gemini isn't connected: set GOOGLE_AI_API_KEY, and `/leads doctor` tells you whether it works."


class StartExperiment(Arguments):
    dimension: ExperimentDimension = Field(description="what differs between the arms")
    arms: list[str] | None = Field(
        description="model: openai, gemini; prompt: versions, as “1” and “2”; approach: one sentence each"
    )
    name: str | None
    expected_reply_percent: float | None = Field(description="null: 3.43, the average of cold email")
    worth_seeing_percent: float | None = Field(description="the rate that would matter; null: twice that")


class Started(Result):
    experiment_id: str
    needed_per_arm: int


@tool(effect=Effect.WRITE, label="Beginning an experiment with {dimension}")
async def start_experiment(ctx: ToolContext, args: StartExperiment) -> Started:
    """Begin an A/B test: leads whose emails are written from now on get one of the arms, each lead always the same.
    One experiment runs at a time. Replies of people decide; nobody is sent anything without approval."""
    design = _design(ctx, args)
    labels = [experiment.label(design.dimension, arm) for arm in design.arms]
    name = (args.name or " / ".join(labels)).strip()[:120]
    made = await experiments.create(
        ctx.tx.session,
        ctx.workspace_id,
        name=name,
        dimension=design.dimension,
        arms=design.arms,
        baseline=design.baseline,
        target=design.target,
        created_by=ctx.user_id,
        now=ctx.now,
    )
    if made is None:
        running = await experiments.running(ctx.tx.session, ctx.workspace_id)
        named = f"“{running.name}” runs" if running else "Another experiment runs"
        raise UserError(
            f"{named}, and two at once would blur each other. End it first: “End the experiment”."
        )
    await ctx.record("experiment.started", "experiment", made, {"name": name, "arms": list(design.arms)})
    said = (
        f"Experiment “{name}” runs: leads that I write to from now on get {' or '.join(labels)}, by lot. "
        f"It needs {design.needed} leads an arm ({design.aim}); before that I name no winner."
    )
    return Started(summary=said, experiment_id=str(made), needed_per_arm=design.needed)


def _design(ctx: ToolContext, args: StartExperiment) -> Design:
    baseline, target = _rates(args)
    arms = tuple(_ARMS[args.dimension](ctx, args.arms))
    if len(set(arms)) != len(arms) or not 2 <= len(arms) <= MOST_ARMS:
        raise UserError(f"An experiment compares two to {MOST_ARMS} different arms.")
    design = Design(args.dimension, arms, baseline, target)
    if design.needed > MOST_LEADS:
        raise UserError(
            f"{design.aim.capitalize()} takes {design.needed:,} leads an arm. Choose a bigger difference."
        )
    return design


def _rates(args: StartExperiment) -> tuple[float, float]:
    baseline = BASELINE if args.expected_reply_percent is None else args.expected_reply_percent / 100
    usual = min(baseline * TARGET / BASELINE, (1 + baseline) / 2)
    target = usual if args.worth_seeing_percent is None else args.worth_seeing_percent / 100
    if not 0 < baseline < target < 1:
        raise UserError(
            "Reply rates lie between 0 and 100 %, and the one worth seeing above the expected one."
        )
    return baseline, target


def _models(ctx: ToolContext, given: list[str] | None) -> list[str]:
    names = {"gpt": "openai", ctx.deps.settings.openai_model.casefold(): "openai", "google": "gemini"}
    names |= {ctx.deps.settings.gemini_model.casefold(): "gemini"} | {one: one for one in experiment.MODELS}
    wanted = [" ".join(one.split()).casefold() for one in given or experiment.MODELS]
    if unknown := [one for one in wanted if one not in names]:
        raise UserError(f"I can compare OpenAI and Gemini, and don't know “{unknown[0][:60]}”.")
    if ctx.deps.gemini is None:
        raise UserError(NO_GEMINI)
    return [names[one] for one in wanted]


def _prompts(ctx: ToolContext, given: list[str] | None) -> list[str]:
    known = list(known_arms.prompt_versions())
    wanted = [one.strip() for one in given] if given else known[:MOST_ARMS]
    if unknown := [one for one in wanted if one not in known]:
        raise UserError(f"There is no prompt “{unknown[0][:60]}”. I have {', '.join(known)}.")
    return wanted


def _approaches(ctx: ToolContext, given: list[str] | None) -> list[str]:
    wanted = [" ".join(one.split()) for one in given or []]
    if not wanted or not all(wanted):
        raise UserError(
            "Which approaches? Say each in a sentence: “Test “ask about hiring” against “offer a demo””."
        )
    if any(len(one) > LONGEST_ARM for one in wanted):
        raise UserError(f"An approach has at most {LONGEST_ARM} characters.")
    return wanted


_ARMS = {
    ExperimentDimension.MODEL: _models,
    ExperimentDimension.PROMPT: _prompts,
    ExperimentDimension.APPROACH: _approaches,
}


class WhichExperiment(Arguments):
    experiment: str | None = Field(description="words of its name; null: the one that runs, else the last")


class ArmLine(BaseModel):
    name: str
    leads: int
    replied: int
    reply_rate: str
    positive: int
    opened: int
    models: list[str]


class Results(Result):
    finding: str
    needed_per_arm: int
    arms: list[ArmLine]


@tool(effect=Effect.READ, label="Counting the experiment's replies")
async def experiment_results(ctx: ToolContext, args: WhichExperiment) -> Results:
    """How an experiment stands: replies by arm with 95 % intervals, and the verdict. “Not enough data” is an answer:
    name no winner then, whatever the rates look like."""
    return _results(await report_of(ctx, await chosen(ctx, args.experiment)))


@tool(effect=Effect.WRITE, label="Ending the experiment")
async def end_experiment(ctx: ToolContext, args: WhichExperiment) -> Results:
    """End the experiment. Sequences that were begun keep their arm; new ones are written as usual."""
    return _results(await end(ctx, await chosen(ctx, args.experiment)))


async def chosen(ctx: ToolContext, named: str | None) -> Experiment:
    found = await experiments.newest(ctx.tx.session, ctx.workspace_id, named=named)
    if found is None:
        raise UserError(f"No experiment's name holds “{named[:60]}”." if named else NONE_YET)
    return found


async def end(ctx: ToolContext, found: Experiment) -> Report:
    """Raises UserError where it has ended before."""
    if not await experiments.end(ctx.tx.session, ctx.workspace_id, found.id, now=ctx.now):
        raise UserError(f"“{found.name}” has ended already.")
    await ctx.record("experiment.ended", "experiment", found.id)
    return await report_of(ctx, found, ended=True)


async def report_of(ctx: ToolContext, found: Experiment, *, ended: bool = False) -> Report:
    counts = await experiments.results(ctx.tx.session, ctx.workspace_id, found.id)
    design = Design(ExperimentDimension(found.dimension), tuple(found.arms), found.baseline, found.target)
    is_over = ended or found.state == ExperimentState.ENDED
    return experiment.report(found.id, found.name, design, counts, ended=is_over)


def _results(report: Report) -> Results:
    state = "has ended" if report.ended else "runs"
    said = [f"Experiment “{report.name}” {state}. {report.verdict.sentence}"]
    said += [
        f"{experiment.label(report.design.dimension, one.arm)}: {one.replied} of {counted(one.leads, 'lead')} replied, "
        f"{experiment.rate(one)}."
        for one in report.arms
        if one.leads
    ]
    return Results(
        summary=" ".join([*said, experiment.stand_ins(report.arms)]).strip(),
        finding=report.verdict.finding,
        needed_per_arm=report.design.needed,
        arms=[
            ArmLine(
                name=experiment.label(report.design.dimension, one.arm),
                leads=one.leads,
                replied=one.replied,
                reply_rate=experiment.rate(one),
                positive=one.positive,
                opened=one.opened,
                models=list(one.models),
            )
            for one in report.arms
        ],
    )
