"""What the database layer raises beyond SQLAlchemy's own errors."""

import psycopg
from sqlalchemy.exc import SQLAlchemyError


class DatabaseError(Exception):
    """Base of what this package raises."""


class Unreachable(DatabaseError):
    """The database can't be reached, or the connection broke. What was under way did not commit; if it broke
    during the commit itself, nobody knows: look before doing it again."""


class LeaseLost(DatabaseError):
    """Somebody else holds this row now; what was under way must stop without writing."""


class UnsafeRole(DatabaseError):
    """The run-time login is a superuser or bypasses row-level security."""


class SealError(DatabaseError):
    """A sealed value can't be opened: the key is unknown or the value was altered."""


# For boundaries that answer any trouble of the database alike.
DATABASE_ERRORS = (DatabaseError, SQLAlchemyError, psycopg.Error)
