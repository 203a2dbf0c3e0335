"""Gmail's API. Each call has a time-out of 30 s; reads may be tried again by the job, sends never are.

googleapiclient blocks and its transport is not thread-safe: every worker thread has a client of its own.
"""

import asyncio
import base64
import http.client
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import google_auth_httplib2
import httplib2
from google.auth import exceptions as auth_errors
from google.oauth2.credentials import Credentials
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from db.queries.mailbox import MailboxRow
from pipeline.clients.gmail_errors import UNAUTHORIZED, NotFound, status_of, translated
from pipeline.clients.mail import (
    WANTED_HEADERS,
    Changes,
    Delivered,
    Disconnected,
    Draft,
    DraftState,
    HistoryGone,
    Leaving,
    Outgoing,
    Patience,
    Seen,
    Trace,
)
from pipeline.errors import Transient, Unknown
from pipeline.rules.letter import TOKEN_HEADER
from pipeline.settings import Settings

SCOPES = ("https://www.googleapis.com/auth/gmail.modify",)
MOST_PAGES = 20
MOST_CANDIDATES = 50
MOST_BYTES = 10_000_000
IDLE_SECONDS = 20  # a connection that rested longer may be dead at the other end
_build: Any = discovery.build  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_NO_ANSWER = (OSError, httplib2.HttpLib2Error, http.client.HTTPException, ssl.SSLError)
T = TypeVar("T")


class _OnceConnection:
    """A connection that carries one request: httplib2 repeats one whose answer was lost, sends too."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._asked = False

    def request(self, *arguments: Any, **options: Any) -> None:
        if self._asked:
            raise httplib2.HttpLib2Error("the answer was lost")
        self._asked = True
        self._inner.request(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _OnceHttp(httplib2.Http):
    def _conn_request(self, conn: Any, *arguments: Any) -> Any:
        parent: Any = super()
        return parent._conn_request(_OnceConnection(conn), *arguments)


class GmailSender:
    keeps_drafts = True
    can_read = True

    def __init__(self, settings: Settings, mailbox: MailboxRow, patience: Patience) -> None:
        self._timeout = patience.gmail
        secret = settings.gmail_client_secret
        self._url = settings.gmail_api_url
        self._address = mailbox.address
        self._credentials: dict[str, Any] = {
            "token": None,
            "refresh_token": mailbox.credentials.get("refresh_token"),
            "token_uri": settings.google_token_url,
            "client_id": settings.gmail_client_id,
            "client_secret": secret.get_secret_value() if secret else None,
            "scopes": None,
        }
        self._threads = threading.local()

    # --- sending ---

    async def position(self) -> str | None:
        profile = await self._call(lambda users: users.getProfile(userId="me"))
        return str(profile["historyId"])

    async def draft(self, mail: Outgoing) -> Draft:
        message: dict[str, Any] = {"raw": base64.urlsafe_b64encode(mail.as_bytes()).decode()}
        if mail.thread_id:
            message["threadId"] = mail.thread_id
        made = await self._call(lambda users: users.drafts().create(userId="me", body={"message": message}))
        return _draft(made)

    async def drafts_of(self, token: str) -> list[Draft]:
        found: list[Draft] = []
        page: str | None = None
        for _ in range(MOST_PAGES):
            listed = await self._call(
                lambda users, page=page: users.drafts().list(userId="me", maxResults=100, pageToken=page)
            )
            for one in listed.get("drafts", []):
                seen = await self.look(str(one["message"]["id"]))
                if seen is not None and seen.headers.get(TOKEN_HEADER.lower()) == token:
                    found.append(_draft(one))
            page = listed.get("nextPageToken")
            if not page:
                break
        return found

    async def state_of(self, draft: Draft) -> DraftState:
        try:
            now = await self._call(
                lambda users: users.drafts().get(userId="me", id=draft.draft_id, format="minimal")
            )
        except NotFound:
            return DraftState.GONE
        return DraftState.SAME if _draft(now).message_id == draft.message_id else DraftState.CHANGED

    async def deliver(self, draft: Draft, mail: Outgoing, leaving: Leaving) -> Delivered:
        try:
            sent = await self._call(
                lambda users: users.drafts().send(userId="me", body={"id": draft.draft_id}), sending=True
            )
        except NotFound as error:
            # Somebody, perhaps we, has used the draft up.
            raise Unknown("the draft was gone when it was to be sent") from error
        return Delivered(str(sent["id"]), None, sent.get("threadId"))

    async def discard(self, draft: Draft) -> None:
        if draft.draft_id is None:
            return
        try:
            await self._call(lambda users: users.drafts().delete(userId="me", id=draft.draft_id))
        except NotFound:
            return

    # --- looking for what may have been sent ---

    async def find_sent(self, trace: Trace) -> Delivered | None:
        for candidates in (self._sent_since, self._sent_in_thread, self._sent_to):
            for message_id in await candidates(trace):
                seen = await self.look(message_id)
                if seen is not None and seen.sent_by_us and not seen.is_draft and _confirms(seen, trace):
                    return _delivered(seen)
        return None

    async def _sent_since(self, trace: Trace) -> list[str]:
        if trace.history_id is None:
            return []
        try:
            changed = await self.changes(trace.history_id)
        except HistoryGone:
            return []
        return list(changed.message_ids)[-MOST_CANDIDATES:]

    async def _sent_in_thread(self, trace: Trace) -> list[str]:
        if trace.thread_id is None:
            return []
        try:
            thread = await self._call(
                lambda users: users.threads().get(userId="me", id=trace.thread_id, format="minimal")
            )
        except NotFound:
            return []
        return [str(one["id"]) for one in thread.get("messages", [])][-MOST_CANDIDATES:]

    async def _sent_to(self, trace: Trace) -> list[str]:
        query = f"in:sent to:{trace.to} after:{int((trace.since - timedelta(days=1)).timestamp())}"
        listed = await self._call(
            lambda users: users.messages().list(userId="me", q=query, maxResults=MOST_CANDIDATES)
        )
        return [str(one["id"]) for one in listed.get("messages", [])]

    async def read_back(self, provider_message_id: str) -> Delivered | None:
        seen = await self.look(provider_message_id)
        return _delivered(seen) if seen else None

    # --- reading ---

    async def changes(self, since: str) -> Changes:
        found: dict[str, None] = {}
        position, page = since, None
        while True:
            try:
                answer = await self._call(
                    lambda users, page=page: users.history().list(
                        userId="me",
                        startHistoryId=since,
                        historyTypes=["messageAdded"],
                        maxResults=500,
                        pageToken=page,
                    )
                )
            except NotFound as error:
                raise HistoryGone("the reading position is too old") from error
            for record in answer.get("history", []):
                for added in record.get("messagesAdded", []):
                    found[str(added["message"]["id"])] = None
            position = str(answer.get("historyId", position))
            page = answer.get("nextPageToken")
            if not page:
                return Changes(position, list(found))

    async def everything(self, since: datetime) -> Changes:
        # The position is taken first: what comes in meanwhile is read twice, not never.
        position = await self.position()
        found: list[str] = []
        page: str | None = None
        query = f"after:{int(since.timestamp())} -in:drafts"
        for _ in range(MOST_PAGES):
            listed = await self._call(
                lambda users, page=page: users.messages().list(
                    userId="me", q=query, maxResults=100, pageToken=page, includeSpamTrash=True
                )
            )
            found += [str(one["id"]) for one in listed.get("messages", [])]
            page = listed.get("nextPageToken")
            if not page:
                break
        return Changes(position, found[::-1])

    async def look(self, message_id: str) -> Seen | None:
        try:
            found = await self._call(
                lambda users: users.messages().get(
                    userId="me", id=message_id, format="metadata", metadataHeaders=list(WANTED_HEADERS)
                )
            )
        except NotFound:
            return None
        headers = found.get("payload", {}).get("headers", [])
        return Seen(
            id=str(found["id"]),
            thread_id=found.get("threadId"),
            labels=frozenset(found.get("labelIds", [])),
            received_at=datetime.fromtimestamp(int(found.get("internalDate", 0)) / 1000, UTC),
            size=int(found.get("sizeEstimate", 0)),
            headers={str(one["name"]).lower(): str(one["value"]) for one in headers},
        )

    async def raw(self, message_id: str) -> bytes | None:
        """The message as it arrived, at most 10 MB of it."""
        try:
            found = await self._call(
                lambda users: users.messages().get(userId="me", id=message_id, format="raw")
            )
        except NotFound:
            return None
        text = str(found.get("raw", ""))[: MOST_BYTES // 4 * 4]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    # --- transport ---

    async def _call(self, request: Callable[[Any], Any], *, sending: bool = False) -> dict[str, Any]:
        return await asyncio.to_thread(self._blocking, request, sending)

    def _blocking(self, request: Callable[[Any], Any], sending: bool) -> dict[str, Any]:
        reached = False
        try:
            users = self._users()
            is_new = self._authorize()
            made = request(users)
            reached = True
            try:
                return made.execute(num_retries=0) or {}
            except HttpError as error:
                if is_new or status_of(error) != UNAUTHORIZED:
                    raise
                # The access token ended before its time; nothing was done. Does the permission still hold?
                self._threads.credentials.token = None
                self._authorize()
                return request(users).execute(num_retries=0) or {}
        except HttpError as error:
            raise translated(error, sending=sending) from error
        except auth_errors.RefreshError as error:
            if getattr(error, "retryable", False):
                raise Transient("Google's sign-in does not answer") from error
            raise Disconnected(
                "Google no longer accepts this mailbox's permission; connect it again."
            ) from error
        except auth_errors.GoogleAuthError as error:
            raise Transient("Google's sign-in does not answer") from error
        except _NO_ANSWER as error:
            self._threads.users = None
            if sending and reached and not _never_connected(error):
                raise Unknown("Gmail did not answer while it was sending") from error
            raise Transient("Gmail does not answer", timedelta(seconds=5)) from error
        except (ValueError, KeyError) as error:
            if sending and reached:
                raise Unknown("Gmail's answer to sending can't be read") from error
            raise Transient("Gmail's answer can't be read", timedelta(seconds=5)) from error

    def _users(self) -> Any:
        users: Any = getattr(self._threads, "users", None)
        if users is not None and time.monotonic() - self._threads.used_at > IDLE_SECONDS:
            self._threads.http.connections.clear()
        self._threads.used_at = time.monotonic()
        if users is None:
            transport = _OnceHttp(timeout=self._timeout)
            transport.redirect_codes = frozenset(transport.redirect_codes) - {308}  # as Google's own
            credentials = Credentials(**self._credentials)
            # No refresh in the middle of a request: it would send the request twice.
            authorized = google_auth_httplib2.AuthorizedHttp(
                credentials, http=transport, refresh_status_codes=()
            )
            service: Any = _build(
                "gmail",
                "v1",
                http=authorized,
                static_discovery=True,
                cache_discovery=False,
                client_options={"api_endpoint": self._url},
            )
            users = self._threads.users = service.users()
            self._threads.credentials, self._threads.http = credentials, transport
        return users

    def _authorize(self) -> bool:
        """A fresh access token before the call, where the old one has run out; whether it had."""
        credentials: Any = self._threads.credentials
        if credentials.valid:
            return False
        credentials.refresh(google_auth_httplib2.Request(httplib2.Http(timeout=self._timeout)))
        return True


def _draft(found: dict[str, Any]) -> Draft:
    message = found.get("message", {})
    return Draft(str(found["id"]), message.get("id"), message.get("threadId"))


def _confirms(seen: Seen, trace: Trace) -> bool:
    ours = seen.headers.get(TOKEN_HEADER.lower())
    if ours is not None:
        return ours == trace.token
    return trace.message_id is not None and seen.headers.get("message-id") == trace.message_id


def _delivered(seen: Seen) -> Delivered:
    return Delivered(seen.id, seen.headers.get("message-id"), seen.thread_id)


def _never_connected(error: BaseException) -> bool:
    return isinstance(error, httplib2.ServerNotFoundError | ConnectionRefusedError)
