"""What sites say in robots.txt (RFC 9309), kept for an hour. 4xx allows all; 5xx and no answer forbid all for now."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

from protego import Protego  # pyright: ignore[reportMissingTypeStubs]

from pipeline.clients.asked import CALLED_OFF, Asked, tell
from pipeline.clients.http_read import AGENT_TOKEN, Dropped, HttpReader, ProxyTrouble
from pipeline.egress import Guard
from pipeline.egress.upstream import Upstream
from pipeline.errors import Permanent, RainmakerError, Transient

_BYTES = 512_000  # at least 500 KiB
_KEPT_SECONDS = 3600.0
_UNREACHABLE_SECONDS = 60.0
_MOST_KEPT = 2000
_MOST_REDIRECTS = 5
_MOST_DELAY = 3.0
_REDIRECTS = (301, 302, 303, 307, 308)
_Kept = tuple[float, Protego | RainmakerError | None]  # until when; None allows all; an error is raised again


class Robots:
    def __init__(self, guard: Guard, reader: HttpReader, monotonic: Callable[[], float]) -> None:
        self._guard = guard
        self._reader = reader
        self._monotonic = monotonic
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def allowed(self, url: str, upstream: Upstream | None = None) -> bool:
        """Raises what keeps us from knowing: Transient where the site does not answer."""
        rules = await self._of(url, upstream)
        try:
            return rules is None or rules.can_fetch(url, AGENT_TOKEN)
        except ValueError:
            return False  # a rule or an address nobody can compare

    async def delay(self, url: str, upstream: Upstream | None = None) -> float:
        """Seconds the site wants between two requests, as far as we go along with it."""
        rules = await self._of(url, upstream)
        asked = float((rules.crawl_delay(AGENT_TOKEN) if rules is not None else None) or 0)
        return min(max(asked, 0.0), _MOST_DELAY) if math.isfinite(asked) else 0.0

    async def _of(self, url: str, upstream: Upstream | None) -> Protego | None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._asking.setdefault(origin, asyncio.Lock()):  # many pages of a site, one question
            until, kept = self._kept.get(origin, (0.0, None))
            if self._monotonic() >= until:
                kept = await self._asked(origin, upstream)
        if isinstance(kept, RainmakerError):
            raise kept
        return kept

    async def _asked(self, origin: str, upstream: Upstream | None) -> Protego | RainmakerError | None:
        seconds, found = _KEPT_SECONDS, None
        began, problem = self._monotonic(), CALLED_OFF
        try:
            found, problem = await self._read(origin, upstream), ""
        except (ProxyTrouble, Dropped) as trouble:
            problem = str(trouble)
            raise  # the way there failed, and may not the next time
        except Transient as trouble:
            host = urlsplit(origin).hostname
            found = Transient(f"{host} can't say what its robots.txt allows: {trouble}", trouble.retry_after)
            seconds, problem = _UNREACHABLE_SECONDS, str(found)
        except Permanent as refusal:
            found, seconds, problem = refusal, _UNREACHABLE_SECONDS, str(refusal)
        finally:
            self._tell(origin, began, problem)
        self._kept[origin] = (self._monotonic() + seconds, found)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _tell(self, origin: str, began: float, problem: str) -> None:
        """With its redirects it is one question."""
        host = (urlsplit(origin).hostname or "")[:100]
        ms = round((self._monotonic() - began) * 1000)
        tell(Asked("fetch", f"{host}/robots.txt", ms, problem[:300] or None))

    async def _read(self, origin: str, upstream: Upstream | None) -> Protego | None:
        url = f"{origin}/robots.txt"
        for _ in range(_MOST_REDIRECTS + 1):
            self._guard.check_url(url)
            response = await self._reader.get(url, _BYTES, cut=True, upstream=upstream)
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                url = joined(url, location)
                continue
            if response.status >= 500:
                raise Transient(f"it answered {response.status}.")
            if response.status != 200 or "html" in response.content_type:
                return None
            text = response.body.decode("utf-8-sig", "replace").replace("\0", "")
            return Protego.parse(text)  # pyright: ignore[reportUnknownMemberType]
        return None


def joined(url: str, location: str) -> str:
    """Where a redirect leads. Raises Permanent where it is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise Permanent(f"{urlsplit(url).hostname} redirects to what is no address.") from None
