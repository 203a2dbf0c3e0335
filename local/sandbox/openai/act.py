"""Plans for commands: research, adding, campaigns, sending, reminders, memory."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

from local.sandbox.openai.campaigns import people_named
from local.sandbox.openai.memory import REFERRING
from local.sandbox.openai.people import Named, named, people
from local.sandbox.openai.phrases import count, depth, time_words, without_depth, without_time
from local.sandbox.openai.plans import Plan, Sentence, Step

Match = re.Match[str]
MOST_AT_ONCE = 10  # calls in one go


def research(said: Sentence, match: Match) -> Plan | None:
    """Somebody by name, several, or "them"."""
    how = depth(said.text)
    words = without_depth(match["who"]) if "\n" not in match["who"] else match["who"]
    if REFERRING.search(words) and not named(words).email:
        chosen = said.memory.chosen(words)[:MOST_AT_ONCE]
        if not chosen:
            return Plan("Whom shall I research? Name somebody: “Research Kim Lee at Acme, kim@acme.example”.")
        steps = tuple(_research(lead, None, how) for lead in chosen)
        return Plan(_begins(len(steps)), steps)
    found = people(words)[:MOST_AT_ONCE]
    steps = tuple(_research(None, person, how) for person in found)
    return Plan(_begins(len(steps), found[0].name), steps) if steps else None


def _begins(number: int, name: str | None = None) -> str:
    if number > 1:
        return f"On it: I'll research these {number} leads."
    return f"On it. I'll research {name} now." if name else "On it. I'll begin now."


def _research(lead: str | None, person: Named | None, how: str) -> Step:
    """A lead of ours by what identifies it; a person with what was said of them."""
    arguments: dict[str, object] = {"lead": lead, "research_depth": how}
    if person is not None and person.is_bare:
        whole = person.name and " " in person.name
        arguments |= {"name": person.name} if whole else {"lead": person.email or person.name}
    elif person is not None:
        arguments |= {"name": person.name, "company": person.company, "email": person.email}
    return Step("research_lead", arguments)


_MORE = re.compile(r"\b(?:more than|over|above)\s+(\d+)\s+(?:people|employees|staff)", re.IGNORECASE)
_LEAST = re.compile(
    r"\b(?:at least|min(?:imum)?(?: of)?)\s+(\d+)\s+(?:people|employees|staff)", re.IGNORECASE
)
_FEWER = re.compile(
    r"\b(?:less than|fewer than|under|below)\s+(\d+)\s+(?:people|employees|staff)", re.IGNORECASE
)
_MOST = re.compile(
    r"\b(?:at most|up to|max(?:imum)?(?: of)?)\s+(\d+)\s+(?:people|employees|staff)", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\b(?:with|of)\s+(\d+)\s*(?:-|–|to)\s*(\d+)\s+(?:people|employees|staff)", re.IGNORECASE
)

_FOUNDED = re.compile(
    r"\b(?:founded|started|established)\s+(after|since|in|before|until)\s+(\d{4})", re.IGNORECASE
)


def _founded(text: str) -> tuple[int | None, int | None]:
    """The first and the last year that is meant."""
    match = _FOUNDED.search(text)
    if match is None:
        return None, None
    when, year = match[1].lower(), int(match[2])
    later = {"after": year + 1, "since": year, "in": year}.get(when)
    return later, {"before": year - 1, "until": year, "in": year}.get(when)


def find_companies(said: Sentence, match: Match) -> Plan:
    """ "Find 20 plumbing companies in Austin with more than 10 people"."""
    text = said.text
    between = _BETWEEN.search(text)
    least = [
        int(found[1]) + more for pattern, more in ((_MORE, 1), (_LEAST, 0)) if (found := pattern.search(text))
    ]
    most = [
        int(found[1]) - less for pattern, less in ((_FEWER, 1), (_MOST, 0)) if (found := pattern.search(text))
    ]
    place = (match["place"] or "").strip(" ,.?!")
    since, until = _founded(text)
    arguments: dict[str, object] = {
        "founded_from": since,
        "founded_to": until,
        "others": [],
        "kind": match["kind"].strip(),
        "place": place or None,
        "role": match["role"],
        "least_people": int(between[1]) if between else next(iter(least), None),
        "most_people": int(between[2]) if between else next(iter(most), None),
        "count": int(match["number"]) if match["number"] else 10,
    }
    return Plan("I'll look for them.", (Step("find_leads", arguments),))


def research_latest(said: Sentence, match: Match) -> Plan:
    arguments = {"limit": count(said.text) or 10, "research_depth": depth(said.text)}
    return Plan("On it.", (Step("research_latest_leads", arguments),))


def agreed(said: Sentence, _: Match) -> Plan | None:
    """ "Yes, do it" after leads were listed: research them. After anything else it means nothing here."""
    if said.memory.last_tool != "query_leads" or not said.memory.leads:
        return None
    arguments = {"limit": len(said.memory.leads), "research_depth": depth(said.text)}
    return Plan("Good, I'll research them.", (Step("research_latest_leads", arguments),))


def add(said: Sentence, match: Match) -> Plan | None:
    found = [person for person in people(match["who"]) if person.name or person.email][:MOST_AT_ONCE]
    steps = tuple(
        Step(
            "add_lead",
            dict(vars(person).items()) | {"name": person.name or person.email},
        )
        for person in found
    )
    return Plan("I'll note that down.", steps) if steps else None


def stop_sending(said: Sentence, _: Match) -> Plan:
    return Plan("Stopping everything now.", (Step("stop_all_sending"),))


def resume_sending(said: Sentence, _: Match) -> Plan:
    return Plan("I'll start sending again.", (Step("resume_all_sending"),))


def remind(said: Sentence, match: Match) -> Plan:
    when = time_words(said.text)
    what = re.sub(
        r"^(?:to|about|that|of|for)\s+|\s+(?:at|on|by|from)$",
        "",
        without_time(match["what"]),
        flags=re.IGNORECASE,
    )
    what = re.sub(r"\b(?:to|about|that)\s*$", "", what).strip(" ,.:")
    if not when:
        return Plan(
            f"When shall I remind you{f' ({what})' if what else ''}? Say for example “tomorrow at 9am” or “every Monday”."
        )
    return Plan("I'll set that up.", (_task(when, what or "Reminder"),))


def report(said: Sentence, match: Match) -> Plan:
    """ "Send me a daily report every morning at 9am"."""
    what = re.search(
        r"\b((?:\w+ )?(?:report|summary|briefing|digest|update)\b(?: (?:on|of|about) [^,]+)?)",
        without_time(said.text),
        re.I,
    )
    description = re.sub(r"^(?:a|an|the|me|my)\s+", "", what.group(1)) if what else "report"
    schedule = time_words(said.text) or "every day at 9am"
    return Plan(
        "I'll set that up.",
        (
            Step(
                "set_reminder", {"task_type": "send_report", "schedule": schedule, "description": description}
            ),
        ),
    )


def _task(when: str, what: str) -> Step:
    kinds = (
        ("send_report", r"\breport\b"),
        ("campaign_check", r"\bcheck\b.*\bcampaign"),
        ("lead_research", r"^research\b"),
    )
    kind = next((name for name, words in kinds if re.search(words, what, re.IGNORECASE)), "reminder")
    return Step(
        "set_reminder", {"task_type": kind, "schedule": when, "description": what[:1].upper() + what[1:]}
    )


def recurring(said: Sentence, match: Match) -> Plan:
    return remind(said, match)


def cancel_task(said: Sentence, match: Match) -> Plan:
    task = re.sub(
        r"^(?:to|about|for|of|that says)\s+", "", (match["task"] or "").strip(" .'\""), flags=re.IGNORECASE
    )
    kind = match["kind"].lower()
    before = (match["before"] or "").strip()
    named_ = task or (before if before and kind == "reminder" else f"{before} {kind}".strip())
    return Plan("I'll cancel that.", (Step("cancel_task", {"task": named_}),))


def priority(said: Sentence, match: Match) -> Plan:
    words = match["who"]
    chosen = said.memory.chosen(words) if REFERRING.search(words) else people_named(words)
    if not chosen:
        return Plan(
            "Which leads do you mean? Name them, or list some first, for example “which leads replied this week?”."
        )
    return Plan("I'll put them on your priority list.", (Step("mark_priority", {"leads": chosen}),))


def remember(said: Sentence, match: Match) -> Plan:
    note = match["note"].strip()
    return Plan("I'll keep that in mind.", (Step("remember", {"note": note[:1].upper() + note[1:]}),))


def same_approach(said: Sentence, match: Match) -> Plan:
    """A wish for the next campaign: remembered, and shown what worked."""
    note = said.text[:1].upper() + said.text[1:]
    return Plan(
        "I'll keep to that, and look at what worked.",
        (
            Step("remember", {"note": note}),
            Step("get_analytics", {"metric_type": "campaign", "time_range": "all"}),
        ),
        closing="Say for whom (“schedule a campaign for leads from Acme”) and I apply it.",
    )
