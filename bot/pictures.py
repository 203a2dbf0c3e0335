"""Pictures in messages: drawn when the message is posted, given to Slack, and named in their image block.

A block carries what is to be drawn (`picture`) beside its words; Slack never sees that. The file is shared with nobody
but through the message, so one whose answer was lost is seen by nobody. Where Slack takes no file, the words stand.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack import SlackApi, code, dig, is_rate_limit
from bot.views import calendar_picture
from bot.views.blocks import Block, pictures_in_words
from pipeline.logs import get_logger

log = get_logger(__name__)
KEPT = 200  # ids of files that Slack has
LOOKS, PAUSE = 6, 0.5  # Slack looks through a file before a message may show it


class Pictures:
    """The files that this process gave to Slack, by what they show."""

    def __init__(self, client: SlackApi) -> None:
        self._client = client
        self._files: OrderedDict[str, str] = OrderedDict()

    async def into(self, blocks: Sequence[Block], owner: str) -> list[Block]:
        """The blocks as Slack takes them. `owner`: the workspace, whose files are nobody else's."""
        return [await self._block(block, owner) if "picture" in block else block for block in blocks]

    async def _block(self, block: Block, owner: str) -> Block:
        try:
            file_id = await self._file(block["picture"], str(block["alt_text"]), owner)
        except SlackApiError as error:
            if is_rate_limit(error):
                raise  # the message is posted later
            log.warning("picture_refused", error=code(error))
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError, KeyError, ValueError) as error:
            log.warning("picture_not_given", reason=type(error).__name__)
        else:
            shown = {name: part for name, part in block.items() if name != "picture"}
            return {**shown, "slack_file": {"id": file_id}}
        return pictures_in_words([block])[0]

    async def _file(self, picture: dict[str, Any], alt_text: str, owner: str) -> str:
        key = hashlib.sha256(json.dumps([owner, picture], sort_keys=True).encode()).hexdigest()
        if key not in self._files:
            content = await asyncio.to_thread(calendar_picture.draw, calendar_picture.read(picture))
            reply = await self._client.files_upload_v2(
                file=content, filename="calendar.png", title="Calendar", alt_txt=alt_text[:1000]
            )
            file_id = str(reply["files"][0]["id"])
            await self._looked_through(file_id)
            self._files[key] = file_id
            if len(self._files) > KEPT:
                self._files.popitem(last=False)
        return self._files[key]

    async def _looked_through(self, file_id: str) -> None:
        """Raises TimeoutError where Slack takes longer than we wait: a message that named it would be refused."""
        for _ in range(LOOKS):
            if dig((await self._client.files_info(file=file_id))["file"], "mimetype"):
                return
            await asyncio.sleep(PAUSE)
        raise TimeoutError
