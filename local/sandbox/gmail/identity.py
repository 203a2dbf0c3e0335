"""Google's signing key: id tokens of the token endpoint and of pushed notifications, and its certificate."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from local.sandbox.context import Sandbox

KEY_ID = "sandbox-signing-key"
LIFETIME = 3600
ISSUER = "https://accounts.google.com"


def signed(box: Sandbox, claims: dict[str, Any]) -> str:
    """A JWT with RS256; `iss`, `iat` and `exp` in real time are put in."""
    now = int(box.clock.wall())
    head = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    body = {"iss": ISSUER, "iat": now, "exp": now + LIFETIME, **claims}
    text = f"{_packed(json.dumps(head).encode())}.{_packed(json.dumps(body).encode())}"
    signature = _key(box)[0].sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_packed(signature)}"


def certificates(box: Sandbox) -> dict[str, str]:
    """As https://www.googleapis.com/oauth2/v1/certs: key id to PEM."""
    return {KEY_ID: _key(box)[1]}


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _key(box: Sandbox) -> tuple[rsa.RSAPrivateKey, str]:
    """The key and its certificate, made once and kept with the sandbox's state."""
    box.store.define(
        "CREATE TABLE IF NOT EXISTS google_key (id INTEGER PRIMARY KEY, key TEXT, certificate TEXT)"
    )
    row = box.store.one("SELECT key, certificate FROM google_key WHERE id = 1")
    if row is None:
        box.store.run("INSERT INTO google_key VALUES (1, ?, ?)", *_made(box.clock.wall()))
        return _key(box)
    key = serialization.load_pem_private_key(row["key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, row["certificate"]


def _made(wall: float) -> tuple[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    start = datetime.fromtimestamp(wall, UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(days=1))
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
