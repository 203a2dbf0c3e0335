"""Fixtures of the mail story."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.session import Database
from db.types import WorkspaceId
from tests.pipeline.mail_world import MailWorld, mail_world


@pytest.fixture
async def world(
    database: Database, workspace: WorkspaceId, database_url: str, tmp_path: Path
) -> AsyncIterator[MailWorld]:
    async with mail_world(database, workspace, database_url, tmp_path) as made:
        yield made
