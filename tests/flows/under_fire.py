"""The story as a patient person goes through it while processes die, and what must be true at its end.

Such a person does what people do: a button that did not react is pressed again; nothing that was said is repeated.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.action_ids import Action
from local.sandbox.mailboxes import mail_log
from local.sandbox.world_model import Person
from tests.flows.desk import Desk, Message, has_button, text_of
from tests.flows.world import World, eventually, is_card_of

PATIENCE = 300.0  # leases of processes that died have to run out first, one after the other
PRESS_AGAIN = 3.0
ENDED = {  # what there is to do, causes first, and how it ends well
    "slack_inbox": ("done",),
    "turns": ("done",),
    "research_runs": ("done",),
    "email_campaigns": ("sent", "cancelled", "scheduled", "pending"),  # pending: a person's turn
    "slack_outbox": ("posted",),
}


@dataclass
class Story:
    """One person of ours, one prospect who answers. `ended` says how long it took."""

    world: World
    desk: Desk
    person: Person
    patience: float = PATIENCE
    ended: float = 0.0

    async def run(self) -> None:
        began = time.monotonic()
        thread = await self.desk.say(self.world.request_for(self.person))
        card = await self.desk.sees(is_card_of(self.person), thread=thread, seconds=self.patience)
        self.world.at_work(self.person)
        await insist(lambda: self.desk.press(card, Action.APPROVE), self._approved("sequence"))
        alert = await self.desk.sees(self._is_alert, seconds=self.patience)
        answer = await self.desk.sees(
            lambda m: has_button(m, Action.APPROVE), thread=alert["ts"], seconds=self.patience
        )
        await insist(lambda: self.desk.press(answer, Action.APPROVE), self._approved("answer"))
        await eventually(self._answered, seconds=self.patience, what="the answer in the prospect's mailbox")
        self.ended = time.monotonic() - began

    def _is_alert(self, message: Message) -> bool:
        words = text_of(message)
        return self.person.name in words and "answered" in words and has_button(message, Action.OUTCOME)

    def _approved(self, kind: str) -> Callable[[], Awaitable[bool]]:
        async def asked() -> bool:
            found = await self.world.rows(
                "SELECT a.state FROM approvals a JOIN leads l ON l.id = a.lead_id"
                " WHERE l.email = :email AND a.kind = :kind",
                email=self.person.email,
                kind=kind,
            )
            return "approved" in [one["state"] for one in found]

        return asked

    async def _answered(self) -> bool:
        return len(await self.world.mail_to(self.person)) == 2


async def insist(
    press: Callable[[], Awaitable[dict[str, Any]]], is_so: Callable[[], Awaitable[bool]]
) -> None:
    """Press until it is so, with a look in between. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            await press()
            looked = time.monotonic() + PRESS_AGAIN
            while time.monotonic() < looked and not await is_so():
                await asyncio.sleep(0.1)


async def set_up_under_fire(desk: Desk) -> None:
    await desk.open_dm()
    checklist = await desk.sees(lambda m: has_button(m, Action.SETUP_EXAMPLE), seconds=PATIENCE)

    async def is_green() -> bool:
        return any("Everything is set up" in text_of(message) for message in await desk.messages())

    await insist(lambda: desk.press(checklist, Action.SETUP_EXAMPLE), is_green)


BADLY = ("failed", "stopped", "unknown")


async def settled(world: World) -> None:
    """Nothing waits and nothing is under way any more, looked at twice: one thing's end may be another's cause."""
    for _ in range(2):
        await eventually(lambda: _nothing_open(world), seconds=PATIENCE, what="everything comes to its end")


async def _nothing_open(world: World) -> bool:
    for table, well in ENDED.items():
        ways = [*well, *BADLY]
        open_rows = await world.rows(f"SELECT 1 FROM {table} WHERE NOT state = ANY(:ways) LIMIT 1", ways=ways)
        if open_rows:
            return False
    return not world.sandbox.box.store.all("SELECT 1 FROM slack_deliveries LIMIT 1")


async def broken_promises(world: World, desk: Desk, stories: list[Story]) -> list[str]:
    """Everything that happened twice, not at all, or came to no good end; empty if all is well."""
    return [
        *await _surfaces_shown_once(world),
        *await _words_answered_once(world, desk),
        *await _ended_well(world),
        *await _mail_once_a_step(world),
        *[problem for story in stories for problem in await _story_ended(world, story)],
    ]


async def _surfaces_shown_once(world: World) -> list[str]:
    """Every surface of the outbox is one message in Slack, by the id in its metadata."""
    shown: Counter[str] = Counter()
    for row in world.sandbox.box.store.all("SELECT body FROM slack_messages"):
        metadata = json.loads(row["body"]).get("metadata") or {}
        if surface := (metadata.get("event_payload") or {}).get("surface"):
            shown[surface] += 1
    rows = await world.rows("SELECT id::text, key FROM slack_outbox WHERE ephemeral_user IS NULL")
    return [
        f"surface {row['key']} is shown {shown[row['id']]} times" for row in rows if shown[row["id"]] != 1
    ]


async def _words_answered_once(world: World, desk: Desk) -> list[str]:
    """Every message of a person has one answer, which is whole."""
    problems: list[str] = []
    for message in await desk.messages():
        if message["user"] != desk.user:
            continue
        replies = await desk.messages(thread=message["ts"])
        answers = [one for one in replies[1:] if "tasks" in one or one.get("edited")]
        answers = [one for one in answers if not one.get("blocks")]
        if len(answers) != 1:
            problems.append(f"“{message['text'][:60]}” has {len(answers)} answers")
        elif answers[0].get("streaming") or "Its card shows each step." not in answers[0]["text"]:
            problems.append(
                f"the answer to “{message['text'][:60]}” is not whole: {answers[0]['text'][-80:]!r}"
            )
    return problems


async def _ended_well(world: World) -> list[str]:
    problems: list[str] = []
    for table, well in ENDED.items():
        rows = await world.rows(f"SELECT * FROM {table} WHERE NOT state = ANY(:well)", well=list(well))
        problems += [f"{table}: {row['state']} {row.get('key', '')} {row.get('error')}" for row in rows]
    return problems


async def _mail_once_a_step(world: World) -> list[str]:
    """What is stored as sent is in a mailbox once, and nothing else is."""
    sent = await world.rows("SELECT * FROM email_campaigns WHERE state = 'sent'")
    delivered = [one for one in await mail_log(world.sandbox.box) if one["via"] == "gmail"]
    times = Counter(one["message_id"] for one in delivered)
    ours = {row["message_id"] for row in sent}
    problems = [f"mail {name} is there {times[name]} times" for name in ours if times[name] != 1]
    problems += [f"unknown mail to {one['recipient']}" for one in delivered if one["message_id"] not in ours]
    return problems


async def _story_ended(world: World, story: Story) -> list[str]:
    email, problems = story.person.email, []
    leads = await world.rows("SELECT * FROM leads WHERE lower(email) = :email", email=email.lower())
    if [lead["status"] for lead in leads] != ["replied"]:
        problems.append(f"{email}: leads are {[lead['status'] for lead in leads]}")
    counts = await world.one(
        "SELECT (SELECT count(*) FROM research_runs r WHERE r.lead_id = l.id) AS runs,"
        " (SELECT count(*) FROM enrollments e WHERE e.lead_id = l.id) AS enrollments,"
        " (SELECT count(*) FROM approvals a WHERE a.lead_id = l.id AND a.state = 'approved') AS approved,"
        " (SELECT count(*) FROM approvals a WHERE a.lead_id = l.id AND a.kind = 'sequence') AS asked"
        " FROM leads l WHERE lower(l.email) = :email LIMIT 1",
        email=email.lower(),
    )
    wanted = {"runs": 1, "enrollments": 1, "approved": 2, "asked": 1}
    if counts != wanted:
        problems.append(f"{email}: {counts}, not {wanted}")
    steps = [(one["email_sequence"], one["state"]) for one in await world.emails_of(story.person)]
    if steps != [(1, "sent"), (2, "cancelled"), (3, "cancelled"), (4, "cancelled"), (5, "cancelled")]:
        problems.append(f"{email}: {steps}")
    return problems
