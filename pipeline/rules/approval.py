"""What an approval binds: the SHA-256 of recipient, subject and body of every email it covers."""

import hashlib
from collections.abc import Iterable

from db.types import ApprovalState

DECIDED = {
    ApprovalState.APPROVED: "approved",
    ApprovalState.REJECTED: "rejected",
    ApprovalState.EXPIRED: "left to expire",
    ApprovalState.VOID: "replaced by a newer version",
}


def content_hash(recipient: str, subject: str, body: str) -> str:
    """SHA-256 hex; every part is preceded by its length in bytes, so that no two emails share a text."""
    digest = hashlib.sha256()
    for part in (recipient, subject, body):
        raw = part.encode()
        digest.update(len(raw).to_bytes(8) + raw)
    return digest.hexdigest()


def covering_hash(hashes: Iterable[str]) -> str:
    """The hash of an approval: SHA-256 hex over the covered emails' hashes, in order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
