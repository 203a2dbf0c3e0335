"""How the steps of some leads' runs ended, what was asked for them, and what the failed ones said: the commonest
reasons of each tool first."""

import re
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import psycopg

from tests.bench.figures import show

MOST_REASONS = 8
# The step's own entry says what was done (`read` a stored page); its tool says only where the page came from.
_STEPS = """
SELECT coalesce(research_data -> 'step' ->> 'tool', tool_used), state, coalesce(research_notes, ''), count(*)
FROM lead_research WHERE workspace_id = ANY(%(ours)s) GROUP BY 1, 2, 3
"""
_CALLS = """
SELECT service, count(*), count(*) FILTER (WHERE endpoint LIKE '%%(called off)'), count(error)
FROM api_usage WHERE workspace_id = ANY(%(ours)s) GROUP BY service ORDER BY service
"""
_HOST = re.compile(r"\b(?!robots\.txt)[\w-]+(\.[\w-]+)+\b")


async def tell_steps(dsn_superuser: str, workspaces: Sequence[UUID], leads: int) -> None:
    """Prints how many steps a lead ended in each state, why steps failed, and the questions asked."""
    ours = {"ours": list(workspaces)}
    async with await psycopg.AsyncConnection.connect(dsn_superuser) as db:
        rows = await (await db.execute(_STEPS, ours)).fetchall()
        calls = await (await db.execute(_CALLS, ours)).fetchall()
    states, reasons = Counter[str](), Counter[tuple[str, str]]()
    for tool, state, notes, steps in rows:
        states[state] += steps
        if state == "failed":
            reasons[tool, _HOST.sub("SITE", notes)] += steps
    told = ", ".join(f"{state} {steps / leads:.2f}" for state, steps in states.most_common())
    show(f"steps a lead, of {leads} leads", told)
    for (tool, reason), steps in reasons.most_common(MOST_REASONS):
        show(f"  failed: {tool}, {steps / leads:.2f} a lead", reason)
    for service, asked, called_off, failed in calls:
        off = f"{called_off / leads:.2f} called off, {failed / leads:.2f} failed"
        show(f"  {service} was asked, a lead", f"{asked / leads:.2f} times: {off}")
