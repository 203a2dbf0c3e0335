"""Block Kit validation: what Slack takes passes, what it refuses is named with its place."""

from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    CardBlock,
    CarouselBlock,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    ImageBlock,
    MarkdownBlock,
    PlanBlock,
    SectionBlock,
    TableBlock,
    TaskCardBlock,
    VideoBlock,
)
from slack_sdk.models.blocks.basic_components import MarkdownTextObject

from local.sandbox.slack.blocks import RULES, has_many_tables, message_problems, view_problems
from local.sandbox.slack.fields import BLOCK_FIELDS, SURFACES

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def button(**more: Any) -> Block:
    return {"type": "button", "action_id": "a", "text": plain("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def select(count: int) -> Block:
    options = [{"text": plain(str(n)), "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options}


def rich(text: str) -> Block:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def raw(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def data_table(rows: int, **more: Any) -> Block:
    cells = [[raw("Name"), raw("Score")], *[[rich("Bo"), {"type": "raw_number", "value": 3}]] * rows]
    return {"type": "data_table", "caption": "Leads", "rows": cells, **more}


def chart(kind: str, points: tuple[str, ...] = ("a", "b"), value: float = 1) -> Block:
    data = [{"label": label, "value": value} for label in points]
    series = {"series": [{"name": "s", "data": data}], "axis_config": {"categories": ["a", "b"]}}
    drawn = {"type": kind, **({"segments": data} if kind == "pie" else series)}
    return {"type": "data_visualization", "title": "T", "chart": drawn}


GOOD: list[Any] = [
    SectionBlock(text="*x*", fields=["a", "b"], accessory=ButtonElement(text="Go", action_id="a")),
    HeaderBlock(text="Head"),
    DividerBlock(),
    ImageBlock(image_url="https://x.example/a.png", alt_text="a"),
    ActionsBlock(elements=[ButtonElement(text="Go", action_id="a", style="primary", value="1")]),
    ContextBlock(elements=[MarkdownTextObject(text="small")]),
    MarkdownBlock(text="# Hi"),
    TableBlock(rows=[[raw("a"), rich("b")]]),
    TaskCardBlock(task_id="1", title="Search", status="complete", details=rich("x")),
    PlanBlock(title="Plan", tasks=[TaskCardBlock(task_id="1", title="Search", status="pending")]),
    chart("bar"),
    chart("pie"),
    CardBlock(title="Bo", body="CEO", actions=[ButtonElement(text="Go", action_id="a")]),
    CarouselBlock(elements=[CardBlock(title="Bo")]),
    VideoBlock(alt_text="a", video_url="https://v.example", thumbnail_url="https://t.example", title="V"),
    rich("x"),
    data_table(2),
    actions(select(100)),
    {
        "type": "input",
        "label": plain("L"),
        "element": {"type": "plain_text_input", "action_id": "t", "multiline": True},
    },
]

BAD: list[tuple[Any, str]] = [
    ({"type": "marquee"}, "unsupported type: marquee [json-pointer:/blocks/0/type]"),
    ({"text": "x"}, "missing required field: type [json-pointer:/blocks/0]"),
    ("text", "must provide an object [json-pointer:/blocks/0]"),
    ({"type": "section"}, "must define `text` or `fields` [json-pointer:/blocks/0]"),
    (
        {"type": "section", "text": plain("x" * 3001)},
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        {"type": "section", "text": plain("")},
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        {"type": "section", "fields": [plain("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        actions(*[button(action_id=str(n)) for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        actions(button(style="loud")),
        "must be one of danger, primary [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (actions(button(), button()), "`action_id` already exists: a [json-pointer:/blocks/0]"),
    (actions(select(101)), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    (actions(select(0)), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    (
        actions(button(confirm={"title": plain("t"), "text": plain("x" * 301)})),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    (
        {"type": "context", "elements": [plain("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        {"type": "markdown", "text": "x" * 12_001},
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    (
        {"type": "table", "rows": [[raw("x")] * 21]},
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
    (
        {"type": "table", "rows": [[raw("x")]] * 101},
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    (data_table(0), "no fewer than 2 items allowed [json-pointer:/blocks/0/rows]"),
    (
        data_table(1, page_size=0),
        "must be a whole number from 1 to 100 [json-pointer:/blocks/0/page_size]",
    ),
    ({"type": "alert", "text": plain("x")}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ({"type": "file", "external_id": "x", "source": "remote"}, "unsupported type: file"),
    (
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    ({"type": "divider", "color": "red"}, "invalid additional property: color [json-pointer:/blocks/0]"),
    (
        {"type": "table", "rows": [[raw("")]]},
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    ({"type": "table", "rows": [[raw("x" * 2500)]] * 5}, "must be less than 10001 characters over all cells"),
    (
        data_table(1) | {"rows": [[rich("Name")], [raw("x")]]},
        "must not have rich_text in the header row [json-pointer:/blocks/0/rows/0]",
    ),
    (
        {"type": "card", "title": plain("x"), "actions": [button(action_id=str(n)) for n in range(3)]},
        "no more than 2 items allowed [json-pointer:/blocks/0/actions]",
    ),
    (chart("bar", points=("a", "c")), "must have one data point for each category"),
    (chart("radar"), "unsupported type: radar"),
    (chart("pie", value=0), "must be greater than 0"),
    ({"type": "card", "subtitle": plain("x")}, "must define one of `hero_image`"),
    (
        {"type": "carousel", "elements": []},
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ({"type": "task_card", "task_id": "1", "title": "t", "status": "done"}, "must be one of complete"),
    (
        {"type": "context_actions", "elements": [button()]},
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    ({"type": "section", "block_id": "x" * 256, "text": plain("x")}, "must be less than 256 characters"),
]


def as_dict(block: Any) -> Any:
    return block.to_dict() if hasattr(block, "to_dict") else block


@pytest.mark.parametrize("block", GOOD, ids=lambda block: as_dict(block)["type"])
def test_slack_takes_it(block: Any):
    assert message_problems([as_dict(block)]) == []


@pytest.mark.parametrize(("block", "problem"), BAD)
def test_slack_refuses_it(block: Any, problem: str):
    problems = message_problems([block])
    assert any(found.startswith(problem) for found in problems), problems


def test_every_kind_of_block_is_tried():
    tried = {as_dict(block)["type"] for block in GOOD} | {b["type"] for b, _ in BAD if "type" in b}
    assert tried >= set(RULES) - {"container"}
    assert set(RULES) == set(SURFACES) == set(BLOCK_FIELDS)


def test_one_table_and_one_plan_a_message():
    table = {"type": "table", "rows": [[raw("x")]]}
    assert message_problems([table, data_table(1)]) == [] and has_many_tables([table, data_table(1)])
    plan = {"type": "plan", "title": "P"}
    assert message_problems([plan, plan]) == ["Cannot have more than 1 plan block [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    ("kind", "block", "good"),
    [
        ("modal", {"type": "alert", "text": plain("Careful"), "level": "warning"}, True),
        ("modal", {"type": "markdown", "text": "x"}, False),
        ("home", data_table(1), True),
        ("modal", data_table(1), False),
        ("home", {"type": "plan", "title": "P"}, False),
    ],
)
def test_blocks_stand_only_on_their_surfaces(kind: str, block: Block, good: bool):
    view = {"type": kind, "title": plain("T"), "blocks": [block]}
    assert (view_problems(view) == []) is good


def test_a_block_id_stands_once():
    twice = [{"type": "divider", "block_id": "b"}] * 2
    assert message_problems(twice) == ["`block_id` already exists: b [json-pointer:/blocks/1/block_id]"]


@pytest.mark.parametrize("junk", [{}, "x", 5, [None], [[]], [{"type": []}], [{"type": "actions"}]])
def test_junk_is_refused_and_never_raises(junk: Any):
    assert message_problems(junk)


def test_views_have_their_own_limits():
    view = {"type": "modal", "title": plain("T"), "blocks": [{"type": "divider"}] * 100}
    assert view_problems(view) == []
    assert view_problems({**view, "blocks": [{"type": "divider"}] * 101})
    assert view_problems({**view, "private_metadata": "x" * 3001})
    assert view_problems({**view, "title": None})
    assert view_problems({"type": "home", "blocks": []}) == []
    assert view_problems({**view, "type": "sheet"}) and view_problems("x")
