"""What the doctor asks of the database. It looks as the login itself, before any role is taken: whether the
roles can be taken is one of its questions."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.errors import Unreachable
from db.session import Database

_FACTS = text("""
    SELECT current_user AS login,
           current_setting('server_version_num')::int / 10000 AS version,
           (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS passes_by,
           EXISTS (
               SELECT FROM pg_roles WHERE rolname = 'rm_app' AND (rolsuper OR rolbypassrls)
           ) AS app_passes_by,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname IN ('rm_app', 'rm_system')) AS roles,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS trigrams,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigrams_can_be,
           to_regclass('public.alembic_version') IS NOT NULL AS migrated
""")
_MEMBER = text("SELECT pg_has_role(current_user, 'rm_app', 'MEMBER')")
_UNPROTECTED = text("""
    SELECT table_class.relname::text
    FROM pg_class AS table_class
    WHERE table_class.relnamespace = 'public'::regnamespace
      AND table_class.relkind IN ('r', 'p')
      AND NOT (table_class.relrowsecurity AND table_class.relforcerowsecurity)
      AND NOT table_class.relispartition
      AND EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = table_class.oid AND attname = 'workspace_id' AND attnotnull AND NOT attisdropped
      )
    ORDER BY 1
""")
_MAY_READ = text("SELECT has_table_privilege('public.alembic_version', 'SELECT')")
_REVISION = text("SELECT version_num FROM public.alembic_version")


@dataclass(frozen=True, slots=True)
class Facts:
    login: str
    version: int  # of the server, major
    passes_by: bool  # the login is superuser or bypasses row-level security
    app_passes_by: bool  # rm_app is or does
    roles: frozenset[str]  # those of rm_app and rm_system that exist
    may_become_app: bool
    trigrams: bool  # pg_trgm is there
    trigrams_can_be: bool  # or at least could be installed
    migrated: bool  # some migration ran
    revision: str | None  # which; None also where this login may not read it
    unprotected: tuple[str, ...]  # tables of a workspace without forced row-level security


async def look(database: Database) -> Facts:
    """Raises Unreachable; the message is the driver's."""
    try:
        async with database.engine.connect() as connection:
            return await _facts(connection)
    except OperationalError as error:
        raise Unreachable(str(error.orig)) from error


async def _facts(connection: AsyncConnection) -> Facts:
    row = (await connection.execute(_FACTS)).mappings().one()
    roles = frozenset[str](row["roles"])
    return Facts(
        login=row["login"],
        version=row["version"],
        passes_by=row["passes_by"],
        app_passes_by=row["app_passes_by"],
        roles=roles,
        may_become_app="rm_app" in roles and bool(await connection.scalar(_MEMBER)),
        trigrams=row["trigrams"],
        trigrams_can_be=row["trigrams_can_be"],
        migrated=row["migrated"],
        revision=await _revision(connection) if row["migrated"] else None,
        unprotected=tuple((await connection.scalars(_UNPROTECTED)).all()),
    )


async def _revision(connection: AsyncConnection) -> str | None:
    if not await connection.scalar(_MAY_READ):
        return None
    return await connection.scalar(_REVISION)
