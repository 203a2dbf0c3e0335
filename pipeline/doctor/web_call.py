"""One bounded call to a web service, its answer as JSON. Time-out 10 s, 1 MB, no retries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp

from pipeline.errors import Transient

_SECONDS = 10.0
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    json: dict[str, Any]  # empty where the body was no JSON object
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


async def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Raises Transient where nothing answers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.request(method, url, headers=headers, data=form, allow_redirects=False) as response,
        ):
            body = await response.content.read(_MOST_BYTES)
            while len(body) < _MOST_BYTES and not response.content.at_eof():
                body += await response.content.read(_MOST_BYTES - len(body))
            return Answer(response.status, _object(body), {**response.headers})
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Transient(f"no answer ({type(error).__name__})") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
