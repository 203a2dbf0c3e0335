"""An experiment's card: a row for each arm, its interval as a bar, and the verdict."""

from collections.abc import Sequence

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    confirm,
    context,
    counted,
    escape,
    section,
)
from db.cards import ArmCounts
from pipeline.rules import experiment
from pipeline.rules.experiment import Report
from pipeline.rules.stats import wilson

WIDTH = 24  # characters of a bar
WHAT_COUNTS = (
    "Counted: replies written by people, once a lead; not automatic answers, and not leads whose address bounced. "
    "The bar is the 95 % interval, the dot the rate."
)
OPENS = "Opens say little: many mail programs load pictures by themselves, others never do."


def experiment_card(report: Report) -> Rendered:
    state = "has ended" if report.ended else "runs"
    title = f"Experiment “{report.name}” {state}"
    blocks: list[Block] = [
        section(f"*{escape(title)}*\n{escape(report.verdict.sentence)}"),
        section(f"```{escape(_table(report))}```"),
        context(_secondary(report), *_left_out(report.arms), WHAT_COUNTS),
    ]
    if not report.ended:
        blocks.append(_end(report))
    return Rendered(f"{title}. {report.verdict.sentence}", blocks)


def _end(report: Report) -> Block:
    asked = confirm(
        "End the experiment?",
        "Sequences that were begun keep their arm; new ones are written as usual. It can't be taken up again.",
        "End it",
    )
    return actions(
        [button("End", Action.EXPERIMENT_END, str(report.experiment_id), style="danger", confirm=asked)]
    )


def _table(report: Report) -> str:
    """Two lines an arm: its name, and its bar with the numbers. All bars share one scale."""
    most = max((wilson(one.replied, one.leads)[1] for one in report.arms if one.leads), default=1.0)
    lines = [
        f"{_named(report, one)}\n"
        f"{bar(one, most)}  {experiment.rate(one)}, {one.replied} of {counted(one.leads, 'lead')}"
        for one in report.arms
    ]
    return "\n".join(lines)


def _named(report: Report, one: ArmCounts) -> str:
    """In a code block, which a back-quote would end."""
    return clip(experiment.label(report.design.dimension, one.arm).replace("`", "'"), 64)


def bar(one: ArmCounts, most: float) -> str:
    """The interval from 0 to `most`, `WIDTH` characters; only dots where nothing was counted."""
    if not one.leads:
        return "·" * WIDTH
    low, high = wilson(one.replied, one.leads)
    first, dot, last = (_place(share, most) for share in (low, one.replied / one.leads, high))
    return "".join("●" if at == dot else "━" if first <= at <= last else "·" for at in range(WIDTH))


def _place(share: float, most: float) -> int:
    return min(WIDTH - 1, round(share / most * (WIDTH - 1))) if most else 0


def _secondary(report: Report) -> str:
    counts = "; ".join(
        f"{escape(experiment.label(report.design.dimension, one.arm))}{_written_by(one)} "
        f"{one.positive} interested, {one.opened} opened"
        for one in report.arms
    )
    return f"{counts}. {OPENS}"


def _written_by(one: ArmCounts) -> str:
    return f" ({escape(', '.join(one.models[:3]))})" if one.models else ""


def _left_out(arms: Sequence[ArmCounts]) -> list[str]:
    said = experiment.stand_ins(arms)
    return [said] if said else []


def no_experiment() -> Rendered:
    said = "No experiment has run yet."
    how = "One compares models, prompts or approaches on the replies they bring, each lead by lot."
    return Rendered(
        said,
        [
            section(f"*{said}* {how}"),
            actions(
                [button("Compare OpenAI with Gemini", f"{Action.PROMPT}:0", "Compare OpenAI with Gemini")]
            ),
        ],
    )
