"""What the tests of the database layer share."""

import uuid
from datetime import datetime, timedelta

import pytest

from db.queries.leases import Lease
from db.types import LeaseToken, WorkspaceId

LEASE = timedelta(seconds=30)


def lease(wall: datetime, lasts: timedelta = LEASE) -> Lease:
    return Lease(LeaseToken(uuid.uuid4()), wall + lasts)


@pytest.fixture
def workspace_row(workspace: WorkspaceId) -> WorkspaceId:
    """The fixture `workspace` under another name, for modules that import the queries of that name."""
    return workspace
