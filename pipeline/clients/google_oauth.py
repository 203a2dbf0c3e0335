"""Google's consent for a mailbox: the address of its page, and the exchange of what it brings back.

One request each, 20 s. Raises UserError with what to do where Google refuses, Transient where it does not answer.
https://developers.google.com/identity/protocols/oauth2/web-server
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.auth import exceptions as auth_errors
from google.auth import jwt

from pipeline.errors import Transient, UserError
from pipeline.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=20)
MOST_BYTES = 1_000_000
CLOCK_SKEW = 60  # seconds
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
SCOPES = (MODIFY, "openid", "email")
ENOUGH = frozenset({MODIFY, "https://mail.google.com/"})
PERMISSIONS = "https://myaccount.google.com/permissions"
_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_decode: Any = jwt.decode  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class Granted:
    """Whose mailbox it is, and the token that opens it."""

    address: str
    refresh_token: str


def missing_settings(settings: Settings) -> tuple[str, ...]:
    """What has to be set before anybody can connect a mailbox."""
    needed = {
        "PUBLIC_URL": settings.public_url,
        "GMAIL_CLIENT_ID": settings.gmail_client_id,
        "GMAIL_CLIENT_SECRET": settings.gmail_client_secret,
    }
    return tuple(name for name, value in needed.items() if not value)


def redirect_uri(settings: Settings) -> str:
    return f"{(settings.public_url or '').rstrip('/')}/google/callback"


def consent_url(settings: Settings, *, state: str, verifier: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": settings.gmail_client_id or "",
        "redirect_uri": redirect_uri(settings),
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "access_type": "offline",
        "prompt": "consent",  # without it a second consent brings no refresh token
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(settings.google_auth_url).query else "?"
    return f"{settings.google_auth_url}{joint}{urlencode(query)}"


async def exchange(settings: Settings, *, code: str, verifier: str) -> Granted:
    """Trade the code for a permission that lasts. The address is the one Google signed."""
    secret = settings.gmail_client_secret
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri(settings),
        "client_id": settings.gmail_client_id or "",
        "client_secret": secret.get_secret_value() if secret else "",
    }
    status, answer = await _json("POST", settings.google_token_url, form)
    if status != 200:
        raise _refused(settings, status, answer)
    scope = answer.get("scope")
    if isinstance(scope, str) and not ENOUGH & set(scope.split()):
        raise UserError(
            "The box for reading and sending mail was not ticked on Google's page. Please tick it."
        )
    token = answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise UserError(
            f"Google gave no lasting permission. Remove Rainmaker at {PERMISSIONS}, then connect again."
        )
    return Granted(await _address(settings, str(answer.get("id_token") or "")), token)


def _refused(settings: Settings, status: int, answer: Mapping[str, Any]) -> Exception:
    error = str(answer.get("error") or "")
    if status >= 500 or status == 429:
        return Transient("Google does not answer")
    if error == "redirect_uri_mismatch":
        return UserError(
            f"Google does not know {redirect_uri(settings)}: an admin has to add it to the OAuth client's "
            "redirect addresses."
        )
    if error in ("invalid_client", "unauthorized_client"):
        return UserError("Google refuses our OAuth client: GMAIL_CLIENT_ID or GMAIL_CLIENT_SECRET is wrong.")
    return UserError("Google no longer accepts this answer; it may be too old.")


async def _address(settings: Settings, token: str) -> str:
    status, keys = await _json("GET", settings.google_certs_url)
    if status != 200:
        raise Transient("Google's certificates can't be fetched")
    try:
        claims = await asyncio.to_thread(_claims, token, _pems(keys), settings.gmail_client_id)
    except (ValueError, KeyError, TypeError, auth_errors.GoogleAuthError) as error:
        raise UserError("Google's answer is not signed by Google, so it can't be trusted.") from error
    if claims.get("iss") not in (*_ISSUERS, _origin(settings.google_auth_url)):
        raise UserError("Google's answer was made by somebody else, so it can't be trusted.")
    address = str(claims.get("email") or "").strip().lower()
    if "@" not in address or claims.get("email_verified") not in (True, "true"):
        raise UserError("Google did not say which address this is. Please allow it to be seen.")
    return address


def _claims(token: str, keys: dict[str, str], audience: str | None) -> Mapping[str, Any]:
    return cast(
        Mapping[str, Any], _decode(token, certs=keys, audience=audience, clock_skew_in_seconds=CLOCK_SKEW)
    )


def _pems(keys: Mapping[str, Any]) -> dict[str, str]:
    """Key id to PEM: as Google's v1 address gives it, or made of the JWK set of its v3 (RFC 7517)."""
    if "keys" not in keys:
        return {str(name): str(pem) for name, pem in keys.items()}
    return {str(one["kid"]): _pem(one) for one in keys["keys"] if one.get("kty") == "RSA"}


def _pem(key: Mapping[str, Any]) -> str:
    exponent, modulus = (
        int.from_bytes(base64.urlsafe_b64decode(f"{key[name]}==="), "big") for name in ("e", "n")
    )
    public = RSAPublicNumbers(exponent, modulus).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _json(method: str, url: str, form: dict[str, str] | None = None) -> tuple[int, Mapping[str, Any]]:
    """An answer that is no JSON object counts as empty."""
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as http,
            http.request(method, url, data=form, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(MOST_BYTES)
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Transient("Google does not answer") from error
    try:
        found: Any = json.loads(body)
    except ValueError:
        found = {}
    return status, cast(Mapping[str, Any], found) if isinstance(found, dict) else {}
