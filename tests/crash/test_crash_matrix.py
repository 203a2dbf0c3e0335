"""The part of the crash matrix that every test run plays; `python -m tests.crash.matrix` plays all of it.

What the crash tests hold the send path against, and where:

| what                                                        | Gmail | SMTP | where                                  |
|-------------------------------------------------------------|-------|------|----------------------------------------|
| kill -9 before and after every commit that writes           | all   | all  | test_killed_at_every_point             |
| kill -9 before and after every call to the outside          | all   | all  | test_killed_at_every_point             |
| kill -9, and the server does the work afterwards            | draft, send | text | test_killed_at_every_point       |
| 429, 500, lost answers, time-outs after the work, revoked   | each call | each word | test_troubles (a part), matrix |
| permissions; an access token that ran out                   |       |      |                                        |
| a draft deleted, edited by a person, before get and send    | all   | –    | test_troubles                          |
| both at once                                                | drawn | drawn | test_troubles (a part), matrix        |
| dispatch with 1, 2, 4 workers, 14 emails, 3 mailboxes,      | drawn | drawn | test_dispatch_and_kills, matrix       |
| kills of any of them                                        |       |      |                                        |
| a process that slept beyond its lease                       | yes   | yes  | test_send_crash, test_smtp_killed      |
| the header stripped, a lagging index, history forgotten     | yes   | –    | test_send_crash                        |
| web and worker under arq, killed by time                    | yes   | –    | test_story_kills, `make soak`          |

What no client can be proof against, and is not in it: a server that takes a mail and answers that it did not, and a
person who edits a draft in the moment between our last look at it and its sending.
"""

from collections.abc import AsyncIterator

import pytest

from db.seal import Sealer
from tests.crash.arena import Arena, arena
from tests.crash.matrix import PROVIDERS, Tally, both, many, play_all, points, troubles
from tests.crash.play import Case, play
from tests.crash.relay import WORDS
from tests.servers import Servers

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]
SEED = 3
SURELY = {
    "gmail": (
        "POST drafts", "GET drafts/*", "POST drafts/send", "commit email → claimed", "commit email: lease",
        "commit email → created", "commit email: gates asked", "commit email → sent",
    ),
    "smtp": (
        *(f"smtp {word}" for word in WORDS), "commit email → claimed", "commit email: lease", "commit email → created",
        "commit email → sent",
    ),
}  # fmt: skip


@pytest.fixture
async def place(servers: Servers, sealer: Sealer) -> AsyncIterator[Arena]:
    async with arena(servers) as made:
        yield made


@pytest.mark.parametrize(("provider", "workers"), [("gmail", 4), ("smtp", 2), ("gmail", 1)])
async def test_dispatch_and_kills(place: Arena, provider: str, workers: int) -> None:
    tally = Tally()
    await play_all(place, [("dispatch", many(provider, workers, SEED))], tally)
    assert tally.problems == []
    assert tally.kills.total() >= 4
    assert tally.sums["emails"] == tally.sums["delivered"] == 14


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_killed_at_every_point(place: Arena, provider: str) -> None:
    clean = await play(place, Case(provider), 1000)
    cases = points(clean)
    tally = Tally()
    await play_all(place, [("point", case) for case in cases], tally)
    assert tally.problems == []
    assert tally.kills.total() >= len(cases) - 4 >= 20, str(
        tally
    )  # two jobs run side by side: ways differ a little
    wanted = SURELY[provider]
    assert {
        f"{provider}: {when} {name}" for name in wanted for when in ("before", "after")
    } <= tally.kills.keys()
    assert tally.sums["emails"] == tally.sums["delivered"] >= len(cases)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_troubles(place: Arena, provider: str) -> None:
    """The silent ones take their time; `matrix` has all of them."""
    quick = [one for one in troubles(provider) if "silence" not in one.kind and "timeout" not in one.kind]
    chosen = [one for n, one in enumerate(quick) if (n + SEED) % 5 == 0 or one.kind.startswith("draft")]
    cases = [*(Case(provider, trouble=one) for one in chosen), *(both(provider, SEED + n) for n in range(2))]
    tally = Tally()
    await play_all(place, [("trouble", case) for case in cases], tally)
    assert tally.problems == []
    assert tally.sums["emails"] == tally.sums["delivered"] == len(cases)
