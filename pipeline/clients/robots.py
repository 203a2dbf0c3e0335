"""What sites say in robots.txt (RFC 9309), kept for an hour. 4xx allows all; 5xx and no answer forbid all for now."""

from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from protego import Protego  # pyright: ignore[reportMissingTypeStubs]

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

    async def allowed(self, url: str, upstream: Upstream | None = None) -> bool:
        """Raises what keeps us from knowing: Transient where the site does not answer."""
        rules = await self._of(url, upstream)
        try:
            return rules is None or rules.can_fetch(url, AGENT_TOKEN)
        except ValueError:
            return False  # a rule or an address nobody can compare

    async def delay(self, url: str) -> float:
        """Seconds the site wants between two requests, as far as we go along with it."""
        rules = await self._of(url, None)
        asked = rules.crawl_delay(AGENT_TOKEN) if rules is not None else None
        return min(max(float(asked or 0), 0.0), _MOST_DELAY)

    async def _of(self, url: str, upstream: Upstream | None) -> Protego | None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        until, kept = self._kept.get(origin, (0.0, None))
        if self._monotonic() >= until:
            kept = await self._asked(origin, upstream)
        if isinstance(kept, RainmakerError):
            raise kept
        return kept

    async def _asked(self, origin: str, upstream: Upstream | None) -> Protego | RainmakerError | None:
        seconds, found = _KEPT_SECONDS, None
        try:
            found = await self._read(origin, upstream)
        except (ProxyTrouble, Dropped):
            raise  # the way there failed, and may not the next time
        except Transient as trouble:
            host = urlsplit(origin).hostname
            found = Transient(f"{host} can't say what its robots.txt allows: {trouble}", trouble.retry_after)
            seconds = _UNREACHABLE_SECONDS
        except Permanent as refusal:
            found, seconds = refusal, _UNREACHABLE_SECONDS
        self._kept[origin] = (self._monotonic() + seconds, found)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found

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
