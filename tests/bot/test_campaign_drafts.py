"""A campaign with many leads: one message about its drafts, and the queue behind its button."""

import json
from uuid import UUID

import pytest
from sqlalchemy import delete

from bot.campaign_drafts import MOST_CARDS
from db.models.workspace import SlackOutbox
from db.queries import campaign
from db.types import CampaignId, CampaignType
from tests.bot.drafts_desk import Reader, Waiting, approvers, waiting
from tests.bot.test_listeners import SAM, Desk, desk

assert desk


@pytest.fixture
async def sam(desk: Desk) -> Reader:
    await approvers(desk, SAM)
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(SlackOutbox))
    return Reader(desk)


async def made_for(
    desk: Desk, leads: int, *, name: str = "Spring", many: bool = True
) -> tuple[CampaignId, list[Waiting]]:
    now = desk.web.web.deps.clock.now()
    async with desk.database.transaction(await desk.workspace()) as tx:
        made = await campaign.create(
            tx.session, tx.workspace_id, name=name, type=CampaignType.IMMEDIATE, now=now,
            filter={"words": "all"} if many else None,
        )  # fmt: skip
    return made, [await waiting(desk, f"{name} Person {n}", campaign_id=made) for n in range(leads)]


async def cards(desk: Desk, drafts: list[Waiting]) -> list[str]:
    shown = await desk.surfaces()
    return [key for one in drafts if (key := f"approval:{one.approval_id}") in shown]


async def test_beyond_a_few_leads_there_is_one_message_for_all(desk: Desk, sam: Reader) -> None:
    made, drafts = await made_for(desk, MOST_CARDS + 3)
    assert len(await cards(desk, drafts)) == MOST_CARDS
    shown = json.dumps((await desk.surfaces())[f"campaign-drafts:{made}"])
    assert f"*{MOST_CARDS + 3} leads* of *Spring* wait for an approver" in shown
    assert f'"value": "{made}"' in shown


async def test_its_button_opens_the_queue_at_that_campaign(desk: Desk, sam: Reader) -> None:
    await made_for(desk, 1, name="Autumn")
    made, _ = await made_for(desk, MOST_CARDS + 1)
    await desk.press("drafts_list", str(made), user=SAM, channel=sam.dm)
    shown = await sam.queue()
    assert f"1 of {MOST_CARDS + 1}" in shown and "Spring Person 0" in shown and "Autumn Person" not in shown


async def test_a_decision_counts_in_it_and_the_last_one_says_so(desk: Desk, sam: Reader) -> None:
    made, drafts = await made_for(desk, MOST_CARDS + 2)
    await desk.press("drafts_list", str(made), user=SAM, channel=sam.dm)
    for n, one in enumerate(drafts):
        await sam.approve(one)
        left = len(drafts) - n - 1
        shown = json.dumps((await desk.surfaces())[f"campaign-drafts:{made}"])
        if n >= MOST_CARDS:  # those before have cards of their own
            assert (f"{left} lead" in shown) if left else ("No drafts of" in shown)


async def test_leads_that_enter_one_by_one_keep_their_cards(desk: Desk, sam: Reader) -> None:
    _, drafts = await made_for(desk, MOST_CARDS + 2, name="First contact", many=False)
    assert len(await cards(desk, drafts)) == MOST_CARDS + 2
    assert not [key for key in await desk.surfaces() if key.startswith("campaign-drafts:")]


async def test_a_made_up_campaign_shows_nothing(desk: Desk, sam: Reader) -> None:
    await waiting(desk, "Maria Silva")
    await desk.press("drafts_list", str(UUID(int=7)), user=SAM, channel=sam.dm)
    assert f"queue:{SAM}" not in await desk.surfaces()
