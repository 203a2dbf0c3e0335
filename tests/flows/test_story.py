"""The story of a lead, told through Slack's payloads."""

import asyncio

from bot.action_ids import Action
from tests.flows.desk import has_button, text_of
from tests.flows.world import SAM, World, drafts_of, eventually


async def test_first(world: World) -> None:
    person = world.person("interested")
    world.working_hours(person)
    async with world.desk(SAM) as sam:
        card = await drafts_of(sam, world, person)
        print(text_of(card))
        await sam.press(card, Action.APPROVE)
        mail = await eventually(lambda: world.mail_to(person), what="the first mail")
        print(mail[0]["text"])
        alert = await sam.sees(lambda m: "answered" in text_of(m) and person.name in text_of(m))
        print(text_of(alert))
        answer = await sam.sees(
            lambda m: has_button(m, Action.APPROVE) and "Proposed answer" in text_of(m), thread=alert["ts"]
        )
        await sam.press(answer, Action.APPROVE)
        await eventually(lambda: asyncio.sleep(0, len), what="x") if False else None

        async def two():
            return len(await world.mail_to(person)) == 2

        await eventually(two)
        print((await world.mail_to(person))[1]["text"])
