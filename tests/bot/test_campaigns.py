"""A campaign in Slack: previewed with a picture, started once, rehearsed, changed, paused, cancelled."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, select, update

from db.models.audit import AuditEntry
from db.models.campaign import Campaign, Enrollment, Mailbox
from db.models.lead import Lead
from db.models.workspace import Member
from db.models.workspace import Workspace as WorkspaceRow
from db.queries import campaign, mailbox
from db.queries import lead as leads
from db.queries.lead import NewLead
from db.types import CampaignState, LeadId, MailProvider
from local.sandbox.faults import Fault
from pipeline.jobs.campaigns import KEEP_PREVIEW
from tests.bot.test_listeners import ANA, DM, LEADS, SAM, Desk, desk, words
from tests.local.slack_world import World

__all__ = ["desk"]
EMPTY = dict.fromkeys(
    ("name", "filter", "leads", "start", "leads_per_day", "goal", "approach", "like", "language"), ""
)


@pytest.fixture(autouse=True)
async def alone(desk: Desk) -> None:
    """The team is the same for all tests of this process: a mailbox, an address, and no campaigns."""
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        for model in (Campaign, Mailbox):
            await tx.session.execute(delete(model))
        await tx.session.execute(
            update(WorkspaceRow).values(
                postal_address="1 Street, Town", timezone="UTC", sending_stopped_at=None
            )
        )
        await mailbox.connect(
            tx.session, ours, provider=MailProvider.SMTP, address="us@rain.example", credentials={}, display_name=None,
            reply_to=None, now=desk.web.web.deps.clock.now(),
        )  # fmt: skip


async def people(desk: Desk, *names: str, **more: Any) -> list[LeadId]:
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    made: list[LeadId] = []
    async with desk.database.transaction(ours) as tx:
        for name in names:
            key = re.sub(r"[^a-z]", "", name.split()[0].lower())
            new = NewLead(
                name=name, email=f"{key}@{key}.example", company=f"{key.title()} Co", source="google"
            )
            row, _ = await leads.add(tx.session, ours, new, created_by=SAM, now=now)
            values = {"status": "researched", "qualified": True, "score": 80, "timezone": "UTC"} | more
            await leads.update(tx.session, ours, LeadId(row.id), values, now=now)
            made.append(LeadId(row.id))
    return made


def kind_of(chosen: str) -> dict[str, Any]:
    return {"type": "radio_buttons", "selected_option": {"value": chosen}}


async def asked(desk: Desk, kind: str = "immediate", campaign_id: str = "", **given: str) -> dict[str, Any]:
    metadata = json.dumps([campaign_id, DM, None])
    form = {**EMPTY, **given, "type": kind_of(kind)}
    return await submitted(desk, "campaign_view", form, metadata)


async def submitted(desk: Desk, view: str, form: dict[str, Any], metadata: str) -> dict[str, Any]:
    """The form, and then the delivery it leaves behind."""
    answer = await desk.submit(view, form, metadata=metadata)
    await desk.web.web.inbox.resume()
    await desk.settle()
    return answer


async def rows(desk: Desk, model: Any) -> Sequence[Any]:
    async with desk.database.transaction(await desk.workspace()) as tx:
        return (await tx.session.scalars(select(model))).all()


async def the_campaign(desk: Desk) -> Campaign:
    (one,) = await rows(desk, Campaign)
    return one


async def card(desk: Desk, row: Campaign) -> str:
    return words((await desk.surfaces())[f"campaign:{row.id}"])


async def shown(slack: World, row: Campaign, thread_ts: str | None = None) -> list[dict[str, Any]]:
    query = {"user": SAM, "channel": DM} | ({"thread_ts": thread_ts} if thread_ts else {})
    found = (await slack.read("messages", **query))["messages"]
    return [one for one in found if str(row.id) in json.dumps(one)]


async def test_a_preview_says_who_when_and_shows_the_days(desk: Desk, slack: World) -> None:
    await people(desk, "Maria Silva", "Dana Reyes", "Kim Lee")
    await people(desk, "Nora New", "Olaf New", qualified=None)
    assert await asked(desk, filter="source:google, not contacted", name="Spring", goal="Book a demo") == {}
    row = await the_campaign(desk)
    said = await card(desk, row)
    for part in ("3 leads", "Maria Silva", "2 left out", "have not been researched yet: ",
                 "Book a demo", "Starts at once", "9 emails from", "wait for an approver"):  # fmt: skip
        assert part in said or part in said.replace("*", ""), (part, said)
    assert row.state == CampaignState.DRAFT and not await rows(desk, Enrollment)
    (message,) = await shown(slack, row)
    (image,) = [block for block in message["blocks"] if block["type"] == "image"]
    assert "step 1: " in image["alt_text"] and "picture" not in image
    headers = {"Authorization": f"Bearer {slack.client.token}"}
    async with desk.web.http.get(image["slack_file"]["url_private"], headers=headers) as answer:
        drawn = Image.open(io.BytesIO(await answer.read()))
    assert drawn.format == "PNG" and drawn.width > 1000
    labels = [
        button["text"]["text"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for button in block["elements"]
    ]
    assert labels == ["Start the campaign", "Rehearse", "Change", "Discard"]


@pytest.mark.parametrize(
    ("kind", "given", "field", "says"),
    [
        ("immediate", {}, "filter", "For which leads?"),
        ("immediate", {"filter": "everyone at google"}, "filter", "is no filter"),
        ("immediate", {"filter": "replied"}, "filter", "No lead matches"),
        ("immediate", {"filter": "all", "leads": "Maria Silva"}, "leads", "not both"),
        ("immediate", {"leads": "Nobody Known"}, "leads", "Nobody Known"),
        ("scheduled", {"filter": "all"}, "start", "When should it start?"),
        ("scheduled", {"filter": "all", "start": "yesterday at 9"}, "start", "is in the past"),
        ("scheduled", {"filter": "all", "start": "2020-01-01 10:00"}, "start", "is in the past"),
        ("drip", {"filter": "all", "leads_per_day": "many"}, "leads_per_day", "A number"),
        ("drip", {"filter": "all", "leads_per_day": "0"}, "leads_per_day", "Between 1"),
        ("immediate", {"filter": "all", "like": "the tech companies"}, "like", "no campaign like"),
        ("immediate", {"filter": "all", "language": "Deutsch!"}, "language", "as a code"),
    ],
)
async def test_a_form_that_can_not_be_is_refused_at_its_field(
    desk: Desk, kind: str, given: dict[str, str], field: str, says: str
) -> None:
    await people(desk, "Maria Silva")
    answer = await asked(desk, kind, **given)
    assert answer["response_action"] == "errors" and says in answer["errors"][field], answer
    assert not await rows(desk, Campaign)


async def test_a_start_enrolls_once_however_often_it_is_pressed(desk: Desk) -> None:
    await people(desk, "Maria Silva", "Dana Reyes")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await asyncio.gather(*(desk.press("campaign_start", str(row.id), user=who) for who in (SAM, SAM, ANA)))
    assert len(await rows(desk, Enrollment)) == 2
    assert (await the_campaign(desk)).state == CampaignState.ACTIVE
    said = await card(desk, row)
    assert "Started by" in said and "2 leads · 2 being written" in said and "Since the preview" not in said
    started = [
        one
        for one in await rows(desk, AuditEntry)
        if one.action == "campaign.started" and one.entity_id == row.id
    ]
    assert len(started) == 1
    (again,) = await desk.press("campaign_start", str(row.id))
    assert "was started already" in again["text"]


async def test_a_start_says_what_changed_since_the_preview(desk: Desk) -> None:
    _, dana, kim = await people(desk, "Maria Silva", "Dana Reyes", "Kim Lee")
    await asked(desk, filter="source:google", name="Spring")
    row, ours = await the_campaign(desk), await desk.workspace()
    now = desk.web.web.deps.clock.now()
    async with desk.database.transaction(ours) as tx:
        await leads.update(tx.session, ours, dana, {"status": "unsubscribed"}, now=now)
        await campaign.enroll(
            tx.session,
            ours,
            lead_id=kim,
            campaign_id=None,
            owner_user_id=SAM,
            channel_id=None,
            thread_ts=None,
            now=now,
        )
    await desk.press("campaign_start", str(row.id))
    said = await card(desk, row)
    assert "2 leads fewer than in the preview" in said and "1 left out since then has unsubscribed" in said
    assert "1 left out since then is in another running campaign" in said
    assert [one.lead_id for one in await rows(desk, Enrollment) if one.campaign_id == row.id] != [kim]


async def test_when_nobody_is_left_nothing_starts(desk: Desk) -> None:
    (maria,) = await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row, ours = await the_campaign(desk), await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        await leads.update(tx.session, ours, maria, {"qualified": False}, now=desk.web.web.deps.clock.now())
    (refused,) = await desk.press("campaign_start", str(row.id))
    assert "Nobody can be enrolled any more: Maria Silva is not qualified" in refused["text"]
    assert (await the_campaign(desk)).state == CampaignState.DRAFT and not await rows(desk, Enrollment)


async def test_an_old_preview_is_started_no_more(desk: Desk) -> None:
    await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    desk.web.web.deps.clock.jump(KEEP_PREVIEW + timedelta(hours=1))
    (gone,) = await desk.press("campaign_start", str(row.id))
    assert "not here any more" in gone["text"] and not await rows(desk, Enrollment)


async def test_a_preview_is_changed_in_place_and_discarded(desk: Desk, slack: World) -> None:
    await people(desk, "Maria Silva", "Dana Reyes")
    await asked(desk, leads="Maria Silva", name="Spring")
    row = await the_campaign(desk)
    assert "Maria Silva" in await card(desk, row) and "1 chosen lead" in await card(desk, row)
    assert await asked(desk, "scheduled", str(row.id), name="Summer", start="tomorrow at 10am") == {}
    changed = await the_campaign(desk)
    assert (changed.id, changed.name, changed.type) == (row.id, "Summer", "scheduled")
    said = await card(desk, row)
    assert "Preview: Summer" in said and "10:00 (" in said and "1 chosen lead" in said
    assert (
        await asked(desk, "drip", str(row.id), filter="source:google", leads_per_day="1", name="Summer") == {}
    )
    assert "Drip: 1 lead a business day" in await card(desk, row) and len(await shown(slack, changed)) == 1
    ts = (await shown(slack, changed))[0]["ts"]
    await desk.press(
        "campaign_discard", str(row.id), message={"ts": ts}, container={"message_ts": ts, "channel_id": DM}
    )
    await desk.settle()
    assert not await rows(desk, Campaign) and "was discarded" in words(
        (await desk.surfaces())[f"campaign:{row.id}"]
    )
    (gone,) = await desk.press("campaign_start", str(row.id))
    assert "not here any more" in gone["text"]


async def test_a_rehearsal_names_the_emails_and_gives_them_as_a_file(desk: Desk, slack: World) -> None:
    await people(desk, "Maria Silva", "=cmd()|Dana", timezone="America/New_York")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    (root,) = await shown(slack, row)
    await desk.press("campaign_csv", f"{row.id}|{DM}|{root['ts']}")
    below = (await slack.read("messages", user=SAM, channel=DM, thread_ts=root["ts"]))["messages"]
    (file,) = [one["files"][0] for one in below if one.get("files")]
    headers = {"Authorization": f"Bearer {slack.client.token}"}
    async with desk.web.http.get(file["url_private"], headers=headers) as answer:
        lines = list(csv.DictReader(io.StringIO(await answer.text())))
    assert len(lines) == 10 and {one["time zone"] for one in lines} == {"America/New_York"}
    assert {one["lead"] for one in lines} == {"Maria Silva", "'=cmd()|Dana"}
    assert [one["step"] for one in lines if one["lead"] == "Maria Silva"] == list("12345")
    assert all(one["mailbox"] == "us@rain.example" and one["utc"] for one in lines)


async def test_the_list_pauses_resumes_and_cancels(desk: Desk) -> None:
    (none,) = await desk.command("campaigns")
    assert "No campaigns yet" in words(none)
    await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await desk.press("campaign_start", str(row.id))
    (listed,) = await desk.command("campaigns")
    assert "Spring" in words(listed) and "Running" in words(listed) and "1 lead" in words(listed)
    await desk.press("campaign_pause", str(row.id))
    assert (await the_campaign(desk)).state == CampaignState.PAUSED and "Paused" in await card(desk, row)
    await desk.press("campaign_go_on", str(row.id))
    assert (await the_campaign(desk)).state == CampaignState.ACTIVE and "Running" in await card(desk, row)
    await desk.press("campaign_cancel", str(row.id))
    assert (await the_campaign(desk)).state == CampaignState.CANCELLED and "Cancelled" in await card(
        desk, row
    )
    (joined,) = await rows(desk, Enrollment)
    assert (joined.state, joined.stop_reason) == ("stopped", "cancelled")
    assert "New one like it" in words((await desk.command("campaigns"))[0])


async def test_only_approvers_and_admins_resume(desk: Desk) -> None:
    await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await desk.press("campaign_start", str(row.id))
    await desk.press("campaign_pause", str(row.id))
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(update(Member).where(Member.slack_user_id == SAM).values(is_approver=True))
    (refused,) = await desk.press("campaign_go_on", str(row.id), user=ANA, channel=LEADS)
    assert "Only approvers and admins" in refused["text"]
    assert (await the_campaign(desk)).state == CampaignState.PAUSED


async def test_leads_are_added_by_form_and_not_to_one_that_ended(desk: Desk) -> None:
    await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await desk.press("campaign_start", str(row.id))
    await people(desk, "Dana Reyes")
    metadata = json.dumps([str(row.id), DM, None])
    refused = await submitted(desk, "campaign_add_view", {"leads": "", "filter": ""}, metadata)
    assert "Which leads?" in refused["errors"]["leads"]
    assert await submitted(desk, "campaign_add_view", {"leads": "Dana Reyes", "filter": ""}, metadata) == {}
    await desk.settle()
    assert len(await rows(desk, Enrollment)) == 2 and "2 leads" in await card(desk, row)
    await desk.press("campaign_cancel", str(row.id))
    await submitted(desk, "campaign_add_view", {"leads": "Dana Reyes", "filter": ""}, metadata)
    assert any("has ended (cancelled)" in one["text"] for one in (await desk.surfaces()).values())


async def test_cancelling_in_words_asks_first(desk: Desk) -> None:
    await people(desk, "Maria Silva", "Dana Reyes")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await desk.press("campaign_start", str(row.id))
    await desk.press("cancel_leave", json.dumps(["spring", None, None]))
    assert (await the_campaign(desk)).state == CampaignState.ACTIVE
    await desk.press("cancel_do", json.dumps([None, "dana co", None]))
    assert sorted(one.state for one in await rows(desk, Enrollment)) == ["stopped", "writing"]
    assert (await the_campaign(desk)).state == CampaignState.ACTIVE, "the campaign goes on for the others"
    await desk.press("cancel_do", "no json")
    await desk.press("cancel_do", json.dumps(["spring", None, None]))
    assert (await the_campaign(desk)).state == CampaignState.CANCELLED


async def test_a_click_is_answered_before_the_cards_of_all_its_sequences(desk: Desk, slack: World) -> None:
    await people(desk, "Maria Silva")
    await asked(desk, filter="source:google", name="Spring")
    row = await the_campaign(desk)
    await desk.press("campaign_start", str(row.id))
    await desk.command("campaigns")
    whole = (await slack.read("messages", user=SAM, channel=DM))["messages"]
    listed = next(one for one in reversed(whole) if "those that run first" in json.dumps(one))
    where = {"message": {"ts": listed["ts"]}, "container": {"message_ts": listed["ts"], "channel_id": DM}}
    await desk.press("campaign_pause", f"{row.id}|list", **where)
    whole = (await slack.read("messages", user=SAM, channel=DM))["messages"]
    after = words(next(one for one in whole if one["ts"] == listed["ts"]))
    assert "Paused: 1 campaign, 1 sequence." in after and "Resume" in after


# --- the picture ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "files.completeUploadExternal", "files.info"]
)
async def test_without_the_picture_the_numbers_stand_in_words(desk: Desk, slack: World, method: str) -> None:
    await people(desk, "Maria Silva")
    slack.box.faults.arm(Fault("slack", "refused", 1, method, {"error": "not_allowed"}))
    await asked(desk, filter="source:google", name="Spring")
    (message,) = await shown(slack, await the_campaign(desk))
    assert not [block for block in message["blocks"] if block["type"] == "image"]
    assert "step 1: 1" in words(message) and "Start the campaign" in words(message)


async def test_a_slack_that_refuses_the_file_gets_the_words(desk: Desk, slack: World) -> None:
    await people(desk, "Maria Silva")
    slack.box.faults.arm(Fault("slack", "refused", 1, "chat.postMessage", {"error": "invalid_blocks"}))
    await asked(desk, filter="source:google", name="Spring")
    (message,) = await shown(slack, await the_campaign(desk))
    assert "step 1: 1" in words(message) and not [one for one in message["blocks"] if one["type"] == "image"]


def walked(part: Any) -> list[dict[str, Any]]:
    """Every object of a payload."""
    if isinstance(part, dict):
        return [part, *(one for value in part.values() for one in walked(value))]
    return [one for value in part for one in walked(value)] if isinstance(part, list) else []


async def test_leads_of_a_filter_are_read_whatever_is_in_their_names(desk: Desk, slack: World) -> None:
    await people(desk, "<!channel> Evil", "*Bold* <https://evil.example|Link>")
    await asked(desk, filter="source:google", name="<!here> & co", goal="<@U1> `x`")
    row = await the_campaign(desk)
    marked = [
        part for part in walked((await desk.surfaces())[f"campaign:{row.id}"]) if part.get("type") == "mrkdwn"
    ]
    assert marked and not [
        one for one in marked if re.search("<[!@]|<https", one["text"].replace("<!date", ""))
    ]
    assert await rows(desk, Lead)
