"""Reading a mailbox by IMAP: the inbox, the folder of sent mail, and what the server took for spam.

The reading position is JSON, a folder's name to "UIDVALIDITY:UIDNEXT". It moves only over messages that were
seen, so that one which turns up late is read late, not never.
"""

import asyncio
import hashlib
import imaplib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from pipeline.clients.imap_session import (
    UNREADABLE,
    Fetched,
    Folder,
    Opened,
    Server,
    Session,
    server_of,
)
from pipeline.clients.mail import WANTED_HEADERS, Changes, Delivered, HistoryGone, Seen, Trace
from pipeline.clients.mail_dial import addresses_of, only_public
from pipeline.clock import Clock
from pipeline.egress import Guard
from pipeline.errors import Transient
from pipeline.rules import mime
from pipeline.rules.letter import TOKEN_HEADER

IDLE_SECONDS = 10  # then the connection is given back; servers allow few at a time
MOST_KEPT = 20_000  # messages whose headers are kept between finding and looking
NEW_FOLDER = timedelta(days=1)
T = TypeVar("T")


class ImapReader:
    """The reading half of a Sender. Calls may come side by side; they share one connection, in turn."""

    def __init__(self, url: str, address: str, clock: Clock, guard: Guard | None = None) -> None:
        """`guard`: for a server nobody vouches for."""
        self._named: Server = server_of(url)
        self._server = self._named  # with the addresses that were checked last
        self._guard = guard if only_public(url) else None
        self._address = address.lower()
        self._clock = clock
        self._session: Session | None = None
        self._turn = threading.Lock()
        self._closing: asyncio.TimerHandle | None = None
        self._kept: dict[str, Seen] = {}

    async def position(self) -> str | None:
        def now(session: Session) -> str:
            opened = ((folder, session.open(folder.name)) for folder in session.folders())
            return _written({folder.name: _end(one, []) for folder, one in opened if one})

        return await self._ask(now)

    async def changes(self, since: str) -> Changes:
        before = _read(since)
        self._kept.clear()
        recently = self._clock.now() - NEW_FOLDER

        def added(session: Session) -> Changes:
            position, found = dict[str, tuple[int, int]](), list[str]()
            for folder in session.folders():
                opened = _opened(session, folder)
                if opened is None:
                    position |= {name: mark for name, mark in before.items() if name == folder.name}
                    continue
                mark = before.get(folder.name)
                if mark is None:
                    seen = self._since(session, folder, opened, recently)
                else:
                    first = _first_unread(mark, opened)
                    seen = self._keep(folder, opened, session.messages(session.uids_from(first)))
                found += [key for key, _ in seen]
                begin = mark or _end(opened, [])
                position[folder.name] = max(begin, _end_of(opened, seen))
            return Changes(_written(position), found)

        return await self._ask(added)

    async def everything(self, since: datetime) -> Changes:
        self._kept.clear()

        def all_of_it(session: Session) -> Changes:
            position, found = dict[str, tuple[int, int]](), list[str]()
            for folder in session.folders():
                opened = _opened(session, folder)
                if opened is None:
                    continue
                seen = self._since(session, folder, opened, since)
                found += [key for key, _ in seen]
                position[folder.name] = max(_end(opened, []), _end_of(opened, seen))
            return Changes(_written(position), found)

        return await self._ask(all_of_it)

    async def look(self, message_id: str) -> Seen | None:
        kept = self._kept.pop(message_id, None)
        if kept is not None:
            return kept
        opened_as, uid, folder = _place(message_id)

        def one(session: Session) -> Seen | None:
            opened = session.open(folder.name)
            if opened is None or opened.validity != opened_as:
                return None
            return next((self._seen(folder, found) for found in session.messages([uid])), None)

        return await self._ask(one)

    async def raw(self, message_id: str) -> bytes | None:
        """The message as it arrived; None when it is larger than 10 MB."""
        opened_as, uid, folder = _place(message_id)

        def whole(session: Session) -> bytes | None:
            opened = session.open(folder.name)
            return session.raw(uid) if opened is not None and opened.validity == opened_as else None

        return await self._ask(whole)

    async def find_sent(self, trace: Trace) -> Delivered | None:
        """In the folder of sent mail, where the server keeps what it was given to send."""

        def found(session: Session) -> Delivered | None:
            for folder in session.folders():
                if folder.label != "SENT" or (opened := session.open(folder.name)) is None:
                    continue
                for _, seen in self._since(session, folder, opened, trace.since - timedelta(days=1)):
                    if _confirms(seen, trace):
                        return Delivered(None, seen.headers.get("message-id"), None)
            return None

        return await self._ask(found)

    # --- messages ---

    def _since(
        self, session: Session, folder: Folder, opened: Opened, moment: datetime
    ) -> list[tuple[str, Seen]]:
        # SEARCH knows only days, in the server's own zone.
        uids = session.uids_since((moment - timedelta(days=1)).date())
        messages = session.messages(uids)
        recent = (one for one in messages if one.arrived_at is None or one.arrived_at >= moment)
        return self._keep(folder, opened, recent)

    def _keep(self, folder: Folder, opened: Opened, messages: Iterator[Fetched]) -> list[tuple[str, Seen]]:
        found: list[tuple[str, Seen]] = []
        for one in messages:
            key = f"{opened.validity}.{one.uid}.{folder.label}.{folder.name}"
            found.append((key, self._seen(folder, one)))
            if len(self._kept) < MOST_KEPT:
                self._kept[key] = found[-1][1]
        return found

    def _seen(self, folder: Folder, found: Fetched) -> Seen:
        message = mime.parse(found.literal + b"\r\n\r\n")
        headers = {name.lower(): mime.header(message, name) for name in WANTED_HEADERS}
        headers = {name: value for name, value in headers.items() if value}
        labels = {folder.label}
        if "\\draft" in found.flags:
            labels.add("DRAFT")
        # A copy to oneself, or a server that keeps sent mail in the inbox: not an answer.
        if TOKEN_HEADER.lower() in headers or self._address in [
            address for _, address in mime.addresses(message, "From")
        ]:
            labels.add("SENT")
        return Seen(
            id=_lasting_id(headers),
            thread_id=None,
            labels=frozenset(labels),
            received_at=found.arrived_at or mime.date_of(message) or self._clock.now(),
            size=found.size,
            headers=headers,
        )

    # --- transport ---

    async def _ask(self, question: Callable[[Session], T]) -> T:
        if self._closing is not None:
            self._closing.cancel()
        if self._guard is not None and self._session is None:
            addresses, port = await addresses_of(self._guard, self._named.host, self._named.port)
            self._server = replace(self._named, addresses=addresses, port=port)
        try:
            return await asyncio.to_thread(self._blocking, question)
        finally:
            self._closing = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.close)

    def close(self) -> None:
        """Give the connection back, unless somebody is using it."""
        if self._turn.acquire(blocking=False):
            try:
                self._drop()
            finally:
                self._turn.release()

    def _blocking(self, question: Callable[[Session], T]) -> T:
        """Nothing here changes anything, so what failed on a connection that had rested is asked once more."""
        with self._turn:
            if self._session is not None:
                try:
                    return self._on_session(question)
                except Transient:
                    pass
            return self._on_session(question)

    def _on_session(self, question: Callable[[Session], T]) -> T:
        try:
            if self._session is None:
                self._session = Session(self._server)
            return question(self._session)
        except imaplib.IMAP4.error as error:
            self._drop()
            raise Transient(f"The IMAP server broke off: {str(error)[:200]}") from error
        except OSError as error:
            self._drop()
            raise Transient(f"The IMAP server does not answer: {error}", timedelta(seconds=5)) from error
        except Transient:
            self._drop()
            raise
        except UNREADABLE as error:
            self._drop()
            raise Transient("The IMAP server's answer can't be read") from error

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _opened(session: Session, folder: Folder) -> Opened | None:
    """None: a folder that can't be read now. Without the inbox nothing was read at all."""
    opened = session.open(folder.name)
    if opened is None and folder.label == "INBOX":
        raise Transient("The IMAP server does not open the inbox")
    return opened


def _first_unread(mark: tuple[int, int], opened: Opened) -> int:
    """Raises HistoryGone when the folder's numbers are no longer those of `mark`."""
    validity, next_uid = mark
    if validity != opened.validity or (opened.next_uid is not None and opened.next_uid < next_uid):
        raise HistoryGone("the mailbox's messages were numbered anew")
    return next_uid


def _end(opened: Opened, uids: list[int]) -> tuple[int, int]:
    return opened.validity, max([opened.next_uid or 1, *(uid + 1 for uid in uids)])


def _end_of(opened: Opened, seen: list[tuple[str, Seen]]) -> tuple[int, int]:
    """Behind the last message that was seen."""
    return opened.validity, max((_place(key)[1] + 1 for key, _ in seen), default=1)


def _written(position: dict[str, tuple[int, int]]) -> str:
    return json.dumps({name: f"{validity}:{uid}" for name, (validity, uid) in position.items()})


def _read(position: str) -> dict[str, tuple[int, int]]:
    """Raises HistoryGone for one that is not ours."""
    try:
        marks: Any = json.loads(position)
        pairs = {str(name): str(mark).split(":") for name, mark in cast(dict[str, Any], marks).items()}
        return {name: (int(validity), int(uid)) for name, (validity, uid) in pairs.items()}
    except (ValueError, AttributeError) as error:
        raise HistoryGone("the reading position is another provider's") from error


def _place(key: str) -> tuple[int, int, Folder]:
    validity, uid, label, name = key.split(".", 3)
    return int(validity), int(uid), Folder(name, label)


def _lasting_id(headers: dict[str, str]) -> str:
    """The same for a message that was moved or numbered anew, so that it is taken in once."""
    told = json.dumps(sorted(headers.items()))
    return f"imap-{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def _confirms(seen: Seen, trace: Trace) -> bool:
    ours = seen.headers.get(TOKEN_HEADER.lower())
    if ours is not None:
        return ours == trace.token
    return trace.message_id is not None and seen.headers.get("message-id") == trace.message_id
