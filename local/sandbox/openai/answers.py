"""Answers in words, composed from what the tools returned and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

from local.sandbox.openai.conversation import Request, Returned
from local.sandbox.openai.memory import as_list, label, parsed
from local.sandbox.openai.plans import Plan
from local.sandbox.openai.readings import actions_for

MOST_ROWS = 10
MOST_BULLETS = 12
EXAMPLES = (
    "Research Kim Lee at Acme, kim@acme.example",
    "How many leads replied this week?",
    "Schedule a follow-up campaign for all replied leads tomorrow at 10am",
    "What should I focus on today?",
    "Remind me tomorrow at 9am to call Kim",
    "Stop all sending",
)
COLUMNS = (
    ("Name", ("name",)),
    ("Title", ("title",)),
    ("Company", ("company",)),
    ("Email", ("email",)),
    ("Status", ("status", "state")),
    ("Score", ("score",)),
    ("Sent", ("sent",)),
    ("Opened", ("opened",)),
    ("Replied", ("replied",)),
    ("Open rate", ("open_rate",)),
    ("Reply rate", ("reply_rate",)),
    ("Due", ("when", "next_execution", "next_at", "run_at", "due", "schedule")),
)  # fmt: skip
LISTS = ("leads", "campaigns", "tasks")
TITLED = {"drafts_waiting": "Drafts waiting for approval", "left_out": "Left out"}
BULLETS = (
    "commands", "insights", "suggestions", "recommendations", "actions", "next", "next_steps", "reasons",
    "gates", "steps", "facts", "examples", "topics", "lines", "patterns", "missing",
)  # fmt: skip
COUNTED = ("numbers", "metrics", "stats", "totals", "counts", "rates")
HIDDEN = {"ok", "summary", "error", "id", "lead_id", "run_id", "campaign_id", "task_id", "approval_id"}
_MARKDOWN = str.maketrans({"|": "\\|", "\n": " "})


def lost() -> Plan:
    """What is said of a sentence nobody foresaw."""
    examples = "\n".join(f"- “{example}”" for example in EXAMPLES)
    return Plan(
        "I'm the sandbox's scripted model, not a real language model: I understand the documented sentences and "
        f"their ordinary variations, and this was none of them. Try one of these:\n\n{examples}\n\n"
        "With `OPENAI_API_KEY` set, a real model takes my place and understands the rest."
    )


def not_offered(tools: list[str]) -> str:
    names = " and ".join(f"`{name}`" for name in tools)
    return f"I understood you, but the tool for that ({names}) isn't offered to me here, so I can't do it."


def from_outputs(request: Request, plan: Plan) -> str:
    """All outputs since the person spoke, in order, each told once; then the plan's advice."""
    outputs = [parsed(turn.output) for turn in request.since if isinstance(turn, Returned)]
    told = list(dict.fromkeys(part for part in map(told_of, outputs) if part))
    went_well = all(output.get("ok", True) for output in outputs)
    if plan.advises and went_well:
        actions = "\n".join(f"{at}. {action}" for at, action in enumerate(actions_for(outputs), start=1))
        told.append(f"What I would do first:\n\n{actions}")
    if plan.closing and went_well:
        told.append(plan.closing)
    return "\n\n".join(told) or "Done."


def told_of(output: dict[str, Any]) -> str:
    if not output.get("ok", True):
        return f"That didn't work: {str(output.get('error') or 'no reason was given').strip()}"
    parts = [_summary(output.get("summary"))]
    parts += [_table(as_list(output.get(name))) for name in LISTS]
    parts += [_bullets(_untold(as_list(output.get(name)), parts[0])) for name in BULLETS]
    parts += [
        f"**{title}**\n{_bullets(items)}"
        for name, title in TITLED.items()
        if (items := as_list(output.get(name)))
    ]
    parts.append(_numbers(output))
    return "\n\n".join(part for part in parts if part)


def _summary(summary: Any) -> str:
    if isinstance(summary, dict):
        return ", ".join(
            f"{_words(key)}: {value}" for key, value in summary.items() if not isinstance(value, dict | list)
        )
    return str(summary or "").strip()


def _table(rows: list[Any]) -> str:
    """A Markdown table of the columns that any row fills."""
    rows = [row if isinstance(row, dict) else {"name": row} for row in rows]
    if not rows:
        return ""
    if all("name" not in row for row in rows):
        return _bullets(rows)
    used = [(head, keys) for head, keys in COLUMNS if any(_cell(row, keys) for row in rows)]
    lines = [_line(head for head, _ in used), _line("---" for _ in used)]
    lines += [_line(_cell(row, keys) for _, keys in used) for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f"\n… and {len(rows) - MOST_ROWS} more.")
    return "\n".join(lines)


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: dict[str, Any], keys: tuple[str, ...]) -> str:
    value = next((row[key] for key in keys if row.get(key) is not None), "")
    return _shown(value, keys[0]).translate(_MARKDOWN)


def _bullets(items: list[Any]) -> str:
    lines = [f"- {_item(item)}" for item in items[:MOST_BULLETS] if item]
    if len(items) > MOST_BULLETS:
        lines.append(f"- … and {len(items) - MOST_BULLETS} more")
    return "\n".join(lines)


def _untold(items: list[Any], summary: str) -> list[Any]:
    """Without what the summary says already."""
    return [item for item in items if not (isinstance(item, str) and item in summary)]


def _item(item: Any) -> str:
    if not isinstance(item, dict):
        return " ".join(str(item).split())
    if item.get("field") and item.get("value"):
        source = f" ({item['url']})" if item.get("url") else ""
        return f"{_words(str(item['field'])).capitalize()}: {item['value']}{source}"
    lead = next(
        (
            str(item[key])
            for key in ("description", "name", "title", "sentence", "text", "tool", "summary")
            if item.get(key)
        ),
        "",
    )
    rest = [
        f"{_words(key)}: {_shown(value, key)}"
        for key, value in item.items()
        if key not in HIDDEN and _is_plain(value) and str(value) != lead
    ]
    return " ".join(f"{lead} ({', '.join(rest)})".split()) if lead and rest else lead or ", ".join(rest)


def _numbers(output: dict[str, Any]) -> str:
    """What a result counts: what is not nothing."""
    counted = [
        (key, value)
        for name in COUNTED
        if isinstance(output.get(name), dict)
        for key, value in output[name].items()
        if _is_number(value) and value
    ]
    return "\n".join(
        f"- {_words(key).capitalize()}: **{_shown(value, key)}**" for key, value in counted[:MOST_BULLETS]
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip() != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any, key: str) -> str:
    if isinstance(value, float) and re.search(r"rate|share", key):
        return f"{value * 100 if value <= 1 else value:.1f} %"
    return " ".join((label(value) if isinstance(value, dict) else str(value)).split())


def _words(key: str) -> str:
    return key.replace("_", " ")
