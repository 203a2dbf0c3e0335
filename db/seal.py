"""AES-256-GCM for values at rest: `v1.<key id>.<nonce+ciphertext>`, all but the first base64url."""

import base64
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from db.errors import SealError

_VERSION = "v1"
_NONCE_BYTES = 12  # NIST SP 800-38D, 96-bit nonces


class Sealer:
    """Seals with the first key, opens with any of them, so that keys can be rotated."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys`: key id to 32 bytes, the one to seal with first. Raises ValueError on any other size."""
        if not keys:
            raise ValueError("at least one key is needed")
        if any(len(key) != 32 for key in keys.values()):
            raise ValueError("every key must be 32 bytes")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(keys))

    def seal(self, plain: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, plain, self._current.encode())
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str) -> bytes:
        """Raises SealError when the key is unknown or the value was altered."""
        try:
            version, key_id, body = sealed.split(".", 2)
            raw = base64.urlsafe_b64decode(body)
            if version != _VERSION:
                raise SealError(f"unknown seal version {version!r}")
        except ValueError as error:
            raise SealError("this is no sealed value") from error
        named = [self._keys[key_id]] if key_id in self._keys else []
        for key in (*named, *self._keys.values()):  # a key may have got its name later
            with suppress(InvalidTag, ValueError):
                return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], key_id.encode())
        raise SealError("a sealed value can't be opened with the configured keys")


def key_from_text(text: str) -> bytes:
    """32 bytes from `ENCRYPTION_KEY`: base64 or hex of 32 bytes as they are, other text by SHA-256."""
    for decode in (bytes.fromhex, _from_base64):
        try:
            raw = decode(text)
        except ValueError:
            continue
        if len(raw) == 32:
            return raw
    return hashlib.sha256(text.encode()).digest()


_URL_SAFE = str.maketrans("+/", "-_")


def _from_base64(text: str) -> bytes:
    """Either alphabet, with or without padding."""
    return base64.urlsafe_b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4))


_current: Sealer | None = None


def install(sealer: Sealer) -> None:
    """Set the process's sealer; the sealed column types use it. Called once at start."""
    global _current
    _current = sealer


def current() -> Sealer:
    if _current is None:
        raise SealError("no key is installed: set ENCRYPTION_KEY")
    return _current
