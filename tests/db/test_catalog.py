"""The catalog is the committed one; `python -m tests.db.catalog` writes it anew, and the diff is reviewed."""

import psycopg
import pytest

from tests.db.catalog import SNAPSHOT, catalog


def test_the_catalog_is_the_committed_one(migration_url: str):
    with psycopg.connect(migration_url) as connection:
        assert catalog(connection) == SNAPSHOT.read_text()


@pytest.mark.parametrize(
    "change",
    [
        "DROP POLICY own_workspace ON leads",
        "ALTER TABLE leads NO FORCE ROW LEVEL SECURITY",
        "GRANT DELETE ON audit_log TO rm_app",
        "ALTER TABLE leads DROP CONSTRAINT ck_leads_valid_score",
        "DROP INDEX ix_leads_search; CREATE INDEX ix_leads_search ON leads (search)",
        "GRANT EXECUTE ON FUNCTION rm_ensure_partitions(timestamptz, integer) TO PUBLIC",
    ],
)
def test_what_alembic_does_not_see_changes_the_catalog(migration_url: str, change: str):
    with psycopg.connect(migration_url) as connection:
        connection.execute(change.encode())
        changed = catalog(connection)
        connection.rollback()
    assert changed != SNAPSHOT.read_text()
