"""Where a secret must not stand: any column of any table as the database keeps it, and any line of the logs."""

import base64
from collections.abc import Iterable
from urllib.parse import quote

import psycopg
from psycopg import sql

from db.types import WorkspaceId
from tests.servers import Servers, at


def spellings(secret: str) -> frozenset[str]:
    """As it is, as an address writes it, and in base64, wherever in a longer text it begins."""
    shifted = (base64.b64encode(b"\0" * n + secret.encode()).decode().rstrip("=") for n in range(3))
    # The first letters and the last hang on what stands beside the secret.
    return frozenset({secret, quote(secret, safe=""), *(text[4:-2] for text in shifted)})


def tables_with(secrets: Iterable[str], database_url: str, servers: Servers) -> list[tuple[str, str]]:
    """Tables in which a row holds one of them, read by the superuser, past every type of ours."""
    dsn = at(servers.postgres().dsn_superuser, database_url.rpartition("/")[2])
    wanted = [text for secret in secrets for text in spellings(secret)]
    found: list[tuple[str, str]] = []
    with psycopg.connect(dsn) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT count(*) FROM {} AS one WHERE strpos(one::text, %s) > 0").format(
                sql.Identifier(name)
            )
            for text in wanted:
                row = connection.execute(query, (text,)).fetchone()
                if row and row[0]:
                    found.append((name, text))
    return found


def sealed_rows(database_url: str, servers: Servers, workspace: WorkspaceId) -> list[str]:
    """The credentials of a workspace's mailboxes as they lie there."""
    dsn = at(servers.postgres().dsn_superuser, database_url.rpartition("/")[2])
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT credentials FROM mailboxes WHERE workspace_id = %s", (workspace,)
        ).fetchall()
    return [row[0] for row in rows]
