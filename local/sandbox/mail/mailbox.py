"""One account's mail: messages with labels and threads, drafts, and the history of every change."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row

from local.sandbox.context import Sandbox
from local.sandbox.mail import mime
from local.sandbox.mail.tables import FIRST_HISTORY_ID
from local.sandbox.store import dumps

SEARCH_FIELDS = "seq, id, thread_id, labels, message_id, subject, sender, recipients, text, internal_ms"


@dataclass(frozen=True)
class Stored:
    """A message as it lies in an account."""

    id: str
    thread_id: str
    labels: tuple[str, ...]
    raw: bytes
    message_id: str
    subject: str
    text: str
    internal_ms: int
    history_id: int


@dataclass(frozen=True)
class Draft:
    id: str
    message: Stored
    asked_thread: str  # the threadId the client gave, or empty


class Mailbox:
    """The mail of `address`. Nothing here awaits, so a caller may group steps in one transaction."""

    def __init__(self, box: Sandbox, address: str) -> None:
        self.address = address.lower()
        self.clock = box.clock
        self.store = box.store

    # messages

    def add(
        self, raw: bytes, labels: list[str], *, thread_id: str | None = None, index_delay: float = 0.0
    ) -> Stored:
        """Store a message; without a thread it founds one. Search lags by `index_delay` real seconds."""
        message = mime.read(raw)
        key = f"19{secrets.token_hex(7)}"
        thread = thread_id or key
        history = self._record("messageAdded", key, thread, labels)
        self.store.run(
            "INSERT INTO mail_messages (id, account, thread_id, labels, raw, message_id, refs, subject,"
            " sender, recipients, text, internal_ms, history_id, indexed_at)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            key, self.address, thread, dumps(labels), raw, mime.header(message, "Message-ID"),
            f"{mime.header(message, 'References')} {mime.header(message, 'In-Reply-To')}",
            mime.header(message, "Subject"), mime.header(message, "From"),
            ", ".join(mime.header(message, name) for name in ("To", "Cc", "Bcc") if name in message),
            mime.body_text(message), int(self.clock.epoch() * 1000), history, self.clock.wall() + index_delay,
        )  # fmt: skip
        stored = self.get(key)
        assert stored is not None
        return stored

    def get(self, key: str) -> Stored | None:
        row = self.store.one("SELECT * FROM mail_messages WHERE account = ? AND id = ?", self.address, key)
        return _stored(row) if row else None

    def remove(self, message: Stored) -> None:
        self.store.run("DELETE FROM mail_messages WHERE account = ? AND id = ?", self.address, message.id)
        self._record("messageDeleted", message.id, message.thread_id, list(message.labels))

    def relabel(self, message: Stored, add: list[str], drop: list[str]) -> Stored:
        """Add and remove labels; only real changes enter the history."""
        added = [label for label in dict.fromkeys(add) if label not in message.labels and label not in drop]
        dropped = [label for label in dict.fromkeys(drop) if label in message.labels]
        now = [label for label in message.labels if label not in dropped] + added
        history = message.history_id
        if added:
            history = self._record("labelAdded", message.id, message.thread_id, now, added)
        if dropped:
            history = self._record("labelRemoved", message.id, message.thread_id, now, dropped)
        self.store.run(
            "UPDATE mail_messages SET labels = ?, history_id = ? WHERE account = ? AND id = ?",
            dumps(now), history, self.address, message.id,
        )  # fmt: skip
        changed = self.get(message.id)
        assert changed is not None
        return changed

    def thread(self, thread_id: str) -> list[Stored]:
        rows = self.store.all(
            "SELECT * FROM mail_messages WHERE account = ? AND thread_id = ? ORDER BY seq",
            self.address,
            thread_id,
        )
        return [_stored(row) for row in rows]

    def thread_of(self, raw: bytes, *, any_subject: bool = False) -> str | None:
        """The thread of a message this one refers to, if the subjects agree too, as Gmail groups them."""
        message = mime.read(raw)
        ids = mime.message_ids(f"{mime.header(message, 'References')} {mime.header(message, 'In-Reply-To')}")
        subject = mime.bare_subject(mime.header(message, "Subject"))
        for message_id in reversed(ids):
            row = self.store.one(
                "SELECT thread_id, subject FROM mail_messages WHERE account = ? AND message_id = ? ORDER BY"
                " seq DESC",
                self.address, message_id,
            )  # fmt: skip
            if row and (any_subject or mime.bare_subject(row["subject"]) == subject):
                return row["thread_id"]
        return None

    def searchable(self, before_seq: int | None) -> list[Row]:
        """What the search index knows by now, newest first, without the raw bytes."""
        return self.store.all(
            f"SELECT {SEARCH_FIELDS} FROM mail_messages WHERE account = ? AND seq < ? AND indexed_at <= ?"
            " ORDER BY seq DESC",
            self.address, before_seq or 2**62, self.clock.wall(),
        )  # fmt: skip

    def count(self) -> tuple[int, int]:
        """How many messages and threads there are."""
        row = self.store.one(
            "SELECT count(*) AS messages, count(DISTINCT thread_id) AS threads FROM mail_messages WHERE"
            " account = ?",
            self.address,
        )
        assert row is not None
        return row["messages"], row["threads"]

    # drafts

    def add_draft(
        self, raw: bytes, thread_id: str | None, asked_thread: str, index_delay: float = 0.0
    ) -> Draft:
        message = self.add(raw, ["DRAFT"], thread_id=thread_id, index_delay=index_delay)
        key = f"r{secrets.choice(('', '-'))}{secrets.randbelow(9 * 10**18) + 10**18}"
        self.store.run(
            "INSERT INTO mail_drafts (id, account, message, asked_thread) VALUES (?, ?, ?, ?)",
            key, self.address, message.id, asked_thread,
        )  # fmt: skip
        return Draft(key, message, asked_thread)

    def draft(self, key: str) -> Draft | None:
        row = self.store.one("SELECT * FROM mail_drafts WHERE account = ? AND id = ?", self.address, key)
        message = self.get(row["message"]) if row else None
        return Draft(key, message, row["asked_thread"]) if row and message else None

    def drafts(self) -> list[Row]:
        """Newest first: id, seq and the searched fields of each draft's message."""
        return self.store.all(
            "SELECT d.id AS draft, d.seq AS draft_seq, m.* FROM mail_drafts d JOIN mail_messages m ON m.id ="
            " d.message WHERE d.account = ? ORDER BY d.seq DESC",
            self.address,
        )

    def rewrite_draft(self, draft: Draft, raw: bytes, thread_id: str | None, asked_thread: str) -> Draft:
        """New content: the draft keeps its id, its message gets a new one, as Gmail does it."""
        self.remove(draft.message)
        message = self.add(raw, ["DRAFT"], thread_id=thread_id)
        self.store.run(
            "UPDATE mail_drafts SET message = ?, asked_thread = ? WHERE id = ?",
            message.id,
            asked_thread,
            draft.id,
        )
        return Draft(draft.id, message, asked_thread)

    def remove_draft(self, draft: Draft) -> None:
        self.store.run("DELETE FROM mail_drafts WHERE account = ? AND id = ?", self.address, draft.id)
        self.remove(draft.message)

    # history

    def history_id(self) -> int:
        row = self.store.one("SELECT max(id) AS id FROM mail_history WHERE account = ?", self.address)
        return (row["id"] if row else None) or FIRST_HISTORY_ID

    def history(self, after: int) -> list[Row]:
        return self.store.all(
            "SELECT * FROM mail_history WHERE account = ? AND id > ? ORDER BY id", self.address, after
        )

    def _record(
        self, kind: str, key: str, thread: str, labels: list[str], changed: list[str] | None = None
    ) -> int:
        return self.store.run(
            "INSERT INTO mail_history (account, kind, message, thread_id, labels, changed) VALUES"
            " (?,?,?,?,?,?)",
            self.address, kind, key, thread, dumps(labels), dumps(changed or []),
        )  # fmt: skip


def open_account(box: Sandbox, address: str, name: str = "") -> Mailbox:
    """The mailbox of this address, made where it is new."""
    box.store.run("INSERT OR IGNORE INTO mail_accounts VALUES (?, ?)", address.lower(), name)
    return Mailbox(box, address)


def account_exists(box: Sandbox, address: str) -> bool:
    return box.store.one("SELECT 1 FROM mail_accounts WHERE address = ?", address.lower()) is not None


def sent_at(message: Stored) -> datetime:
    return datetime.fromtimestamp(message.internal_ms / 1000, UTC)


def _stored(row: Row) -> Stored:
    return Stored(
        row["id"], row["thread_id"], tuple(json.loads(row["labels"])), row["raw"], row["message_id"],
        row["subject"], row["text"], row["internal_ms"], row["history_id"],
    )  # fmt: skip
