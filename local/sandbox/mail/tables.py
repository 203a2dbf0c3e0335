"""The tables of mail and the one way to write several of them at once."""

from collections.abc import Generator
from contextlib import contextmanager

from local.sandbox.store import Store

# Gmail's history ids are large numbers that only grow; ours start here.
FIRST_HISTORY_ID = 100_000

SCRIPT = f"""
CREATE TABLE IF NOT EXISTS mail_accounts (address TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mail_messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, thread_id TEXT NOT NULL, labels TEXT NOT NULL,
  raw BLOB NOT NULL, message_id TEXT NOT NULL, refs TEXT NOT NULL, subject TEXT NOT NULL,
  sender TEXT NOT NULL, recipients TEXT NOT NULL, text TEXT NOT NULL,
  internal_ms INTEGER NOT NULL, history_id INTEGER NOT NULL, indexed_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS mail_messages_account ON mail_messages (account, seq);
CREATE INDEX IF NOT EXISTS mail_messages_thread ON mail_messages (account, thread_id);
CREATE INDEX IF NOT EXISTS mail_messages_message_id ON mail_messages (account, message_id);
CREATE TABLE IF NOT EXISTS mail_drafts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
  message TEXT NOT NULL, asked_thread TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS mail_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
  thread_id TEXT NOT NULL, labels TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS mail_history_account ON mail_history (account, id);
INSERT INTO sqlite_sequence (name, seq) SELECT 'mail_history', {FIRST_HISTORY_ID}
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'mail_history');
CREATE TABLE IF NOT EXISTS mail_labels (
  id TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, id));
CREATE TABLE IF NOT EXISTS mail_watches (
  account TEXT PRIMARY KEY, topic TEXT NOT NULL, labels TEXT NOT NULL, expires_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mail_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, via TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
  person TEXT NOT NULL, character TEXT NOT NULL, outcome TEXT NOT NULL, message_id TEXT NOT NULL,
  in_reply_to TEXT NOT NULL, refs TEXT NOT NULL, subject TEXT NOT NULL, headers TEXT NOT NULL,
  text TEXT NOT NULL, body_sha256 TEXT NOT NULL, raw BLOB NOT NULL, at TEXT NOT NULL, wall REAL NOT NULL);
CREATE INDEX IF NOT EXISTS mail_deliveries_pair ON mail_deliveries (recipient, sender);
CREATE TABLE IF NOT EXISTS mail_answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, delivery INTEGER NOT NULL, person TEXT NOT NULL, sender TEXT NOT NULL,
  kind TEXT NOT NULL, due REAL NOT NULL, message_id TEXT NOT NULL, returns TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL, posted_at TEXT);
CREATE INDEX IF NOT EXISTS mail_answers_due ON mail_answers (due) WHERE posted_at IS NULL;
CREATE INDEX IF NOT EXISTS mail_answers_person ON mail_answers (person, sender);
"""


def define(store: Store) -> None:
    store.define(SCRIPT)


@contextmanager
def transaction(store: Store) -> Generator[None]:
    """All of the block or nothing; it must not await, since the connection is shared by the loop."""
    store.run("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        store.run("ROLLBACK")
        raise
    store.run("COMMIT")
