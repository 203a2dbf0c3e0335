"""Commands, buttons and forms through the web process, answered in the sandbox's Slack."""
# ruff: noqa: E501 (tables of payloads are easier to read whole)

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import aiohttp
import pytest
from sqlalchemy import delete, select, update

from bot.tools.base import run as run_tool
from db.models.lead import Lead, LeadFit
from db.models.workspace import SlackInbox, SlackOutbox
from db.models.workspace import Workspace as WorkspaceRow
from db.queries import mailbox
from db.queries import workspace as workspaces
from db.session import Database
from db.types import MailProvider, WorkspaceId
from pipeline.clients.llm.base import ToolRequest
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from tests.bot.conftest import Front, context_of, front, make_turn
from tests.local.slack_world import World

TEAM, SAM, ANA, DM, LEADS = "T0RAINDEMO1", "U0SAMRIVERS", "U0ANACOSTA1", "D0SAMRIVERS", "C0LEADS0001"


class Desk:
    """A person at Slack's page: what they send, and what they see."""

    def __init__(self, web: Front, slack: World, database: Database) -> None:
        self.web, self.slack, self.database = web, slack, database

    async def settle(self) -> None:
        inbox, turns = self.web.web.inbox, self.web.web.turns
        while inbox._tasks or turns._conversations:
            await asyncio.sleep(0.01)
        self.web.web.deps.clock.jump(
            timedelta(0), wall=timedelta(seconds=2)
        )  # a channel's pace is of real time
        await self.web.web.poster.post_due()

    async def workspace(self) -> WorkspaceId:
        async with self.database.across() as tx:
            found = await workspaces.id_of_team(tx.session, TEAM)
        assert found is not None
        return found

    async def command(self, text: str, *, user: str = SAM, channel: str = DM) -> list[dict[str, Any]]:
        """The surfaces that the command brought, as Slack is to show them."""
        before = await self.surfaces()
        fields = {"command": "/leads", "text": text, "team_id": TEAM, "user_id": user, "channel_id": channel,
                  "trigger_id": f"1.2.{uuid4().hex}", "response_url": "http://127.0.0.1:1/x"}  # fmt: skip
        assert await self.web.form(fields) == (200, "")
        await self.settle()
        return [one for key, one in (await self.surfaces()).items() if key not in before]

    async def surfaces(self) -> dict[str, Any]:
        try:
            ours = await self.workspace()
        except AssertionError:
            return {}
        async with self.database.transaction(ours) as tx:
            rows = await tx.session.scalars(select(SlackOutbox).order_by(SlackOutbox.seq))
            return {
                row.key: row.payload
                | {"channel": row.channel_id, "private": row.ephemeral_user, "state": row.state}
                for row in rows
            }

    async def press(
        self, action_id: str, value: str, *, user: str = SAM, of: str = TEAM, channel: str = DM, **more: Any
    ) -> list[dict[str, Any]]:
        before = await self.surfaces()
        action = {
            "action_id": action_id,
            "block_id": "b",
            "type": "button",
            "value": value,
            "action_ts": "1.0",
        }
        payload = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user, "team_id": of}, "api_app_id": "A1",
                   "trigger_id": f"1.2.{uuid4().hex}", "channel": {"id": channel}, "actions": [action],
                   "container": {"type": "message", "channel_id": channel, "message_ts": "1.0"}, "message": {"ts": "1.0"}}  # fmt: skip
        status, _ = await self.web.payload(payload | more)
        assert status == 200
        await self.settle()
        return [one for key, one in (await self.surfaces()).items() if key not in before]

    async def submit(
        self, callback_id: str, values: dict[str, Any], *, user: str = SAM, metadata: str = DM
    ) -> dict[str, Any]:
        """What the form is answered: {} closes it."""
        state = {
            name: {
                "value": value if isinstance(value, dict) else {"type": "plain_text_input", "value": value}
            }
            for name, value in values.items()
        }
        view = {
            "id": "V1",
            "type": "modal",
            "callback_id": callback_id,
            "state": {"values": state},
            "private_metadata": metadata,
            "hash": "1.a",
        }
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": f"1.{uuid4().hex}",
            "view": view,
        }
        status, text = await self.web.payload(payload)
        assert status == 200
        await self.settle()
        return json.loads(text) if text else {}

    async def row(self) -> WorkspaceRow:
        ours = await self.workspace()
        async with self.database.transaction(ours) as tx:
            return await workspaces.get(tx.session, ours)


@pytest.fixture
async def desk(
    slack_deps: Deps, slack: World, http: aiohttp.ClientSession, database: Database
) -> AsyncIterator[Desk]:
    settings = slack_deps.settings.model_copy(update={"slack_api_url": f"{slack.box.base_url}/api/"})
    async with front(replace(slack_deps, settings=settings), http) as web:
        made = Desk(web, slack, database)
        await made.command("help")
        ours = await made.workspace()
        async with database.across() as tx:  # the team is the same for every test of this process
            await tx.session.execute(delete(SlackInbox))
        async with database.transaction(ours) as tx:
            for table in reversed(Lead.metadata.sorted_tables):
                if "workspace_id" in table.c and table.name not in ("members", "audit_log"):
                    await tx.session.execute(delete(table))
            for one in await workspaces.members(tx.session, ours):
                one.is_admin = one.is_approver = False
            await tx.session.execute(update(WorkspaceRow).values(
                sending_stopped_at=None, sending_stopped_by=None, company_name=None, company_offer=None, sender_name=None, postal_address=None, booking_link=None,
                window_confirmed=False, briefing_channel=None, drafts_channel=None, alerts_channel=None, setup_completed_at=None,
            ))  # fmt: skip
        yield made


def words(surface: dict[str, Any]) -> str:
    return json.dumps(surface, ensure_ascii=False)


async def test_commands_answer(desk: Desk) -> None:
    for text, said in (("", "No leads here yet"), ("list", "No leads here yet"), ("stats", "No leads here yet"), ("help", "What I can do"),
                       ("HELP", "What I can do"), ("drafts", "No drafts wait"), ("setup", "First-run checklist"), ("show", "Whom?"),
                       ("show Nobody", "know no lead"), ("research", "Whom?"), ("nonsense here", "don't know"), ("briefing", "Good morning")):  # fmt: skip
        (surface,) = await desk.command(text)
        assert said in words(surface), text
        assert surface["state"] == "posted"


async def test_a_lead_is_added_shown_and_listed_by_command(desk: Desk) -> None:
    (added,) = await desk.command("add Maria Silva, maria@acme.example, Acme, CTO")
    assert "Added" in added["text"] and "Maria Silva" in words(added)
    (again,) = await desk.command("add Maria, maria@acme.example")
    assert "Known already" in again["text"]
    (shown,) = await desk.command("show maria silva")
    assert "maria@acme.example" in words(shown)
    (listed,) = await desk.command("list acme")
    assert "1–1 of 1" in words(listed)


@pytest.mark.parametrize(
    "text",
    ["add " + "x" * 10_000, "add !", "add @", "add a, not@an@address", "add Maria Silva, maria@", "x" * 10_000, "show " + "🎉" * 5000, "list %_\\", "show \x00x",
     "research , ,", "show <!channel>", "<!channel>", "‮show"],
)  # fmt: skip
async def test_odd_commands_are_answered_with_a_sentence(desk: Desk, text: str) -> None:
    (surface,) = await desk.command(text)
    assert surface["state"] == "posted" and "Something went wrong" not in surface["text"]
    assert not re.search(r"<[!@][^>]*>", words(surface)), surface


async def test_names_from_outside_are_never_mentions(desk: Desk) -> None:
    (added,) = await desk.command(
        "add Evil &lt;!channel&gt; Ltd, evil@acme.example, Acme &lt;https://evil.example|Acme&gt;"
    )
    async with desk.database.transaction(await desk.workspace()) as tx:
        lead = await tx.session.scalar(select(Lead))
    assert lead is not None
    surfaces = [
        added,
        *await desk.press("lead_fit_good", str(lead.id)),
        *await desk.press(f"lead_show:{lead.id}", str(lead.id)),
        *await desk.command("list"),
    ]
    for surface in surfaces:
        read_as_markup = [surface["text"], *re.findall(r'"mrkdwn", "text": "([^"]*)"', words(surface))]
        assert not any("<!channel" in one or "<https://evil" in one for one in read_as_markup)
    async with desk.database.transaction(await desk.workspace()) as tx:
        fit = await tx.session.scalar(select(LeadFit))
    assert fit is not None and fit.good


async def test_a_form_that_comes_too_late_asks_to_press_again(desk: Desk) -> None:
    """The trigger in these payloads is none of Slack's, as an old one would be."""
    for surfaces in (
        await desk.command("add"),
        await desk.press("lead_add_open", ""),
        await desk.press("setup_company", "edit"),
    ):
        assert "Please try again" in surfaces[0]["text"]


async def test_in_a_channel_only_the_asker_sees_the_answer(desk: Desk) -> None:
    (surface,) = await desk.command("help", channel=LEADS)
    assert surface["private"] == SAM


async def test_the_buttons_of_things_that_are_gone_say_so(desk: Desk) -> None:
    gone = str(uuid4())
    for action in ("lead_research", "lead_fit_good", "lead_fit_bad", f"lead_show:{gone}", "why_not_sent"):
        for value in (gone, "", "not an id"):
            (surface,) = await desk.press(action, value)
            assert "Something went wrong" not in surface["text"], (action, value)
    for action in ("run_stop", "task_cancel", "edit_open", "send_test", "mark_sent", "outcome:meeting", "approve", "reject_open", "regenerate_open",
                   "sources_open", f"draft_fold:{1}"):  # fmt: skip
        for value in (gone, "", "not an id", f"{gone}|x"):
            for surface in await desk.press(action, value):
                assert "Something went wrong" not in surface["text"], (action, value)


async def test_strangers_to_approval_are_refused_by_name(desk: Desk) -> None:
    (nobody,) = await desk.press("approve", f"{uuid4()}|hash")
    assert "Nobody may approve yet" in nobody["text"]
    assert (
        await desk.submit(
            "setup_approvers_view", {"users": {"type": "multi_users_select", "selected_users": [ANA]}}
        )
        == {}
    )
    (refused,) = await desk.press("approve", f"{uuid4()}|hash")
    assert "Only approvers" in refused["text"] and SAM not in refused["text"]
    for form in ("reject_view", "edit_view", "regenerate_view"):  # one that was open before, or is made up
        answer = await desk.submit(form, {"reason": "x", "subject": "x", "body": "x"}, metadata=str(uuid4()))
        assert "Only approvers" in words(answer["view"]), form


async def test_forms_show_errors_at_their_fields(desk: Desk) -> None:
    for view, values, field in (
        ("setup_approvers_view", {"users": {"type": "multi_users_select", "selected_users": []}}, "users"),
        ("setup_sender_view", {"sender_name": "Sam", "postal_address": "here", "signature": None}, "postal_address"),
        ("setup_booking_view", {"booking_link": "javascript:alert(1)"}, "booking_link"),
        ("setup_booking_view", {"booking_link": "not a link"}, "booking_link"),
        ("setup_window_view", window("17:00", "09:00"), "end"),
        ("setup_window_view", window("09:00", None), "end"),
        ("setup_window_view", window("09:00", "17:00", "Mars/Olympus"), "timezone"),
        ("setup_window_view", window("09:00", "17:00") | {"a_day": "0"}, "a_day"),
        ("setup_window_view", window("09:00", "17:00") | {"a_day": "501"}, "a_day"),
        ("setup_window_view", window("09:00", "17:00") | {"to_a_company": "many"}, "to_a_company"),
        ("setup_channels_view", channels(LEADS, None, LEADS), "drafts"),
        ("setup_channels_view", channels(LEADS, LEADS, "C0GENERAL01"), "alerts"),  # the app is no member there
        ("lead_add_view", lead_form(name="x"), "name"),
        ("lead_add_view", lead_form(email="nobody"), "email"),
        ("lead_add_view", lead_form(linkedin_url="javascript:alert(1)"), "linkedin_url"),
    ):  # fmt: skip
        answer = await desk.submit(view, values)
        assert answer.get("response_action") == "errors", (view, answer)
        assert list(answer["errors"]) == [field] and len(answer["errors"][field]) > 5, (view, answer)


def window(start: str, end: str | None, timezone: str = "Europe/Berlin") -> dict[str, Any]:
    return {"start": {"type": "timepicker", "selected_time": start}, "end": {"type": "timepicker", "selected_time": end},
            "timezone": {"type": "static_select", "selected_option": {"value": timezone}}}  # fmt: skip


def channels(*chosen: str | None) -> dict[str, Any]:
    return {
        name: {"type": "conversations_select", "selected_conversation": one}
        for name, one in zip(("briefing", "drafts", "alerts"), chosen, strict=True)
    }


def lead_form(**given: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": "Maria Silva",
        "email": None,
        "company": "Acme",
        "title": None,
        "linkedin_url": None,
        "website_url": None,
    }
    return values | given | {"then": {"type": "radio_buttons", "selected_option": {"value": "add"}}}


async def test_a_lead_from_the_form_is_shown_where_it_was_asked_for(desk: Desk) -> None:
    assert await desk.submit("lead_add_view", lead_form(email="maria@acme.example")) == {}
    surfaces = list((await desk.surfaces()).values())
    assert "Maria Silva" in words(surfaces[-1]) and surfaces[-1]["channel"] == DM


async def test_the_first_run_ends_with_an_admin(desk: Desk, slack: World) -> None:
    """Every form once; whoever finishes it is the admin, and others are asked to ask them."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("setup_approvers_view", {"users": {"type": "multi_users_select", "selected_users": [SAM]}}),
        ("setup_company_view", {"company_name": "Brightpath", "company_offer": "Less waiting", "proof_points": "- one\n\n• two", "tone": "plain", "forbidden_words": "synergy, , magic"}),
        ("setup_sender_view", {"sender_name": "Sam Rivers", "postal_address": "12 Harbour Street, Portland, USA", "signature": None}),
        ("setup_window_view", window("09:00", "17:00")), ("setup_channels_view", channels(LEADS, LEADS, LEADS)),
        ("setup_booking_view", {"booking_link": "cal.example/sam"}),
    ]  # fmt: skip
    for view, values in steps:
        assert await desk.submit(view, values) == {}, view
    row = await desk.row()
    assert row.proof_points == ["one", "two"] and row.forbidden_words == ["synergy", "magic"]
    assert row.booking_link == "https://cal.example/sam" and row.timezone == "Europe/Berlin"
    assert row.setup_completed_at is None  # no mailbox yet
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        await mailbox.connect(
            tx.session,
            ours,
            provider=MailProvider.SMTP,
            address="sam@brightpath.example",
            credentials={},
            display_name="Sam",
            reply_to=None,
            now=row.created_at,
        )
    assert await desk.submit("setup_mailbox_view", {}) == {}
    assert (await desk.row()).setup_completed_at is not None
    async with desk.database.transaction(ours) as tx:
        sam = await workspaces.member(tx.session, ours, SAM)
    assert sam is not None and sam.is_admin and sam.is_approver
    refused = await desk.submit("setup_booking_view", {"booking_link": "evil.example"}, user=ANA)
    assert refused["response_action"] == "update" and "Sam Rivers" in json.dumps(refused)
    assert (await desk.row()).booking_link == "https://cal.example/sam"


async def test_opening_the_home_tab_and_the_dm(desk: Desk, slack: World) -> None:
    for tab in ("home", "messages"):
        body = {"type": "event_callback", "team_id": TEAM, "event_id": uuid4().hex, "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER"}],
                "event": {"type": "app_home_opened", "user": ANA, "channel": "D0ANACOSTA1", "tab": tab, "event_ts": "1.0"}}  # fmt: skip
        assert await desk.web.event(body) == 200
        await desk.settle()
    home = await slack.read("home", user=ANA)
    assert home["view"] is not None and "No leads yet" in json.dumps(home["view"])
    shown = await slack.read("messages", user=ANA, channel="D0ANACOSTA1")
    assert any("I'm Rainmaker" in one["text"] for one in shown["messages"])


async def test_a_button_or_form_in_a_shared_channel_obeys_nobody_of_another_team(desk: Desk) -> None:
    """Slack Connect shows our cards to people of another company, and delivers what they press."""
    for user_team, team in (("T0STRANGERS", TEAM), ("T0STRANGERS", "T0STRANGERS"), (TEAM, "T0STRANGERS")):
        pressed = await desk.press("stop_all", "", of=user_team, channel=LEADS, team={"id": team})
        assert pressed == []
    assert (await desk.row()).sending_stopped_at is None
    async with desk.database.across() as tx:
        assert await workspaces.id_of_team(tx.session, "T0STRANGERS") is None


async def test_the_doctor_answers_an_admin_and_tells_no_secret(desk: Desk) -> None:
    (found,) = await desk.command("doctor")
    said = words(found)
    assert "problem" in found["text"] and "Slack" in said and "database" in said
    settings = desk.web.web.deps.settings
    for secret in (settings.slack_bot_token, settings.slack_signing_secret, settings.encryption_key):
        assert secret is not None and secret.get_secret_value() not in said
    async with desk.database.transaction(await desk.workspace()) as tx:
        await workspaces.make_first_admin(tx.session, tx.workspace_id, ANA, now=desk.web.web.deps.clock.now())
    (refused,) = await desk.command("doctor")
    assert "Only an admin" in refused["text"]


async def test_a_held_change_is_made_where_the_person_clicks(desk: Desk) -> None:
    await desk.command("add Maria Silva, maria@acme.example, Acme")
    ours, deps = await desk.workspace(), desk.web.web.deps
    turn = await make_turn(desk.database, ours, cast(ManualClock, deps.clock))
    for call_id, name, arguments in (
        ("read", "show_lead", {"lead": "Maria Silva"}),
        ("change", "mark_priority", {"leads": ["Maria Silva"]}),
    ):
        request = ToolRequest(call_id, name, json.dumps(arguments))
        await run_tool(deps, request, turn.turn_id, context_of(deps, ours), ours)
    key = f"held:{turn.turn_id}:change"
    asked = (await desk.surfaces())[key]
    assert "Shall I? Marking Maria Silva as priority" in words(asked) and "strangers" in words(asked)
    await desk.press("held_do", f"{turn.turn_id}|change")
    done = (await desk.surfaces())[key]
    assert "On the priority list now: Maria Silva" in words(done) and SAM in words(done)
    (refused,) = await desk.press("held_leave", f"{turn.turn_id}|change")
    assert "decided already" in refused["text"]
