"""Google's error bodies, with the code, status and reason its clients look at."""

from typing import Any

from aiohttp import web

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}


class GoogleError(Exception):
    """Answered as Google would; `long_message` where the outer message differs from the inner."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        long_message: str = "",
        location: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.domain = domain
        self.long_message = long_message or message
        self.location = location
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        inner = {"message": self.message, "domain": self.domain, "reason": self.reason}
        if self.location:
            inner |= {"location": self.location, "locationType": "header"}
        return {
            "error": {
                "code": self.code,
                "message": self.long_message,
                "errors": [inner],
                "status": STATUS.get(self.code, "UNKNOWN"),
            }
        }

    def response(self) -> web.Response:
        answer = web.json_response(self.body(), status=self.code)
        if self.code == 401:
            answer.headers["WWW-Authenticate"] = (
                'Bearer realm="https://accounts.google.com/", error="invalid_token"'
            )
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer


def invalid_credentials() -> GoogleError:
    return GoogleError(
        401,
        "authError",
        "Invalid Credentials",
        location="Authorization",
        long_message="Request had invalid authentication credentials. Expected OAuth 2 access token,"
        " login cookie or other valid authentication credential."
        " See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def insufficient_scopes() -> GoogleError:
    return GoogleError(
        403,
        "insufficientPermissions",
        "Insufficient Permission",
        long_message="Request had insufficient authentication scopes.",
    )


def not_found() -> GoogleError:
    return GoogleError(404, "notFound", "Requested entity was not found.")


def invalid(message: str) -> GoogleError:
    return GoogleError(400, "invalidArgument", message)


def server_error(code: int = 500) -> GoogleError:
    return GoogleError(
        code, "backendError", "Backend Error" if code != 500 else "Internal error encountered."
    )


def rate_limited(
    code: int = 429, reason: str = "rateLimitExceeded", retry_after: int | None = None
) -> GoogleError:
    """429 or 403; `reason` is rateLimitExceeded, userRateLimitExceeded or dailyLimitExceeded."""
    text = {
        "rateLimitExceeded": "Rate Limit Exceeded",
        "userRateLimitExceeded": "User-rate limit exceeded.",
        "dailyLimitExceeded": "Daily Limit Exceeded",
    }
    domain = "usageLimits"
    return GoogleError(code, reason, text.get(reason, reason), domain=domain, retry_after=retry_after)
