"""Where transactions begin and end. Nobody else commits."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from db.errors import Unreachable, UnsafeRole
from db.types import WorkspaceId
from db.wake import Enqueuer, Wake, WakeUp

APP_ROLE = "rm_app"
# Both for this transaction only: a transaction pooler hands the session on.
_ENTER = f"SELECT set_config('role', '{APP_ROLE}', true), set_config('app.workspace_id', '{{}}', true)"
_UNSAFE = text(
    "SELECT rolsuper OR rolbypassrls OR pg_has_role(current_user, 'rm_system', 'USAGE')"
    " FROM pg_roles WHERE rolname = current_user"
)
AT_ONCE = 2  # connections for `Database.at_once`, beside the pool's; opened when first used
RESTED = 0.5  # seconds unused, after which a connection is asked whether it still lives


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with psycopg's named placeholders, and what they stand for."""

    sql: str
    given: Mapping[str, object]


class Tx:
    """One transaction of one workspace. Wake-ups leave after it has committed."""

    def __init__(self, session: AsyncSession, workspace_id: WorkspaceId | None) -> None:
        self.session = session
        self._workspace_id = workspace_id
        self.wake_ups: list[WakeUp] = []

    @property
    def workspace_id(self) -> WorkspaceId:
        """Raises LookupError in a transaction that was opened across workspaces."""
        if self._workspace_id is None:
            raise LookupError("this transaction belongs to no workspace")
        return self._workspace_id

    def enqueue(self, job: Wake, **ids: UUID | str) -> None:
        """Wake `job` after the commit, with the workspace's id and `ids`; equal wake-ups are sent once."""
        named = {"workspace_id": self._workspace_id, **ids} if self._workspace_id else ids
        wake_up = WakeUp(job, tuple((name, str(value)) for name, value in named.items()))
        if wake_up not in self.wake_ups:
            self.wake_ups.append(wake_up)


_DRIVERS = (psycopg.OperationalError, psycopg.InterfaceError)


class Database:
    """The engine and the only way to a session."""

    def __init__(
        self, engine: AsyncEngine, enqueuer: Enqueuer | None = None, at_once: AsyncEngine | None = None
    ) -> None:
        """`at_once`: connections kept apart, so that what must be quick never waits for what takes its time."""
        self.engine, self._at_once = engine, at_once or engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)
        self._enqueuer = enqueuer

    @asynccontextmanager
    async def transaction(self, workspace_id: WorkspaceId) -> AsyncGenerator[Tx]:
        """A transaction that sees one workspace, as `rm_app`; commits on leaving, rolls back on an error."""
        async with self._begin(workspace_id) as tx:
            yield tx

    @asynccontextmanager
    async def across(self) -> AsyncGenerator[Tx]:
        """A transaction of no workspace, as `rm_app`: the inbox, installations, definer functions only."""
        async with self._begin(None) as tx:
            yield tx

    @asynccontextmanager
    async def _begin(self, workspace_id: WorkspaceId | None) -> AsyncGenerator[Tx]:
        try:
            async with self._sessions() as session, session.begin():
                connection = await session.connection()
                await connection.exec_driver_sql(f"BEGIN; {_enter(workspace_id)}")
                tx = Tx(session, workspace_id)
                yield tx
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            if _is_broken(error):
                raise Unreachable(f"the database can't be reached: {error}") from error
            raise
        if tx.wake_ups and self._enqueuer is not None:
            await self._enqueuer.enqueue(tx.wake_ups)

    async def at_once(
        self, statement: Statement, workspace_id: WorkspaceId | None = None
    ) -> list[tuple[Any, ...]]:
        """Its rows, from a committed transaction as `rm_app`, of one workspace or across them: one round trip
        instead of four.

        Several statements in one simple query are one transaction, which needs values written into the text by
        psycopg (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT).
        """
        try:
            async with self._at_once.connect() as connection:
                try:
                    raw = (await connection.get_raw_connection()).driver_connection
                    return await _in_one_trip(cast(AsyncConnection, raw), statement, workspace_id)
                except BaseException:
                    await connection.invalidate()  # nobody knows what state it is in
                    raise
        except (OperationalError, InterfaceError, PoolTimeout, *_DRIVERS) as error:
            if _is_broken(error):
                raise Unreachable(f"the database can't be reached: {error}") from error
            raise

    async def check_role(self) -> None:
        """Raises UnsafeRole where row-level security would not hold for us, or we may not become rm_app."""
        try:
            async with self.across() as tx:
                unsafe = await tx.session.scalar(_UNSAFE)
        except ProgrammingError as error:
            raise UnsafeRole(
                f"this login can't become {APP_ROLE}: run the migrations, then let an administrator run"
                f" GRANT {APP_ROLE} TO the login of DATABASE_URL"
            ) from error
        if unsafe:
            raise UnsafeRole(f"{APP_ROLE} is superuser, bypasses row-level security or acts for rm_system")

    async def close(self) -> None:
        await asyncio.gather(self.engine.dispose(), self._at_once.dispose())


def _enter(workspace_id: UUID | None) -> str:
    """Written out instead of bound: a query with values can't stand beside another one."""
    return _ENTER.format(UUID(str(workspace_id)) if workspace_id else "")


async def _in_one_trip(
    connection: AsyncConnection, statement: Statement, workspace_id: WorkspaceId | None
) -> list[tuple[Any, ...]]:
    async with AsyncClientCursor(connection) as cursor:
        await cursor.execute(f"{_enter(workspace_id)}; {statement.sql}".encode(), statement.given)
        cursor.nextset()
        return await cursor.fetchall()


def _is_broken(error: Exception) -> bool:
    """The connection, not the statement: a deadlock or a time-out of a statement has a SQLSTATE of its own.

    08 connection exceptions, 57P0x shut-down and start-up, 53300 too many connections.
    """
    state: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state is None or state.startswith(("08", "57P0")) or state == "53300"


def driver_url(url: str) -> str:
    """Any `postgresql://…` with the driver named: psycopg 3. Raises ValueError on another scheme."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("DATABASE_URL must begin with postgresql://")
    return f"postgresql+psycopg://{rest}"


def connect(url: str, enqueuer: Enqueuer | None = None, *, pool_size: int = 20) -> Database:
    """Prepared statements are off: generic plans skip the trigram index, and transaction poolers can't
    keep them."""
    return Database(_engine(url, pool_size), enqueuer, _engine(url, AT_ONCE))


def _engine(url: str, pool_size: int) -> AsyncEngine:
    """Its connections don't begin transactions by themselves: the driver would send BEGIN and wait for its answer
    before anything else could be said. `Database` begins them, in one trip with what they need."""
    engine = create_async_engine(
        driver_url(url),
        isolation_level="AUTOCOMMIT",
        connect_args={"prepare_threshold": None},
        pool_size=pool_size,
        max_overflow=0,  # a connection above the pool's size would be opened and closed for each transaction
        pool_use_lifo=True,
    )
    _ask_the_rested(engine)
    return engine


def _ask_the_rested(engine: AsyncEngine) -> None:
    """`pool_pre_ping` for connections that were not used a moment ago: it costs each transaction a round trip.

    https://docs.sqlalchemy.org/en/21/core/pooling.html#custom-legacy-pessimistic-ping
    """

    def checked_in(connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def checked_out(connection: Any, record: Any, proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < RESTED:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise DisconnectionError  # the pool opens another, and asks that one

    event.listen(engine.sync_engine, "checkin", checked_in)
    event.listen(engine.sync_engine, "checkout", checked_out)
