"""Pictures that are files of the workspace (`slack_file`): refused where Slack would, else given an address.

https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
"""

import mimetypes
import re
from collections.abc import Iterator
from typing import Any

from local.sandbox.slack.names import TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace

KINDS = ("image/png", "image/jpeg", "image/gif")
_IN_ADDRESS = re.compile(r"/files-pri/[A-Z0-9]+-(F[A-Z0-9]+)")


def placed(workspace: Workspace, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, each picture's file with its `url_private`; refused as `invalid_blocks`."""
    for at, image in _images(blocks, "/blocks"):
        file = image["slack_file"]
        found = _IN_ADDRESS.search(str(file.get("url") or ""))
        file_id = str(file.get("id") or (found[1] if found else ""))
        row = workspace.store.one("SELECT name FROM slack_files WHERE id = ? AND complete", file_id)
        if row is None or mimetypes.guess_type(row["name"])[0] not in KINDS:
            problem = f"invalid slack file [json-pointer:{at}/slack_file]"
            raise Refused("invalid_blocks", problem, errors=[problem])
        address = f"{workspace.box.base_url}/files-pri/{TEAM_ID}-{file_id}/{row['name']}"
        image["slack_file"] = {"id": file_id, "url_private": address}
    return blocks


def _images(part: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, list):
        for number, one in enumerate(part):
            yield from _images(one, f"{at}/{number}")
    elif isinstance(part, dict):
        if part.get("type") == "image" and isinstance(part.get("slack_file"), dict):
            yield at, part
        for name, one in part.items():
            if isinstance(one, list | dict):
                yield from _images(one, f"{at}/{name}")
