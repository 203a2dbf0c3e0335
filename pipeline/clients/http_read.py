"""One GET through the egress guard, bounded in every direction: no redirects followed, no cookies, no retries.

8 s between bytes; the caller bounds the whole. What went wrong is a sentence, for people.
"""

import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from pipeline.egress import Guard, GuardedConnector
from pipeline.egress.upstream import ProxyFailed, Upstream
from pipeline.errors import Blocked, Permanent, RainmakerError, Transient
from pipeline.rules.page_bytes import kind_of_type

AGENT_TOKEN = "RainmakerBot"  # the name robots.txt may address
_USER_AGENT = f"Mozilla/5.0 (compatible; {AGENT_TOKEN}/1.0)"
_READ_SECONDS = 8.0
_CONNECT_SECONDS = 8.0
# OpenSSL's verification codes, as people say them.
_CERTIFICATE = {
    10: "has run out",
    9: "is not valid yet",
    18: "is signed by nobody but itself",
    19: "is signed by nobody we know",
    20: "is signed by nobody we know",
    21: "is signed by nobody we know",
    62: "is for another name",
    64: "is for another address",
}


class Dropped(Transient):
    """The connection broke, or the server was too slow: trying again at once may do."""


class ProxyTrouble(Transient):
    """The proxy did not carry the request."""


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is unpacked. `is_cut`: there was more of it than was to be read."""

    url: str
    status: int
    content_type: str  # "" where the server says none
    charset: str | None
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


class HttpReader:
    """Connections are not kept: each is a new question to the guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sessions: dict[Upstream | None, aiohttp.ClientSession] = {}

    async def get(
        self,
        url: str,
        most: int,
        *,
        cut: bool = False,
        upstream: Upstream | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """At most `most` bytes, on the wire and unpacked; more is cut, or raises Blocked.

        Raises Blocked (guard, type, size), Permanent (certificate), ProxyTrouble, Dropped or Transient.
        """
        host = (urlsplit(url).hostname or "")[:100]
        wanted = {"Accept-Encoding": "gzip, deflate", **(headers or {})}
        try:
            async with self._opened(upstream).get(
                url, allow_redirects=False, ssl=self._guard.tls(host), headers=wanted
            ) as response:
                return await _whole(url, host, response, most, cut=cut)
        except RainmakerError:
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            raise Permanent(f"The certificate of {host} {_of_certificate(error)}.") from error
        except aiohttp.ClientSSLError as error:
            raise Permanent(f"{host} can't be read over https.") from error
        except aiohttp.InvalidURL as error:
            raise Blocked(f"{host} is not a proper address.") from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _trouble(host, error) from error

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _opened(self, upstream: Upstream | None) -> aiohttp.ClientSession:
        if upstream not in self._sessions:
            self._sessions[upstream] = aiohttp.ClientSession(
                connector=GuardedConnector(self._guard, upstream=upstream),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
                ),
                headers={
                    "User-Agent": _USER_AGENT,
                    "Accept": "text/html,application/xhtml+xml,*/*;q=0.5",
                    "Accept-Language": "en, de;q=0.8, *;q=0.5",
                },
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[upstream]


async def _whole(url: str, host: str, response: aiohttp.ClientResponse, most: int, *, cut: bool) -> Response:
    declared = response.headers.get("Content-Type", "")
    kind = kind_of_type(declared)
    if response.status == 200 and kind is not None and not cut:
        raise Blocked(f"{host} sent {kind}, which is not read as a page.")
    if response.status in (204, 304):
        body, is_cut = b"", False
    else:
        body, is_cut = await _read(response, most)
    if is_cut and response.status == 200 and not cut:
        raise Blocked(f"{host} sent a page bigger than {most / 1e6:.0f} MB.")
    content_type = declared.partition(";")[0].strip().lower()
    return Response(url, response.status, content_type, response.charset, response.headers, body, is_cut)


async def _read(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    unpack = _Unpacker(response.headers.get("Content-Encoding", ""), most)
    body = bytearray()
    taken = 0
    async for chunk in response.content.iter_chunked(65_536):
        taken += len(chunk)
        body += unpack(chunk)
        if taken > most or len(body) > most or unpack.overflowed:
            return bytes(body[:most]), True
    return bytes(body), False


class _Unpacker:
    """Content codings gzip and deflate, never more than `most` bytes at once: a bomb is cut short."""

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self._began = False
        self.overflowed = False
        encoding = encoding.strip().lower()
        self._is_deflate = encoding == "deflate"
        if encoding in ("", "identity"):
            self._stream = None
        elif encoding in ("gzip", "x-gzip"):
            self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif self._is_deflate:
            self._stream = zlib.decompressobj()
        else:
            raise Blocked(f"The page is packed in a way we did not ask for ({encoding[:30]}).")

    def __call__(self, chunk: bytes) -> bytes:
        if self._stream is None:
            return chunk
        try:
            out = self._unpacked(chunk)
        except zlib.error:
            raise Permanent("The page could not be unpacked.") from None
        self._most = max(1, self._most - len(out))
        self.overflowed = bool(self._stream.unconsumed_tail)
        return out

    def _unpacked(self, chunk: bytes) -> bytes:
        assert self._stream is not None
        began, self._began = self._began, True
        try:
            return self._stream.decompress(chunk, self._most)
        except zlib.error:
            if began or not self._is_deflate:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)  # deflate as many servers understood it
            return self._stream.decompress(chunk, self._most)


def _of_certificate(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
    return _CERTIFICATE.get(code, "is not valid")


def _trouble(host: str, error: BaseException) -> Transient:
    cause: BaseException | None = error
    for _ in range(5):
        if isinstance(cause, ProxyFailed):
            return ProxyTrouble(f"{str(cause)[:1].upper()}{str(cause)[1:]}.")
        cause = cause.__cause__ or cause.__context__ if cause is not None else None
    broke = aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | ConnectionResetError
    is_silent = isinstance(error, TimeoutError)
    if isinstance(error, broke) or (isinstance(error, aiohttp.ClientOSError) and not _never_began(error)):
        return Dropped(f"{host} broke off the connection ({type(error).__name__}).")
    words = "took too long" if is_silent else "did not answer"
    return Transient(f"{host} {words} ({type(error).__name__}).")


def _never_began(error: BaseException) -> bool:
    return isinstance(error, aiohttp.ClientConnectorError)
