"""What Gmail's errors mean for us: https://developers.google.com/workspace/gmail/api/guides/handle-errors."""

import json
from datetime import timedelta
from typing import Any

from googleapiclient.errors import HttpError

from pipeline.clients.mail import Disconnected
from pipeline.errors import Permanent, Transient, Unknown

UNAUTHORIZED = 401
_RATE_REASONS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "backendError",
     "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
)  # fmt: skip


class NotFound(Permanent):
    """Gmail knows no such thing."""


def translated(error: HttpError, *, sending: bool) -> Exception:
    """Gmail's errors as ours: https://developers.google.com/workspace/gmail/api/guides/handle-errors."""
    status, reasons, message = status_of(error), _reasons(error), _message(error)
    if status == 404:
        return NotFound("Gmail does not know this any more.")
    if status == 429 or (status == 403 and reasons & _RATE_REASONS):
        return Transient(f"Gmail asks to slow down: {message}", _retry_after(error))
    if status == UNAUTHORIZED:
        return Disconnected("Google no longer accepts this mailbox's permission; connect it again.")
    if status >= 500:
        if sending:
            return Unknown(f"Gmail failed while it was sending ({status})")
        return Transient(f"Gmail fails for now ({status})", timedelta(seconds=5))
    if status == 403:
        return Disconnected(f"Google refuses this mailbox: {message}")
    return Permanent(f"Gmail refused it: {message}")


def status_of(error: HttpError) -> int:
    response: Any = error.resp
    return int(response.status)


def _reasons(error: HttpError) -> set[str]:
    try:
        body: Any = json.loads(error.content)["error"]
        return {str(one.get("reason")) for one in body.get("errors", [])} | {str(body.get("status"))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _message(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return f"status {status_of(error)}"


def _retry_after(error: HttpError) -> timedelta:
    response: Any = error.resp
    value = str(response.get("retry-after", ""))
    return timedelta(seconds=min(int(value), 600)) if value.isdigit() else timedelta(seconds=30)
