"""Plain HTTP reads of strangers' pages, through the egress guard, bounded in every direction.

Time-outs: 15 s for a page with all its redirects, 8 s between bytes. Sizes: 2 MB on the wire, 5 MB unpacked.
Five redirects, GET only, no cookies. No retries here: the run decides what a failed page is worth.
"""

import asyncio
import codecs
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import aiohttp
from protego import Protego  # pyright: ignore[reportMissingTypeStubs]

from pipeline.egress import Guard, GuardedConnector
from pipeline.errors import Blocked, Permanent, RainmakerError, Transient

AGENT_TOKEN = "RainmakerBot"  # the name robots.txt may address
_USER_AGENT = f"Mozilla/5.0 (compatible; {AGENT_TOKEN}/1.0)"
_PAGE_SECONDS = 15.0
_READ_SECONDS = 8.0
_MOST_BYTES = 2_000_000
_MOST_UNPACKED = 5_000_000
_MOST_REDIRECTS = 5
_ROBOTS_BYTES = 512_000  # RFC 9309: at least 500 KiB
_ROBOTS_KEPT_SECONDS = 3600.0
_REDIRECTS = (301, 302, 303, 307, 308)
_TEXT_TYPES = re.compile(
    r"text/(html|plain|xml)|application/(xhtml\+xml|xml|ld\+json|json|rss\+xml|atom\+xml)"
)
_META_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: `url` is where it ended up after redirects."""

    url: str
    status: int
    content_type: str
    html: str


@dataclass(frozen=True, slots=True)
class _Response:
    url: str
    status: int
    content_type: str
    charset: str | None
    location: str | None
    retry_after: str | None
    body: bytes


class Fetcher:
    """`monotonic`: seconds, for the age of what is kept of robots.txt. `seconds`: for one page, in all."""

    def __init__(
        self, guard: Guard, monotonic: Callable[[], float], *, seconds: float = _PAGE_SECONDS
    ) -> None:
        self._guard = guard
        self._seconds = seconds
        self._monotonic = monotonic
        self._session: aiohttp.ClientSession | None = None
        self._robots: dict[str, tuple[float, Protego | None]] = {}

    async def fetch(self, url: str, *, obey_robots: bool = True) -> Page:
        """Raises Blocked (guard, robots.txt, not a text), Permanent (the page is not there), Transient."""
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._follow(url, obey_robots)
        except TimeoutError:
            raise Transient(f"{_host(url)} took longer than {self._seconds:.0f} seconds.") from None
        _check_status(response)
        if not response.body.strip():
            raise Permanent(f"{_host(response.url)} sent an empty page.")
        return Page(response.url, response.status, response.content_type, _decoded(response))

    async def allowed(self, url: str) -> bool:
        """What robots.txt says of us and this page; the browser asks before it opens one."""
        robots = await self._robots_of(url)
        return robots is None or robots.can_fetch(url, AGENT_TOKEN)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _follow(self, url: str, obey_robots: bool) -> _Response:
        seen = {url}
        for _ in range(_MOST_REDIRECTS + 1):
            self._guard.check_url(url)
            if obey_robots and not await self.allowed(url):
                raise Blocked(f"The robots.txt of {_host(url)} does not allow this page.")
            response = await self._get(url, _MOST_BYTES, _MOST_UNPACKED)
            if response.status not in _REDIRECTS or not response.location:
                return response
            url = urljoin(url, response.location)
            if url in seen:
                raise Permanent(f"{_host(url)} redirects in a circle.")
            seen.add(url)
        raise Permanent(f"{_host(url)} redirects more than {_MOST_REDIRECTS} times.")

    async def _robots_of(self, url: str) -> Protego | None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        kept = self._robots.get(origin)
        if kept is not None and self._monotonic() - kept[0] < _ROBOTS_KEPT_SECONDS:
            return kept[1]
        robots = await self._read_robots(origin)
        if len(self._robots) > 2000:
            self._robots.clear()
        self._robots[origin] = (self._monotonic(), robots)
        return robots

    async def _read_robots(self, origin: str) -> Protego | None:
        """RFC 9309: 4xx allows all; 5xx and no answer forbid all, so we say so and come back another time."""
        url = f"{origin}/robots.txt"
        for _ in range(_MOST_REDIRECTS):
            self._guard.check_url(url)
            response = await self._get(url, _ROBOTS_BYTES, _ROBOTS_BYTES, truncate=True)
            if response.status in _REDIRECTS and response.location:
                url = urljoin(url, response.location)
                continue
            if response.status >= 500:
                raise Transient(f"{_host(origin)} can't say what its robots.txt allows.")
            if response.status != 200 or "html" in response.content_type:
                return None
            return Protego.parse(response.body.decode("utf-8", "replace"))  # pyright: ignore[reportUnknownMemberType]
        return None

    async def _get(self, url: str, most: int, most_unpacked: int, *, truncate: bool = False) -> _Response:
        host = urlsplit(url).hostname or ""
        headers = {"Accept-Language": "en, de;q=0.8, *;q=0.5", "Accept-Encoding": "gzip, deflate"}
        try:
            async with self._opened().get(
                url, allow_redirects=False, ssl=self._guard.tls(host), headers=headers
            ) as response:
                if response.status == 200 and not truncate:
                    _check_type(response.content_type, host)
                body = await _read(response, most, most_unpacked, truncate=truncate)
                return _Response(
                    url,
                    response.status,
                    response.content_type,
                    response.charset,
                    response.headers.get("Location"),
                    response.headers.get("Retry-After"),
                    body,
                )
        except RainmakerError:
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            raise Permanent(f"The certificate of {host} is not valid.") from error
        except aiohttp.ClientSSLError as error:
            raise Permanent(f"{host} can't be read over https.") from error
        except aiohttp.InvalidURL as error:
            raise Blocked(f"{host} is not a proper address.") from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Transient(f"{host} did not answer ({type(error).__name__}).") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=GuardedConnector(self._guard),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._seconds, sock_read=_READ_SECONDS),
                headers={"User-Agent": _USER_AGENT, "Accept": "text/html,application/xhtml+xml,*/*;q=0.5"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, most: int, most_unpacked: int, *, truncate: bool) -> bytes:
    """The unpacked body. Raises Blocked where it is bigger than allowed, unless it may be cut."""
    unpack = _Unpacker(response.headers.get("Content-Encoding", ""), most_unpacked)
    body = bytearray()
    taken = 0
    async for chunk in response.content.iter_chunked(65_536):
        taken += len(chunk)
        body += unpack(chunk)
        if taken > most or len(body) > most_unpacked or unpack.overflowed:
            if truncate:
                return bytes(body[:most_unpacked])
            raise Blocked(f"{response.url.host} sent a page bigger than {most // 1_000_000} MB.")
    return bytes(body)


class _Unpacker:
    """Content codings gzip and deflate, never more than `most` bytes at once: a bomb is cut short."""

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self.overflowed = False
        encoding = encoding.strip().lower()
        if encoding in ("", "identity"):
            self._stream = None
        elif encoding in ("gzip", "x-gzip"):
            self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding == "deflate":
            self._stream = zlib.decompressobj()
        else:
            raise Blocked(f"The page is packed in a way we did not ask for ({encoding[:30]}).")

    def __call__(self, chunk: bytes) -> bytes:
        if self._stream is None:
            return chunk
        try:
            out = self._stream.decompress(chunk, self._most)
        except zlib.error:
            raise Transient("The page could not be unpacked.") from None
        self._most = max(1, self._most - len(out))
        self.overflowed = bool(self._stream.unconsumed_tail)
        return out


def _check_type(content_type: str, host: str) -> None:
    if not _TEXT_TYPES.fullmatch(content_type.lower()):
        kind = "a PDF" if "pdf" in content_type else f"{content_type[:60]}"
        raise Blocked(f"{host} sent {kind}, which is not read as a page.")


def _check_status(response: _Response) -> None:
    host, status = _host(response.url), response.status
    if status == 200:
        return
    if status == 429 or status >= 500:
        raise Transient(f"{host} answered {status}.", _retry_after(response.retry_after))
    if status in (401, 403):
        raise Blocked(f"{host} does not let us read this page ({status}).")
    raise Permanent(f"{host} answered {status} for this page.")


def _retry_after(value: str | None) -> timedelta | None:
    return timedelta(seconds=min(int(value), 3600)) if value and value.isdigit() else None


def _decoded(response: _Response) -> str:
    """By byte order mark, header, meta tag, then UTF-8; old pages without any of them are Windows-1252."""
    for bom, encoding in _BOMS:
        if response.body.startswith(bom):
            return response.body[len(bom) :].decode(encoding, "replace")
    meta = _META_CHARSET.search(response.body[:4096])
    for encoding in (response.charset, meta[1].decode("ascii", "replace") if meta else None):
        if encoding is not None and _known(encoding):
            return response.body.decode(encoding, "replace")
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError:
        return response.body.decode("cp1252", "replace")


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding  # pyright: ignore[reportPrivateUsage]
    except (LookupError, ValueError):
        return False


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "the site")[:100]
