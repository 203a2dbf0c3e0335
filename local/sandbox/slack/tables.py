"""The workspace's tables in the sandbox's SQLite file, and what they hold at first."""

from local.sandbox.slack.names import BOT_USER_ID, CHANNELS, MEMBERS, direct_message_id
from local.sandbox.store import Store

SCRIPT = """
CREATE TABLE IF NOT EXISTS slack_users (
    id TEXT PRIMARY KEY, handle TEXT, real_name TEXT, title TEXT, email TEXT, tz TEXT, tz_label TEXT,
    color TEXT, is_admin INTEGER, is_bot INTEGER);
CREATE TABLE IF NOT EXISTS slack_channels (
    id TEXT PRIMARY KEY, name TEXT, kind TEXT, user TEXT, creator TEXT, created REAL);
CREATE TABLE IF NOT EXISTS slack_members (
    channel TEXT, user TEXT, last_read TEXT DEFAULT '', PRIMARY KEY (channel, user));
CREATE TABLE IF NOT EXISTS slack_messages (
    channel TEXT, ts TEXT, thread_ts TEXT, user TEXT, only_for TEXT NOT NULL DEFAULT '', body TEXT,
    PRIMARY KEY (channel, ts)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS slack_messages_thread ON slack_messages (channel, thread_ts, ts);
CREATE TABLE IF NOT EXISTS slack_reactions (
    channel TEXT, ts TEXT, name TEXT, user TEXT, PRIMARY KEY (channel, ts, name, user));
CREATE TABLE IF NOT EXISTS slack_streams (
    channel TEXT, ts TEXT, started REAL, PRIMARY KEY (channel, ts));
CREATE TABLE IF NOT EXISTS slack_files (
    id TEXT PRIMARY KEY, user TEXT, name TEXT, title TEXT, alt_txt TEXT, expected INTEGER, created REAL,
    content BLOB, channels TEXT NOT NULL DEFAULT '', complete INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS slack_views (
    id TEXT PRIMARY KEY, user TEXT, kind TEXT, root TEXT, previous TEXT, external_id TEXT, hash TEXT,
    body TEXT, state TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS slack_response_urls (
    secret TEXT PRIMARY KEY, channel TEXT, user TEXT, message_ts TEXT, thread_ts TEXT,
    uses INTEGER, ends REAL);
CREATE TABLE IF NOT EXISTS slack_deliveries (
    id INTEGER PRIMARY KEY, body TEXT, attempt INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    due REAL, created REAL);
CREATE INDEX IF NOT EXISTS slack_deliveries_due ON slack_deliveries (due);
CREATE TABLE IF NOT EXISTS slack_sessions (
    channel TEXT, thread_ts TEXT, status TEXT, title TEXT, PRIMARY KEY (channel, thread_ts));
CREATE TABLE IF NOT EXISTS slack_prompts (
    channel TEXT, thread_ts TEXT, title TEXT, prompts TEXT, PRIMARY KEY (channel, thread_ts));
CREATE TABLE IF NOT EXISTS slack_scheduled (
    id TEXT PRIMARY KEY, channel TEXT, post_at REAL, body TEXT);
CREATE TABLE IF NOT EXISTS slack_tokens (
    token TEXT PRIMARY KEY, kind TEXT, state TEXT);
"""


def prepare(store: Store, now: float) -> None:
    """Create what is missing; a workspace that exists keeps everything it has."""
    store.define(SCRIPT)
    if store.one("SELECT 1 FROM slack_users LIMIT 1") is not None:
        return
    store.many(
        "INSERT INTO slack_users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (m.id, m.handle, m.real_name, m.title, m.email, m.tz, m.tz_label, m.color, m.is_admin, m.is_bot)
            for m in MEMBERS
        ],
    )
    people = [member.id for member in MEMBERS if not member.is_bot]
    for channel, name, has_bot in CHANNELS:
        store.run(
            "INSERT INTO slack_channels VALUES (?, ?, 'channel', NULL, ?, ?)", channel, name, people[0], now
        )
        joined = [*people, BOT_USER_ID] if has_bot else people
        store.many("INSERT INTO slack_members (channel, user) VALUES (?, ?)", [(channel, u) for u in joined])
    for user in people:
        open_direct_message(store, user, now)


def open_direct_message(store: Store, user: str, now: float) -> str:
    """The DM of `user` and the bot, made where it is missing; its id."""
    channel = direct_message_id(user)
    store.run(
        "INSERT OR IGNORE INTO slack_channels VALUES (?, 'directmessage', 'im', ?, ?, ?)",
        channel,
        user,
        user,
        now,
    )
    store.many(
        "INSERT OR IGNORE INTO slack_members (channel, user) VALUES (?, ?)",
        [(channel, user), (channel, BOT_USER_ID)],
    )
    return channel
