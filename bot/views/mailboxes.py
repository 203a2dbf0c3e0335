"""Forms about mailboxes: what is connected, what connects another, and the servers of one that is not Gmail."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.action_ids import Action, View
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    confirm,
    context,
    escape,
    modal,
    plain,
    quoted,
    section,
    text_input,
)

MOST = 20  # mailboxes of each kind with a button


@dataclass(frozen=True, slots=True)
class Box:
    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """`unread`: of the connected ones, whose answers nobody sees; `gone`: those that let us in no more; `parted`: those
    a person disconnected."""

    connected: Sequence[Box] = ()
    unread: Sequence[str] = ()
    gone: Sequence[str] = ()
    parted: Sequence[Box] = ()


def setup_mailbox(
    boxes: Mailboxes,
    connect_url: str | None,
    metadata: str,
    *,
    missing: Sequence[str] = (),
    trouble: str | None = None,
) -> Block:
    """What is connected, and what connects another. `missing`: settings without which there is no link of Google's;
    `trouble`: why there is none now."""
    blocks: list[Block] = []
    if boxes.connected:
        blocks += [section("Connected:"), *(_connected(one) for one in boxes.connected[:MOST])]
    if boxes.unread:
        blocks.append(section(
            "⚠️ Answers can't be read from this mailbox, so they don't stop a sequence by themselves. Set "
            "`IMAP_URL` and start again, or connect it anew with its IMAP server.\n" + quoted("\n".join(boxes.unread))
        ))  # fmt: skip
    if boxes.gone:
        blocks.append(section("⚠️ Disconnected; connect it again:\n" + quoted("\n".join(boxes.gone))))
    blocks += [_parted(one) for one in boxes.parted[:MOST]]
    if connect_url:
        link: Block = {
            "type": "button",
            "text": plain("Connect Gmail", 75),
            "url": connect_url,
            "action_id": "open_link",
        }
        blocks.append(section("Open Google's page and allow me to send and read answers:", link))
    elif trouble:
        blocks.append(section(f"⚠️ {trouble}"))
    else:
        blocks.append(section(_how_to_connect(missing, bool(boxes.connected))))
    blocks.append(section("Any other mailbox:", button("SMTP and IMAP", Action.MAILBOX_SERVERS)))
    return modal(
        "Mailbox", View.SETUP_MAILBOX, blocks, submit="Use it" if boxes.connected else None, metadata=metadata
    )


def _connected(box: Box) -> Block:
    asked = confirm(
        "Disconnect this mailbox?",
        f"Nothing more is sent from {box.address}, and its answers are not read. Sequences that run from it wait. "
        "Its login is kept, encrypted, so that you can connect it again.",
        "Disconnect",
    )
    label = button("Disconnect", Action.MAILBOX_DISCONNECT, box.id, style="danger", confirm=asked)
    return section(escape(box.address), label)


def _parted(box: Box) -> Block:
    return section(
        f"⏏️ {escape(box.address)} was disconnected by one of you.",
        button("Connect again", Action.MAILBOX_AGAIN, box.id),
    )


def _how_to_connect(missing: Sequence[str], connected: bool) -> str:
    names = ", ".join(f"`{name}`" for name in missing)
    here = f"To connect Gmail from here, set {names} and start again."
    if connected:
        return here
    return (
        f"No mailbox is configured. {here} Or set one in the settings: `GMAIL_REFRESH_TOKEN`, or `SMTP_URL` and "
        "`IMAP_URL`, each with `FROM_EMAIL`."
    )


def servers(metadata: str) -> Block:
    """`metadata`: the channel that what became of it is told in."""
    blocks = [
        text_input("Email address", "address", placeholder="sam@brightpath.example", max_length=320),
        text_input("User name", "user", optional=True, max_length=320, hint="Leave it out where it is the address."),
        text_input("Password", "password", max_length=500,
                   hint="Slack has no hidden field: it can be read while you type, and Slack delivers it to me. "
                        "Use an app password of its own. I keep it encrypted, and show it nowhere."),
        text_input("SMTP host", "smtp_host", placeholder="smtp.brightpath.example", max_length=253),
        text_input("SMTP port", "smtp_port", initial="465", max_length=5, hint="465 (TLS), or 587 (STARTTLS)."),
        text_input("IMAP host", "imap_host", optional=True, placeholder="imap.brightpath.example", max_length=253,
                   hint="Without it answers are not seen, and stop nothing by themselves."),
        text_input("IMAP port", "imap_port", initial="993", optional=True, max_length=5,
                   hint="993 (TLS), or 143 (STARTTLS)."),
        text_input("IMAP user name", "imap_user", optional=True, max_length=320, hint="Only where it is another."),
        text_input("IMAP password", "imap_password", optional=True, max_length=500, hint="Only where it is another."),
        context("I sign in to both before I keep anything, and tell you what came of it."),
    ]  # fmt: skip
    return modal("SMTP and IMAP", View.MAILBOX_SERVERS, blocks, submit="Connect", metadata=metadata)


def connected(address: str, mailbox_id: str, *, is_read: bool = True) -> Rendered:
    """The word in the direct messages of who connected it. `is_read`: answers that come there are."""
    answers = "and its answers are read" if is_read else "but nobody reads its answers: they stop nothing"
    said = f"📬 Connected: {address}. Approved emails leave from it, {answers}."
    return Rendered(
        said, [section(escape(said)), actions([button("Mailboxes", Action.SETUP_MAILBOX, mailbox_id)])]
    )
