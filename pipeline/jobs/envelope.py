"""An approved email as the mail that leaves: recipient, thread, signature, footer, headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.queries import email as emails
from db.queries import inbound_email
from db.queries.email import SentId
from db.queries.gate import SendFacts
from db.session import Tx
from db.types import EmailKind
from pipeline.clients.mail import Outgoing, Trace
from pipeline.crypto import signing_secrets
from pipeline.deps import Deps
from pipeline.rules import letter
from pipeline.rules.consent import UnsubscribeLinks, domain_of
from pipeline.rules.letter import Letterhead


@dataclass(frozen=True, slots=True)
class Thread:
    """What a mail answers; empty for the first."""

    thread_id: str | None = None
    message_ids: tuple[str, ...] = ()
    nearest: str | None = None


def unsubscribe_links(deps: Deps) -> UnsubscribeLinks:
    keys = deps.settings.encryption_key.get_secret_value()
    return UnsubscribeLinks(signing_secrets(keys), deps.settings.public_url)


def own_message_id(email: EmailCampaign) -> str:
    """The Message-ID we give it: the same for every attempt of one claim."""
    return f"<{email.send_token}@{domain_of(email.from_email)}>"


async def threads_of(tx: Tx, mails: Sequence[SendFacts]) -> dict[UUID, Thread]:
    """By email, the thread it belongs into: the reply it answers, or the emails of its sequence sent before."""
    joined = {
        one.email.enrollment_id
        for one in mails
        if one.email.kind != EmailKind.TEST and one.email.enrollment_id is not None
    }
    sent: dict[UUID, list[SentId]] = {}
    for before in await emails.thread_ids(tx.session, tx.workspace_id, joined) if joined else ():
        sent.setdefault(before.enrollment_id, []).append(before)
    return {one.email.id: await _thread(tx, one, sent) for one in mails}


async def thread_of(tx: Tx, rows: SendFacts) -> Thread:
    return (await threads_of(tx, [rows]))[rows.email.id]


async def _thread(tx: Tx, rows: SendFacts, all_sent: Mapping[UUID, Sequence[SentId]]) -> Thread:
    email = rows.email
    if email.kind == EmailKind.TEST or email.enrollment_id is None:
        return Thread()
    sent = all_sent.get(email.enrollment_id, ())
    known = tuple(one.message_id for one in sent if one.message_id)
    if email.kind == EmailKind.ANSWER and email.reply_id:
        reply = await inbound_email.get(tx.session, tx.workspace_id, email.reply_id)
        if reply is not None:
            ids = (*known, reply.message_id) if reply.message_id else known
            return Thread(reply.thread_id, ids, reply.message_id or (known[-1] if known else None))
    if not sent or (rows.campaign and not rows.campaign.answer_in_thread):
        return Thread()
    return Thread(sent[-1].thread_id, known, known[-1] if known else None)


def outgoing(deps: Deps, rows: SendFacts, thread: Thread) -> Outgoing:
    """The mail, whole. Its text is the approved body with the signature and footer under it."""
    email, workspace = rows.email, rows.workspace
    bulk = email.kind != EmailKind.ANSWER
    url = unsubscribe_links(deps).url(workspace.id, email.id) if bulk else None
    return Outgoing(
        from_email=email.from_email,
        from_name=sender_name(workspace, rows),
        to=email.to_email,
        subject=email.subject,
        text=letter.full_text(
            email.body,
            letterhead(workspace, rows),
            unsubscribe_url=url,
            language=email.language or _language(rows.lead),
            bulk=bulk,
        ),
        token=email.send_token or "",
        message_id=own_message_id(email),
        date=deps.clock.now(),
        reply_to=email.reply_to,
        in_reply_to=thread.nearest,
        references=letter.references(list(thread.message_ids)) or None,
        thread_id=thread.thread_id,
        headers=letter.unsubscribe_headers(url, email.from_email) if bulk else {},
    )


def trace(email: EmailCampaign) -> Trace:
    """By what to look for this email if it may have left."""
    return Trace(
        token=email.send_token or "",
        message_id=own_message_id(email),
        thread_id=email.thread_id,
        history_id=email.history_id,
        to=email.to_email,
        since=email.scheduled_for or email.created_at,
    )


def sender_name(workspace: Workspace, rows: SendFacts) -> str | None:
    return workspace.sender_name or (rows.mailbox.display_name if rows.mailbox else None)


def letterhead(workspace: Workspace, rows: SendFacts) -> Letterhead:
    return Letterhead(
        sender_name=sender_name(workspace, rows),
        company=workspace.company_name,
        signature=workspace.signature,
        postal_address=workspace.postal_address,
    )


def _language(lead: Lead) -> str | None:
    return lead.language
