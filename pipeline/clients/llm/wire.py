"""The SDK's client with our limits, and its errors in our words.

Limits: 5 s to connect, 60 s between two pieces of an answer, 300 s for a streamed answer, 120 s for a parsed
one; 8 MiB on the wire, 200,000 characters of text, 64,000 of one tool's arguments. The SDK never retries:
our callers know what may be repeated.
"""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import Permanent, Transient

if TYPE_CHECKING:
    import openai

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0
STREAM_SECONDS = 300.0
PARSE_SECONDS = 120.0
MAX_WIRE_BYTES = 8 * 1024 * 1024
MAX_TEXT_CHARS = 200_000
MAX_ARGUMENT_CHARS = 64_000
LONGEST_WAIT = timedelta(hours=1)  # what we believe of a Retry-After


class Overloaded(Transient):
    """The server is slow, broken or overloaded: another model may answer now."""


class RateLimited(Transient):
    """The account asked too often, whichever model it is."""


class Unusable(Permanent):
    """No question is answered before a person changes something: key, credit, rights, model or address."""


class Unsupported(Exception):
    """The server refused the request because of one parameter; internal to the dialects."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.text = message.lower()


def load_sdk() -> None:
    """Import what calls will need; nothing of it is imported before."""
    for name in ("openai", "openai.resources.chat.completions", "openai.resources.responses"):
        import_module(name)


def open_client(base_url: str, api_key: str) -> "openai.AsyncOpenAI":
    import httpx2
    import openai

    class LimitedStream(httpx2.AsyncByteStream):
        """Hangs up when an answer grows beyond all reason."""

        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            received = 0
            async for chunk in self._inner:
                received += len(chunk)
                if received > MAX_WIRE_BYTES:
                    raise Overloaded("The model's answer is larger than 8 MiB.")
                yield chunk

        async def aclose(self) -> None:
            await self._inner.aclose()

    class LimitedTransport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = LimitedStream(response.stream)
            return response

    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    return openai.AsyncOpenAI(
        base_url=base_url,
        api_key=api_key,
        max_retries=0,
        timeout=timeout,
        # Without compression the limit counts what is really held in memory.
        default_headers={"Accept-Encoding": "identity"},
        http_client=httpx2.AsyncClient(transport=LimitedTransport(), timeout=timeout, follow_redirects=False),
    )


@contextmanager
def translated(setting: str) -> Generator[None]:
    """Run SDK calls; its errors, ours and the deadline's leave as Transient or Permanent.

    `setting`: the name of the API key's setting, for the sentence. A 400 or 422 that may be about one
    parameter leaves as Unsupported.
    """
    import httpx2
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise Overloaded("The model did not answer in time.") from error
    except openai.APIConnectionError as error:
        raise Overloaded("The model can't be reached.") from error
    except openai.APIStatusError as error:
        raise _of_status(error, setting) from error
    except openai.APIError as error:
        raise Overloaded(f"The model broke off: {_brief(error.message)}") from error
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError) as error:
        raise Overloaded("The model's answer broke off.") from error
    except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        # What a server sends that is not its protocol ends in the SDK as any of these.
        raise Overloaded("The model's answer can't be read.") from error


def deadline(seconds: float) -> asyncio.Timeout:
    return asyncio.timeout(seconds)


def _of_status(error: "openai.APIStatusError", setting: str) -> Exception:
    status, said = error.status_code, _brief(error.message)
    if status == 429:
        if "insufficient_quota" in (error.code, error.type):
            return Unusable("The model's account has no credit left: add credit or raise its limit.")
        return RateLimited("The model's rate limit is reached.", _retry_after(error.response.headers))
    if status == 401:
        return Unusable(f"The model refuses the key: set {setting} to a valid one.")
    if status == 403:
        return Unusable(f"The model's account may not do this ({said}): check the rights of {setting}.")
    if status == 404:
        return Unusable(f"The model or address does not exist ({said}): check the model's name and base URL.")
    if status in (400, 422):
        return Unsupported(said)
    if status in (408, 409, 425) or status >= 500:
        return Overloaded(f"The model's server failed ({status}).", _retry_after(error.response.headers))
    return Permanent(f"The model refused the request ({status}): {said}")


def _retry_after(headers: Any) -> timedelta | None:
    """Seconds, milliseconds or an HTTP date; None where there is none to believe."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = str(headers.get(name, ""))
        try:
            return _believed(timedelta(seconds=float(text) * unit))
        except (ValueError, OverflowError):
            pass
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            continue
        sent = headers.get("date")
        try:
            since = parsedate_to_datetime(str(sent)) if sent else None
        except ValueError:
            since = None
        if since is not None:
            return _believed(at.replace(tzinfo=at.tzinfo or UTC) - since)
    return None


def _believed(wait: timedelta) -> timedelta | None:
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None


def _brief(message: object) -> str:
    return " ".join(str(message).split())[:300]


def refused(error: Unsupported) -> Permanent:
    return Permanent(f"The model refused the request: {error}")


def member(thing: object, name: str) -> Any:
    """A member of what the SDK read, as its object or as bare JSON; nothing is filled in that was left out."""
    if isinstance(thing, dict):
        return cast(dict[str, Any], thing).get(name)
    return getattr(thing, name, None)


def members(thing: object, name: str) -> list[Any]:
    found = member(thing, name)
    return cast(list[Any], found) if isinstance(found, list) else []
