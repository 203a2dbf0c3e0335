"""Alembic's entry: online against `MIGRATION_DATABASE_URL` (or `DATABASE_URL`), or offline as SQL text."""

import os
import re

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import db.models  # noqa: F401  (fills the metadata)
from db.base import Base
from db.session import driver_url

# Expand first, contract later: a migration that waits long for a lock stops everybody behind it.
LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '15min'"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('rainmaker migrations'))"
_PARTITION = re.compile(r"^(api_usage|email_events|audit_log)_(default|\d{4}_\d{2})$")


def address() -> str:
    """`Config.attributes["url"]` (set by `migrations.run`), else the environment."""
    url = context.config.attributes.get("url") or os.environ.get("MIGRATION_DATABASE_URL")
    url = url or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("set MIGRATION_DATABASE_URL or DATABASE_URL")
    return driver_url(url)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Partitions come and go with the months; only their parents are compared."""
    return not (kind == "table" and name is not None and _PARTITION.match(name))


def migrate(**how: object) -> None:
    context.configure(
        target_metadata=Base.metadata,
        include_name=is_ours,
        compare_type=True,
        compare_server_default=True,
        **how,  # type: ignore[arg-type]
    )
    with context.begin_transaction():
        context.execute(LIMITS)
        context.execute(ONE_AT_A_TIME)
        context.run_migrations()


def online() -> None:
    engine = create_engine(address(), poolclass=NullPool, connect_args={"prepare_threshold": None})
    with engine.connect() as connection:
        migrate(connection=connection)
    engine.dispose()


if context.is_offline_mode():
    # Named parameters, or every % of the SQL would be doubled as for a driver.
    migrate(dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"})
else:
    online()
