"""The errors the vendor answers with, as JSON."""

import json
from typing import Any

from aiohttp import web


class Refused(Exception):
    """Ends a request with this error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.error: dict[str, Any] = {"message": message, "type": kind, "param": param, "code": code}

    def response(self) -> web.Response:
        return web.Response(
            status=self.status,
            headers=self.headers,
            text=json.dumps({"error": self.error}),
            content_type="application/json",
        )


def wrong_key(key: str) -> Refused:
    shown = f"{key[:3]}***{key[-4:]}" if len(key) > 8 else "***"
    return Refused(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def no_key() -> Refused:
    return Refused(
        401, "You didn't provide an API key. You need to provide your API key in an Authorization header."
    )


def missing(param: str) -> Refused:
    return Refused(
        400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
    )


def wrong(param: str, message: str) -> Refused:
    return Refused(400, message, code="invalid_value", param=param)


def rate_limited(model: str, seconds: float) -> Refused:
    return Refused(
        429,
        f"Rate limit reached for {model} on requests per min (RPM): Limit 3000, Used 3000, Requested 1. "
        f"Please try again in {seconds:g}s.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={"retry-after": f"{seconds:g}", "retry-after-ms": f"{seconds * 1000:g}"},
    )


def server_error(status: int) -> Refused:
    return Refused(
        status,
        "The server had an error while processing your request. Sorry about that!",
        kind="server_error",
    )
