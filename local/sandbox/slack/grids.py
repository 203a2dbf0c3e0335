"""Block Kit validation of `table` and `data_table`."""

from typing import Any

from local.sandbox.slack import elements
from local.sandbox.slack.check import Check

TABLE_CHARACTERS = 10_000  # in the cells of one table


def table(check: Check, block: dict[str, Any], at: str) -> None:
    _cells(check, block.get("rows"), f"{at}/rows", 1, 100)
    if block.get("column_settings") is not None:
        check.array(block["column_settings"], f"{at}/column_settings", 20)


def data_table(check: Check, block: dict[str, Any], at: str) -> None:
    check.string(block.get("caption"), f"{at}/caption", 3000)
    _cells(check, block.get("rows"), f"{at}/rows", 2, 101)
    size = block.get("page_size")
    if size is not None and not (isinstance(size, int) and 1 <= size <= 100):
        check.add("must be a whole number from 1 to 100", f"{at}/page_size")
    rows = [row for row in block.get("rows") or [] if isinstance(row, list)]
    if len({len(row) for row in rows}) > 1:
        check.add("must have rows of the same length", f"{at}/rows")
    if rows and any(isinstance(cell, dict) and cell.get("type") == "rich_text" for cell in rows[0]):
        check.add("must not have rich_text in the header row", f"{at}/rows/0")


def _cells(check: Check, rows: Any, at: str, least: int, most: int) -> None:
    if not check.array(rows, at, most, least=least):
        return
    characters = 0
    for number, row in enumerate(rows):
        if check.array(row, f"{at}/{number}", 20, least=1):
            for column, cell in enumerate(row):
                characters += elements.cell(check, cell, f"{at}/{number}/{column}")
    if characters > TABLE_CHARACTERS:
        check.add(f"must be less than {TABLE_CHARACTERS + 1} characters over all cells", at)
