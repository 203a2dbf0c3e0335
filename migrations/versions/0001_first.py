"""The whole schema: tables, row-level security, functions, partitions, grants.

Revision ID: 0001
Revises:
"""

from collections.abc import Iterator
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "first"
TABLES = (
    "workspace",
    "lead",
    "research",
    "finding",
    "experiment",
    "campaign",
    "email",
    "conversation",
    "task",
    "audit",
)
PARTITIONED = ("api_usage", "email_events", "audit_log")
# Row-level security by workspace_id; `workspaces` by its own id. The inbox and installations precede a
# known workspace and stand outside, sealed.
OWNED = (
    "members", "slack_outbox", "user_contexts",
    "leads", "lead_fits",
    "research_runs", "lead_research", "evidence_pages", "facts", "api_usage", "service_quotas",
    "lead_searches", "lead_candidates", "lead_imports", "lead_import_refusals",
    "experiments", "campaigns", "mailboxes", "enrollments", "suppressions",
    "approvals", "email_campaigns", "inbound_emails", "email_templates", "email_events",
    "conversation_threads", "turns", "conversation_messages", "tool_calls", "agent_notifications",
    "scheduled_tasks", "task_executions",
    "audit_log",
)  # fmt: skip
OUTSIDE = ("slack_installations", "slack_inbox")
# What rm_app may do where it is less than everything.
LEAST = {
    "workspaces": "SELECT, INSERT, UPDATE",
    "audit_log": "SELECT, INSERT, UPDATE (payload, chain_digest)",
    "api_usage": "SELECT, INSERT, DELETE",
    "email_events": "SELECT, INSERT, DELETE",
}
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
# What the functions of rm_system read.
SYSTEM_READS = (
    "workspaces", "leads", "slack_outbox", "turns", "research_runs", "enrollments", "email_campaigns",
    "mailboxes", "scheduled_tasks", "task_executions", "approvals", "inbound_emails", "audit_log",
    "lead_searches", "lead_imports", "service_quotas",
)  # fmt: skip
SYSTEM_FUNCTIONS = (
    "rm_search_leads(text, integer)",
    "rm_lead_by_email(text)",
    "rm_leads_by_tag(text)",
    "rm_due_outbox(timestamptz, integer)",
    "rm_due_turns(timestamptz, integer)",
    "rm_due_runs(timestamptz, integer)",
    "rm_due_searches(timestamptz, integer)",
    "rm_due_imports(timestamptz, integer)",
    "rm_due_writing(timestamptz, integer)",
    "rm_due_emails(timestamptz, integer)",
    "rm_open_sends(timestamptz, integer)",
    "rm_due_mailboxes(timestamptz, integer)",
    "rm_due_tasks(timestamptz, integer)",
    "rm_open_executions(timestamptz, integer)",
    "rm_expired_approvals(timestamptz, integer)",
    "rm_unanswered_inbound(timestamptz, integer)",
    "rm_unsealed_audit(integer)",
    "rm_service_requests(text, date)",
    "rm_workspaces()",
    "rm_workspace_by_team(text)",
)
OWNER_FUNCTIONS = (
    "rm_current_workspace()",
    "rm_create_workspace(text, text, text)",
    "rm_ensure_partitions(timestamptz, integer)",
)
CURRENT = "nullif(current_setting('app.workspace_id', true), '')::uuid"


def upgrade() -> None:
    run("roles")
    run("join_app")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for subject in TABLES:
        run(subject)
    for statement in (*row_level_security(), *table_grants()):
        op.execute(statement)
    for functions in ("functions_search", "functions_due", "functions_owner"):
        run(functions)
    hand_over()
    partition()


def downgrade() -> None:
    run("become_system")
    for function in (*OWNER_FUNCTIONS, *SYSTEM_FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(("workspaces", *OWNED, *OUTSIDE)):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("REVOKE USAGE ON SCHEMA public FROM rm_app, rm_system")
    run("leave_system")
    run("drop_roles")


def run(name: str) -> None:
    op.execute((SQL / f"{name}.sql").read_text())


def row_level_security() -> Iterator[str]:
    for table, column in {"workspaces": "id", **dict.fromkeys(OWNED, "workspace_id")}.items():
        ours = f"{column} = {CURRENT}"
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY own_workspace ON {table} TO rm_app USING ({ours}) WITH CHECK ({ours})"
        yield f"CREATE POLICY system_reads ON {table} FOR SELECT TO rm_system USING (true)"


def table_grants() -> Iterator[str]:
    yield "GRANT USAGE ON SCHEMA public TO rm_app, rm_system"
    for table in ("workspaces", *OWNED, *OUTSIDE):
        yield f"GRANT {LEAST.get(table, EVERYTHING)} ON {table} TO rm_app"
    yield f"GRANT SELECT ON {', '.join(SYSTEM_READS)} TO rm_system"


def hand_over() -> None:
    """Functions to their owners: an owner must be allowed to create in the schema, so for a moment it is."""
    run("become_system")
    op.execute("GRANT CREATE ON SCHEMA public TO rm_system")
    for function in (*SYSTEM_FUNCTIONS, *OWNER_FUNCTIONS):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO rm_app")
    op.execute("GRANT EXECUTE ON FUNCTION rm_current_workspace() TO rm_system")
    for function in SYSTEM_FUNCTIONS:
        op.execute(f"ALTER FUNCTION {function} OWNER TO rm_system")
    op.execute("REVOKE CREATE ON SCHEMA public FROM rm_system")
    run("leave_system")


def partition() -> None:
    """A default for what falls outside (business time may run ahead), and the months around today."""
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table}_default FORCE ROW LEVEL SECURITY")
    op.execute("SELECT rm_ensure_partitions(now() - interval '1 month', 5)")
