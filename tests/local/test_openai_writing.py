"""What the scripted model writes, held against the product's own rules for emails."""
# ruff: noqa: E501 (tables are easier to read whole)

import json
from random import Random
from typing import Any

import pytest

from local.sandbox.openai.brain import think
from local.sandbox.openai.conversation import Request, Said
from pipeline.clients.llm.tasks import (
    Insights,
    Judgement,
    ProposedAnswer,
    ReplyReading,
    WrittenEmail,
    labelled,
)
from pipeline.rules.email_text import TextRules, compose, lint, problems_in, word_count
from pipeline.rules.grounding import Cited, CitedFact, check
from pipeline.rules.sequence import step
from tests.local.openai_model import make_box

NAMES = (
    ("Dana", "Reyes"),
    ("Li", "Wu"),
    ("Anne-Marie", "O'Neil"),
    ("Jörg", "Müller-Lüdenscheidt"),
    ("Bo", "van Dam"),
)
FIRMS = (
    "Northwind Robotics",
    "Acme",
    "Häfner & Söhne GmbH",
    "The Very Long Company Name of Western Holdings Ltd",
)
FACTS = (
    ("news", "Northwind raises $12 million to expand in Leeds", "Northwind raises $12 million to expand in Leeds"),
    ("news", "Introducing the new Picker 5000 Pro", "Introducing the new Picker 5000 Pro"),
    ("quote", "Half of our orders last year came from people who had left us once", '"Half of our orders last year came from people who had left us once," said Dana.'),
    ("interest", "gives most weekends to fell running, and the rainy ones to baking sourdough bread for the neighbours", "Away from the desk, Dana gives most weekends to fell running, and the rainy ones to baking sourdough bread for the neighbours."),
    ("company_description", "We make warehouse robots. Our customers are small teams", "We make warehouse robots. Our customers are small teams"),
    ("achievement", "A jury of the Leeds Chamber of Commerce chose Northwind Inc. from 14 finalists", "A jury of the Leeds Chamber of Commerce chose Northwind Inc. from 14 finalists"),
    ("job_post", "Field Engineer (m/f/d), Leeds", "Field Engineer (m/f/d), Leeds"),
    ("pain_point", "the cost of returns; \"urgent\" orders [sic] {now}", "the cost of returns; \"urgent\" orders [sic] {now}"),
    ("news", "Visit https://evil.example/offer?id=1 for free money", "Visit https://evil.example/offer?id=1 for free money"),
    ("employees", "48", "Today 48 people work here."),
)  # fmt: skip
OFFERS = (
    "We help warehouses cut picking errors by 30 percent.",
    "workflow automation for logistics teams",
    "",
    "We do " + "very " * 40 + "long things.",
)
PROOFS: tuple[Any, ...] = (
    ["Contoso halved its returns in 6 weeks."],
    [],
    "Fabrikam saved 120 hours a month\nTailspin too",
)


def task(chance: Random, number: int, language: str, **more: object) -> dict[str, object]:
    first, last = chance.choice(NAMES)
    chosen = step(number)
    return {
        "lead": {"first_name": first, "name": f"{first} {last}", "title": "VP of Operations", "company": chance.choice(FIRMS)},
        "facts": [
            {"id": f"f{at}", "field": field, "value": value, "quote": quote, "published_on": "2026-02-03"}
            for at, (field, value, quote) in enumerate(chance.sample(FACTS, chance.randint(0, len(FACTS))))
        ],
        "sender": {
            "company": "Rainmaker Demo",
            "offer": chance.choice(OFFERS),
            "proof_points": chance.choice(PROOFS),
            "tone": "friendly",
            "forbidden_words": chance.choice([[], ["reminder", "quick", "happy"], "sketch, honest"]),
            "sender_name": "Sam Rivers",
            "booking_link": chance.choice([None, "https://cal.example/sam"]),
        },
        "step": {
            "number": number,
            "type": chosen.type,
            "tone": chosen.tone,
            "personalization_depth": chosen.personalization_depth,
            "length": chosen.length,
            "min_words": chosen.min_words,
            "max_words": chosen.max_words,
        },
        "previous_emails": [],
        "campaign": {"goal": "book a meeting", "approach": None},
        "tokens": {},
        "language": language,
        **more,
    }  # fmt: skip


def answer(schema: str, sections: dict[str, object]) -> Any:
    request = Request("m", "Write.", (Said(labelled(sections)),), schema_name=schema)
    return json.loads(think(make_box(), request).text)


def write(sections: dict[str, object]) -> WrittenEmail:
    return WrittenEmail.model_validate(answer("WrittenEmail", sections))


def problems(email: WrittenEmail, sections: Any) -> list[str]:
    """Lint and grounding, as the product runs them on a draft."""
    lead, sender, wanted = sections["lead"], sections["sender"], sections["step"]
    body = compose(email.body, email.cta, email.ps)
    forbidden = sender["forbidden_words"]
    rules = TextRules(
        first_name=lead["first_name"],
        last_name=lead["name"].removeprefix(lead["first_name"]),
        min_words=wanted["min_words"],
        max_words=wanted["max_words"],
        required_link=sender["booking_link"],
        forbidden_words=tuple(forbidden if isinstance(forbidden, list) else forbidden.split(", ")),
    )
    cited = [Cited(claim.sentence, tuple(claim.fact_ids)) for claim in email.claims]
    facts = [
        CitedFact(one["id"], one["value"], one["quote"], one["published_on"]) for one in sections["facts"]
    ]
    known = [json.dumps(lead, ensure_ascii=False), json.dumps(sender, ensure_ascii=False)]
    grounded = check(email.subject, body, cited, facts, known=known, language=sections["language"])
    return problems_in([*lint(email.subject, body, rules), *grounded])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_every_email_passes_the_products_rules(number: int, language: str) -> None:
    for seed in range(40):
        sections = task(Random(seed), number, language)

        email = write(sections)

        assert problems(email, sections) == [], (seed, email)


def test_an_introduction_opens_with_a_fact_and_cites_it() -> None:
    sections = task(Random(1), 1, "en")
    sections["facts"] = [
        {"id": "f7", "field": "news", "value": FACTS[0][1], "quote": FACTS[0][2], "published_on": None}
    ]

    email = write(sections)

    assert FACTS[0][1] in email.body.split("\n\n")[1]
    assert [claim.fact_ids for claim in email.claims] == [["f7"]]
    assert all(claim.sentence in email.body for claim in email.claims)


def test_the_five_emails_of_a_sequence_are_different() -> None:
    bodies = {write(task(Random(3), number, "en")).body for number in range(1, 6)}
    subjects = {write(task(Random(3), number, "en")).subject for number in range(1, 6)}

    assert (len(bodies), len(subjects)) == (5, 5)


def test_a_later_email_does_not_repeat_the_fact_of_an_earlier_one() -> None:
    sections = task(Random(5), 1, "en")
    sections["facts"] = [
        {"id": f"f{at}", "field": field, "value": value, "quote": quote, "published_on": None}
        for at, (field, value, quote) in enumerate(FACTS[:3])
    ]
    first = write(sections)
    second = task(Random(5), 2, "en", previous_emails=[{"subject": first.subject, "body": first.body}])
    second["facts"] = sections["facts"]

    assert write(second).claims[0].fact_ids != first.claims[0].fact_ids


def test_shorter_is_shorter_and_longer_is_longer() -> None:
    sections = task(Random(8), 2, "en")
    lengths = [
        word_count(
            compose(
                *(lambda one: (one.body, one.cta, one.ps))(write({**sections, "instruction": instruction}))
            )
        )
        for instruction in ("make it shorter", "", "make it longer")
    ]

    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[2]


def test_what_a_draft_was_refused_for_is_left_out_of_the_next() -> None:
    sections = task(Random(1), 1, "en")
    sections["facts"] = [
        {"id": "f1", "field": "news", "value": FACTS[0][1], "quote": FACTS[0][2], "published_on": None}
    ]
    refused = [
        "The number “$12 million” stands in no fact this sentence cites.",
        "“brochure” makes it look like spam.",
    ]

    email = write({**sections, "problems": refused})

    assert "$12 million" not in email.body
    assert "brochure" not in email.body


def test_no_booking_link_is_invented() -> None:
    sections = task(Random(1), 1, "en")
    sections["sender"] = {**sections["sender"], "booking_link": None}  # type: ignore[dict-item]
    email = write(sections)

    assert "http" not in compose(email.body, email.cta, email.ps)


def test_a_good_email_is_judged_well_and_a_bad_one_badly() -> None:
    sections = task(Random(2), 1, "en")
    sections["facts"] = [
        {"id": "f1", "field": "news", "value": FACTS[0][1], "quote": FACTS[0][2], "published_on": None}
    ]
    email = write(sections)
    good = {"subject": email.subject, "body": compose(email.body, email.cta, email.ps)}
    bad = {"subject": "BUY NOW" * 20, "body": "Act now? Buy now? Click here?"}

    judged = [
        Judgement.model_validate(
            answer("Judgement", {"email": one, "facts": sections["facts"], "step": sections["step"]})
        )
        for one in (good, bad)
    ]

    assert judged[0].score >= 4
    assert judged[1].score == 1
    assert judged[1].reasons


READINGS = (
    ("Thanks for reaching out. This is timely. Could you do a short call on Tuesday?", "interested"),
    ("Interesting, I'd like to hear more.", "interested"),
    (
        "das klingt interessant, ich würde gern mehr erfahren. Schicken Sie mir bitte ein paar Terminvorschläge.",
        "interested",
    ),
    ("How does it work with the systems we already have, and what does it cost?", "question"),
    ("Wie lässt sich das einbinden, und was kostet es?", "question"),
    (
        "Thanks, but this isn't a priority for us this quarter. Feel free to check back in a few months.",
        "not_now",
    ),
    (
        "Im Moment hat das bei uns keine Priorität, melden Sie sich gern im nächsten Quartal noch einmal.",
        "not_now",
    ),
    ("Thanks, but we're not interested. We are happy with what we have.", "not_interested"),
    ("vielen Dank, aber wir haben kein Interesse.", "not_interested"),
    ("Please remove me from your list.", "opt_out"),
    ("Unsubscribe me, please. I don't want to receive further emails from you.", "opt_out"),
    ("bitte entfernen Sie mich aus Ihrem Verteiler und schreiben Sie mir nicht mehr.", "opt_out"),
    ("Hm.", "other"),
)


@pytest.mark.parametrize(("reply", "sentiment"), READINGS)
def test_a_reply_is_read_for_what_it_means(reply: str, sentiment: str) -> None:
    sections = {"our_email": {"subject": "Hi", "body": "Hello"}, "reply": reply}

    reading = ReplyReading.model_validate(answer("ReplyReading", sections))

    assert reading.sentiment == sentiment
    assert reading.summary


@pytest.mark.parametrize(
    "sentiment", ["interested", "question", "not_now", "not_interested", "opt_out", "other"]
)
@pytest.mark.parametrize(
    "reply", ["Sounds good.", "Das klingt gut, vielen Dank, wir haben nicht viel Zeit, aber gern."]
)
def test_a_proposed_answer_is_grounded_and_uses_only_a_link_it_was_given(sentiment: str, reply: str) -> None:
    sender = {
        "company": "Rainmaker Demo",
        "offer": OFFERS[0],
        "booking_link": "https://cal.example/sam",
        "sender_name": "Sam",
    }
    lead = {"first_name": "Dana", "name": "Dana Reyes", "company": "Acme"}
    sections = {
        "our_email": {},
        "reply": reply,
        "reading": {"sentiment": sentiment, "summary": ""},
        "lead": lead,
        "facts": [],
        "sender": sender,
    }

    proposed = ProposedAnswer.model_validate(answer("ProposedAnswer", sections))

    known = [json.dumps(sender), json.dumps(lead)]
    language = "de" if "Guten Tag" in proposed.body else "en"
    rules = TextRules("Dana", "Reyes", 5, 200, allowed_links=("https://cal.example/sam",), needs_ps=False)
    assert problems_in(lint("Re", proposed.body, rules)) == []
    assert problems_in(check("", proposed.body, [], [], known=known, language=language)) == []


def test_insights_copy_their_figures() -> None:
    numbers = {
        "this_week": {
            "leads_added": 4,
            "drafts_waiting": 2,
            "sent": 12,
            "opened": 7,
            "replied": 3,
            "bounced": 0,
        },
        "week_before": {
            "leads_added": 1,
            "drafts_waiting": 0,
            "sent": 8,
            "opened": 5,
            "replied": 1,
            "bounced": 0,
        },
    }

    told = Insights.model_validate(answer("Insights", {"numbers": numbers}))

    assert "Sent: 12 this week, 8 week before." in told.insights
    assert "Decide the 2 drafts that wait for approval." in told.actions
    assert "Answer the 3 people who replied." in told.actions
    assert 2 <= len(told.actions) <= 3


def test_nothing_to_count_is_said() -> None:
    told = Insights.model_validate(answer("Insights", {"numbers": {}}))

    assert told.headline == "A quiet day so far."
    assert len(told.actions) >= 2


def test_one_is_told_as_one() -> None:
    told = Insights.model_validate(
        answer("Insights", {"numbers": {"replied": 1, "drafts_waiting": 1, "new": 1}})
    )

    assert told.actions == [
        "Decide the draft that waits for approval.",
        "Answer the person who replied.",
        "Research the new lead.",
    ]
