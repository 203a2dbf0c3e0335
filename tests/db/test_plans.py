"""The indexes are used under rm_app, on tables big enough to matter; the plans are read, not timed.

The server explains every statement (also those inside functions) to a session that is superuser and has
put on rm_app, as the application does.
"""

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.servers import Servers, at

LEADS = 50_000
OURS = uuid.UUID(int=1)
FILL = f"""
INSERT INTO workspaces (id, team_id) SELECT gen_random_uuid(), 'T' || n FROM generate_series(1, 3000) AS n;
INSERT INTO workspaces (id, team_id) VALUES ('{OURS}', 'T-ours');
CREATE TEMP TABLE spaces AS SELECT id, row_number() OVER () AS n FROM workspaces;
INSERT INTO scheduled_tasks (workspace_id, task_type, description, run_at, active, next_execution)
    SELECT '{OURS}', 'reminder', 'x', now(), n % 200 = 0, now() FROM generate_series(1, 20000) AS n;
INSERT INTO slack_outbox (workspace_id, key, channel_id, payload, state)
    SELECT '{OURS}', 'k' || n, 'C1', 'x', CASE WHEN n % 200 = 0 THEN 'pending' ELSE 'posted' END
    FROM generate_series(1, 20000) AS n;
INSERT INTO conversation_threads (id, workspace_id, user_id, channel_id, thread_id)
    VALUES ('{OURS}', '{OURS}', 'U1', 'C1', '1');
INSERT INTO turns (workspace_id, conversation_id, user_id, message_ts, state)
    SELECT '{OURS}', '{OURS}', 'U1', '1', CASE WHEN n > 19990 THEN 'queued' ELSE 'done' END
    FROM generate_series(1, 20000) AS n;
INSERT INTO research_runs (workspace_id, lead_id, state)
    SELECT workspace_id, id, CASE WHEN row_number() OVER () % 200 = 0 THEN 'queued' ELSE 'done' END
    FROM leads;
INSERT INTO lead_searches (workspace_id, request, criteria, wanted, state)
    SELECT '{OURS}', 'x', '{{}}', 1, CASE WHEN n % 200 = 0 THEN 'queued' ELSE 'done' END
    FROM generate_series(1, 20000) AS n;
INSERT INTO lead_imports (workspace_id, file_id, file_name, state)
    SELECT '{OURS}', 'F' || n, 'x', CASE WHEN n % 200 = 0 THEN 'queued' ELSE 'done' END
    FROM generate_series(1, 20000) AS n;
INSERT INTO email_campaigns
    (workspace_id, lead_id, kind, to_email, subject, body, from_email, content_hash, state, scheduled_for)
    SELECT workspace_id, id, 'answer', 'a', 'b', 'c', 'd', 'e',
        (ARRAY['sent', 'sent', 'sent', 'cancelled', 'scheduled', 'claimed'])[
            CASE WHEN row_number() OVER () % 200 < 2 THEN 5 + row_number() OVER () % 200 ELSE 1 END
        ],
        now() - interval '1 day'
    FROM leads;
ANALYZE;
"""


@pytest.fixture(scope="module")
def explained(servers: Servers) -> Iterator[psycopg.Connection]:
    name = f"rm_test_plans_{os.getpid()}"  # runs side by side must not meet
    servers.clone(name)
    superuser = at(servers.postgres().dsn_superuser, name)
    with psycopg.connect(superuser, autocommit=True) as connection:
        copy_leads(connection)
        connection.execute("LOAD 'auto_explain'")
        for setting in ("log_min_duration = 0", "log_nested_statements = on", "log_level = 'notice'"):
            connection.execute(f"SET auto_explain.{setting}".encode())
        connection.execute("SET ROLE rm_app")
        connection.execute("SELECT set_config('app.workspace_id', %s, false)", (str(OURS),))
        yield connection
    servers.drop(name)


def copy_leads(connection: psycopg.Connection) -> None:
    first, _, rest = FILL.partition("INSERT INTO scheduled_tasks")
    connection.execute(first.encode())
    spaces = [row[0] for row in connection.execute("SELECT id FROM spaces ORDER BY n")]
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY leads (workspace_id, name, email, company, tags, status) FROM STDIN") as copy,
    ):
        for number in range(LEADS):
            tags = ["vip"] if number % 5000 == 0 else [f"tag{number % 50}"]
            copy.write_row(
                (
                    OURS if number % 2 else spaces[number % len(spaces)],
                    f"Person {number}",
                    f"person{number}@company{number % 900}.example",
                    f"Company {number % 900}",
                    tags,
                    "researched",
                )
            )
    connection.execute(f"INSERT INTO scheduled_tasks{rest}".encode())


def plan(connection: psycopg.Connection, statement: str) -> str:
    """All plans that running the statement led to, nested ones too."""
    said: list[str] = []
    handler = lambda notice: said.append(notice.message_primary or "")  # noqa: E731
    connection.add_notice_handler(handler)
    connection.execute(statement.encode()).fetchall()
    connection.remove_notice_handler(handler)
    return "\n".join(said)


@pytest.mark.parametrize(
    ("call", "index"),
    [
        ("rm_search_leads('person 4711', 20)", "ix_leads_search"),
        ("rm_search_leads('PERSON4711@', 20)", "ix_leads_search"),
        ("rm_lead_by_email('Person4711@company211.example')", "uq_leads_email"),
        ("rm_leads_by_tag('vip')", "ix_leads_tags"),
        ("rm_due_emails(now(), 50)", "ix_email_campaigns_due"),
        ("rm_open_sends(now(), 50)", "ix_email_campaigns_open"),
        ("rm_due_outbox(now(), 50)", "ix_slack_outbox_due"),
        ("rm_due_turns(now(), 50)", "ix_turns_open"),
        ("rm_due_runs(now(), 50)", "uq_research_runs_open|ix_research_runs_due"),
        ("rm_due_searches(now(), 50)", "ix_lead_searches_due"),
        ("rm_due_imports(now(), 50)", "ix_lead_imports_due"),
        ("rm_due_tasks(now(), 50)", "ix_scheduled_tasks_due"),
        ("rm_workspace_by_team('T-ours')", "uq_workspaces_team_id"),
    ],
)
def test_functions_use_their_index(explained: psycopg.Connection, call: str, index: str):
    seen = plan(explained, f"SELECT {call}")
    assert any(name in seen for name in index.split("|")), seen


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("leads WHERE company_domain = 'acme.example'", "ix_leads_domain"),
        ("leads WHERE status = 'bounced'", "ix_leads_status"),
        ("leads ORDER BY created_at DESC LIMIT 20", "ix_leads_created_at"),
        (f"leads WHERE id = '{OURS}'", "pk_leads"),
        (f"email_campaigns WHERE lead_id = '{OURS}'", "ix_email_campaigns_lead"),
        ("slack_outbox WHERE key = 'k77'", "uq_slack_outbox_workspace_id_key"),
        ("slack_outbox WHERE posted_channel = 'C1' AND posted_ts = '1'", "ix_slack_outbox_posted"),
        (f"turns WHERE conversation_id = '{OURS}' ORDER BY seq DESC LIMIT 5", "ix_turns_conversation"),
    ],
)
def test_equality_keeps_its_index_under_row_level_security(
    explained: psycopg.Connection, where: str, index: str
):
    seen = plan(explained, f"SELECT * FROM {where}")
    assert index in seen and "Seq Scan" not in seen, seen


def test_a_plain_pattern_search_would_lose_its_index(explained: psycopg.Connection):
    """Why the functions exist."""
    seen = plan(explained, "SELECT id FROM leads WHERE search LIKE '%person 4711%'")
    assert "ix_leads_search" not in seen


def test_search_treats_pattern_characters_as_letters(explained: psycopg.Connection):
    def found(query: str) -> int:
        return len(explained.execute("SELECT rm_search_leads(%s, 10)", (query,)).fetchall())

    assert found("person 47111") == 1
    assert [found(query) for query in ("person_47111", "%47111%", "\\", "person\\ 47111")] == [0, 0, 0, 0]
