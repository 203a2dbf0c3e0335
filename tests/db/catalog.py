"""What the database says of itself, as text: what `alembic check` does not compare.

python -m tests.db.catalog        writes tests/db/catalog.txt anew
"""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.servers import Servers

SNAPSHOT = Path(__file__).with_name("catalog.txt")
# Partitions come and go with the months, alembic's own table is not ours.
OURS = """
relnamespace = 'public'::regnamespace AND NOT relispartition AND relname NOT LIKE 'alembic_version%'
"""
SECTIONS = {
    "row-level security": f"""
        SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relkind IN ('r', 'p') AND {OURS}""",
    "policies": """
        SELECT tablename, policyname, permissive, cmd, roles::text, coalesce(qual, '-'),
            coalesce(with_check, '-')
        FROM pg_policies WHERE schemaname = 'public'""",
    "constraints": f"""
        SELECT relname, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
        JOIN pg_class ON pg_class.oid = conrelid WHERE {OURS} AND contype <> 'n'""",
    "indexes": f"""
        SELECT indexdef FROM pg_indexes JOIN pg_class ON relname = tablename
        WHERE schemaname = 'public' AND relkind IN ('r', 'p') AND {OURS}""",
    "columns": f"""
        SELECT relname, attname, format_type(atttypid, atttypmod),
            CASE WHEN attnotnull THEN 'not null' ELSE 'null' END,
            CASE attidentity WHEN '' THEN '-' ELSE 'identity ' || attidentity::text END,
            CASE attgenerated WHEN '' THEN '-' ELSE 'generated ' || attgenerated::text END,
            coalesce(pg_get_expr(adbin, adrelid), '-')
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') AND {OURS}""",
    "functions": """
        SELECT p.oid::regprocedure::text, owner.rolname,
            CASE WHEN prosecdef THEN 'definer' ELSE 'invoker' END,
            provolatile, coalesce(array_to_string(proconfig, '; '), '-'), pg_get_functiondef(p.oid) AS hashed
        FROM pg_proc p JOIN pg_roles owner ON owner.oid = proowner
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'rm\\_%'""",
    "table grants": """
        SELECT table_name, grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type)
        FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND grantee IN ('rm_app', 'rm_system', 'PUBLIC')
        GROUP BY 1, 2""",
    "column grants": """
        SELECT table_name, column_name, grantee, privilege_type
        FROM information_schema.column_privileges c
        WHERE table_schema = 'public' AND grantee IN ('rm_app', 'rm_system', 'PUBLIC') AND NOT EXISTS (
            SELECT FROM information_schema.role_table_grants t
            WHERE t.table_schema = c.table_schema AND t.table_name = c.table_name
                AND t.grantee = c.grantee AND t.privilege_type = c.privilege_type)""",
    "function grants": """
        SELECT p.oid::regprocedure::text, coalesce(grantee.rolname, 'PUBLIC'), privilege_type
        FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
        LEFT JOIN pg_roles grantee ON grantee.oid = acl.grantee
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'rm\\_%' AND acl.grantee <> proowner""",
    "roles": """
        SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls
        FROM pg_roles WHERE rolname IN ('rm_app', 'rm_system')""",
}  # fmt: skip


def catalog(connection: psycopg.Connection) -> str:
    return "\n".join(_lines(connection)) + "\n"


def _lines(connection: psycopg.Connection) -> Iterator[str]:
    for title, query in SECTIONS.items():
        cursor = connection.execute(query.encode())
        names = [column.name for column in cursor.description or ()]
        yield f"# {title}"
        yield from sorted(
            " | ".join(_shown(name, value) for name, value in zip(names, row, strict=True)) for row in cursor
        )
        yield ""


def _shown(name: str, value: object) -> str:
    text = " ".join(str(value).split())
    return hashlib.sha256(str(value).encode()).hexdigest()[:16] if name == "hashed" else text


def write() -> None:
    servers, name = Servers(), f"rm_test_catalog_{uuid.uuid4().hex[:8]}"
    try:
        with psycopg.connect(servers.clone(name)[1]) as connection:
            SNAPSHOT.write_text(catalog(connection))
        servers.drop(name)
    finally:
        servers.release()


if __name__ == "__main__":
    write()
