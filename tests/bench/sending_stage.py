"""What the sending benches stand on: a workspace with as many mailboxes, leads and scheduled emails as are asked for.

Rows are made by Postgres itself; only what has to be approved is hashed here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg

from db import seal
from db.queries import workspace
from db.session import Database
from db.types import WorkspaceId
from pipeline.clock import ManualClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.messages import Silent
from pipeline.rules.approval import content_hash
from pipeline.settings import load
from tests.bench.stage import Stage
from tests.flows.world import ENCRYPTION_KEY

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
SUBJECT, BODY = "A thought about your lines", "Hello,\n\n" + "this is what an email looks like. " * 20
_CAMPAIGN = UUID(int=42)

_BOXES = """
INSERT INTO mailboxes (workspace_id, provider, address, credentials, polled_at)
    SELECT %(ours)s, 'gmail', 'sales' || n || '@ours.example', %(credentials)s, %(now)s
    FROM generate_series(1, %(boxes)s::int) n
"""
_CAMPAIGNS = """
INSERT INTO campaigns (id, workspace_id, name) VALUES (%(campaign)s, %(ours)s, 'Bench')
"""
_LEADS = """
INSERT INTO leads (workspace_id, name, email, email_status, company, company_domain, status, qualified, score, timezone)
    SELECT %(ours)s, 'Lead ' || n, 'lead' || n || '@company' || n / 3 || '.example', 'given',
        'Company ' || n / 3, 'company' || n / 3 || '.example', 'researched', true, n %% 100, 'UTC'
    FROM generate_series(%(first)s::int, %(last)s::int) n
"""
_ENROLLMENTS = """
INSERT INTO enrollments (workspace_id, campaign_id, lead_id, state, mailbox_id)
    SELECT %(ours)s, %(campaign)s, l.id, 'active', b.id
    FROM (SELECT id, row_number() OVER () AS n FROM leads WHERE workspace_id = %(ours)s
          AND NOT EXISTS (SELECT FROM enrollments e WHERE e.lead_id = leads.id)) l
    JOIN (SELECT id, row_number() OVER () AS n, count(*) OVER () AS all_boxes FROM mailboxes
          WHERE workspace_id = %(ours)s) b ON b.n = 1 + l.n %% b.all_boxes
"""
# Five of each lead, all with a slot: a sequence has one at a time, but a table this full is the worst there is.
_EMAILS = """
INSERT INTO email_campaigns (workspace_id, lead_id, campaign_id, enrollment_id, mailbox_id, kind, state,
        email_sequence, to_email, subject, body, from_email, content_hash, approved_hash, scheduled_for)
    SELECT e.workspace_id, e.lead_id, e.campaign_id, e.id, e.mailbox_id, 'sequence', 'scheduled', s, l.email,
        %(subject)s, %(body)s, 'sales@ours.example', 'x', 'x', %(now)s + s * interval '7 days'
    FROM enrollments e JOIN leads l ON l.id = e.lead_id, generate_series(1, 5) s
    WHERE e.workspace_id = %(ours)s
    AND NOT EXISTS (SELECT FROM email_campaigns m WHERE m.enrollment_id = e.id)
"""


class SendingStage:
    """One workspace on the stage."""

    def __init__(self, made: Stage, db: Database, ours: WorkspaceId) -> None:
        self.made, self.db, self.ours = made, db, ours
        self.clock = ManualClock(NOW)
        absent = cast(Any, None)
        settings = load(
            _env_file=None,
            database_url=made.postgres.dsn_app,
            redis_url=made.redis_url,
            encryption_key=ENCRYPTION_KEY,
            slack_bot_token="unused",
            slack_signing_secret="unused",
            openai_api_key="unused",
            max_emails_per_day=1_000_000,
        )
        self.deps = Deps(
            settings, self.clock, db, absent, Silent(), Digester("bench"), absent, absent, absent
        )
        self._leads = 0

    def run(self, *statements: str, **given: object) -> None:
        """As the superuser, whom row-level security does not slow down."""
        values = {
            "ours": self.ours,
            "now": NOW,
            "campaign": _CAMPAIGN,
            "subject": SUBJECT,
            "body": BODY,
            **given,
        }
        with psycopg.connect(self.made.postgres.dsn_superuser, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode(), values)

    def open(self, boxes: int) -> None:
        sealed = seal.current().seal(b'{"refresh_token": "unused"}')
        self.run(_BOXES, _CAMPAIGNS, boxes=boxes, credentials=sealed)
        self.run(
            "UPDATE workspaces SET postal_address = '1 Main Street', window_start = '00:01', window_end = '23:59',"
            " max_emails_per_day = 1000000, max_emails_per_domain = 1000000 WHERE id = %(ours)s"
        )

    def fill(self, emails: int) -> None:
        """Until there are that many scheduled emails; the statistics are fresh afterwards."""
        self.add_leads(emails // 5)
        self.run(_ENROLLMENTS, _EMAILS, "ANALYZE")

    def add_leads(self, wanted: int) -> None:
        """Until there are that many."""
        self.run(_LEADS, first=self._leads + 1, last=wanted)
        self.run("ANALYZE leads")
        self._leads = wanted

    def make_due(self, count: int) -> None:
        """The first emails of that many leads, each from another mailbox, approved and due; all rest is over."""
        with psycopg.connect(self.made.postgres.dsn_superuser, autocommit=True) as connection:
            rows = connection.execute(
                b"SELECT DISTINCT ON (mailbox_id) id, to_email FROM email_campaigns"
                b" WHERE workspace_id = %s AND state = 'scheduled' AND email_sequence = 1"
                b" AND scheduled_for > %s ORDER BY mailbox_id, id LIMIT %s",
                (self.ours, NOW, count),
            ).fetchall()
            connection.execute(b"UPDATE mailboxes SET next_send_at = NULL, booked_until = NULL")
            with connection.cursor() as cursor:
                cursor.executemany(
                    b"UPDATE email_campaigns SET scheduled_for = %s, content_hash = %s, approved_hash = %s"
                    b" WHERE id = %s",
                    [
                        (NOW - timedelta(seconds=30), bound, bound, row[0])
                        for row in rows
                        for bound in [content_hash(row[1], SUBJECT, BODY)]
                    ],
                )
        assert len(rows) == count, f"{len(rows)} of {count} could be made due"

    def put_back(self) -> None:
        """What was claimed is scheduled for later again."""
        self.run(
            "UPDATE email_campaigns SET state = 'scheduled', scheduled_for = %(now)s::timestamptz + interval '7 days',"
            " claimed_at = NULL, send_token = NULL, lease_until = NULL WHERE state = 'claimed'"
        )

    def count(self, state: str) -> int:
        with psycopg.connect(self.made.postgres.dsn_superuser) as connection:
            found = connection.execute(
                b"SELECT count(*) FROM email_campaigns WHERE workspace_id = %s AND state = %s",
                (self.ours, state),
            ).fetchone()
        return found[0] if found else 0


async def open_stage(made: Stage, db: Database) -> SendingStage:
    async with db.across() as tx:
        ours = await workspace.create(tx.session, team_id="T0BENCH", name="Bench", timezone="UTC")
    return SendingStage(made, db, ours)
