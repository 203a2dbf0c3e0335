"""Plans for questions: leads, numbers, one lead, research, tasks, help."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

from local.sandbox.openai.memory import REFERRING, reference
from local.sandbox.openai.people import one, proper
from local.sandbox.openai.phrases import count, span
from local.sandbox.openai.plans import Outputs, Plan, Sentence, Step

Match = re.Match[str]

# Words after "from" that may name where a lead came from instead of a company, or both.
SOURCES = {"google": True, "linkedin": True, "apollo": True, "csv": False, "import": False, "imports": False,
           "apify": False, "brave": False, "slack": False, "manual": False, "website": False, "referral": False,
           "referrals": False, "search": False, "maps": False}  # fmt: skip
COMPANY = re.compile(
    r"\b(?:from|at|of|with|working at|who work at|in)\s+(?:the company\s+)?(?P<company>(?!the\b|this\b|last\b|all\b|my\b|our\b|"
    r"your\b|his\b|her\b|those\b|that\b|these\b|today\b|yesterday\b|here\b|now\b|depth\b|detail\b|order\b|total\b|progress\b|"
    r"campaign)[^,?!]+?)"
    r"(?=\s+(?:who|that|which|hasn'?t|haven'?t|has|have|hadn'?t|had|were|was|are|is|with|replied|not|yet|do|did|we|i|and|"
    r"tomorrow|today|next|on|at \d|this|last|again|please|for|about)\b|[,?!]|$)",
    re.IGNORECASE,
)
STATUS = (
    ("unsubscribed", r"\bunsubscribed?\b|\bopted out\b"),
    ("bounced", r"\bbounced?\b"),
    ("researching", r"\bbeing researched\b|\bresearching\b|\bin research\b"),
    ("researched", r"\bresearched\b"),
    ("replied", r"\brepl(?:ied|y|ies)\b|\bresponded\b|\banswered\b"),
    ("emailed", r"\bemailed\b"),
    ("new", r"\bnew\b"),
)
UNCONTACTED = re.compile(
    r"\b(?:haven't|hasn't|have not|has not|not|never|weren't|aren't|un)(?: yet)?[ -]?(?:been |we )?"
    r"(?:contacted|emailed|written to|reached out to|approached)\b|\buncontacted\b|\bnot .{0,12}contacted\b",
    re.IGNORECASE,
)
CONTACTED = re.compile(r"\b(?:contacted|emailed|written to|reached out to)\b", re.IGNORECASE)


def leads(said: Sentence, _: Match) -> Plan:
    """Which, how many, show me … leads."""
    text = said.text
    filters: dict[str, object] = {}
    state = next((name for name, words in STATUS if re.search(words, text, re.IGNORECASE)), None)
    when = span(text, "")
    if state == "replied" and re.search(r"(?:n't|\bnot|\bnever)\b", text, re.IGNORECASE):
        state = "emailed"  # written to, without an answer
    if UNCONTACTED.search(text):
        filters["contacted"], state = False, None
    elif state == "replied" and when:
        filters["replied_since"], state = when, None
    elif CONTACTED.search(text) and state is None:
        filters["contacted"] = True
    if re.search(r"\bpriority\b", text, re.IGNORECASE):
        filters["tag"] = "priority"
    elif tag := re.search(r"\btagged (?:as |with )?['\"]?([\w -]+)", text, re.IGNORECASE):
        filters["tag"] = tag.group(1).strip()
    filters |= {"status": state, "sort": _sort(text), "limit": count(text) or _usual(text)}
    return Plan("Let me look through your leads.", tuple(_with_origin(text, filters)))


def _sort(text: str) -> str | None:
    if re.search(r"\b(?:likely|likeliest|convert|close|promising|hottest|warmest)\b", text, re.IGNORECASE):
        return "likely"
    if re.search(r"\b(?:best|top|score|highest|strongest)\b", text, re.IGNORECASE):
        return "score"
    return "newest" if re.search(r"\b(?:latest|newest|recent|last|new)\b", text, re.IGNORECASE) else None


def _usual(text: str) -> int | None:
    return 5 if re.search(r"\blikely\b|\bconvert\b", text, re.IGNORECASE) else None


def _with_origin(text: str, filters: dict[str, object]) -> list[Step]:
    """ "from Google" may mean the search engine or the company: then both are asked for."""
    found = COMPANY.search(text)
    origin = found["company"].strip(" '\"") if found else ""
    if not origin or re.fullmatch(
        r"(?:leads?|contacts?|depth|.*\b(?:week|month|days?|campaigns?|list|database|pipeline|time)\b)",
        origin,
        re.I,
    ):
        return [Step("query_leads", filters)]
    if origin.lower() not in SOURCES:
        return [Step("query_leads", filters | {"search": proper(origin)})]
    by_source = Step("query_leads", filters | {"source": origin.lower()})
    both = SOURCES[origin.lower()]
    return [by_source, Step("query_leads", filters | {"search": proper(origin)})] if both else [by_source]


def likely(said: Sentence, _: Match) -> Plan:
    limit = count(said.text) or 5
    return Plan("Let me rank them.", (Step("query_leads", {"sort": "likely", "limit": limit}),))


def new_leads(said: Sentence, _: Match) -> Plan:
    return Plan(
        "I'll look for leads nobody has researched yet.",
        (Step("query_leads", {"status": "new", "sort": "newest", "limit": count(said.text) or 10}),),
        closing="Say “research the latest 10 leads” and I begin, or name somebody: “Research Kim Lee at Acme”.",
    )


def numbers(metric: str, otherwise: str, says: str, closing: str = ""):
    """A plan for one kind of analytics, over the span the sentence names."""

    def plan(said: Sentence, _: Match) -> Plan:
        arguments = {"metric_type": metric, "time_range": span(said.text, otherwise)}
        return Plan(says, (Step("get_analytics", arguments),), closing=closing)

    return plan


def that_campaign(said: Sentence, _: Match) -> Plan:
    name = said.memory.campaign
    says = f"You mean “{name}”. Let me see how it's doing." if name else "Let me look it up."
    return Plan(
        says, (Step("get_analytics", {"metric_type": "campaign", "time_range": span(said.text, "all")}),)
    )


def focus(said: Sentence, _: Match) -> Plan:
    return Plan(
        "Let me look at your numbers and what is due.",
        (
            Step("get_analytics", {"metric_type": "overview", "time_range": "today"}),
            Step("list_tasks", {"time_range": "today"}),
        ),
        advises=True,
    )


def tasks(said: Sentence, _: Match) -> Plan:
    when = span(said.text, "all")
    return Plan(
        "Let me check your list.", (Step("list_tasks", {"time_range": "all" if when == "month" else when}),)
    )


def happened(said: Sentence, match: Match) -> Plan:
    """What happened with "that lead from Apple": find them; when it is one, show them."""
    words = _words(match)
    if re.search(r"\bcampaigns?\b", words, re.IGNORECASE):
        return that_campaign(said, match)
    origin = re.match(
        r"(?:that |the |this |our |a )?(?:lead|guy|person|contact|prospect|woman|man|one)s?\s+(?:from|at|of)\s+(.+)",
        words,
        re.IGNORECASE,
    )
    if origin is None:
        return show(said, match)
    company = proper(origin.group(1).strip(" .?'\""))
    return Plan(
        f"Let me find your lead from {company}.",
        (Step("query_leads", {"search": company}),),
        then=_show_if_one,
    )


def _show_if_one(outputs: Outputs) -> tuple[Step, ...]:
    found = outputs.get("query_leads", {}).get("leads")
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
        return (Step("show_lead", {"lead": reference(found[0])}),)
    return ()


def show(said: Sentence, match: Match) -> Plan:
    lead = who(said, match)
    if not lead:
        return Plan("Which lead do you mean? Give me a name or an email address.")
    return Plan("Here is what I know.", (Step("show_lead", {"lead": lead}),))


def explain(said: Sentence, match: Match) -> Plan:
    lead = who(said, match)
    if not lead:
        return Plan("Whose research shall I explain? Give me a name or an email address.")
    return Plan("Let me go through the steps I took.", (Step("explain_research", {"lead": lead}),))


def why_not_sent(said: Sentence, match: Match) -> Plan:
    lead = who(said, match)
    if not lead:
        return Plan("Whose email do you mean? Give me a name or an email address.")
    return Plan("Let me check what is holding it up.", (Step("why_not_sent", {"lead": lead}),))


def who(said: Sentence, match: Match) -> str:
    """The lead a match names, or the one spoken of before."""
    words = _words(match)
    if not words or words.strip(" .?'").lower() == "it" or REFERRING.fullmatch(words.strip(" .?'")):
        return next(iter(said.memory.chosen(words)), "")
    if REFERRING.search(words) and said.memory.leads and len(words.split()) < 4:
        return next(iter(said.memory.chosen(words)), "")
    return one(words)


def _words(match: Match) -> str:
    """What the pattern's group for a lead caught; groups of alternatives are numbered."""
    return next((match[name] for name in ("who", "who2") if name in match.re.groupindex and match[name]), "")


def help_(said: Sentence, _: Match) -> Plan:
    topic = re.search(
        r"\b(?:help (?:me )?(?:with|on|about)|how (?:do|can|should) i|(?=connect))\s*(.+)",
        said.whole.rstrip(" .?!"),
        re.IGNORECASE,
    )
    return Plan(
        "I'm Rainmaker, your lead-generation colleague.",
        (Step("help_me", {"topic": topic.group(1) if topic else None}),),
        closing="I speak as the sandbox's scripted model: I understand sentences like these, and their variations.",
    )


def approval(said: Sentence, _: Match) -> Plan:
    return Plan(
        "I can't approve or send email: every draft is posted as a card, and only a person's click on **Approve** "
        "sends it. Ask “why hasn't the email to Kim been sent?” and I check what it waits for."
    )


def hello(said: Sentence, _: Match) -> Plan:
    return Plan(
        "Hello! I'm Rainmaker. Ask me about your leads and campaigns, or name somebody I should research."
    )


def thanks(said: Sentence, _: Match) -> Plan:
    return Plan("You're welcome. Tell me when there is more to do.")
