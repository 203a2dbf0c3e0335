"""Every kill, every trouble, every number of workers: what the send path survives, counted.

    python -m tests.crash.matrix --seeds 10 --arenas 2

What is in it, for Gmail and for SMTP:

- points: one worker sends one email and is killed (SIGKILL) before and after each commit that writes something, and
  before and after each call to the outside; at making and sending a draft, and at handing over the text, also "late":
  the server does its work only when the next process is at work;
- troubles: each call is answered with 429, 500, not at all, or after the work was done with 500, a broken
  connection, silence beyond the client's patience; permissions are revoked, access tokens run out, drafts are deleted
  and edited by a person just before they are looked at and just before they are sent; SMTP's words get 4xx, 5xx, a
  broken connection and silence, before and after they took effect;
- both: a trouble, and kills drawn by the seed around it;
- dispatch: 1, 2 and 4 workers on 12 due emails and 2 second steps in 3 mailboxes, with kills of any of them at
  commits and calls drawn by the seed, and a trouble.

The invariant is in `tests.crash.play`. Exit code 1 where it was broken.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from db import seal
from db.seal import Sealer
from tests.crash.arena import Arena, Blow, Trouble, arena
from tests.crash.play import Case, Outcome, play
from tests.crash.relay import WORDS
from tests.servers import Servers

PROVIDERS = ("gmail", "smtp")
WORKERS = (4, 2, 1)
SAYS_EVERY = 25  # runs
AGAIN = 10**6  # beside the number of a run that is played once more
LATE = ("POST drafts", "POST drafts/send", "smtp text")
_METHODS = ("getProfile", "messages.list", "drafts.create", "drafts.get", "drafts.send", "messages.get")
_KINDS = (
    "rate_limited", "server_error", "server_error_after", "lost_response", "timeout_after", "revoked", "expired",
)  # fmt: skip
_SMTP_KINDS = ("421", "554", "lost", "lost_after", "silence", "silence_after")


def points(clean: Outcome) -> list[Case]:
    """Each place where a process that sends one email may die, by the way it went when nobody died."""
    blows = [
        *(Blow("commit", when, *place) for place in _places(clean.commits) for when in ("before", "after")),
        *(Blow("call", when, *place) for place in _places(clean.calls) for when in ("before", "after")),
        *(Blow("call", "late", 1, name) for name in LATE if name in clean.calls),
    ]
    return [Case(clean.case.provider, (one,)) for one in blows]


def _places(names: Sequence[str]) -> list[tuple[int, str]]:
    """Each as the how-manieth of its name: two jobs may swap their places."""
    return [(names[: n + 1].count(name), name) for n, name in enumerate(names)]


def troubles(provider: str) -> list[Trouble]:
    if provider == "smtp":
        return [
            *(Trouble(kind, word) for word in WORDS for kind in _SMTP_KINDS),
            Trouble("535", "AUTH"),
            Trouble("999_after", "text"),
        ]
    return [
        *(Trouble(kind, f"gmail.users.{method}") for method in _METHODS for kind in _KINDS),
        *(Trouble(kind, "token refresh_token") for kind in ("rate_limited", "server_error", "revoked")),
        *(
            Trouble(kind, f"gmail.users.drafts.{method}")
            for kind in ("draft_deleted", "draft_edited")
            for method in ("get", "send")
        ),
    ]


def both(provider: str, seed: int) -> Case:
    """A trouble, and one or two kills somewhere around it."""
    chance = random.Random(f"{provider} {seed}")
    return Case(
        provider, tuple(_drawn(chance, chance.randint(1, 2), 8, 10)), chance.choice(troubles(provider))
    )


def many(provider: str, workers: int, seed: int) -> Case:
    chance = random.Random(f"{provider} {workers} {seed}")
    blows = tuple(_drawn(chance, 8, 10, 90))
    trouble = chance.choice(troubles(provider)) if seed else None
    return Case(provider, blows, trouble, workers, boxes=3, leads=12, seconds=2)


def _drawn(chance: random.Random, number: int, commits: int, calls: int) -> Iterator[Blow]:
    for _ in range(number):
        when = chance.choice(("before", "after"))
        if chance.random() < 0.5:
            yield Blow("commit", when, chance.randint(1, commits))
        else:
            yield Blow("call", when, chance.randint(1, calls))


def doubtful(outcome: Outcome) -> bool:
    """Whether anything happened after which nobody could know whether a mail had left."""
    case = outcome.case
    if case.trouble and ("draft_deleted" in case.trouble.kind or case.provider == "smtp"):
        return True
    return case.provider == "smtp" and bool(case.blows)


class Tally:
    """What is printed at the end."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.problems: list[str] = []

    def add(self, kind: str, outcome: Outcome) -> None:
        case = outcome.case
        self.runs[f"{kind} {case.provider}"] += 1
        for where, count in outcome.kills.items():
            self.kills[f"{case.provider}: {where}"] += count
        if case.trouble:
            self.troubles[f"{case.provider}: {case.trouble.kind}"] += 1
        for name in (
            "emails",
            "delivered",
            "unknown",
            "failed",
            "reconnected",
            "twice",
            "lost",
            "drafts_left",
        ):
            self.sums[name] += getattr(outcome, name)
        self.problems += [f"{case}: {one}" for one in outcome.problems]
        if outcome.unknown and not doubtful(outcome):
            self.problems.append(f"{case}: a person was asked what could be known")

    def __str__(self) -> str:
        sums = self.sums
        listed = [f"  {count:5}  {name}" for name, count in sorted(self.kills.items())]
        return "\n".join(
            (
                "runs", *(f"  {count:5}  {name}" for name, count in sorted(self.runs.items())),
                f"kills with SIGKILL: {self.kills.total()}", *listed,
                "troubles", *(f"  {count:5}  {name}" for name, count in sorted(self.troubles.items())),
                f"emails approved and due   {sums['emails']}",
                f"delivered                 {sums['delivered']}",
                f"asked (Sent / Not sent)   {sums['unknown']}",
                f"said to have failed       {sums['failed']}",
                f"mailboxes reconnected     {sums['reconnected']}",
                f"drafts left in mailboxes  {sums['drafts_left']}",
                f"sent twice                {sums['twice']}",
                f"lost                      {sums['lost']}",
                f"broken promises           {len(self.problems)}", *(f"  {one}" for one in self.problems),
            )
        )  # fmt: skip


async def play_all(place: Arena, cases: Iterable[tuple[str, Case]], tally: Tally, first: int = 1) -> None:
    for number, (kind, case) in enumerate(cases, first):
        place.chance.seed(number)
        outcome = await play(place, case, number)
        tally.add(kind, outcome)
        if kind == "point" and not outcome.kills:  # jobs run side by side: this time it went another way
            tally.add(kind, await play(place, case, AGAIN + number))
        if SAYS_EVERY and not tally.runs.total() % SAYS_EVERY:
            print(f"… {tally.runs.total()} runs, {len(tally.problems)} broken promises", flush=True)


async def cases_of(place: Arena, seeds: int) -> list[tuple[str, Case]]:
    """The longest first."""
    clean = [await play(place, Case(provider), 10**8 + n) for n, provider in enumerate(PROVIDERS)]
    return [
        *(("dispatch", many(one, workers, seed)) for seed in range(seeds) for workers in WORKERS for one in PROVIDERS),
        *(("trouble", Case(one, trouble=trouble)) for one in PROVIDERS for trouble in troubles(one)),
        *(("trouble and kills", both(one, seed)) for one in PROVIDERS for seed in range(4 * seeds)),
        *(("point", case) for outcome in clean for case in points(outcome)),
    ]  # fmt: skip


async def main(seeds: int, arenas: int) -> Tally:
    seal.install(Sealer({"test": bytes(range(32))}))
    tally, servers = Tally(), Servers()
    try:
        async with arena(servers) as place:
            cases = await cases_of(place, seeds)
        await asyncio.gather(*(_one_arena(servers, cases[n::arenas], tally) for n in range(arenas)))
    finally:
        servers.release()
    return tally


async def _one_arena(servers: Servers, cases: Sequence[tuple[str, Case]], tally: Tally) -> None:
    async with arena(servers) as place:
        await play_all(place, cases, tally)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arenas", type=int, default=2, help="played side by side")
    given = parser.parse_args()
    began = time.monotonic()
    found = asyncio.run(main(given.seeds, given.arenas))
    print(f"{found}\nseconds                   {time.monotonic() - began:.0f}")
    sys.exit(bool(found.problems))
