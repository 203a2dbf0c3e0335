"""GET /google/callback: where Google sends people back to once they decided about their mailbox."""

from html import escape
from uuid import uuid4

from aiohttp import web

from bot.checklist import show_checklist
from bot.posting import Poster
from bot.views.mailboxes import connected
from bot.web import unsubscribe_page as page
from bot.web.unsubscribe import HEADERS
from db.errors import DATABASE_ERRORS
from db.queries import outbox
from pipeline.clients.google_oauth import exchange
from pipeline.deps import Deps
from pipeline.errors import Transient, UserError
from pipeline.jobs import mailbox_connect
from pipeline.jobs.mailbox_connect import AGAIN
from pipeline.logs import get_logger

log = get_logger(__name__)
DENIED = f"Google was told not to let me in, so nothing was connected. Changed your mind? {AGAIN}"
LONGEST_CODE = 2000


def routes(deps: Deps, poster: Poster) -> list[web.RouteDef]:
    async def callback(request: web.Request) -> web.Response:
        try:
            address = await _connect(deps, poster, request)
        except UserError as error:
            log.info("google_connect_refused", reason=str(error))
            return _page("This mailbox is not connected", str(error), 400)
        except Transient as error:
            log.warning("google_connect_failed", reason=str(error))
            return _page("Google does not answer", f"Nothing was connected. Wait a minute. {AGAIN}", 502)
        except DATABASE_ERRORS as error:
            log.error("google_connect_unavailable", reason=type(error).__name__)
            return _page("That did not work just now", f"Nothing was connected. Wait a minute. {AGAIN}", 503)
        return _connected(address)

    return [web.get("/google/callback", callback)]


async def _connect(deps: Deps, poster: Poster, request: web.Request) -> str:
    """The address that is connected now. The link is used up first, whatever else is wrong."""
    link = await mailbox_connect.redeem(deps, request.query.get("state", ""))
    code = request.query.get("code", "")
    if request.query.get("error") or not code:
        raise UserError(DENIED)
    granted = await exchange(deps.settings, code=code[:LONGEST_CODE], verifier=link.verifier)
    async with deps.db.transaction(link.workspace_id) as tx:
        made = await mailbox_connect.store(deps, tx, link, granted)
        await show_checklist(deps, tx, poster, link.user_id)
        await outbox.put(
            tx.session,
            tx.workspace_id,
            key=f"connected:{made}:{uuid4()}",
            channel=link.user_id,
            payload=connected(granted.address, str(made)).payload(),
            now=deps.clock.now(),
        )
    poster.nudge()
    log.info("google_connected", user_id=link.user_id)
    return granted.address


def _connected(address: str) -> web.Response:
    said = f'<p role="status">Connected <strong>{escape(address)}</strong>.</p>'
    note = '<p class="soft">You can close this window. The checklist in Slack shows it.</p>'
    return _html(page.document("en", "Your mailbox is connected", page.TICK, said + note), 200)


def _page(title: str, sentence: str, status: int) -> web.Response:
    said = f'<p role="alert">{escape(sentence.replace("*", ""))}</p>'
    return _html(page.document("en", title, page.ENVELOPE, said), status)


def _html(document: str, status: int) -> web.Response:
    return web.Response(
        text=document, status=status, content_type="text/html", charset="utf-8", headers=HEADERS
    )
