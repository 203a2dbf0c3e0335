"""How Gmail, Outlook and Apple Mail lay out an answer above the message it answers."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from html import escape

from local.sandbox.mail import dates, mime

STYLES = ("gmail", "outlook", "apple")
RULE = "_" * 32


@dataclass(frozen=True)
class Quoted:
    """The message answered, with its time in the answering person's zone."""

    sender: str  # as in its From header
    to: str
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Written:
    text: str
    html: str  # empty: plain text only


def attribution(style: str, quoted: Quoted, language: str) -> str:
    """The line (Outlook: the block) above the quote."""
    at, month = quoted.at, dates.short_month(quoted.at, language)
    if style == "outlook":
        return _outlook_block(quoted, language)
    if style == "apple" and language == "de":
        return f"Am {at.day:02}.{at.month:02}.{at.year} um {dates.clock_24(at)} schrieb {quoted.sender}:"
    if style == "apple":
        return f"On {at.day} {month} {at.year}, at {dates.clock_24(at)}, {quoted.sender} wrote:"
    weekday = dates.DAYS[language][at.weekday()]
    if language == "de":
        day = f"{weekday[:2]}., {at.day}. {month} {at.year}"
        return f"Am {day} um {dates.clock_24(at)} Uhr schrieb {quoted.sender}:"
    return f"On {weekday[:3]}, {month} {at.day}, {at.year} at {dates.clock_12(at)} {quoted.sender} wrote:"


def _outlook_block(quoted: Quoted, language: str) -> str:
    names = ("Von", "Gesendet", "An", "Betreff") if language == "de" else ("From", "Sent", "To", "Subject")
    hour = dates.clock_24(quoted.at) if language == "de" else dates.clock_12(quoted.at)
    values = (quoted.sender, f"{dates.long_day(quoted.at, language)} {hour}", quoted.to, quoted.subject)
    return "\n".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))


def write(style: str, body: str, quoted: Quoted, language: str) -> Written:
    """`body` (with its signature) above the quoted message."""
    head = attribution(style, quoted, language)
    marked = "\n".join(f"> {line}" if line else ">" for line in quoted.text.split("\n"))
    if style == "outlook":
        return Written(f"{body}\n\n{RULE}\n{head}\n\n{quoted.text}\n", _outlook_html(body, head, quoted.text))
    if style == "apple":
        return Written(f"{body}\n\n> {head}\n> \n{marked}\n", "")
    return Written(f"{body}\n\n{head}\n\n{marked}\n", _gmail_html(body, head, quoted.text))


def _gmail_html(body: str, head: str, text: str) -> str:
    quote = (
        f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(head)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid'
        f' rgb(204,204,204);padding-left:1ex">{_lines(text)}</blockquote></div>'
    )
    return f'<div dir="ltr">{_lines(body)}</div><br>{quote}\n'


def _outlook_html(body: str, head: str, text: str) -> str:
    border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    block = f'<div style="{border}"><p class="MsoNormal">'
    return (
        f'<html><body lang="EN-US"><div class="WordSection1"><p class="MsoNormal">{_lines(body)}</p>'
        f'{block}{_lines(head)}</p></div><p class="MsoNormal">{_lines(text)}</p></div></body></html>\n'
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")


def message_id(style: str, domain: str) -> str:
    """As each program makes them; new at every call."""
    key = uuid.uuid4()
    if style == "gmail":
        return f"<CAF{key.hex}+{key.hex[:12]}@mail.gmail.com>"
    if style == "outlook":
        server = f"{key.hex[:4]}PR04MB{key.int % 9000 + 1000}".upper()
        return f"<{server}{key.hex[8:24].upper()}@{server}.eurprd04.prod.outlook.com>"
    return f"<{str(key).upper()}@{domain}>"


def set_body(message: EmailMessage, written: Written, style: str) -> None:
    """Outlook writes Latin-1 where it can; the others UTF-8."""
    charset = "utf-8"
    if style == "outlook" and _fits(written.text, "iso-8859-1"):
        charset = "iso-8859-1"
    message.set_content(written.text, charset=charset, cte="quoted-printable")
    if written.html:
        message.add_alternative(written.html, subtype="html", charset=charset, cte="quoted-printable")


def reply_prefix(style: str, language: str) -> str:
    return "AW" if language == "de" and style == "outlook" else "Re"


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def quoted_from(raw: bytes, at: datetime) -> Quoted:
    message = mime.read(raw)
    return Quoted(
        mime.header(message, "From"),
        mime.header(message, "To"),
        mime.header(message, "Subject"),
        mime.body_text(message),
        at,
    )
