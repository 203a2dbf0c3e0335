"""The ways Gmail fails on demand, as Google's own client sees them."""

import http.client
from collections.abc import AsyncIterator

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from local.sandbox.faults import Fault
from local.sandbox.mailboxes import mail_log
from tests.local.gmail_client import Gmail, started, users_of


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started() as running:
        yield running


async def refused(gmail: Gmail) -> HttpError:
    with pytest.raises(HttpError) as error:
        await gmail.send("anna@somewhere.example")
    return error.value


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ({}, 429, "rateLimitExceeded"),
        ({"code": 403}, 403, "rateLimitExceeded"),
        ({"code": 403, "reason": "userRateLimitExceeded"}, 403, "userRateLimitExceeded"),
        ({"reason": "userRateLimitExceeded", "retry_after": 7}, 429, "userRateLimitExceeded"),
    ],
)
async def test_rate_limits(gmail: Gmail, options: dict[str, object], code: int, reason: str) -> None:
    gmail.break_it("rate_limited", **options)
    error = await refused(gmail)
    assert (error.status_code, error.error_details[0]["reason"]) == (code, reason)
    assert error.resp.get("retry-after") == (
        str(options["retry_after"]) if "retry_after" in options else None
    )
    assert await mail_log(gmail.box) == []
    await gmail.send("anna@somewhere.example")


async def test_a_server_error_comes_before_the_work_or_after_it(gmail: Gmail) -> None:
    gmail.break_it("server_error", status=503)
    assert (await refused(gmail)).status_code == 503
    assert await mail_log(gmail.box) == []
    gmail.break_it("server_error_after")
    assert (await refused(gmail)).status_code == 500
    assert len(await mail_log(gmail.box)) == 1


async def test_a_reset_connection_loses_the_answer_of_work_that_was_done(gmail: Gmail) -> None:
    await gmail.call(lambda users: users.getProfile(userId="me"))
    gmail.break_it("lost_response", match="messages.send", reset=True)
    with pytest.raises(ConnectionError):
        await gmail.send("anna@somewhere.example")
    assert len(await mail_log(gmail.box)) == 1


async def test_a_closed_connection_makes_httplib2_send_once_more_by_itself(gmail: Gmail) -> None:
    await gmail.call(lambda users: users.getProfile(userId="me"))
    draft = await gmail.draft("anna@somewhere.example")
    gmail.break_it("lost_response", match="drafts.send")
    with pytest.raises(HttpError) as second:  # the draft was sent; the client's own repetition finds it gone
        await gmail.send_draft(draft["id"])
    assert second.value.status_code == 404
    assert len(await mail_log(gmail.box)) == 1


async def test_silence_after_the_work_ends_in_a_closed_connection(gmail: Gmail) -> None:
    await gmail.call(lambda users: users.getProfile(userId="me"))
    gmail.break_it("timeout_after", match="messages.send", times=2, seconds=0.05)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        await gmail.send("anna@somewhere.example")
    assert len(await mail_log(gmail.box)) == 2


async def test_an_expired_access_token_is_refreshed_by_the_client(gmail: Gmail) -> None:
    gmail.break_it("expired", match="getProfile")
    profile = await gmail.call(lambda users: users.getProfile(userId="me"))
    assert profile["emailAddress"] == gmail.box.accounts.mailbox


async def test_access_tokens_end_after_an_hour(gmail: Gmail) -> None:
    await gmail.call(lambda users: users.getProfile(userId="me"))
    gmail.box.store.run("UPDATE google_access SET expires = ?", gmail.box.clock.wall() - 1)
    await gmail.call(lambda users: users.getProfile(userId="me"))
    assert len(gmail.box.store.all("SELECT token FROM google_access")) == 2


async def test_a_revoked_grant_ends_in_invalid_grant(gmail: Gmail) -> None:
    gmail.break_it("revoked", match="getProfile")
    with pytest.raises(RefreshError) as error:
        await gmail.call(lambda users: users.getProfile(userId="me"))
    assert error.value.args[1]["error"] == "invalid_grant"


async def test_a_wrong_refresh_token_is_invalid_grant(gmail: Gmail) -> None:
    gmail.users = users_of(gmail.box, gmail.url, refresh_token="something else")
    with pytest.raises(RefreshError):
        await gmail.call(lambda users: users.getProfile(userId="me"))


async def test_missing_scopes_are_403(gmail: Gmail) -> None:
    gmail.break_it("insufficient_scopes")
    error = await refused(gmail)
    assert error.status_code == 403
    assert error.error_details[0]["reason"] == "insufficientPermissions"


async def test_quota_counts_units_when_told_to(gmail: Gmail) -> None:
    gmail.break_it("quota", times=-1, units_per_minute=250)
    await gmail.send("anna@somewhere.example")
    await gmail.send("anna@somewhere.example")
    assert (await refused(gmail)).error_details[0]["reason"] == "userRateLimitExceeded"
    gmail.box.faults.clear()
    profile = await gmail.call(lambda users: users.getProfile(userId="me"))
    assert profile["messagesTotal"] == 2


@pytest.mark.parametrize("kind", ["server_error", "rate_limited"])
async def test_the_token_endpoint_fails_too_and_googles_client_tries_again(gmail: Gmail, kind: str) -> None:
    gmail.box.faults.arm(Fault("oauth", kind))
    profile = await gmail.call(lambda users: users.getProfile(userId="me"))
    assert profile["emailAddress"] == gmail.box.accounts.mailbox
    assert gmail.box.faults.take("oauth", kind) is None
