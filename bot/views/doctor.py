"""What the doctor found, the problems first."""

from collections.abc import Sequence

from bot.views.blocks import Block, Rendered, context, counted, escape, section, whole_lines
from pipeline.doctor.finding import Finding, State

SIGN = {State.PROBLEM: "🔴", State.NOTE: "🟡", State.OK: "🟢"}


def findings_card(findings: Sequence[Finding]) -> Rendered:
    problems = [one for one in findings if one.state is State.PROBLEM]
    rest = [one for one in findings if one.state is not State.PROBLEM]
    title = f"{counted(len(problems), 'problem')} found" if problems else "All is well"
    blocks: list[Block] = [section(f"*{title}*")]
    blocks += [
        section(_line(one) + (f"\n{escape(one.todo[:1500])}" if one.todo else "")) for one in problems[:40]
    ]
    if rest:
        blocks.append(section(whole_lines(_line(one) for one in rest)))
    blocks.append(
        context("Nothing was changed, and no mail was sent. `make doctor` says the same on the machine.")
    )
    return Rendered(title, blocks)


def _line(finding: Finding) -> str:
    return f"{SIGN[finding.state]} *{escape(finding.what)}* {escape(finding.text[:500])}"
