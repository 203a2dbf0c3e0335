"""A search for new leads: its steps while it runs, then the candidates to accept or dismiss, each with the words
that it was judged by."""

import re

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    context,
    counted,
    divider,
    escape,
    link,
    named_some,
    plan,
    section,
    task_card,
    whole_lines,
)
from bot.views.lead import TASK_STATUS
from db.cards import CandidateLine, CriterionLine, SearchCard
from db.types import CandidateState, RunState

SHOWN = 8  # candidates at once; the next come as these are decided
_REASONS, _NAMES = 5, 5  # told of those left out
_MAP = re.compile(r"https?://(www\.)?(google\.[a-z.]+/maps|maps\.)")
_MARKS = {"met": "✅", "not met": "❌", "unknown": "❔"}


def search_card(card: SearchCard) -> Rendered:
    title = _title(card)
    tasks = [
        task_card(one.key, one.title, TASK_STATUS.get(one.state, "error"), one.error or one.found)
        for one in card.steps[-12:]
    ]
    blocks: list[Block] = [plan(title, tasks)] if tasks else [section(f"*{escape(title)}*")]
    running = card.state in (RunState.QUEUED, RunState.RUNNING)
    if running:
        stop = button("Stop", Action.SEARCH_STOP.value, str(card.search_id), style="danger")
        blocks.append(actions([stop]))
    open_ones = [one for one in card.candidates if one.state == CandidateState.PROPOSED]
    for one in open_ones[:SHOWN]:
        blocks += _candidate(one)
    if len(open_ones) > SHOWN:
        blocks.append(context(f"{len(open_ones) - SHOWN} more come as you decide about these."))
    if not running:
        blocks += _ending(card, open_ones)
    return Rendered(title, blocks)


def _title(card: SearchCard) -> str:
    found = len([one for one in card.candidates if one.state != CandidateState.KNOWN])
    asked = clip(card.request, 120)
    match card.state:
        case RunState.QUEUED | RunState.RUNNING:
            return f"Looking for {asked}: {found} of {card.wanted} so far"
        case RunState.FAILED:
            return f"The search for {asked} failed"
        case RunState.STOPPED:
            return f"The search for {asked} was stopped; {found} found"
        case _:
            return f"Found {found} of {card.wanted}: {asked}"


def _candidate(one: CandidateLine) -> list[Block]:
    head = f"*{link(one.website, one.company) if one.website else escape(clip(one.company, 100))}*"
    if one.location:
        head += f" · {escape(clip(one.location, 120))}"
    lines = [head, _person(one), *(_criterion(criterion) for criterion in one.criteria)]
    if one.unread:
        lines.append("_Its site could not be read; this is what the map or the search engine says._")
    buttons: list[Block] = []
    if one.person:
        label = f"Add {clip(one.person, 40)}"
        buttons.append(
            button(
                label, f"{Action.CANDIDATE_ACCEPT}:{one.candidate_id}", str(one.candidate_id), style="primary"
            )
        )
    buttons.append(button("Dismiss", f"{Action.CANDIDATE_DISMISS}:{one.candidate_id}", str(one.candidate_id)))
    return [divider(), section(whole_lines(lines)), actions(buttons)]


def _person(one: CandidateLine) -> str:
    if not one.person and one.problem:
        return f"⚠️ Nobody could read who works there: {escape(clip(one.problem, 160))}"
    if not one.person:
        return "👤 No person found"
    what = f", {escape(clip(one.title, 80))}" if one.title else ""
    address = f" · {escape(one.email)}" if one.email else ""
    source = f" ({link(one.person_url)})" if one.person_url else ""
    return f"👤 *{escape(one.person)}*{what}{address}{source}"


def _criterion(one: CriterionLine) -> str:
    said = f"{_MARKS.get(one.verdict, '❔')} {escape(clip(one.criterion, 80))}"
    if one.verdict == "unknown":
        return f"{said}: unknown"
    words = f": “{escape(clip(one.quote, 160))}”" if one.quote else f": {escape(clip(one.value, 120))}"
    return f"{said}{words}" + (f" ({_source(one.url)})" if one.url else "")


def _source(url: str) -> str:
    """What a map says is told as a map's, not as its maker's."""
    return link(url, "the map" if _MAP.match(url) else None)


def _ending(card: SearchCard, open_ones: list[CandidateLine]) -> list[Block]:
    value = str(card.search_id)
    by_state = {state: [one for one in card.candidates if one.state == state] for state in CandidateState}
    accepted, dismissed = by_state[CandidateState.ACCEPTED], by_state[CandidateState.DISMISSED]
    buttons: list[Block] = []
    named = [one for one in open_ones if one.person]
    if len(named) > 1:
        buttons.append(button(f"Add all {len(named)} with a person", Action.CANDIDATES_ACCEPT.value, value))
    if len(open_ones) > 1:
        buttons.append(button(f"Dismiss all {len(open_ones)}", Action.CANDIDATES_DISMISS.value, value))
    if accepted:
        label = f"Research {counted(len(accepted), 'new lead')}"
        buttons.append(button(label, Action.CANDIDATES_RESEARCH.value, value, style="primary"))
    if dismissed:
        label = f"Bring back {counted(len(dismissed), 'dismissed one')}"
        buttons.append(button(label, Action.CANDIDATES_RESTORE.value, value))
    blocks: list[Block] = [divider(), actions(buttons)] if buttons else []
    return [*blocks, *_account(card, accepted, by_state[CandidateState.KNOWN])]


def _account(card: SearchCard, accepted: list[CandidateLine], known: list[CandidateLine]) -> list[Block]:
    """What became of the rest, and what to try where little was found."""
    said: list[str] = []
    if accepted:
        said.append(f"Added: {escape(clip(', '.join(one.person or one.company for one in accepted), 300))}.")
    if known:
        said.append(
            f"Left out, you have leads there: {escape(clip(', '.join(one.company for one in known), 300))}."
        )
    said += _left_out(card.left_out)
    said += _nowhere_met(card)
    if card.error:
        said.append(f"⚠️ {escape(clip(card.error, 400))}")
    if len(card.candidates) - len(known) < card.wanted and card.state == RunState.DONE:
        said.append("To find more: a larger place, another word for what they do, or fewer conditions.")
    said.append(f"Cost {card.cents:.1f} ¢.")
    return [context(*said[:10])]


def _left_out(told: tuple[str, ...]) -> list[str]:
    """By why, each with some of their names; where it is one only, with the words that say so."""
    by_reason: dict[str, list[tuple[str, str]]] = {}
    for name, _, why in (one.partition(": ") for one in told):
        by_reason.setdefault(why.split(" (")[0] or "left out", []).append((name, why))
    lines: list[str] = []
    for reason, ones in list(by_reason.items())[:_REASONS]:
        why = clip(ones[0][1], 120) if len(ones) == 1 else reason
        lines.append(escape(f"Left out, {why}: {named_some([name for name, _ in ones], _NAMES)}."))
    return lines


def _nowhere_met(card: SearchCard) -> list[str]:
    """Conditions that nobody who was found is known to meet: perhaps they are spelled otherwise."""
    verdicts: dict[str, set[str]] = {}
    for candidate in card.candidates:
        for one in candidate.criteria if candidate.state != CandidateState.KNOWN else ():
            verdicts.setdefault(one.criterion, set()).add(one.verdict)
    open_ones = [name for name, found in verdicts.items() if found == {"unknown"}]
    if not open_ones or card.state != RunState.DONE:
        return []
    return [
        f"Nothing that was read says of any of them: {escape(clip('; '.join(open_ones), 200))}. Is it spelled right?"
    ]
