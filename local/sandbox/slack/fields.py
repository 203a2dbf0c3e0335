"""Which properties blocks, elements and texts may have, and on which surfaces each block may stand.

Slack refuses a property it does not know. Sources: the reference pages of Block Kit and
https://docs.slack.dev/blocks.json (its `available-in-surfaces`).
"""

MESSAGE, MODAL, HOME = "message", "modal", "home"
EVERYWHERE = frozenset({MESSAGE, MODAL, HOME})

# `file` is absent: Slack shows it in messages it gives out, and takes it nowhere.
SURFACES: dict[str, frozenset[str]] = {
    "actions": EVERYWHERE,
    "alert": frozenset({MODAL}),
    "card": EVERYWHERE,
    "carousel": frozenset({MESSAGE, HOME}),
    "container": frozenset({MESSAGE}),
    "context": EVERYWHERE,
    "context_actions": frozenset({MESSAGE}),
    "data_table": frozenset({MESSAGE, HOME}),
    "data_visualization": frozenset({MESSAGE}),
    "divider": EVERYWHERE,
    "header": EVERYWHERE,
    "image": EVERYWHERE,
    "input": EVERYWHERE,
    "markdown": frozenset({MESSAGE}),
    "plan": frozenset({MESSAGE}),
    "rich_text": EVERYWHERE,
    "section": EVERYWHERE,
    "table": frozenset({MESSAGE, HOME}),
    "task_card": frozenset({MESSAGE}),
    "video": EVERYWHERE,
}


def _words(text: str, common: str) -> frozenset[str]:
    return frozenset(f"{text} {common}".split())


_BLOCK = "type block_id"
BLOCK_FIELDS: dict[str, frozenset[str]] = {
    "actions": _words("elements", _BLOCK),
    "alert": _words("text level", _BLOCK),
    "card": _words("hero_image icon title subtitle body actions", _BLOCK),
    "carousel": _words("elements", _BLOCK),
    "container": _words(
        "title rich_text_title subtitle child_blocks width icon is_collapsible default_collapsed "
        "has_header_divider",
        _BLOCK,
    ),
    "context": _words("elements", _BLOCK),
    "context_actions": _words("elements", _BLOCK),
    "data_table": _words("caption rows page_size row_header_column_index", _BLOCK),
    "data_visualization": _words("title chart", _BLOCK),
    "divider": _words("", _BLOCK),
    "header": _words("text level", _BLOCK),
    "image": _words("alt_text image_url slack_file title", _BLOCK),
    "input": _words("label element hint optional dispatch_action", _BLOCK),
    "markdown": _words("text", _BLOCK),
    "plan": _words("title tasks", _BLOCK),
    "rich_text": _words("elements", _BLOCK),
    "section": _words("text fields accessory expand", _BLOCK),
    "table": _words("rows column_settings", _BLOCK),
    "task_card": _words("task_id title details output sources status hide_title icon", _BLOCK),
    "video": _words(
        "alt_text author_name description provider_icon_url provider_name thumbnail_url title title_url "
        "video_url",
        _BLOCK,
    ),
}

TEXT_FIELDS: dict[str, frozenset[str]] = {
    "plain_text": frozenset({"type", "text", "emoji"}),
    "mrkdwn": frozenset({"type", "text", "verbatim"}),
}

_ELEMENT = "type action_id alt_text confirm"
_INPUT = f"{_ELEMENT} focus_on_load placeholder"
_TYPED = f"{_INPUT} initial_value dispatch_action_config"
_MULTI = f"{_INPUT} max_selected_items"
ELEMENT_FIELDS: dict[str, frozenset[str]] = {
    "button": _words(
        "text value url style accessibility_label agent_prompt agent_prompt_display visible_to_user_ids",
        _ELEMENT,
    ),
    "channels_select": _words("initial_channel response_url_enabled", _INPUT),
    "checkboxes": _words("options initial_options", _INPUT),
    "conversations_select": _words(
        "initial_conversation default_to_current_conversation filter response_url_enabled", _INPUT
    ),
    "datepicker": _words("initial_date", _INPUT),
    "datetimepicker": _words("initial_date_time", _INPUT),
    "email_text_input": _words("", _TYPED),
    "external_select": _words("initial_option min_query_length", _INPUT),
    "feedback_buttons": _words("positive_button negative_button", _ELEMENT),
    "file_input": _words("filetypes max_files", _INPUT),
    "icon_button": _words("icon text value accessibility_label visible_to_user_ids", _ELEMENT),
    "image": _words("alt_text image_url slack_file", "type"),
    "multi_channels_select": _words("initial_channels", _MULTI),
    "multi_conversations_select": _words(
        "initial_conversations default_to_current_conversation filter", _MULTI
    ),
    "multi_external_select": _words("initial_options min_query_length", _MULTI),
    "multi_static_select": _words("options option_groups initial_options", _MULTI),
    "multi_users_select": _words("initial_users", _MULTI),
    "number_input": _words("is_decimal_allowed min_value max_value", _TYPED),
    "overflow": _words("options", _ELEMENT),
    "plain_text_input": _words("multiline min_length max_length", _TYPED),
    "radio_buttons": _words("options initial_option", _INPUT),
    "rich_text_input": _words("min_lines max_lines", _TYPED),
    "static_select": _words("options option_groups initial_option", _INPUT),
    "timepicker": _words("initial_time timezone", _INPUT),
    "url_text_input": _words("", _TYPED),
    "users_select": _words("initial_user", _INPUT),
    "workflow_button": _words("text workflow style accessibility_label", _ELEMENT),
}
