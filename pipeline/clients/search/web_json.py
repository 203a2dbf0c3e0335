"""One bounded GET of a JSON answer, for providers of plain HTTP. Time-out 10 s, 2 MB, no retries."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import aiohttp

from pipeline.clients.search.base import mapping
from pipeline.errors import Permanent, Transient

_SECONDS = 10.0
_MOST_BYTES = 2_000_000
Refusal = Callable[[int, dict[str, Any]], Permanent | None]


class JsonClient:
    """`refusal`: what a status and its JSON (empty where there is none) mean for good; None: nothing special."""

    def __init__(self, name: str, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._refusal = refusal
        self._headers = dict(headers or {})
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Raises Transient (429, 5xx, no answer, no JSON) or Permanent (any other refusal)."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, headers=self._headers)
        try:
            async with self._session.get(url, params=params, allow_redirects=False) as response:
                status, retry_after = response.status, response.headers.get("Retry-After")
                body = await _body(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Transient(f"{self._name} did not answer ({type(error).__name__}).") from error
        if status != 200:
            raise self._failure(status, retry_after, body)
        if len(body) > _MOST_BYTES:
            raise Transient(f"{self._name} sent an answer that is too big.")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise Transient(f"{self._name} sent something that is no JSON.") from None
        if not isinstance(answer, dict):
            raise Transient(f"{self._name} sent an answer of another shape.")
        return mapping(cast("object", answer))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _failure(self, status: int, retry_after: str | None, body: bytes) -> Permanent | Transient:
        try:
            answer = mapping(json.loads(body))
        except (ValueError, RecursionError):
            answer = {}
        refusal = self._refusal(status, answer)
        if refusal is not None:
            return refusal
        if status in (408, 429) or status >= 500:
            seconds = int(retry_after) if retry_after and retry_after.isdecimal() else None
            wait = timedelta(seconds=min(seconds, 3600)) if seconds is not None else None
            return Transient(f"{self._name} answered {status}.", wait)
        return Permanent(f"{self._name} refused the request ({status}).")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Not much more than the most that is read."""
    body = b""
    while len(body) <= _MOST_BYTES and not response.content.at_eof():
        body += await response.content.read(_MOST_BYTES + 1 - len(body))
    return body
