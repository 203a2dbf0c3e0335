"""Numbers: the morning briefing and `/leads stats`, with change, a chart, and things to do as buttons."""

from collections.abc import Callable, Sequence

from bot.views.blocks import Block, Rendered, actions, button, context, escape, fields, header, section, table
from db.cards import Briefing, DayCount, Numbers
from pipeline.rules.stats import accuracy_in_words

BARS = " ▁▂▃▄▅▆▇█"


def change(now: int, before: int) -> str:
    """The difference to the span before, in words a glance can read."""
    if now == before:
        return "="
    return f"▲ {now - before}" if now > before else f"▼ {before - now}"


def percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def sparkline(values: Sequence[int]) -> str:
    top = max(values, default=0)
    return "".join(BARS[0] if not top else BARS[round(value / top * (len(BARS) - 1))] for value in values)


def briefing_card(briefing: Briefing) -> Rendered:
    part = "morning" if briefing.hour < 12 else "afternoon" if briefing.hour < 18 else "evening"
    title = f"Good {part}! Here's your lead generation update"
    blocks: list[Block] = [
        header(title),
        context(f"{briefing.day:%A, %d %B %Y} · {escape(briefing.timezone)}"),
    ]
    if not briefing.total_leads:
        blocks.append(section(
            "There are no leads yet. Write to me, for example: `Research Maria Silva at Acme, maria@acme.example`"
        ))  # fmt: skip
        return Rendered(title, blocks)
    blocks.append(fields(_pairs(briefing.today, briefing.before)))
    blocks.append(section(chart(briefing.days)))
    if briefing.insights:
        blocks.append(section("\n".join(f"• {escape(insight)}" for insight in briefing.insights[:4])))
    if briefing.suggestions:
        blocks.append(section("*To do today*"))
        blocks.append(
            actions(
                [
                    button(todo.label, f"{todo.action}:{n}", todo.value)
                    for n, todo in enumerate(briefing.suggestions[:3])
                ]
            )
        )
    return Rendered(title, blocks)


def _pairs(numbers: Numbers, before: Numbers) -> list[tuple[str, str]]:
    def row(label: str, now: int, then: int) -> tuple[str, str]:
        return label, f"{now}  ({change(now, then)})"

    return [
        row(f"Sent {numbers.label}", numbers.sent, before.sent),
        row("Replies", numbers.replied, before.replied),
        row("New leads", numbers.leads_added, before.leads_added),
        row("Qualified", numbers.qualified, before.qualified),
        ("Open rate", percent(numbers.rate(numbers.opened))),
        ("Reply rate", percent(numbers.rate(numbers.replied))),
        ("Drafts waiting", str(numbers.drafts_waiting)),
        ("Cost", f"{numbers.cents:.1f} ¢"),
    ]


def chart(days: Sequence[DayCount]) -> str:
    """Two rows of bars over the last days, with their scale in words."""
    if not days:
        return "_No emails yet._"
    sent, replied = [day.sent for day in days], [day.replied for day in days]
    span = f"{days[0].day:%d %b} – {days[-1].day:%d %b}"
    return (
        f"*{span}*\n```\nsent    {sparkline(sent)}  {sum(sent)} in all, at most {max(sent)} a day\n"
        f"replies {sparkline(replied)}  {sum(replied)} in all\n```"
    )


def stats_card(
    spans: Sequence[Numbers], by_status: dict[str, int], fit: tuple[int, int] = (0, 0)
) -> Rendered:
    """Counts for several spans side by side, equal to a recount of the tables. `fit`: verdicts on leads that people
    agreed with, of how many they judged."""
    total = sum(by_status.values())
    head = ["", *(span.label for span in spans)]
    rows = [[label, *(show(span) for span in spans)] for label, show in _ROWS]
    statuses = " · ".join(f"{name} {count}" for name, count in by_status.items() if count)
    return Rendered(
        f"Numbers of {total} lead{'s' if total != 1 else ''}",
        [
            header("Numbers"),
            context(f"{total} lead{'s' if total != 1 else ''}: {statuses}"),
            table(head, rows),
            context(accuracy_in_words(*fit)),
        ],
    )


_ROWS: tuple[tuple[str, Callable[[Numbers], str]], ...] = (
    ("Leads added", lambda n: str(n.leads_added)),
    ("Researched", lambda n: str(n.researched)),
    ("Qualified", lambda n: str(n.qualified)),
    ("Emails sent", lambda n: str(n.sent)),
    ("Open rate", lambda n: percent(n.rate(n.opened))),
    ("Click rate", lambda n: percent(n.rate(n.clicked))),
    ("Reply rate", lambda n: percent(n.rate(n.replied))),
    ("Bounce rate", lambda n: percent(n.rate(n.bounced))),
    ("Unsubscribe rate", lambda n: percent(n.rate(n.unsubscribed))),
    ("Cost", lambda n: f"{n.cents:.1f} ¢"),
)
