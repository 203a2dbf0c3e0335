"""`/leads suppress`: whom never to write to; and the forms that add, take off, and import."""

from collections.abc import Mapping, Sequence

from bot.action_ids import Action, View
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    confirm,
    context,
    counted,
    divider,
    escape,
    input_block,
    mention,
    modal,
    option,
    section,
    text_input,
)
from bot.views.draft import when
from db.cards import SuppressionLine
from db.types import SuppressionKind
from pipeline.rules.suppression_list import MOST_ROWS, ReadList, Suppressed

FREE_MAIL = "free_mail"
_SHOWN_BAD = 5
HOW_TO = (
    "One address or domain a line, or a CSV file with a column of them; a list that I exported, too. "
    f"Up to {MOST_ROWS:,} rows. What runs to anybody on it stops at once."
)


def suppression_card(
    counts: Mapping[SuppressionKind, int], newest: Sequence[SuppressionLine], *, may_remove: bool
) -> Rendered:
    """Size, the newest entries, and what can be done. `may_remove`: the reader is an admin."""
    total = sum(counts.values())
    addresses = counted(counts[SuppressionKind.ADDRESS], "address", "addresses")
    domains = counted(counts[SuppressionKind.DOMAIN], "domain")
    title = f"Never written to: {addresses}, {domains}"
    blocks: list[Block] = [section(f"*{title}*"), actions(_deeds(may_remove, total))]
    if newest:
        blocks += [divider(), context("The newest")]
        blocks += [section(_line(one), _off(one) if may_remove else None) for one in newest]
    else:
        blocks.append(context("Whoever unsubscribes, bounces, or says so in words comes onto it by itself."))
    return Rendered(title, blocks)


def _deeds(may_remove: bool, total: int) -> list[Block]:
    found = [
        button("Add", Action.SUPPRESS_ADD_OPEN, style="primary"),
        button("Import a list", Action.SUPPRESS_IMPORT_OPEN),
    ]
    if total:
        found.append(button("Export as CSV", Action.SUPPRESS_EXPORT))
    if total and may_remove:
        found.append(button("Take one off", Action.SUPPRESS_REMOVE_OPEN))
    return found


def _line(one: SuppressionLine) -> str:
    what = f"`{escape(one.value)}`" if one.value else f"_only a hash_ `{one.digest[:12]}…`"
    kind = " (everybody there)" if one.kind == SuppressionKind.DOMAIN else ""
    by = mention(one.added_by or "") if (one.added_by or "").startswith(("U", "W")) else "by itself"
    return f"{what}{kind} · {escape(clip(one.reason, 150))} · {by}, {when(one.added_at)}"


def _off(one: SuppressionLine) -> Block:
    warned = (
        "They asked for it themselves, so the law may forbid it. " if "subscri" in one.reason.lower() else ""
    )
    sure = confirm(
        "Take it off the list?",
        f"{warned}{clip(one.value or 'This entry', 120)} may be written to again. What was stopped stays stopped.",
        "Take it off",
    )
    pressed = button("Take off", f"{Action.SUPPRESS_REMOVE_OPEN}:{one.id}", str(one.id))
    return {**pressed, "confirm": sure}


def add_form(channel: str) -> Block:
    box: Block = {
        "type": "checkboxes",
        "action_id": "value",
        "options": [option("Yes, everybody at this free mail service", FREE_MAIL)],
    }
    blocks = [
        text_input("Address or domain", "what", max_length=320,
                   placeholder="maria@acme.com, or acme.com for everybody there"),
        text_input("Why", "reason", optional=True, max_length=200, placeholder="A customer; asked by phone …"),
        input_block("Only for gmail.com and the like", "sure", box, optional=True),
        context("What runs to them stops at once."),
    ]  # fmt: skip
    return modal("Never write to", View.SUPPRESS_ADD, blocks, submit="Add", metadata=channel)


def remove_form(channel: str) -> Block:
    blocks = [
        text_input("Address or domain", "what", placeholder="acme.com", max_length=320),
        context(
            "They may be written to again. What was stopped stays stopped. It is noted who took them off."
        ),
    ]
    return modal("Take off the list", View.SUPPRESS_REMOVE, blocks, submit="Take off", metadata=channel)


def import_form(channel: str) -> Block:
    file: Block = {
        "type": "file_input",
        "action_id": "value",
        "filetypes": ["csv", "tsv", "txt"],
        "max_files": 1,
    }
    box: Block = {
        "type": "checkboxes",
        "action_id": "value",
        "options": [option("Take free mail services as a whole, too", FREE_MAIL)],
    }
    blocks = [
        section(HOW_TO),
        input_block("File", "file", file, optional=True),
        text_input("Or paste it here", "pasted", multiline=True, optional=True, max_length=3000),
        input_block("gmail.com and the like as a domain", "sure", box, optional=True),
    ]
    return modal("Import a list", View.SUPPRESS_IMPORT, blocks, submit="Import", metadata=channel)


def imported(done: Suppressed, read: ReadList, said_stopped: str, left: Sequence[str]) -> Rendered:
    """`left`: free-mail domains that were not taken."""
    parts = [f"{counted(done.added, 'entry', 'entries')} added"]
    if done.known:
        parts.append(f"{done.known:,} on the list already")
    if read.repeated:
        parts.append(f"{read.repeated:,} twice in it")
    if read.bad:
        parts.append(f"{counted(len(read.bad), 'row')} not taken")
    title = ", ".join(parts)
    blocks: list[Block] = [section(f"🚫 *{title}.*{escape(said_stopped)}")]
    if read.bad:
        shown = "\n".join(
            f"• Row {one.row}: {escape(clip(one.sentence, 150))}" for one in read.bad[:_SHOWN_BAD]
        )
        more = "\nAll of them are in the file beside this." if len(read.bad) > _SHOWN_BAD else ""
        blocks.append(section(f"{shown}{more}"))
    if left:
        names = ", ".join(escape(one) for one in left[:10])
        blocks.append(
            section(f"⚠️ Not taken, since anybody may have an address there: {names}. Tick the box for that.")
        )
    return Rendered(title, blocks)
