"""Public pages, kept in Redis by canonical address: ten leads of one company read its site once.

For an hour a kept page is taken as it is; for two days it is asked for again by its ETag or date, and only sent
anew where it has changed. Kept compressed, at most 500 kB a page; Redis may lose any of it at any time. A page
that its site wants nobody to keep (`no-store`, `private`) is not kept; all are read without cookies or logins.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.clock import Clock
from pipeline.rules.dedupe import canonical_url

_FRESH_SECONDS = 3600
_KEPT_SECONDS = 2 * 86_400
_MOST_KEPT = 500_000
_MOST_UNPACKED = 6_000_000


@dataclass(frozen=True, slots=True)
class KeptPage:
    """`etag`, `modified`: how to ask whether it has changed."""

    url: str
    content_type: str
    html: str
    read_at: float  # wall time, seconds
    etag: str | None = None
    modified: str | None = None


class PageCache:
    def __init__(self, redis: "Redis", clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def get(self, url: str) -> KeptPage | None:
        try:
            packed: Any = await self._redis.get(self._key(url))
            if not packed:
                return None
            text = zlib.decompressobj().decompress(packed, _MOST_UNPACKED)
            return KeptPage(**json.loads(text))
        except (RedisError, OSError, ValueError, TypeError, zlib.error):
            return None

    def is_fresh(self, page: KeptPage) -> bool:
        return 0 <= self._clock.wall().timestamp() - page.read_at < _FRESH_SECONDS

    async def put(self, url: str, page: KeptPage) -> None:
        packed = zlib.compress(json.dumps(asdict(page)).encode(), 6)
        if len(packed) > _MOST_KEPT:
            return
        try:
            await self._redis.set(self._key(url), packed, ex=_KEPT_SECONDS)
        except (RedisError, OSError):
            return

    def _key(self, url: str) -> str:
        return f"rm:page:{canonical_url(url)}"
