"""Pages as research runs read them: what quotes are checked against."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.research import EvidencePage
from db.types import PageId, ResearchTool, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    """A page as it was read. `text` is what quotes are checked against."""

    url: str
    canonical_url: str
    title: str | None
    text: str
    status_code: int | None
    via: ResearchTool
    retrieved_at: datetime

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredPage:
    id: PageId
    url: str
    canonical_url: str
    title: str | None
    text: str
    content_hash: str
    retrieved_at: datetime
    via: str


_PAGES = cast("Table", EvidencePage.__table__)
_new_page = insert(_PAGES)
_add_page = _new_page.on_conflict_do_update(
    index_elements=["workspace_id", "canonical_url", "content_hash"],
    set_={"retrieved_at": func.greatest(_PAGES.c.retrieved_at, _new_page.excluded.retrieved_at)},
)
_ADD_PAGE = _add_page.returning(_PAGES.c.id)
_ADD_PAGES = _add_page.returning(_PAGES.c.id, _PAGES.c.canonical_url, _PAGES.c.content_hash)


async def store_page(session: AsyncSession, workspace_id: WorkspaceId, page: NewPage) -> PageId:
    """The page's id; a page whose text has not changed since is stored once."""
    page_id = await session.scalar(_ADD_PAGE, _page_row(workspace_id, page))
    assert page_id is not None
    return PageId(page_id)


async def store_pages(
    session: AsyncSession, workspace_id: WorkspaceId, pages: Sequence[NewPage]
) -> list[PageId]:
    """As `store_page`, many at once; the ids in the order of the pages."""
    if not pages:
        return []
    rows = [_page_row(workspace_id, page) for page in pages]
    once = {(str(row["canonical_url"]), str(row["content_hash"])): row for row in rows}
    stored = await session.execute(_ADD_PAGES, list(once.values()))
    ids = {(str(row.canonical_url), str(row.content_hash)): PageId(row.id) for row in stored}
    return [ids[str(row["canonical_url"]), str(row["content_hash"])] for row in rows]


def _page_row(workspace_id: WorkspaceId, page: NewPage) -> dict[str, object]:
    return {
        "workspace_id": workspace_id,
        "url": page.url,
        "canonical_url": page.canonical_url,
        "title": page.title,
        "retrieved_at": page.retrieved_at,
        "content_hash": page.content_hash,
        "content": zlib.compress(page.text.encode()),
        "status_code": page.status_code,
        "via": page.via.value,
    }


async def page(session: AsyncSession, workspace_id: WorkspaceId, page_id: UUID) -> StoredPage | None:
    row = await session.scalar(
        select(EvidencePage).where(EvidencePage.workspace_id == workspace_id, EvidencePage.id == page_id)
    )
    if row is None:
        return None
    content = zlib.decompress(row.content).decode()
    return StoredPage(
        PageId(row.id),
        row.url,
        row.canonical_url,
        row.title,
        content,
        row.content_hash,
        row.retrieved_at,
        row.via,
    )
