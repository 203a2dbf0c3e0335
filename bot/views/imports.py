"""A dropped file of leads: what it seems to hold, the form that confirms its columns, how far it was read."""

from collections.abc import Mapping, Sequence

from bot.action_ids import Action, View
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    context,
    counted,
    escape,
    input_block,
    modal,
    option,
    section,
)
from db.cards import ImportCard
from db.types import RunState
from pipeline.rules.lead_file import LABELS, MOST_ROWS, Table

NO_COLUMN = "none"
_SHOWN_ROWS = 3
HOW_TO = (
    "Drop a CSV file into our direct messages, or choose one here. Each row is a lead: a name or an email address "
    f"at least, and whatever else you have. Up to {MOST_ROWS:,} rows at once; nothing is written to anybody."
)


def asked(row: ImportCard) -> Rendered:
    """Under the dropped file, and later in its place: how the import stands."""
    name = escape(clip(row.file_name, 80))
    value = str(row.import_id)
    match row.state:
        case "asked":
            said = f"📥 *{name}*: {counted(row.rows, 'row')}. Have a look at which column is what, then I add them."
            buttons = [
                button("Check the columns", Action.IMPORT_COLUMNS.value, value, style="primary"),
                button("Leave it", Action.IMPORT_CANCEL.value, value),
            ]
        case RunState.QUEUED | RunState.RUNNING:
            said = f"⏳ *{name}*: {row.next_row:,} of {row.rows:,} rows read · {_counts(row)}"
            buttons = [button("Stop", Action.IMPORT_CANCEL.value, value)]
        case RunState.DONE:
            said = f"✅ *{name}* was read: {_counts(row)}"
            buttons = _after(row)
        case RunState.STOPPED if row.next_row:
            said = f"⏹️ *{name}* was stopped after {row.next_row:,} of {row.rows:,} rows: {_counts(row)}"
            buttons = _after(row)
        case RunState.STOPPED:
            said, buttons = f"*{name}* was left as it is; nothing was added.", []
        case _:
            said, buttons = f"⚠️ *{name}* could not be read. {escape(row.error or '')}", _after(row)
    blocks: list[Block] = [section(said)]
    return Rendered(f"Import of {row.file_name}", [*blocks, actions(buttons)] if buttons else blocks)


def _counts(row: ImportCard) -> str:
    parts = [f"{counted(row.added, 'lead')} added", f"{row.known:,} known already"]
    if row.refused:
        parts.append(f"{row.refused:,} not taken")
    return ", ".join(parts)


def _after(row: ImportCard) -> list[Block]:
    buttons: list[Block] = []
    if row.refused:
        label = f"Why {counted(row.refused, 'row')} {'was' if row.refused == 1 else 'were'} not taken"
        buttons.append(button(label, Action.IMPORT_REPORT.value, str(row.import_id)))
    if row.added:
        ask = "Research the latest 10 leads"
        buttons.append(button(ask, f"{Action.PROMPT}:0", ask))
    return buttons


def columns_form(import_id: str, table: Table, columns: Mapping[str, int]) -> Block:
    """Each field with the column it would be read from, and the first rows to compare with."""
    choices = [option("—", NO_COLUMN)]
    choices += [option(clip(_called(table, at), 75), str(at)) for at in range(len(table.header[:99]))]
    blocks: list[Block] = [section(_preview(table))]
    for field, label in LABELS.items():
        chosen = columns.get(field)
        initial = choices[chosen + 1] if chosen is not None and chosen + 1 < len(choices) else choices[0]
        element = {
            "type": "static_select",
            "action_id": "value",
            "options": choices,
            "initial_option": initial,
        }
        blocks.append(input_block(label, field, element))
    blocks.append(
        context("Rows without a usable name or address are not taken; you get a file that says why.")
    )
    return modal("Columns", View.IMPORT_COLUMNS, blocks, submit="Add the leads", metadata=import_id)


def _called(table: Table, at: int) -> str:
    """A column as a person knows it: by its name, or by what stands in it where the file names none."""
    if table.is_named:
        return f"{at + 1}. {table.header[at]}"
    example = next((row[at] for row in table.rows if at < len(row) and row[at]), "")
    return f"{table.header[at]}: {example}" if example else table.header[at]


def _preview(table: Table) -> str:
    lines = [
        "*The first rows*" if table.is_named else "*The first rows* (the file does not name its columns)"
    ]
    for row in table.rows[:_SHOWN_ROWS]:
        pairs = (
            f"{name}: {cell}" if table.is_named else cell
            for name, cell in zip(table.header, row, strict=False)
            if cell
        )
        lines.append("• " + escape(clip(" · ".join(pairs), 300)))
    return clip("\n".join(lines), 2900)


def file_form(channel: str) -> Block:
    """`/leads import`."""
    element = {"type": "file_input", "action_id": "value", "filetypes": ["csv", "tsv", "txt"], "max_files": 1}
    return modal(
        "Import leads",
        View.IMPORT_FILE,
        [section(HOW_TO), input_block("File", "file", element)],
        submit="Next",
        metadata=channel,
    )


def report(refusals: Sequence[tuple[int, str, str]]) -> str:
    """CSV: the row's number, why it was not taken, and its cells as they were."""
    lines = ["row,reason,cells"]
    for row, cells, reason in refusals:
        quoted = reason.replace('"', '""')
        lines.append(f'{row},"{quoted}",{cells}')
    return "\r\n".join(lines) + "\r\n"
