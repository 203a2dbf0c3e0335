"""Plans for campaigns: planning, adding leads, rehearsing, pausing, cancelling."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

from local.sandbox.openai.ask import COMPANY, SOURCES, UNCONTACTED
from local.sandbox.openai.memory import REFERRING
from local.sandbox.openai.people import one, proper
from local.sandbox.openai.phrases import time_words, without_time
from local.sandbox.openai.plans import Plan, Sentence, Step

Match = re.Match[str]
_LIKE = re.compile(
    r"[\s,]*\b(?:(?:with|using|in|and|by|use)\s+)?(?:the\s+)?same\s+(?:approach|strategy|style|tone|way|thing|playbook)\b"
    r"(?:\s+(?:as|that|we|i|you|was|used|took|had|did|worked|last time))*(?:\s+(?:as|for|with|in|on|like))*\s+(?:the |our |my |those )?(?P<like>[^,?!]+?)(?=$|[,?!])",
    re.IGNORECASE,
)
_A_DAY = re.compile(
    r"[\s,]*\b(?:(?:with|at)\s+)?(?P<count>\d{1,3})\s*(?:leads?\s+|people\s+|of them\s+)?(?:a|per|each|every)\s+day\b",
    re.IGNORECASE,
)
_SCORE = re.compile(
    r"\bscore\s*(?:of\s+)?(?P<sign>>=|>|at least|over|above|from)\s*(?P<number>\d{1,3})\b", re.IGNORECASE
)
_STATES = (
    (r"\brepl(?:ied|y|ies)\b|\bresponded\b|\banswered\b", "replied"),
    (UNCONTACTED.pattern, "not_contacted"),
    (r"\bnew leads?\b", "not_contacted"),
    (r"\bpriority\b", "priority"),
    (r"\bqualified\b", "qualified"),
    (r"\bresearched\b", "researched"),
)


def campaign(said: Sentence, match: Match) -> Plan:
    a_day = _A_DAY.search(said.text)
    text = _A_DAY.sub("", said.text)
    when = time_words(text)
    text = without_time(text)
    like = _LIKE.search(text)
    text = _LIKE.sub("", text)
    is_drip = a_day or re.search(r"\bdrip\b", text, re.IGNORECASE)
    kind = "drip" if is_drip else "scheduled" if when else "immediate"
    arguments: dict[str, object] = {"campaign_type": kind, "schedule_time": when or None}
    arguments |= {"goal": _goal(text), "name": _campaign_name(text)}
    arguments |= {
        "like": like["like"].strip() if like else None,
        "leads_per_day": int(a_day["count"]) if a_day else None,
    }
    target = _target(said, text)
    if not target:
        return Plan(
            "Whom should the campaign reach? Say “for all replied leads”, “for leads from Acme”, or name them."
        )
    return Plan(
        "I'll plan that. Nothing is written or sent before somebody starts it.",
        (Step("schedule_campaign", arguments | target),),
    )


def _target(said: Sentence, text: str) -> dict[str, object]:
    """Leads that were listed, a filter, or people by name."""
    if REFERRING.search(text) and said.memory.refs():
        return {"lead_ids": said.memory.chosen(text)}
    if parts := _filters(text):
        return {"filter": ", ".join(parts)}
    if re.search(
        r"\b(?:all|every) (?:of )?(?:my |our |the )?leads?\b|\beverybody\b|\beveryone\b", text, re.IGNORECASE
    ):
        return {"filter": "all"}
    for words in (r"for|with|to", r"e-?mail|contact|mail"):
        person = re.search(rf"\b(?:{words})\s+(?!leads?\b|a\b|the\b|all\b|an\b)(.+)$", text, re.IGNORECASE)
        if person and (names := people_named(person.group(1))):
            return {"lead_ids": names}
    return {}


def _filters(text: str) -> list[str]:
    """“leads from Google not contacted”: where they are from, then how they stand."""
    states = [name for words, name in _STATES if re.search(words, text, re.IGNORECASE)]
    found = list(dict.fromkeys(states))
    if score := _SCORE.search(text):
        found.append(
            f"score{'>' if score['sign'].lower() in ('>', 'over', 'above') else '>='}{score['number']}"
        )
    of_leads = re.search(r"\b(?:leads?|everyone|everybody|people|contacts?|all)\b", text, re.IGNORECASE)
    if (company := COMPANY.search(text)) and of_leads:
        origin = company["company"].strip()
        if not re.search(r"\b(?:leads?|contacts?|score)\b", origin, re.IGNORECASE):
            where = f"source:{origin.lower()}" if origin.lower() in SOURCES else f"company:{proper(origin)}"
            found.insert(0, where)
    return found


def people_named(text: str) -> list[str]:
    text = re.sub(r"\b(?:to|about|so that|in order to|called|named)\b.*$", "", text, flags=re.IGNORECASE)
    parts = re.split(r"\s*(?:,|;|\band\b|&)\s*", text)
    return [name for name in (one(re.sub(r"\s+(?:at|from|of)\s.*$", "", part)) for part in parts) if name]


def _goal(text: str) -> str | None:
    if aim := re.search(
        r"\b(?:to (?:book|get|arrange|win|invite|offer|tell|introduce|announce|sell)|about|with the goal (?:of|to)|so that)\s.+$",
        without_time(text),
        re.I,
    ):
        return aim.group().strip()
    return "follow up" if re.search(r"\bfollow[- ]?ups?\b", text, re.IGNORECASE) else None


def _campaign_name(text: str) -> str | None:
    called = re.search(r"\b(?:called|named)\s+['\"]?([^'\",]+)", without_time(text), re.IGNORECASE)
    return called.group(1).strip() if called else None


def add(said: Sentence, match: Match) -> Plan | None:
    """“Add Dana to the spring campaign”."""
    which = _called(said, match["called"] or match["campaign"] or "")
    if not which:
        return Plan("To which campaign? Say its name, for example “add Dana to the spring campaign”.")
    who = match["who"]
    target = _target(said, who) or {"lead_ids": people_named(who)}
    return Plan("I'll add that.", (Step("add_to_campaign", {"campaign": which} | target),))


def rehearse(said: Sentence, match: Match) -> Plan:
    which = _called(said, match["campaign"])
    if not which:
        return Plan("Which campaign? Say its name, for example “rehearse the spring campaign”.")
    return Plan("I'll play it through.", (Step("rehearse_campaign", {"campaign": which}),))


def _called(said: Sentence, words: str) -> str:
    name = re.sub(
        r"^(?:the|my|our|this|that|a)\b\s*|\s*\bcampaigns?$", "", words.strip(" '\""), flags=re.IGNORECASE
    )
    return name.strip(" '\"") or said.memory.campaign


def pause(said: Sentence, match: Match) -> Plan:
    return Plan("I'll pause that.", (Step("pause_campaigns", _which(said, match)),))


def resume(said: Sentence, match: Match) -> Plan:
    return Plan("I'll start that again.", (Step("resume_campaigns", _which(said, match)),))


def cancel(said: Sentence, match: Match) -> Plan:
    return Plan("I'll ask you before anything ends.", (Step("cancel_campaigns", _which(said, match)),))


def _which(said: Sentence, match: Match) -> dict[str, object]:
    """A company ("for leads from Microsoft"), a campaign by name, or all."""
    text = said.text
    states = [name for words, name in _STATES if re.search(words, text, re.IGNORECASE)]
    if states and re.search(r"\b(?:leads?|contacts?|people|everyone|everybody)\b", text, re.IGNORECASE):
        return {"filter": ", ".join(_filters(text))}
    if (company := COMPANY.search(text)) and not re.search(
        r"\b(?:leads?|campaigns?)$", company["company"], re.I
    ):
        return {"company": proper(company["company"].strip(" '\""))}
    if company := re.search(
        r"\bcampaigns? (?:for|to|targeting) (?!(?:all )?leads?\b|now\b|today\b)(?:the )?(.+)$",
        text,
        re.IGNORECASE,
    ):
        return {"company": proper(company.group(1).strip(" '\""))}
    if re.search(r"\b(?:that|this|the) campaign\b", text, re.IGNORECASE) and said.memory.campaign:
        return {"campaign": said.memory.campaign}
    named_ = re.search(r"\b(?:the|my|our|campaign)?\s*['\"]([^'\"]+)['\"]", text) or re.search(
        r"\b(?:pause|hold|halt|suspend|stop|resume|restart|unpause|continue|start|cancel|end|kill|abort|terminate|delete)\s+(?:the |my |our )?(?!all\b|every\b|campaigns?\b)(.+?)\s+campaigns?\b", text, re.I
    ) or re.search(r"\bcampaign\s+(?:called |named )?(?!for\b|again\b|now\b|until\b|to\b)(\S.*)$", text, re.IGNORECASE)  # fmt: skip
    return {"campaign": named_.group(1).strip()} if named_ else {}
