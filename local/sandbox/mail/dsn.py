"""Delivery status notifications (RFC 3464) as Gmail and as a Postfix relay write them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from local.sandbox.mail import mime

HELP = "https://support.google.com/mail/?p="


@dataclass(frozen=True)
class Failure:
    """Why a mail did not arrive; `action` is RFC 3464's failed or delayed."""

    action: str
    status: str  # RFC 3463
    diagnostic: str
    heading: str
    sentence: str  # {recipient} and {domain} are filled in
    remote: str = ""  # the server that said so; {domain} is filled in


FAILURES = {
    "bounce_hard": Failure(
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 The email account that you tried to reach does not exist. Please try"
        " double-checking the"
        f" recipient's email address for typos or unnecessary spaces. {HELP}NoSuchUser",
        "Address not found",
        "Your message wasn't delivered to {recipient} because the address couldn't be found, or is unable to"
        " receive mail.",
        "mail.{domain}",
    ),
    "mailbox_full": Failure(
        "failed",
        "5.2.2",
        "smtp; 552 5.2.2 The email account that you tried to reach is over quota. Please direct the"
        " recipient to"
        f" {HELP}OverQuotaPerm",
        "Recipient inbox full",
        "Your message couldn't be delivered to {recipient}. Their inbox is full, or it's getting too much"
        " mail right now.",
        "mail.{domain}",
    ),
    "delayed": Failure(
        "delayed",
        "4.4.1",
        "smtp; 451 4.4.1 The recipient server did not accept our requests to connect. [timeout]",
        "Delivery incomplete",
        "There was a temporary problem delivering your message to {recipient}. We will retry for 46 more"
        " hours. You'll be notified if the delivery fails permanently.",
        "mail.{domain}",
    ),
    "unknown_domain": Failure(
        "failed",
        "5.1.2",
        "smtp; DNS Error: DNS type 'mx' lookup of {domain} responded with code NXDOMAIN. Domain name not"
        " found: {domain}",
        "Address not found",
        "Your message wasn't delivered to {recipient} because the domain {domain} couldn't be found. Check"
        " for typos or unnecessary spaces and try again.",
    ),
}


@dataclass(frozen=True)
class Bounce:
    kind: str  # a key of FAILURES
    original: bytes
    sender: str
    recipient: str
    message_id: str
    arrived: datetime
    now: datetime


def gmail(bounce: Bounce) -> bytes:
    """From mailer-daemon@googlemail.com, in the thread of what it reports."""
    failure = FAILURES[bounce.kind]
    delayed = failure.action == "delayed"
    original_id = mime.header(mime.read(bounce.original), "Message-ID")
    head = _head("googlemail.com", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", bounce)
    head["Subject"] = f"Delivery Status Notification ({'Delay' if delayed else 'Failure'})"
    if original_id:
        head |= {"In-Reply-To": original_id, "References": original_id}
    if not delayed:
        head["X-Failed-Recipients"] = bounce.recipient
    text = f"** {failure.heading} **\n\n{_filled(failure.sentence, bounce)}\n\n"
    text += f"The response was:\n\n{_filled(failure.diagnostic, bounce).removeprefix('smtp; ')}\n"
    first = {"Reporting-MTA": "dns; googlemail.com", "Arrival-Date": format_datetime(bounce.arrived)}
    if original_id:
        first["X-Original-Message-ID"] = original_id
    status = _fields(first) + b"\r\n" + _fields(_recipient_fields(failure, bounce))
    return _report(head, text, status, "message/rfc822", bounce.original)


def postfix(bounce: Bounce) -> bytes:
    """From MAILER-DAEMON at the relay; it refers to the original by the headers it encloses only."""
    failure = FAILURES[bounce.kind]
    host = f"relay.{mime.domain_of(bounce.sender)}"
    delayed = failure.action == "delayed"
    head = _head(host, f"Mail Delivery System <MAILER-DAEMON@{host}>", bounce)
    head["Subject"] = (
        "Delayed Mail (still being retried)" if delayed else "Undelivered Mail Returned to Sender"
    )
    text = f"This is the mail system at host {host}.\n\nI'm sorry to have to inform you that your message"
    text += " could not\nbe delivered to one or more recipients. It's attached below.\n\n"
    text += f"<{bounce.recipient}>: {_postfix_reason(failure, bounce)}\n"
    first = {
        "Reporting-MTA": f"dns; {host}",
        "X-Postfix-Sender": f"rfc822; {bounce.sender}",
        "Arrival-Date": format_datetime(bounce.arrived),
    }
    recipient = _recipient_fields(failure, bounce, dns_status="5.4.4")
    status = _fields(first) + b"\r\n" + _fields(recipient)
    if bounce.kind == "unknown_domain":
        headers = bounce.original.partition(b"\r\n\r\n")[0] + b"\r\n"
        return _report(head, text, status, "text/rfc822-headers", headers)
    return _report(head, text, status, "message/rfc822", bounce.original)


def _head(host: str, sender: str, bounce: Bounce) -> dict[str, str]:
    return {
        "Return-Path": "<>",
        "Received": f"by {host}; {format_datetime(bounce.now)}",
        "From": sender,
        "To": bounce.sender,
        "Date": format_datetime(bounce.now),
        "Message-ID": bounce.message_id,
        "Auto-Submitted": "auto-replied",
        "MIME-Version": "1.0",
    }


def _report(head: dict[str, str], text: str, status: bytes, kind: str, original: bytes) -> bytes:
    """A multipart/report put together from bytes, so that the original is enclosed untouched."""
    boundary = f"=_{hashlib.sha256(status + original).hexdigest()[:32]}"
    parts = [
        ("text/plain; charset=utf-8", mime.with_crlf(text.encode())),
        ("message/delivery-status", status),
        (kind, original),
    ]
    head["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="{boundary}"'
    body = b"".join(_part(boundary, kind, content) for kind, content in parts)
    return _fields(head) + b"\r\n" + body + f"--{boundary}--\r\n".encode()


def _part(boundary: str, kind: str, content: bytes) -> bytes:
    encoding = "7bit" if content.isascii() else "8bit"
    head = _fields({"Content-Type": kind, "Content-Transfer-Encoding": encoding})
    return f"--{boundary}\r\n".encode() + head + b"\r\n" + content + b"\r\n"


def _fields(values: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in values.items()).encode()


def _recipient_fields(failure: Failure, bounce: Bounce, dns_status: str = "") -> dict[str, str]:
    unknown_domain = bounce.kind == "unknown_domain"
    fields = {
        "Final-Recipient": f"rfc822; {bounce.recipient}",
        "Action": failure.action,
        "Status": dns_status if dns_status and unknown_domain else failure.status,
    }
    if failure.remote:
        fields["Remote-MTA"] = f"dns; {_filled(failure.remote, bounce)}"
    fields["Diagnostic-Code"] = _filled(failure.diagnostic, bounce)
    fields["Last-Attempt-Date"] = format_datetime(bounce.now)
    if failure.action == "delayed":
        fields["Will-Retry-Until"] = format_datetime(bounce.now + timedelta(hours=46))
    return fields


def _postfix_reason(failure: Failure, bounce: Bounce) -> str:
    domain = mime.domain_of(bounce.recipient)
    if bounce.kind == "unknown_domain":
        return f"Host or domain name not found. Name service error for name={domain} type=MX: Host not found"
    return (
        f"host mail.{domain}[203.0.113.25] said: {_filled(failure.diagnostic, bounce).removeprefix('smtp; ')}"
    )


def _filled(text: str, bounce: Bounce) -> str:
    domain = mime.domain_of(bounce.recipient)
    return text.replace("{recipient}", bounce.recipient).replace("{domain}", domain)
