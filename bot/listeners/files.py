"""A file of leads that a person gave us: read, kept, and asked about."""

import asyncio
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.listeners.base import Bot, Scene
from bot.slack import code, download, is_outage, is_rate_limit
from db.queries import imports
from db.queries.imports import NewImport
from pipeline.errors import UserError
from pipeline.messages import ImportProgressed
from pipeline.rules.file_text import packed
from pipeline.rules.lead_file import MOST_BYTES, Table, guessed, outlined, table_of

KINDS = ("csv", "tsv", "txt", "text", "plain")


def is_table(file: dict[str, Any]) -> bool:
    """By what Slack says of it, and by its name: spreadsheets too, so that they are told what to do."""
    name = str(file.get("name") or "").lower()
    return str(file.get("filetype") or "").lower() in KINDS or name.endswith(
        (".csv", ".tsv", ".txt", ".xlsx", ".xls")
    )


async def take_file(bot: Bot, scene: Scene, file: dict[str, Any], *, thread_ts: str | None = None) -> None:
    """Read a file that Slack holds, and ask which of its columns is what. Raises UserError."""
    raw = await file_content(bot, file, MOST_BYTES)
    content, table = await asyncio.to_thread(_read, raw)
    new = NewImport(
        file_id=str(file["id"]),
        file_name=str(file.get("name") or "leads.csv")[:200],
        content=content,
        outline=outlined(table),
        rows=table.count,
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


async def file_content(bot: Bot, file: dict[str, Any], most: int) -> bytes:
    """A file that Slack holds. Raises UserError, also for one that is larger than `most` bytes."""
    size = int(file.get("size") or 0)
    if size > most:
        raise UserError(
            f"The file has {size / 1e6:.0f} MB; I take up to {most // 1_000_000} MB. Split it, please."
        )
    if not file.get("url_private"):  # Slack names only the file, where another team shared it
        file = await _asked_for(bot, file)
    return await download(bot.client, str(file.get("url_private_download") or file["url_private"]), most)


async def _asked_for(bot: Bot, file: dict[str, Any]) -> dict[str, Any]:
    try:
        return (await bot.client.files_info(file=str(file.get("id") or "")))["file"]
    except SlackApiError as error:
        if is_outage(error) or is_rate_limit(error):
            raise  # the delivery is tried again from its row
        raise UserError(
            f"Slack does not show me that file ({code(error)}). Drop it again, please."
        ) from error


def _read(raw: bytes) -> tuple[bytes, Table]:
    content = packed(raw)
    return content, table_of(content)
