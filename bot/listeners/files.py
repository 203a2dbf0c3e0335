"""A file of leads that a person gave us: read, kept, and asked about."""

import asyncio
from typing import Any

from bot.listeners.base import Bot, Scene
from bot.slack import download
from db.queries import imports
from db.queries.imports import NewImport
from pipeline.errors import UserError
from pipeline.messages import ImportProgressed
from pipeline.rules.lead_file import MOST_BYTES, Table, decoded, guessed, table_of

KINDS = ("csv", "tsv", "txt", "text", "plain")


def is_table(file: dict[str, Any]) -> bool:
    """By what Slack says of it, and by its name: spreadsheets too, so that they are told what to do."""
    name = str(file.get("name") or "").lower()
    return str(file.get("filetype") or "").lower() in KINDS or name.endswith(
        (".csv", ".tsv", ".txt", ".xlsx", ".xls")
    )


async def take_file(bot: Bot, scene: Scene, file: dict[str, Any], *, thread_ts: str | None = None) -> None:
    """Read a file that Slack holds, and ask which of its columns is what. Raises UserError."""
    size = int(file.get("size") or 0)
    if size > MOST_BYTES:
        raise UserError(
            f"The file has {size / 1e6:.0f} MB; I take up to {MOST_BYTES // 1_000_000} MB. Split it, please."
        )
    if not file.get("url_private"):  # Slack names only the file, where another team shared it
        file = (await bot.client.files_info(file=str(file.get("id") or "")))["file"]
    raw = await download(bot.client, str(file.get("url_private_download") or file["url_private"]), MOST_BYTES)
    text, table = await asyncio.to_thread(_read, raw)
    new = NewImport(
        file_id=str(file["id"]),
        file_name=str(file.get("name") or "leads.csv")[:200],
        content=text,
        rows=len(table.rows),
        requested_by=scene.user_id,
        channel_id=scene.channel_id or scene.user_id,
        thread_ts=thread_ts,
    )
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        made = await imports.ask(
            tx.session, scene.workspace_id, new, columns=guessed(table), now=bot.deps.clock.now()
        )
        await bot.deps.notifier.tell(tx, ImportProgressed(made))
    bot.poster.nudge()


def _read(raw: bytes) -> tuple[str, Table]:
    text = decoded(raw)
    return text, table_of(text)
