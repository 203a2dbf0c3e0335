"""Does the model that judges drafts agree with a person? 60 drafts with labels by hand, 1 to 5, by the same rubric.

`python -m tests.bench.bench_judge`: asks the model of the settings (`.env` or the environment). Without settings it
asks the sandbox's scripted model, which says nothing about a real model: then only the measuring is tried.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pipeline.clients.llm import open_llm
from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.tasks import Judgement, labelled
from pipeline.clock import SystemClock
from pipeline.errors import BadSettings, Permanent, Transient
from pipeline.jobs.brief import step_section
from pipeline.jobs.drafting import GOOD_ENOUGH
from pipeline.jobs.prompt import prompt
from pipeline.rules import sequence
from pipeline.settings import load
from tests.bench.figures import show, show_machine
from tests.bench.judge_drafts import CASES, Case, Draft
from tests.local.openai_model import make_box, serving
from tests.pipeline.odd_model import settings as settings_of

SCORES = range(1, 6)
Pair = tuple[int, int]  # the person's label, the model's score


@asynccontextmanager
async def judge() -> AsyncIterator[tuple[Llm, str, bool]]:
    """The model, what to call it, and whether it is a real one."""
    try:
        settings = load()
    except BadSettings:
        settings = None
    if settings is not None and "model" not in settings.stand_in_names:
        yield open_llm(settings, SystemClock()), settings.openai_model, True
        return
    box = make_box()
    async with serving(box) as address:
        stand_in = settings_of(f"{address}/openai/v1", "chat", openai_api_key=box.accounts.openai_api_key)
        yield open_llm(stand_in, SystemClock()), "the sandbox's scripted model", False


async def scored(llm: Llm, case: Case, draft: Draft) -> int | None:
    """The model's score, asked as drafts are judged; None where it does not answer."""
    sections = {
        "email": {"subject": draft.subject, "body": draft.body},
        "facts": [
            {"id": "f1", "field": "news", "value": case.fact, "quote": case.fact, "published_on": None}
        ],
        "step": step_section(sequence.step(case.step)),
    }
    try:
        answer = await llm.parse(
            instructions=prompt("judge_email").text, text=labelled(sections), schema=Judgement
        )
    except (Transient, Permanent):
        return None
    return max(1, min(5, answer.value.score))


def weighted_kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa with quadratic weights: 1 is full agreement, 0 what chance gives."""
    count = len(pairs)
    ours = {score: sum(label == score for label, _ in pairs) for score in SCORES}
    theirs = {score: sum(found == score for _, found in pairs) for score in SCORES}
    seen = sum((label - found) ** 2 for label, found in pairs) / count
    chance = sum((a - b) ** 2 * ours[a] * theirs[b] for a in SCORES for b in SCORES) / count**2
    return 1.0 if chance == 0 and seen == 0 else 0.0 if chance == 0 else 1 - seen / chance


def passes(score: int) -> bool:
    return score >= GOOD_ENOUGH


async def main() -> int:
    print(f"Judging 60 drafts labelled by hand, prompt {prompt('judge_email').version}")
    show_machine()
    async with judge() as (llm, name, is_real):
        print(f"  model: {name}")
        pairs: list[Pair] = []
        for case in CASES:
            for draft in case.drafts:
                score = await scored(llm, case, draft)
                if score is not None:
                    pairs.append((draft.label, score))
    total = sum(len(case.drafts) for case in CASES)
    show("judged", f"{len(pairs)} of {total}")
    if not pairs:
        print("  The model answered nothing.")
        return 1
    tell(pairs)
    if not is_real:
        print(
            "  These figures are of a script that follows fixed rules: they say nothing about a real model."
        )
    return 0


def tell(pairs: Sequence[Pair]) -> None:
    share = 1 / len(pairs)
    show("the same score", f"{share * sum(label == found for label, found in pairs):6.3f}")
    show("within one", f"{share * sum(abs(label - found) <= 1 for label, found in pairs):6.3f}")
    show("weighted kappa (quadratic)", f"{weighted_kappa(pairs):6.3f}")
    show(f"the same side of {GOOD_ENOUGH}", f"{share * sum(passes(a) == passes(b) for a, b in pairs):6.3f}")
    let_through = sum(not passes(label) and passes(found) for label, found in pairs)
    held_up = sum(passes(label) and not passes(found) for label, found in pairs)
    show("let through though a person would not", str(let_through))
    show("held up though a person would not", str(held_up))
    for label in SCORES:
        row = "  ".join(f"{sum(pair == (label, score) for pair in pairs):3}" for score in SCORES)
        show(f"label {label}, scores 1 to 5", row)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
