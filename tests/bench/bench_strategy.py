"""Expected gain against the fixed order of the seeds, on one person of every company of the sandbox.

Three arms, the same steps, limits, deadline and cost cap: the seeds' order with everything it names; the same order
that drops what can bring nothing missing; and expected gain for each second and cent. Everything outside takes 0.4 to
2 seconds. Each arm has a workspace and an empty Redis of its own, so that none profits from another's caches.

The chances that steps are weighed by are not to be fitted to the world they are measured on: `--seed` makes other
companies, and draws from each somebody else than the first whom its pages name, so that other things are missing.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import structlog
import uvloop

from db.queries import research
from db.queries.lead import NewLead
from db.types import Depth, EmailStatus, WorkspaceId
from local.sandbox.world_make import DEFAULT_SEED
from pipeline.deps import Deps
from pipeline.jobs.research import research_run
from pipeline.jobs.research_plan import columns_of, weighed_facts
from pipeline.rules.scoring import FIELD_WEIGHTS, LeadData, lead_data_from
from pipeline.rules.strategy import BY_GAIN, LIMITS, Action, Found, Policy, Step, missing, weighed
from tests.bench.figures import median, quantile, show, show_machine, verdict
from tests.bench.research_stage import (
    REAL_LATENCY,
    ResearchStage,
    begin,
    new_workspace,
    research_stage,
    state_of,
)

AT_ONCE = 4


@dataclass(frozen=True)
class Ended:
    fields: int  # of those that are weighed
    score: int
    qualified: bool
    cents: float
    seconds: float
    steps: int
    right: bool  # no address but the person's own


def in_order(steps: Iterable[Step], values: Mapping[str, float]) -> list[Step]:
    return sorted(steps, key=lambda step: (step.order, step.key))


def always(step: Step, data: LeadData, found: Found, depth: Depth, under_way: Sequence[Step]) -> bool:
    return True


def may_bring(step: Step, data: LeadData, found: Found, depth: Depth, under_way: Sequence[Step]) -> bool:
    reads = found.counts.get(Action.READ, 0)
    if step.action is Action.READ and reads < LIMITS[depth].reads_at_least:
        return True
    return bool(weighed(step.chances) & missing(data))


def to_the_end(under_way: Sequence[Step], data: LeadData, found: Found, depth: Depth) -> bool:
    return True


ARMS = {
    "fixed order, everything": Policy(in_order, always, to_the_end),
    "fixed order, what is missing": Policy(in_order, may_bring, to_the_end),
    "expected gain": BY_GAIN,
}
GIVEN: dict[str, Callable[[dict[str, Any], dict[str, Any]], NewLead]] = {
    "name and company": lambda person, company: NewLead(name=person["name"], company=company["name"]),
    "name, company, email": lambda person, company: NewLead(
        name=person["name"], company=company["name"], email=person["email"]
    ),
}


async def _arm(made: ResearchStage, policy: Policy, people: list[Any], given: str) -> list[Ended]:
    async with made.deps() as deps:
        await deps.redis.flushdb()
        ours = await new_workspace(deps.db)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(person: dict[str, Any], company: dict[str, Any]) -> Ended:
            async with places:
                return await _one(deps, ours, policy, person, GIVEN[given](person, company))

        return list(await asyncio.gather(*(one(person, company) for person, company in people)))


async def _one(deps: Deps, ours: WorkspaceId, policy: Policy, person: dict[str, Any], new: NewLead) -> Ended:
    lead_id, run_id = await begin(deps.db, ours, new, Depth.STANDARD)
    began = time.perf_counter()
    await research_run(deps, ours, run_id, policy)
    took = time.perf_counter() - began
    lead, run = await state_of(deps.db, ours, lead_id, run_id)
    async with deps.db.transaction(ours) as tx:
        facts = weighed_facts(await research.facts(tx.session, ours, lead_id))
    data = lead_data_from(columns_of(lead), facts, deps.clock.now().date())
    known = sum(bool(data.get(field)) for field in FIELD_WEIGHTS)
    sure = lead.email is None or lead.email_status == EmailStatus.GUESSED
    right = sure or lead.email == person["email"]
    steps = len(run.plan["steps"])
    return Ended(known, lead.score, bool(lead.qualified), float(run.cost_cents), took, steps, right)


def _tell(name: str, ended: list[Ended]) -> None:
    def mean(what: str) -> float:
        return sum(float(getattr(one, what)) for one in ended) / len(ended)

    seconds = [one.seconds for one in ended]
    wrong = sum(not one.right for one in ended)
    show(
        name,
        f"{mean('fields'):.2f} fields, score {mean('score'):.1f}, {mean('qualified'):.0%} qualified, "
        f"{mean('cents'):.2f} ¢, {mean('seconds'):.1f} s (p50 {median(seconds):.1f}, "
        f"p95 {quantile(seconds, 0.95):.1f}), {mean('steps'):.1f} steps, {wrong} wrong addresses",
    )


def _judge(ours: list[Ended], other: list[Ended], name: str) -> None:
    def total(ended: list[Ended], what: str) -> float:
        return sum(float(getattr(one, what)) for one in ended)

    verdict(f"fields ≥ {name}", total(ours, "fields") >= total(other, "fields"))
    verdict(f"cents < {name}", total(ours, "cents") < total(other, "cents"))
    verdict(f"seconds < {name}", total(ours, "seconds") < total(other, "seconds"))


Measured = dict[str, list[Ended]]  # by arm


async def _measured(seed: int, people_count: int | None, chosen: str | None) -> dict[str, Measured]:
    """One world, by what was given."""
    async with research_stage("strategy", seed=seed) as made:
        await made.latency(*REAL_LATENCY)
        people = _people(made, seed)[:people_count]
        measured: dict[str, Measured] = {}
        for given in GIVEN:
            print(f"world {seed}, {len(people)} leads, given {given}:", flush=True)
            arms = measured.setdefault(given, {})
            for name, policy in ARMS.items():
                if chosen is None or chosen in name:
                    arms[name] = await _arm(made, policy, people, given)
                    _tell(name, arms[name])
        return measured


def _people(made: ResearchStage, seed: int) -> list[Any]:
    """One of each company: the first of the usual world, anybody of another."""
    companies = len(made.world["companies"])
    if seed == DEFAULT_SEED:
        return made.people()[:companies]
    drawn = Random(seed)
    staff: dict[str, list[Any]] = {}
    for person, company in made.people():
        staff.setdefault(company["key"], []).append((person, company))
    return [drawn.choice(some) for some in staff.values()]


async def main(seeds: Sequence[int], people_count: int | None, chosen: str | None) -> None:
    show_machine()
    worlds = [await _measured(seed, people_count, chosen) for seed in seeds]
    for given in GIVEN if chosen is None else ():
        arms = {name: [one for world in worlds for one in world[given][name]] for name in ARMS}
        print(f"worlds {', '.join(map(str, seeds))}, given {given}:")
        for name, ended in arms.items() if len(seeds) > 1 else ():
            _tell(name, ended)
        *fixed, gain = arms
        for other in fixed:
            _judge(arms[gain], arms[other], other)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int)
    parser.add_argument("--arm")
    parser.add_argument("--seed", type=int, action="append", help="another world; may be given several times")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.seed or [DEFAULT_SEED], given.leads, given.arm))
