"""Keys of the process, and hashes of addresses that must outlive the addresses."""

import hashlib
import hmac

from db.seal import Sealer, key_from_text


def sealer_from(keys: str) -> Sealer:
    """`keys`: `ENCRYPTION_KEY`, one key or several as `id:key,id:key`, the one to seal with first."""
    named: dict[str, bytes] = {}
    for number, part in enumerate(part.strip() for part in keys.split(",")):
        key_id, _, key = part.rpartition(":")
        named[key_id or f"k{number}"] = key_from_text(key)
    return Sealer(named)


class Digester:
    """HMAC-SHA256 under a key of the installation, so that a hash alone can't be searched for."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"rainmaker digest " + secret.encode()).digest()

    def digest(self, value: str) -> str:
        """Hex of 32 bytes over the trimmed, case-folded value."""
        return hmac.new(self._key, value.strip().casefold().encode(), hashlib.sha256).hexdigest()
