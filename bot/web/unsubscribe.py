"""GET /u/{token} shows a page with a button; only POST unsubscribes, by the button or in one click (RFC 8058).

The token is all that is needed: no account, no question why. Link scanners open links, so GET changes nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from bot.web import unsubscribe_page as page
from db.errors import DATABASE_ERRORS
from db.queries import email as emails
from db.queries import workspace
from db.session import Tx
from db.types import EmailKind
from pipeline.deps import Deps
from pipeline.jobs import consent
from pipeline.logs import get_logger

log = get_logger(__name__)
LONGEST_TOKEN = 200
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{page.STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """Who wrote to whom, as far as the page says it."""

    sender: str
    address: str
    language: str
    is_test: bool


def routes(deps: Deps) -> list[web.RouteDef]:
    async def ask(request: web.Request) -> web.Response:
        return await _answer(deps, request, act=False)

    async def act(request: web.Request) -> web.Response:
        return await _answer(deps, request, act=True)

    return [web.get("/u/{token}", ask), web.post("/u/{token}", act)]


async def _answer(deps: Deps, request: web.Request, *, act: bool) -> web.Response:
    accepts = page.language_of(request.headers.get("Accept-Language"))
    token = request.match_info["token"]
    meant = consent.read_token(deps, token) if len(token) <= LONGEST_TOKEN else None
    if meant is None:
        return _html(page.unknown(accepts), 404)
    workspace_id, email_id = meant
    try:
        async with deps.db.transaction(workspace_id) as tx:
            if act:
                await consent.unsubscribe(deps, tx, email_id, now=deps.clock.now())
            letter = await _letter(tx, email_id, accepts)
    except DATABASE_ERRORS as error:
        log.error("unsubscribe_unavailable", reason=type(error).__name__)
        return _html(page.later(accepts), 503, {"Retry-After": "60"})
    if letter is None:
        return _html(page.unknown(accepts), 404)
    if letter.is_test:
        return _html(page.was_test(letter.address), 200)
    if act:
        log.info("unsubscribed", email_id=str(email_id))
    show = page.done if act else page.question
    return _html(show(letter.language, letter.sender, letter.address), 200)


async def _letter(tx: Tx, email_id: UUID, accepts: str) -> Letter | None:
    """None where the email was erased, and with it every address we had."""
    email = await emails.get(tx.session, tx.workspace_id, email_id)
    if email is None:
        return None
    ours = await workspace.get(tx.session, tx.workspace_id)
    return Letter(
        sender=ours.company_name or ours.sender_name or email.from_email,
        address=email.to_email,
        language=page.language_of(email.language, accepts),
        is_test=email.kind == EmailKind.TEST,
    )


def _html(document: str, status: int, more: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        text=document,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=HEADERS | (more or {}),
    )
