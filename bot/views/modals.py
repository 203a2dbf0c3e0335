"""Forms. Each block_id is the field's name, each input's action_id is `value`."""

from collections.abc import Sequence
from datetime import time

from bot.action_ids import View
from bot.views.blocks import (
    Block,
    context,
    escape,
    input_block,
    modal,
    option,
    plain,
    section,
    text_input,
)

TIMEZONES = (
    "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Sao_Paulo", "UTC",
    "Europe/London", "Europe/Lisbon", "Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome",
    "Europe/Warsaw", "Europe/Athens", "Africa/Lagos", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip


def loading(title: str) -> Block:
    """Opened at once, while its trigger lives; filled a moment later."""
    return modal(title, View.LOADING, [section("One moment…")], submit=None)


def message(title: str, text: str) -> Block:
    """A sentence instead of a form, shown as it is."""
    return modal(title, View.LOADING, [section(escape(text))], submit=None)


def add_lead(*, name: str = "", email: str = "", company: str = "", metadata: str = "") -> Block:
    blocks = [
        text_input("Name", "name", initial=name, placeholder="Maria Silva", max_length=200),
        text_input("Email", "email", initial=email, optional=True, kind="plain_text_input", max_length=320,
                   hint="Leave it out and research looks for it."),
        text_input("Company", "company", initial=company, optional=True, max_length=200),
        text_input("Title", "title", optional=True, max_length=200),
        text_input("LinkedIn", "linkedin_url", optional=True, placeholder="linkedin.com/in/…", max_length=500),
        text_input("Website", "website_url", optional=True, placeholder="acme.example", max_length=500),
        input_block("And then", "then", {
            "type": "radio_buttons", "action_id": "value",
            "options": [option("Research now", "research"), option("Only add", "add")],
            "initial_option": option("Research now", "research"),
        }),
    ]  # fmt: skip
    return modal("Add a lead", View.LEAD_ADD, blocks, submit="Add", metadata=metadata)


def other_address(metadata: str) -> Block:
    address = text_input("The right address", "email", placeholder="maria@acme.example", max_length=320)
    note = context("Drafts that wait go to it instead, and approval is asked for anew.")
    return modal("Another address", View.EMAIL_OTHER, [address, note], metadata=metadata)


def setup_approvers(chosen: Sequence[str], metadata: str) -> Block:
    element: Block = {
        "type": "multi_users_select",
        "action_id": "value",
        "placeholder": plain("Choose people", 150),
    }
    if chosen:
        element["initial_users"] = list(chosen)
    note = context("Only these people can approve, edit or reject drafts.")
    return modal(
        "Approvers",
        View.SETUP_APPROVERS,
        [input_block("Who may approve drafts?", "users", element), note],
        metadata=metadata,
    )


def setup_company(
    *, name: str, offer: str, proof_points: Sequence[str], tone: str, forbidden: Sequence[str], metadata: str
) -> Block:
    blocks = [
        text_input("Company", "company_name", initial=name, max_length=200),
        text_input("What do you offer, and to whom?", "company_offer", initial=offer, multiline=True, max_length=1500),
        text_input("Proof points, one a line", "proof_points", initial="\n".join(proof_points),
                   multiline=True, max_length=2000, optional=True,
                   hint="Only what is true: emails may use these and nothing else about you."),
        text_input("Voice", "tone", initial=tone, optional=True, max_length=300, placeholder="plain, warm, no jargon"),
        text_input("Words never to use, separated by commas", "forbidden_words", initial=", ".join(forbidden),
                   optional=True, max_length=500),
    ]  # fmt: skip
    return modal("Company and voice", View.SETUP_COMPANY, blocks, metadata=metadata)


def setup_sender(*, name: str, address: str, signature: str, metadata: str) -> Block:
    blocks = [
        text_input("Sender name", "sender_name", initial=name, max_length=100),
        text_input("Postal address", "postal_address", initial=address, multiline=True, max_length=300,
                   hint="The law asks for it in every email (CAN-SPAM)."),
        text_input("Signature", "signature", initial=signature, multiline=True, optional=True, max_length=500),
    ]  # fmt: skip
    return modal("Sender", View.SETUP_SENDER, blocks, metadata=metadata)


def setup_window(
    *, start: time, end: time, timezone: str, a_day: int, to_a_company: int, roles: bool, metadata: str
) -> Block:
    """`a_day`, `to_a_company`: emails at most in any 24 hours; `roles`: may info@ and its like be written to?"""
    zones = [timezone, *(zone for zone in TIMEZONES if zone != timezone)]
    options = [option(zone, zone) for zone in zones]
    blocks = [
        input_block("From", "start", {"type": "timepicker", "action_id": "value", "initial_time": f"{start:%H:%M}"}),
        input_block("Until", "end", {"type": "timepicker", "action_id": "value", "initial_time": f"{end:%H:%M}"}),
        input_block("Your time zone", "timezone",
                    {"type": "static_select", "action_id": "value", "options": options, "initial_option": options[0]}),
        context("Emails leave on business days within this window of the lead's own time zone, where it is known."),
        text_input("Emails a day, at most", "a_day", initial=str(a_day), max_length=6,
                   hint="Of all mailboxes together, in any 24 hours. A new mailbox begins with few, and grows."),
        text_input("Of those to one company, at most", "to_a_company", initial=str(to_a_company), max_length=6),
        input_block("Addresses such as info@ and sales@", "roles", _roles(roles), optional=True),
    ]  # fmt: skip
    return modal("Send window", View.SETUP_WINDOW, blocks, metadata=metadata)


def _roles(are_allowed: bool) -> Block:
    choices = [option("Write to them, too", "yes")]
    element: Block = {"type": "checkboxes", "action_id": "value", "options": choices}
    return element | {"initial_options": choices} if are_allowed else element


def setup_channels(briefing: str | None, drafts: str | None, alerts: str | None, metadata: str) -> Block:
    rows = (
        ("Morning briefing", "briefing", briefing),
        ("Drafts to approve", "drafts", drafts),
        ("Alerts", "alerts", alerts),
    )
    blocks = [input_block(label, name, _channel(chosen)) for label, name, chosen in rows]
    return modal(
        "Channels",
        View.SETUP_CHANNELS,
        [*blocks, context("I have to be a member of each: invite me there first, with /invite @Rainmaker.")],
        metadata=metadata,
    )


def _channel(chosen: str | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private", "im"]},
    }
    return (
        {**element, "initial_conversation": chosen}
        if chosen
        else {**element, "default_to_current_conversation": True}
    )


def setup_booking(booking_link: str, metadata: str) -> Block:
    link = text_input("Booking link", "booking_link", initial=booking_link, placeholder="https://cal.example/you",
                      max_length=500, hint="Emails offer it as the next step.")  # fmt: skip
    return modal("Booking link", View.SETUP_BOOKING, [link], metadata=metadata)
