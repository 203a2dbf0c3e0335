"""Plans for the drafts that wait, who may approve them, and whom never to write to."""

import re

from local.sandbox.openai.plans import Plan, Sentence, Step

Match = re.Match[str]
_WHOM = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE)
_MINE = re.compile(r"\b(?:my|mine)\b", re.IGNORECASE)


def drafts(said: Sentence, match: Match) -> Plan:
    mine = True if _MINE.search(said.text) else None
    return Plan("Here they come.", (Step("show_waiting_drafts", {"mine": mine}),))


def approver(said: Sentence, match: Match) -> Plan:
    return _set(match["who"], may_approve=True)


def no_approver(said: Sentence, match: Match) -> Plan:
    return _set(match["who"], may_approve=False)


def _set(who: str, *, may_approve: bool) -> Plan:
    arguments = {"person": who.strip(" .,"), "may_approve": may_approve}
    return Plan("Let me see to that.", (Step("set_approver", arguments),))


def never(said: Sentence, match: Match) -> Plan | None:
    """None where no address and no domain is named."""
    whom = _WHOM.search(said.text)
    if whom is None:
        return None
    steps = (Step("never_write_to", {"what": whom[0], "reason": None}),)
    return Plan("I'll see that nothing goes there any more.", steps)


def again(said: Sentence, match: Match) -> Plan | None:
    whom = _WHOM.search(said.text)
    if whom is None:
        return None
    return Plan("That takes a click of yours.", (Step("allow_writing_to", {"what": whom[0]}),))
