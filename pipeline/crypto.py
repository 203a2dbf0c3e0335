"""Keys of the process, and hashes of addresses that must outlive the addresses."""

import hashlib
import hmac

from db.seal import Sealer, key_from_text


def sealer_from(keys: str) -> Sealer:
    """`keys`: `ENCRYPTION_KEY`, one key or several as `id:key,id:key`, the one to seal with first."""
    return Sealer({key_id: key_from_text(key) for key_id, key in _named(keys).items()})


def signing_secrets(keys: str) -> list[str]:
    """For links that are signed with the newest key, the last of these, and read with any."""
    return list(reversed(_named(keys).values()))


def lasting_secret(keys: str) -> str:
    """The oldest key, which stays at the end of the setting: what is known by its digest alone, such as whom
    never to write to, can't be digested anew."""
    return signing_secrets(keys)[0]


def _named(keys: str) -> dict[str, str]:
    """Each key's text by its id, the newest first."""
    named: dict[str, str] = {}
    for number, part in enumerate(part.strip() for part in keys.split(",")):
        key_id, _, key = part.rpartition(":")
        named[key_id or f"k{number}"] = key
    return named


class Digester:
    """HMAC-SHA256 under a key of the installation, so that a hash alone can't be searched for."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"rainmaker digest " + secret.encode()).digest()

    def digest(self, value: str) -> str:
        """Hex of 32 bytes over the trimmed, case-folded value."""
        return hmac.new(self._key, value.strip().casefold().encode(), hashlib.sha256).hexdigest()
