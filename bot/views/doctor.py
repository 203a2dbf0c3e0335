"""What the doctor found, the problems first."""

from collections.abc import Sequence

from bot.views.blocks import Block, Rendered, context, counted, escape, section, whole_lines
from pipeline.doctor.finding import Finding, State

SIGN = {State.PROBLEM: "🔴", State.NOTE: "🟡", State.OK: "🟢"}
MOST_PROBLEMS = 20


def findings_card(findings: Sequence[Finding]) -> Rendered:
    problems = [one for one in findings if one.state is State.PROBLEM]
    rest = [one for one in findings if one.state is not State.PROBLEM]
    title = f"{counted(len(problems), 'problem')} found" if problems else "All is well"
    blocks: list[Block] = [section(f"*{title}*")]
    for one in problems[:MOST_PROBLEMS]:
        blocks.append(section(_line(one)))
        if todo := whole_lines((escape(line) for line in one.todo.splitlines()), 1900):
            blocks.append(context(todo))
    if rest:
        blocks.append(section(whole_lines(_line(one) for one in rest)))
    blocks.append(
        context("Nothing was changed, and no mail was sent. `make doctor` says the same on the machine.")
    )
    return Rendered(title, blocks)


def _line(finding: Finding) -> str:
    return f"{SIGN[finding.state]} *{escape(finding.what[:80])}* {escape(finding.text[:400])}"
