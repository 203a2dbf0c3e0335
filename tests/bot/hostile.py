"""Data as the outside may send it: any text, and read models full of it."""
# ruff: noqa: E501 (tables of values are easier to read whole)

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from db.cards import (
    ApprovalCard,
    Briefing,
    CandidateLine,
    CardClaim,
    CardEmail,
    CriterionLine,
    DayCount,
    FactLine,
    LeadLine,
    Numbers,
    ReplyCard,
    RunCard,
    SearchCard,
    Setup,
    StepLine,
    Suggestion,
)

HOSTILE = (
    "", " ", "\n", "<!channel>", "<!here|all>", "<@UEVIL>", "<#CEVIL>", "<https://evil.example|click>",
    "<mailto:evil@evil.example>", "&lt;!channel&gt;", "& < >", "*bold* _it_ ~no~ `code` ```block```", ">quote\n>quote",
    "‮gnp.exe", "مرحبا بالعالم", "שלום", "👩‍👩‍👧‍👦" * 40, "\x00\x07\x1b[31m", "😀" * 1500, "a" * 5000, "<" * 900, "&" * 3100,
    "line\r\nline\u2028line\u0085line", "{0} {name} %s %(x)s", "|" * 50, "^{date}|x>", "--", "<!date^0^{date}|<!channel>>",
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=80),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
)
URLS = st.one_of(
    st.sampled_from((
        "https://acme.example/news?a=1&b=2", "http://xn--e1afmkfd.example/ü", "javascript:alert(1)", "", "data:text/html,x",
        "https://evil.example|<!channel>", "https://a.example/>x<!here>", "ftp://a.example", "//a.example", "https://",
        "https://[::1", "http://a b.example/ c", "https://a.example/" + "p" * 4000, "HTTPS://A.example/\n<@UEVIL>",
        "https://acme.example:99999999/", "https://user:pw@acme.example/",
    )),
    TEXTS,
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
MAYBE = st.none() | TEXTS
CENTS = st.decimals(0, 100_000, places=4)
COUNTS = st.integers(0, 10**9)
IDS = st.uuids().map(str)
USERS = st.none() | st.sampled_from(("U0SAMRIVERS", "W0ANA", "rainmaker"))

leads = st.builds(
    LeadLine, id=st.uuids(), name=TEXTS, email=MAYBE,
    email_status=st.sampled_from(("missing", "given", "found", "guessed", "confirmed", "invalid")),
    company=MAYBE, title=MAYBE, status=st.sampled_from(("new", "researched", "replied", "odd")),
    score=st.integers(0, 100), qualified=st.none() | st.booleans(), qualification_reason=MAYBE, location=MAYBE,
    linkedin_url=st.none() | URLS, website_url=st.none() | URLS, source=MAYBE, owner_user_id=USERS,
)  # fmt: skip
facts = st.builds(
    FactLine, id=IDS, field=st.sampled_from(("email", "linkedin_url", "news", "odd_field")), value=TEXTS, quote=TEXTS,
    url=st.none() | URLS, retrieved_at=MOMENTS, published_on=st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1)),
)  # fmt: skip
steps = st.builds(
    StepLine, key=st.text("abc:", min_size=1, max_size=300), title=TEXTS,
    state=st.sampled_from(("pending", "running", "ok", "empty", "failed", "skipped", "odd")), found=TEXTS,
    url=st.none() | URLS, milliseconds=st.none() | COUNTS, cents=CENTS, error=MAYBE,
)  # fmt: skip
runs = st.builds(
    RunCard, run_id=st.uuids(), lead=leads, depth=st.sampled_from(("quick", "deep")),
    state=st.sampled_from(("queued", "running", "done", "failed", "stopped")),
    steps=st.lists(steps, max_size=30).map(tuple), facts=st.lists(facts, max_size=12).map(tuple),
    missing=st.lists(st.sampled_from(("email", "news")), max_size=30).map(tuple),
    seconds=st.none() | st.floats(0, 1e6), cents=CENTS, quality=st.none() | st.integers(0, 100), writing=st.booleans(),
    error=MAYBE, not_taken=st.lists(st.tuples(TEXTS, TEXTS), max_size=6).map(tuple),
)  # fmt: skip
criteria = st.builds(
    CriterionLine, criterion=TEXTS, verdict=st.sampled_from(("met", "not met", "unknown", "odd")), value=TEXTS, quote=TEXTS,
    url=URLS,
)  # fmt: skip
candidates = st.builds(
    CandidateLine, candidate_id=st.uuids(), company=TEXTS, website=st.none() | URLS, location=MAYBE, person=MAYBE,
    title=MAYBE, email=MAYBE, person_quote=TEXTS, person_url=URLS, unread=st.booleans(), decided_by=USERS,
    criteria=st.lists(criteria, max_size=6).map(tuple), state=st.sampled_from(("proposed", "known", "accepted", "dismissed")),
)  # fmt: skip
searches = st.builds(
    SearchCard, search_id=st.uuids(), request=TEXTS, wanted=st.integers(1, 50),
    state=st.sampled_from(("queued", "running", "done", "failed", "stopped")), steps=st.lists(steps, max_size=15).map(tuple),
    left_out=st.lists(TEXTS, max_size=9).map(tuple), cents=st.floats(0, 1e4), error=MAYBE,
    candidates=st.lists(candidates, max_size=12).map(tuple),
)  # fmt: skip
emails = st.builds(
    CardEmail, id=st.uuids(), kind=st.sampled_from(("sequence", "answer")), number=st.none() | st.integers(1, 5),
    state=st.sampled_from(("pending", "scheduled", "sent", "failed", "unknown", "cancelled", "odd")), to_email=TEXTS,
    subject=TEXTS, body=TEXTS, content_hash=st.just("0" * 64),
    claims=st.lists(st.builds(CardClaim, sentence=TEXTS, fact_ids=st.just(())), max_size=2).map(tuple),
    facts=st.lists(facts, max_size=9).map(tuple), judge_score=st.none() | st.integers(1, 5), template_used=st.booleans(),
    scheduled_for=st.none() | MOMENTS, sent_at=st.none() | MOMENTS, gate=MAYBE, gate_reason=MAYBE, error=MAYBE, lead=leads,
    in_thread=st.booleans(), edited_by=USERS, warnings=st.lists(TEXTS, max_size=9).map(tuple),
)  # fmt: skip
approvals = st.builds(
    ApprovalCard, id=st.uuids(), kind=st.sampled_from(("sequence", "answer")),
    state=st.sampled_from(("pending", "approved", "rejected", "expired", "void")), content_hash=st.just("f" * 64),
    lead=leads, emails=st.lists(emails, max_size=5).map(tuple), campaign_id=st.none() | st.uuids(), campaign_name=MAYBE,
    enrollment_id=st.none() | st.uuids(), reply_id=st.none() | st.uuids(), cost_cents=CENTS, created_at=MOMENTS,
    expires_at=MOMENTS, decided_by=USERS, decided_at=st.none() | MOMENTS, reason=MAYBE, channel_id=st.none(),
    thread_ts=st.none(), owner_user_id=USERS,
)  # fmt: skip
replies = st.builds(
    ReplyCard, id=st.uuids(),
    kind=st.sampled_from(("human", "auto_reply", "dsn", "opt_out", "by_hand", "unrelated")), lead=st.none() | leads,
    our_email=st.none() | emails, from_email=TEXTS, subject=TEXTS, body=TEXTS, received_at=MOMENTS,
    sentiment=st.none() | st.sampled_from(("interested", "odd")), summary=MAYBE,
    returns_on=st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1)), bounce_type=st.sampled_from((None, "soft", "hard")),
    outcome=st.sampled_from((None, "meeting", "odd")), outcome_by=st.sampled_from((None, "U0SAMRIVERS")), answer=st.none(), owner_user_id=USERS,
)  # fmt: skip
numbers = st.builds(
    Numbers, label=st.sampled_from(("today", "this week")), leads_added=COUNTS, researched=COUNTS, qualified=COUNTS,
    drafts_waiting=COUNTS, sent=COUNTS, opened=COUNTS, clicked=COUNTS, replied=COUNTS, bounced=COUNTS,
    unsubscribed=COUNTS, meetings=COUNTS, cents=CENTS,
)  # fmt: skip
statuses = st.dictionaries(st.sampled_from(("new", "replied", "bounced")), COUNTS)
briefings = st.builds(
    Briefing, day=st.dates(), timezone=TEXTS, today=numbers, before=numbers, total_leads=COUNTS, by_status=statuses,
    days=st.lists(st.builds(DayCount, day=st.dates(), sent=COUNTS, replied=COUNTS), max_size=20).map(tuple),
    suggestions=st.lists(
        st.builds(Suggestion, label=TEXTS, action=st.just("prompt"), value=TEXTS), max_size=5
    ).map(tuple),
    insights=st.lists(TEXTS, max_size=6).map(tuple),
)  # fmt: skip
setups = st.builds(Setup, *[st.booleans()] * 7)
times = st.times(time(0, 0), time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
A_CENT = Decimal(1)

# What our own views may write between angle brackets: a member, a date, a link to http(s).
OURS = re.compile(
    r"<(?:@(?:U0SAMRIVERS|W0ANA)|!date\^-?\d+\^\{date_short_pretty\} \{time\}\|[\d: -]+ UTC|https?://[^\s<>|]+\|[^<>|\n]*)>",
    re.IGNORECASE,
)


def markup(shown: Any) -> list[str]:
    """Every string that Slack would read as mrkdwn, wherever it stands in blocks or a view."""
    if isinstance(shown, list):
        return [text for part in shown for text in markup(part)]
    if not isinstance(shown, dict):
        return []
    if shown.get("type") in ("mrkdwn", "markdown"):
        return [shown["text"]]
    return [text for part in shown.values() for text in markup(part)]


def strangers(text: str) -> list[str]:
    """What is left of a mrkdwn string's angle brackets when our own are taken out; a cut one at its end is text."""
    rest = OURS.sub("", text)
    return re.findall(r"<[^<>]*>", rest)
