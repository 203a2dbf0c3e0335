"""`/leads templates`: listed, written, refused with a sentence at its field, previewed with a real lead, deleted."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.views import templates as views
from bot.views.templates import Preview, TemplateLine
from db.models.audit import AuditEntry
from db.models.email import EmailTemplate
from db.models.workspace import SlackOutbox
from tests.bot.test_listeners import DM, SAM, Desk, desk
from tests.bot.test_views import assert_taken, assert_view

assert desk
BODY = "Hi {{ first_name }},\n\n" + "we help teams like yours to lose less time at work. " * 6
GIVEN: dict[str, Any] = {"name": "Friendly", "subject": "For {{ company }}", "body": BODY}


def select_of(value: str) -> dict[str, Any]:
    return {
        "type": "static_select",
        "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value},
    }


async def test_the_list_shows_what_was_just_saved(desk: Desk) -> None:
    await desk.command("templates")
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        shown = (await tx.session.scalars(select(SlackOutbox).order_by(SlackOutbox.seq.desc()))).first()
        assert shown is not None and "Email templates" in json.dumps(shown.payload)
        key, ts = shown.key, shown.posted_ts
    assert "Newly written" not in json.dumps((await desk.surfaces())[key])
    assert await fill(desk, f"{DM}||{ts}", name="Newly written") == {}
    assert "Newly written" in json.dumps((await desk.surfaces())[key])


async def fill(desk: Desk, metadata: str = f"{DM}|", **changes: Any) -> dict[str, Any]:
    values = GIVEN | {"step": select_of("introduction"), "language": select_of("en")} | changes
    return await desk.submit("template_view", values, metadata=metadata)


async def rows(desk: Desk) -> list[EmailTemplate]:
    async with desk.database.transaction(await desk.workspace()) as tx:
        return list(await tx.session.scalars(select(EmailTemplate).order_by(EmailTemplate.created_at)))


@pytest.fixture(autouse=True)
async def none_before(desk: Desk) -> None:
    """The team is the same in every test."""
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(EmailTemplate))


async def opened(desk: Desk, action_id: str, value: str, **more: Any) -> dict[str, Any]:
    """The form that pressing a button opened, as Slack keeps it."""
    await desk.press(action_id, value, trigger_id=desk.slack.workspace.triggers.make(SAM), **more)
    rows = desk.slack.workspace.store.all("SELECT * FROM slack_views WHERE kind = 'modal' ORDER BY rowid")
    return {"id": rows[-1]["id"], **json.loads(rows[-1]["body"])}


async def test_the_list_shows_every_step_and_what_is_saved(desk: Desk) -> None:
    (empty,) = await desk.command("templates")
    assert "no template of your own" in str(empty) and "Value proposition" in str(empty)
    assert await fill(desk) == {}
    (row,) = await rows(desk)
    assert (row.name, row.sequence_type, row.language, row.variables) == (
        "Friendly", "introduction", "en", ["company", "first_name"],
    )  # fmt: skip
    (full,) = await desk.command("templates")
    assert "Friendly" in str(full) and "in use" in str(full) and str(row.id) in str(full)


@pytest.mark.parametrize(("changes", "field", "says"), [
    ({"subject": "{{ frist_name }}"}, "subject", "Did you mean first_name?"),
    ({"body": BODY + "{{ unheard_of }}"}, "body", "Known: first_name, company"),
    ({"body": BODY + "{% for x in y %}"}, "body", "Line"),
    ({"body": BODY + "{{ first_name.__class__ }}"}, "body", "with a dot"),
    ({"body": BODY + "{{ 'x' * 10000000000 }}"}, "body", "can't calculate"),
    ({"body": BODY * 10}, "body", "3000 are allowed"),
    ({"body": "Hi {{ first_name }}"}, "body", "at least 50"),
    ({"name": " "}, "name", "name"),
    ({"step": select_of("sixth")}, "step", "Choose the step"),
])  # fmt: skip
async def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(
    desk: Desk, changes: dict[str, Any], field: str, says: str
) -> None:
    answer = await fill(desk, **changes)
    assert answer["response_action"] == "errors" and set(answer["errors"]) == {field}
    assert says in answer["errors"][field]
    assert await rows(desk) == []


async def test_a_name_is_taken_once(desk: Desk) -> None:
    await fill(desk)
    answer = await fill(desk, name="friendly")
    assert "already" in answer["errors"]["name"] and len(await rows(desk)) == 1


async def test_an_edit_changes_the_one_and_a_second_of_the_step_takes_its_place(desk: Desk) -> None:
    await fill(desk)
    (row,) = await rows(desk)
    assert await fill(desk, f"{DM}|{row.id}", name="Friendlier", subject="Hello") == {}
    (changed,) = await rows(desk)
    assert (changed.id, changed.name, changed.subject_template) == (row.id, "Friendlier", "Hello")
    await fill(desk, name="Newer")
    (shown,) = await desk.command("templates")
    assert "not in use: a newer one" in str(shown)


async def test_one_that_was_deleted_meanwhile_is_not_saved(desk: Desk) -> None:
    await fill(desk)
    (row,) = await rows(desk)
    await desk.press("template_delete", str(row.id))
    assert await rows(desk) == []
    answer = await fill(desk, f"{DM}|{row.id}")
    assert "not here any more" in str(answer)
    assert "not here any more" in str(await desk.press("template_delete", str(row.id)))
    async with desk.database.transaction(await desk.workspace()) as tx:
        found = await tx.session.scalars(select(AuditEntry.action).where(AuditEntry.entity_id == row.id))
        assert set(found) == {"template.created", "template.deleted"}


async def test_a_form_starts_from_a_built_in_one_or_from_what_is_saved(desk: Desk) -> None:
    empty = await opened(desk, "template_new", "")
    assert "initial_value" not in empty["blocks"][0]["element"]
    started = await opened(desk, "template_new:5", "breakup")
    assert started["blocks"][1]["element"]["initial_option"]["value"] == "breakup"
    assert "haven't heard back" in started["blocks"][4]["element"]["initial_value"]
    await fill(desk)
    (row,) = await rows(desk)
    edited = await opened(desk, "template_edit", str(row.id))
    assert edited["private_metadata"].startswith(f"{DM}|{row.id}|") and "Friendly" in json.dumps(edited)
    gone = await opened(desk, "template_edit", "00000000-0000-0000-0000-000000000000")
    assert "not here any more" in json.dumps(gone)


async def test_a_preview_shows_a_real_lead_and_says_what_it_lacks(desk: Desk) -> None:
    await desk.command("add Maria Silva, maria@acme.example, Acme")
    await desk.command("add Bo Lind, bo@lind.example")
    await fill(desk)
    await fill(desk, name="Newsy", body=BODY + " {{ recent_news }}")
    friendly, newsy = await rows(desk)
    shown = await opened(desk, "template_preview", f"own|{friendly.id}")
    menu = shown["blocks"][-1]["accessory"]
    ids = {one["text"]["text"]: one["value"] for one in menu["options"]}
    view = {"id": shown["id"], "private_metadata": shown["private_metadata"]}

    async def chosen(name: str, of: str) -> str:
        pressed = {"action_id": "template_lead", "block_id": "b", "type": "static_select", "action_ts": "1.0",
                   "selected_option": {"value": ids[name]}}  # fmt: skip
        again = await opened(desk, "x", "", actions=[pressed], view=view | {"private_metadata": of})
        return json.dumps(again, ensure_ascii=False)

    maria = await chosen("Maria Silva (Acme)", f"own|{friendly.id}")
    assert "For Acme" in maria and "Hi Maria," in maria and "⚠️" not in maria
    assert "would get the built-in" in await chosen("Bo Lind", f"own|{friendly.id}"), "no company is known"
    assert "recent_news" in await chosen("Maria Silva (Acme)", f"own|{newsy.id}")
    assert "Closing the loop" in await chosen("Bo Lind", "built_in|breakup")


HOSTILE = "<!channel> *bold* <https://evil.example|x> &amp; " + "é" * 4000


def test_whatever_stands_in_it_slack_takes_every_surface() -> None:
    lines = [
        TemplateLine(str(number), HOSTILE[:80], "introduction", "xx", HOSTILE, HOSTILE, number == 0)
        for number in range(views.PAGE)
    ]
    for total, offset in ((10, 0), (100, 0), (100, 90)):
        assert_taken(views.templates_card(lines, total, offset))
    assert_taken(views.templates_card([], 0))
    assert_view(views.template_form())
    assert_view(
        views.template_form(
            name=HOSTILE, step_type="?", language="xx", subject=HOSTILE, body=HOSTILE, metadata="D|1"
        )
    )
    shown = Preview(
        "own|1",
        HOSTILE,
        "1",
        HOSTILE,
        HOSTILE,
        HOSTILE,
        9,
        (HOSTILE,) * 9,
        tuple((str(n), HOSTILE) for n in range(80)),
    )
    assert_view(views.preview_view(shown))
