"""Google's OAuth 2 server: consent page, token, revocation, certificates.

https://developers.google.com/identity/protocols/oauth2/web-server
Faults of service "oauth", matched against "token authorization_code" or "token refresh_token": revoked,
server_error {status}, rate_limited; Google's clients retry the last two. "gmail" "revoked" counts here too.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.gmail import consent, identity
from local.sandbox.mail.mailbox import open_account

EVERYTHING = "https://mail.google.com/ openid email https://www.googleapis.com/auth/gmail.settings.basic"
TOKEN_SECONDS = 3599
CODE_SECONDS = 600

SCRIPT = """
CREATE TABLE IF NOT EXISTS google_codes (
  code TEXT PRIMARY KEY, account TEXT NOT NULL, scopes TEXT NOT NULL, redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL, offline INTEGER NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS google_grants (
  refresh_token TEXT PRIMARY KEY, account TEXT NOT NULL, scopes TEXT NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS google_access (
  token TEXT PRIMARY KEY, account TEXT NOT NULL, scopes TEXT NOT NULL, refresh_token TEXT NOT NULL,
  expires REAL NOT NULL);
"""


@dataclass(frozen=True)
class Access:
    account: str
    scopes: frozenset[str]


def define(box: Sandbox) -> None:
    """The tables, and the grant that the product's default settings hold."""
    box.store.define(SCRIPT)
    open_account(box, box.accounts.mailbox)
    box.store.run(
        "INSERT OR IGNORE INTO google_grants (refresh_token, account, scopes) VALUES (?, ?, ?)",
        box.accounts.gmail_refresh_token, box.accounts.mailbox.lower(), EVERYTHING,
    )  # fmt: skip


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    server = Server(box)
    return [
        web.get("/google/auth", server.consent_page),
        web.post("/google/auth", server.decide),
        web.post("/google/token", server.token),
        web.post("/google/revoke", server.revoke),
        web.get("/google/certs", server.certificates),
    ]


def access_of(box: Sandbox, authorization: str) -> Access | None:
    """Whose request it is; None for a missing, unknown, expired or revoked token."""
    scheme, _, token = authorization.partition(" ")
    row = box.store.one("SELECT * FROM google_access WHERE token = ?", token.strip())
    if scheme.lower() != "bearer" or row is None or row["expires"] <= box.clock.wall():
        return None
    return Access(row["account"], frozenset(row["scopes"].split()))


def revoke_account(box: Sandbox, account: str) -> None:
    """As when a person removes the app in their Google account."""
    box.store.run("UPDATE google_grants SET revoked = 1 WHERE account = ?", account)
    box.store.run("DELETE FROM google_access WHERE account = ?", account)


def _refusal(error: str, description: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)


class Server:
    def __init__(self, box: Sandbox) -> None:
        self.box = box

    async def consent_page(self, request: web.Request) -> web.Response:
        if problem := self._problem(dict(request.query)):
            return web.Response(text=consent.problem_page(problem), content_type="text/html", status=400)
        chosen = request.query.get("login_hint") or self.box.accounts.mailbox
        known = [
            row["address"] for row in self.box.store.all("SELECT address FROM mail_accounts ORDER BY address")
        ]
        page = consent.page(dict(request.query), chosen, known)
        return web.Response(text=page, content_type="text/html")

    async def decide(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if problem := self._problem(form):
            return web.Response(text=consent.problem_page(problem), content_type="text/html", status=400)
        answer = {"state": form["state"]} if form.get("state") else {}
        account = form.get("account", "").strip().lower()
        if form.get("decision") == "allow" and "@" in account:
            answer |= {"code": self._code(form, account), "scope": form["scope"]}
        else:
            answer |= {"error": "access_denied"}
        joint = "&" if urlsplit(form["redirect_uri"]).query else "?"
        return web.Response(
            status=302, headers={"Location": f"{form['redirect_uri']}{joint}{urlencode(answer)}"}
        )

    def _problem(self, query: dict[str, str]) -> str:
        """Google's error code for a request that must not go back to the app; empty if it is in order."""
        if query.get("client_id") != self.box.accounts.gmail_client_id:
            return "invalid_client"
        if urlsplit(query.get("redirect_uri", "")).scheme not in ("http", "https"):
            return "redirect_uri_mismatch"
        if query.get("response_type") != "code":
            return "unsupported_response_type"
        return "" if query.get("scope") else "invalid_scope"

    def _code(self, form: dict[str, str], account: str) -> str:
        open_account(self.box, account)
        code = f"4/0A{secrets.token_urlsafe(40)}"
        method = form.get("code_challenge_method", "plain")
        challenge = f"{method}:{form['code_challenge']}" if form.get("code_challenge") else ""
        self.box.store.run(
            "INSERT INTO google_codes (code, account, scopes, redirect_uri, challenge, offline, expires)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            code, account, form["scope"], form["redirect_uri"], challenge,
            int(form.get("access_type") == "offline"), self.box.clock.wall() + CODE_SECONDS,
        )  # fmt: skip
        return code

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        what = f"token {form.get('grant_type', '')}"
        if fault := self.box.faults.take("oauth", "server_error", what):
            return _refusal("internal_failure", "Internal error", fault.options.get("status", 500))
        if self.box.faults.take("oauth", "rate_limited", what):
            return _refusal("rate_limit_exceeded", "Rate Limit Exceeded", 429)
        if not self._client_ok(request, form):
            return _refusal("invalid_client", "The OAuth client was not found.", 401)
        if form.get("grant_type") == "authorization_code":
            return self._exchange(form)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form, what)
        return _refusal("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")

    def _client_ok(self, request: web.Request, form: dict[str, str]) -> bool:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, packed = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client, _, secret = base64.b64decode(packed).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
        wanted = self.box.accounts
        return (client, secret) == (wanted.gmail_client_id, wanted.gmail_client_secret)

    def _exchange(self, form: dict[str, str]) -> web.Response:
        row = self.box.store.one("SELECT * FROM google_codes WHERE code = ?", form.get("code", ""))
        if row is None or row["used"] or row["expires"] <= self.box.clock.wall():
            return _refusal("invalid_grant", "Malformed auth code.")
        if row["redirect_uri"] != form.get("redirect_uri"):
            return _refusal("redirect_uri_mismatch", "Bad Request")
        if not _verified(row["challenge"], form.get("code_verifier", "")):
            return _refusal("invalid_grant", "Invalid code verifier.")
        self.box.store.run("UPDATE google_codes SET used = 1 WHERE code = ?", row["code"])
        refresh = f"1//0{secrets.token_urlsafe(48)}" if row["offline"] else ""
        if refresh:
            self.box.store.run(
                "INSERT INTO google_grants (refresh_token, account, scopes) VALUES (?, ?, ?)",
                refresh, row["account"], row["scopes"],
            )  # fmt: skip
        answer = self._issue(row["account"], row["scopes"], refresh)
        return web.json_response(answer | ({"refresh_token": refresh} if refresh else {}))

    def _refresh(self, form: dict[str, str], what: str) -> web.Response:
        token = form.get("refresh_token", "")
        row = self.box.store.one("SELECT * FROM google_grants WHERE refresh_token = ?", token)
        if row and any(self.box.faults.take(service, "revoked", what) for service in ("oauth", "gmail")):
            revoke_account(self.box, row["account"])
            row = None
        if row is None or row["revoked"]:
            return _refusal("invalid_grant", "Token has been expired or revoked.")
        return web.json_response(self._issue(row["account"], row["scopes"], token))

    def _issue(self, account: str, scopes: str, refresh: str) -> dict[str, Any]:
        token = f"ya29.{secrets.token_urlsafe(60)}"
        self.box.store.run(
            "INSERT INTO google_access VALUES (?, ?, ?, ?, ?)",
            token, account, scopes, refresh, self.box.clock.wall() + TOKEN_SECONDS,
        )  # fmt: skip
        answer: dict[str, Any] = {
            "access_token": token,
            "expires_in": TOKEN_SECONDS,
            "scope": scopes,
            "token_type": "Bearer",
        }
        if "openid" in scopes.split():
            audience = self.box.accounts.gmail_client_id
            claims = {"sub": account, "email": account, "email_verified": True, "aud": audience}
            answer["id_token"] = identity.signed(self.box, claims)
        return answer

    async def revoke(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token", "") or request.query.get("token", ""))
        store = self.box.store
        row = store.one("SELECT account FROM google_grants WHERE refresh_token = ? AND revoked = 0", token)
        row = row or store.one("SELECT account FROM google_access WHERE token = ?", token)
        if row is None:
            return _refusal("invalid_token", "Token expired or revoked")
        revoke_account(self.box, row["account"])
        return web.json_response({})

    async def certificates(self, request: web.Request) -> web.Response:
        return web.json_response(
            identity.certificates(self.box),
            headers={"Cache-Control": "public, max-age=19800, must-revalidate"},
        )


def _verified(challenge: str, verifier: str) -> bool:
    """PKCE, RFC 7636."""
    if not challenge:
        return True
    method, _, expected = challenge.partition(":")
    if method == "plain":
        return secrets.compare_digest(expected, verifier)
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(expected, base64.urlsafe_b64encode(digest).decode().rstrip("="))
