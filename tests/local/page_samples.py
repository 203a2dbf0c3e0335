"""Block Kit for the page's tests: every block and every element, as an app would post them."""

from typing import Any

Block = dict[str, Any]

PICTURE = (
    "data:image/svg+xml;utf8,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' width='320' height='120'%3E"
    "%3Crect width='320' height='120' fill='%230a7268'/%3E%3C/svg%3E"
)


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(value: str, text: str) -> Block:
    return {"value": value, "text": plain(text)}


def button(action_id: str, text: str, **more: Any) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def section(text: str, **more: Any) -> Block:
    return {"type": "section", "text": marked(text), **more}


def rich_text(text: str) -> Block:
    part = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}


def raw(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def field(block_id: str, label: str, kind: str, **more: Any) -> Block:
    """An input block whose element's action_id is `v`."""
    optional = more.pop("optional", False)
    element = {"type": kind, "action_id": "v", **more}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }


OPTIONS = [option("warm", "Warm"), option("brief", "Brief"), option("formal", "Formal")]

CONFIRM: Block = {
    "title": plain("Reject the draft?"),
    "text": marked("It will *not* be sent."),
    "confirm": plain("Reject it"),
    "deny": plain("Keep it"),
    "style": "danger",
}

TEXT_BLOCKS: list[Block] = [
    {"type": "header", "text": plain("Draft for Maya")},
    section("*Bold* _slanted_ ~gone~ `code` <https://example.com/news|the news>"),
    {"type": "section", "fields": [marked("*City*\nPorto"), plain("Score 82")]},
    {"type": "divider"},
    {
        "type": "context",
        "elements": [marked("Found today"), {"type": "image", "image_url": PICTURE, "alt_text": "Logo"}],
    },
    {"type": "image", "image_url": PICTURE, "alt_text": "A chart of replies", "title": plain("Replies")},
    {"type": "markdown", "text": "## Findings\n\nTwo **match**.\n\n| A | B |\n|---|--:|\n| x | 1 |"},
]

RICH: Block = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "loud", "style": {"bold": True}},
                {"type": "user", "user_id": "U0ANACOSTA1"},
                {"type": "link", "url": "https://example.com/rich", "text": "rich link"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "first step"}]},
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "second step"}]},
            ],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted words"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "as typed"}]},
    ],
}

TABLE: Block = {
    "type": "table",
    "column_settings": [{"is_wrapped": True}, {"align": "right"}],
    "rows": [[raw("Campaign"), raw("Sent")], [raw("Spring"), rich_text("one hundred")]],
}

DATA_TABLE: Block = {
    "type": "data_table",
    "caption": "Leads by score",
    "page_size": 3,
    "rows": [
        [raw("Lead"), raw("Score")],
        *[[raw(f"Person {n}"), {"type": "raw_number", "value": n, "text": str(n)}] for n in range(1, 11)],
    ],
}

TASKS: list[Block] = [
    {
        "type": "task_card",
        "task_id": "t1",
        "title": "Search the web",
        "status": "complete",
        "output": rich_text("twelve results"),
        "sources": [{"type": "url", "url": "https://example.com/source", "text": "the source"}],
    },
    {
        "type": "plan",
        "title": "The plan",
        "tasks": [
            {"type": "task_card", "task_id": "p1", "title": "Read pages", "status": "in_progress"},
            {"type": "task_card", "task_id": "p2", "title": "Score", "status": "pending"},
            {
                "type": "task_card",
                "task_id": "p3",
                "title": "Ask around",
                "status": "error",
                "details": rich_text("nobody answered"),
            },
        ],
    },
]

CARDS: list[Block] = [
    {
        "type": "card",
        "title": marked("*Maya*"),
        "subtitle": marked("Operations"),
        "body": marked("Opened a plant."),
        "hero_image": {"type": "image", "image_url": PICTURE, "alt_text": "The plant"},
        "actions": [button("card_button", "Research")],
    },
    {
        "type": "carousel",
        "elements": [
            {"type": "card", "title": marked(f"Card {n}"), "body": marked("Text")} for n in range(4)
        ],
    },
]

CHARTS: list[Block] = [
    {
        "type": "data_visualization",
        "title": f"Replies as {kind}",
        "chart": {
            "type": kind,
            "axis_config": {"categories": ["Mon", "Tue", "Wed"]},
            "series": [
                {
                    "name": name,
                    "data": [
                        {"label": day, "value": n * factor} for n, day in enumerate(("Mon", "Tue", "Wed"))
                    ],
                }
                for name, factor in (("Sent", 40), ("Replied", 7))
            ],
        },
    }
    for kind in ("bar", "line", "area")
] + [
    {
        "type": "data_visualization",
        "title": "Outcomes",
        "chart": {"type": "pie", "segments": [{"label": "Won", "value": 3}, {"label": "Lost", "value": 9}]},
    },
]

BUTTONS: list[Block] = [
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            button("approve", "Approve", style="primary", value="draft-1"),
            button("edit", "Edit"),
            button("reject", "Reject", style="danger", confirm=CONFIRM),
            button("open", "Open", url="https://example.com/profile"),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("later", "Later"), option("x", "Drop")],
            },
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "fit",
                "positive_button": {"text": plain("Good fit"), "value": "good"},
                "negative_button": {"text": plain("Not a fit"), "value": "bad"},
            },
            {"type": "icon_button", "action_id": "bin", "icon": "trash", "text": plain("Remove")},
        ],
    },
]

SELECTS: list[Block] = [
    {
        "type": "actions",
        "block_id": "selects",
        "elements": [
            {
                "type": "static_select",
                "action_id": "tone",
                "options": OPTIONS,
                "placeholder": plain("Tone"),
            },
            {
                "type": "external_select",
                "action_id": "campaign",
                "min_query_length": 2,
                "placeholder": plain("Campaign"),
            },
            {"type": "users_select", "action_id": "owner", "placeholder": plain("Owner")},
            {"type": "channels_select", "action_id": "channel", "placeholder": plain("Channel")},
            {"type": "conversations_select", "action_id": "where", "placeholder": plain("Where")},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-12-01"},
            {"type": "timepicker", "action_id": "hour", "initial_time": "09:00"},
            {"type": "datetimepicker", "action_id": "moment", "initial_date_time": 1796000000},
            {"type": "checkboxes", "action_id": "days", "options": OPTIONS},
            {"type": "radio_buttons", "action_id": "one", "options": OPTIONS, "initial_option": OPTIONS[1]},
        ],
    },
    section(
        "Several",
        block_id="several",
        accessory={"type": "multi_static_select", "action_id": "tones", "options": OPTIONS},
    ),
]

EVERYTHING: list[Block] = [*TEXT_BLOCKS, RICH, DATA_TABLE, *TASKS, *CARDS, *CHARTS[:2], *BUTTONS, *SELECTS]

FORM: Block = {
    "type": "modal",
    "callback_id": "setup",
    "title": plain("Set up outreach"),
    "submit": plain("Save"),
    "close": plain("Not now"),
    "blocks": [
        section("Who we are."),
        {"type": "alert", "level": "warning", "text": marked("DMARC is *missing*.")},
        field(
            "company", "Company", "plain_text_input", min_length=3, max_length=20, placeholder=plain("Name")
        ),
        field("offer", "Offer", "plain_text_input", multiline=True, optional=True),
        field("sender", "Sender", "email_text_input"),
        field("site", "Site", "url_text_input", optional=True),
        field(
            "cap",
            "Emails a day",
            "number_input",
            is_decimal_allowed=False,
            min_value="1",
            max_value="50",
            initial_value="20",
        ),
        field("tone", "Tone", "static_select", options=OPTIONS),
        field("approvers", "Approvers", "multi_users_select", initial_users=["U0SAMRIVERS"]),
        field("days", "Days", "checkboxes", options=OPTIONS, initial_options=[OPTIONS[0]], optional=True),
        field("mode", "Mode", "radio_buttons", options=OPTIONS, initial_option=OPTIONS[2]),
        field("start", "Start", "datepicker", initial_date="2026-12-01"),
        field("hour", "Hour", "timepicker", initial_time="09:00"),
        field("list", "List", "file_input", optional=True, filetypes=["csv"]),
    ],
}
