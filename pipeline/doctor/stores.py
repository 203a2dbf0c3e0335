"""Postgres: reachable, safe, up to date. Redis and its queues. The key that seals."""

from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from db.errors import DatabaseError
from db.queries import diagnosis
from db.queries.diagnosis import Facts
from db.session import connect
from db.wake import Queue
from pipeline.crypto import sealer_from
from pipeline.doctor.finding import Finding, note, ok, problem
from pipeline.settings import Settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
OLDEST, NEWEST = 15, 18
MANY_WAITING = 10_000
MIGRATE = "Run python -m migrations.run."


async def database(settings: Settings) -> list[Finding]:
    facts = await _look(settings.database_url)
    if isinstance(facts, Finding):
        return [facts]
    owner = facts
    if settings.migration_database_url not in (None, settings.database_url):
        found = await _look(str(settings.migration_database_url))
        if isinstance(found, Finding):
            return [server(facts), problem("MIGRATION_DATABASE_URL", found.text, found.todo)]
        owner = found
    return [server(facts), login(facts, owner), tables(facts), migrations(owner), trigrams(facts)]


async def _look(url: str) -> Facts | Finding:
    made = connect(url, pool_size=1)
    try:
        return await diagnosis.look(made)
    except (DatabaseError, OSError) as error:
        return problem("database", _first_line(error), "Check DATABASE_URL, and that Postgres runs there.")
    finally:
        await made.close()


def server(facts: Facts) -> Finding:
    if OLDEST <= facts.version <= NEWEST:
        return ok("database", f"Postgres {facts.version}, as {facts.login}")
    return problem("database", f"Postgres {facts.version}; {OLDEST} to {NEWEST} are known to work")


def login(facts: Facts, owner: Facts) -> Finding:
    """Row-level security holds only for a login that is nobody special."""
    if facts.app_passes_by:
        todo = "Let an administrator run:\n    ALTER ROLE rm_app NOSUPERUSER NOBYPASSRLS;"
        return problem(
            "login", "rm_app passes by row-level security, so web and worker refuse to start", todo
        )
    missing = sorted({"rm_app", "rm_system"} - facts.roles)
    if missing:
        made = "".join(f"\n    CREATE ROLE {role} NOLOGIN;" for role in missing)
        todo = f"Run the migrations; where their login may not make roles, let an administrator run:{made}"
        todo += f"\n    GRANT rm_app, rm_system TO {_quoted(owner.login)};"
        if facts.login != owner.login:
            todo += f"\n    GRANT rm_app TO {_quoted(facts.login)};"
        return problem("login", f"the roles {' and '.join(missing)} do not exist", todo)
    if not facts.may_become_app:
        grant = f"GRANT rm_app TO {_quoted(facts.login)};"
        return problem(
            "login", f"{facts.login} can't become rm_app", f"Let an administrator run:\n    {grant}"
        )
    if facts.passes_by:
        todo = (
            "Better let an administrator run, and put the new login into DATABASE_URL:\n"
            "    CREATE ROLE rainmaker_web LOGIN NOINHERIT PASSWORD '…';\n    GRANT rm_app TO rainmaker_web;"
        )
        return note(
            "login", f"{facts.login} could pass by row-level security; each transaction gives that up", todo
        )
    return ok("login", f"{facts.login} becomes rm_app, for which row-level security holds")


def tables(facts: Facts) -> Finding:
    if not facts.migrated:
        return problem("tables", "there are none yet", MIGRATE)
    if facts.unprotected:
        names = ", ".join(facts.unprotected)
        return problem("tables", f"row-level security is not forced on: {names}", MIGRATE)
    return ok("tables", "row-level security is forced on all that belong to a workspace")


def migrations(owner: Facts) -> Finding:
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if not owner.migrated:
        return problem("migrations", "none has run", MIGRATE)
    if owner.revision is None:
        return note(
            "migrations", f"{owner.login} may not read which ran", "Set MIGRATION_DATABASE_URL to look."
        )
    if owner.revision != newest:
        return problem("migrations", f"at {owner.revision}, but {newest} is the newest", MIGRATE)
    return ok("migrations", f"at {newest}, the newest")


def trigrams(facts: Facts) -> Finding:
    if facts.trigrams:
        return ok("pg_trgm", "is there")
    can = "Let an administrator run:\n    CREATE EXTENSION pg_trgm;"
    return problem(
        "pg_trgm", "is missing", can if facts.trigrams_can_be else "Install Postgres's contrib package."
    )


def _quoted(name: str) -> str:
    plain = name.replace("_", "").isalnum() and name == name.lower()
    return name if plain else '"' + name.replace('"', '""') + '"'


async def redis(settings: Settings) -> list[Finding]:
    made: Redis = Redis.from_url(settings.redis_url, socket_timeout=5)  # pyright: ignore[reportUnknownMemberType]
    client: Any = made
    try:
        told: dict[str, Any] = await client.info()
        waiting = {queue: int(await client.zcard(queue.value)) for queue in Queue}
        working = [queue.name.lower() for queue in Queue if await client.exists(f"{queue.value}:health")]
    except AuthenticationError:
        return [problem("Redis", "refuses the password", "Check REDIS_URL.")]
    except (RedisError, OSError) as error:
        return [problem("Redis", _first_line(error), "Check REDIS_URL, and that Redis runs there.")]
    finally:
        await made.aclose()
    return [_memory(told), _queues(waiting), _workers(working, waiting)]


def _memory(told: dict[str, Any]) -> Finding:
    policy = str(told.get("maxmemory_policy", "noeviction"))
    version = told.get("valkey_version") or told.get("redis_version", "?")
    if policy.startswith("allkeys"):
        todo = "Set maxmemory-policy to noeviction: an evicted queue loses wake-ups until the next sweep."
        return problem("Redis", f"{version}, evicts keys ({policy})", todo)
    return ok("Redis", f"{version}")


def _queues(waiting: dict[Queue, int]) -> Finding:
    shown = ", ".join(f"{queue.name.lower()} {count}" for queue, count in waiting.items())
    if max(waiting.values()) > MANY_WAITING:
        return problem("queues", f"waiting: {shown}", "Start more workers: python -m bot.worker --queues …")
    return ok("queues", f"waiting: {shown}")


def _workers(working: list[str], waiting: dict[Queue, int]) -> Finding:
    """Each worker notes itself down every few seconds; a queue without jobs needs none."""
    start = "Start python -m bot.worker."
    left = [
        queue.name.lower() for queue, count in waiting.items() if count and queue.name.lower() not in working
    ]
    if left:
        return problem("workers", f"jobs wait, but nobody works on: {', '.join(left)}", start)
    if not working:
        return note("workers", "none is running", start)
    return ok("workers", f"on {', '.join(working)}")


async def key(settings: Settings) -> list[Finding]:
    """Does what is sealed come back?"""
    try:
        sealer = sealer_from(settings.encryption_key.get_secret_value())
        opened = sealer.open(sealer.seal(b"rainmaker"))
    except (ValueError, DatabaseError) as error:
        return [
            problem("ENCRYPTION_KEY", _first_line(error), "Set it to 32 bytes in hex: openssl rand -hex 32")
        ]
    if opened != b"rainmaker":
        return [problem("ENCRYPTION_KEY", "what it seals does not come back")]
    if len(settings.encryption_key.get_secret_value()) < 32:
        return [
            problem(
                "ENCRYPTION_KEY", "is short enough to be guessed", "openssl rand -hex 32 makes a good one."
            )
        ]
    return [ok("ENCRYPTION_KEY", "seals and opens")]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
