"""Delivery status notifications: RFC 3464 reports first, then the forms that follow no standard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import cast

from pipeline.rules import bounce_prose, bounce_words, mime
from pipeline.rules.bounce_prose import FAILED_HEADER, one_address
from pipeline.rules.bounce_words import Weight

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "text/rfc822",
)
_DONE = ("delivered", "relayed", "expanded")
_MOST_BLOCKS = 200
_BEGINS_HEADERS = re.compile(
    r"(?im)^(?:[> ]{0,8})(?:return-path|received|message-id|from|date|dkim-signature|mime-version): .+$"
)
_FIELD_ADDRESS = re.compile(r"[^\s<>;,\"()]{1,128}@[^\s<>;,\"()]{1,255}")
_ANSWER = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg|sv|tr)\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    address: str
    weight: Weight
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """`recipients` empty: nothing failed (delivered, relayed, still being tried), or it names nobody."""

    recipients: tuple[FailedRecipient, ...] = ()
    original_ids: tuple[str, ...] = ()  # of the returned message, then what the report answers
    original_token: str | None = None
    original_to: tuple[str, ...] = ()
    returned_id: str | None = None  # Message-ID of the message that came back, if it came back
    returned_subject: str | None = None
    delayed: tuple[str, ...] = ()  # still being tried

    @property
    def weight(self) -> Weight | None:
        if any(one.weight == "hard" for one in self.recipients):
            return "hard"
        return "soft" if self.recipients else None

    def is_foreign_to(self, message_id: str | None, token: str | None, subject: str | None) -> bool:
        """Does it return a message that is not ours? Backscatter and forgeries know an address, not our
        Message-ID, token or subject. A relay may change the Message-ID; it keeps one of the other two."""
        if self.returned_id is None or (token and token == self.original_token):
            return False
        if message_id and message_id in self.original_ids:
            return False
        return _bare(self.returned_subject or "") != _bare(subject or "")


def _bare(subject: str) -> str:
    return " ".join(_ANSWER.sub("", subject).casefold().split())


@dataclass(frozen=True, slots=True)
class _Found:
    failed: tuple[FailedRecipient, ...] = ()
    delayed: tuple[str, ...] = ()
    answered: bool = True  # the report says of somebody what became of it


def read(message: Message, token_header: str) -> Bounce | None:
    """The bounce a message reports; None when it is no delivery report."""
    reports = [part for part in mime.own_parts(message) if part.get_content_type() in _STATUS_TYPES]
    is_report = message.get_content_type() == "multipart/report"
    report_type = str(message.get_param("report-type") or "").lower()
    if reports and (is_report or bounce_prose.from_daemon(message)):
        found = _reported(reports, message)
        return _with_original(message, found if found.answered else _unreported(message), token_header)
    if (is_report and report_type == "delivery-status") or (
        "feedback" not in report_type and bounce_prose.looks_like_one(message)
    ):
        return _with_original(message, _unreported(message), token_header)
    return None


def _reported(parts: list[Message], message: Message) -> _Found:
    """Per-recipient fields of delivery-status parts (RFC 3464, 2.3)."""
    failed: list[FailedRecipient] = []
    delayed: list[str] = []
    answered = False
    for block in (block for part in parts for block in _blocks(part)[:_MOST_BLOCKS]):
        if not (block.get("Final-Recipient") or block.get("Action") or block.get("Status")):
            continue
        answered = True
        action = mime.header(block, "Action").lower().split(" ")[0].strip(" ;")
        status = bounce_words.enhanced(mime.header(block, "Status"))
        if action in _DONE or status.startswith("2."):
            continue
        address = _recipient(block) or one_address(mime.header(message, FAILED_HEADER))
        if action == "delayed":
            delayed.append(address)
        else:
            failed.append(_weighed(block, address, status, message))
    return _Found(tuple(failed), tuple(delayed), answered)


def _weighed(block: Message, address: str, status: str, message: Message) -> FailedRecipient:
    diagnostic = _after_type(mime.header(block, "Diagnostic-Code"))
    status = bounce_words.sharper(status, diagnostic)
    said = diagnostic
    if bounce_words.is_unsaid(status) and not bounce_words.gives_a_reason(diagnostic):
        said = f"{diagnostic}\n{bounce_prose.told(message)}"
    return FailedRecipient(address, bounce_words.weigh(status, said), status, diagnostic[:500])


def _blocks(part: Message) -> list[Message]:
    payload = cast("list[Message] | str", part.get_payload())
    encoded = str(part.get("Content-Transfer-Encoding", "")).lower() in ("base64", "quoted-printable")
    if isinstance(payload, list) and not encoded:
        return payload
    if isinstance(payload, list):
        text = "\n".join(block.as_string() if block.keys() else str(block.get_payload()) for block in payload)
        shell = Message()
        shell["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"])
        shell.set_payload(text)
        text = mime.part_text(shell)
    else:
        text = mime.part_text(part)
    return [HeaderParser().parsestr(block) for block in re.split(r"\n\s*\n", text) if block.strip()]


def _recipient(block: Message) -> str:
    for name in ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient"):
        match = _FIELD_ADDRESS.search(_after_type(mime.header(block, name))[:1000])
        address = match.group().lower() if match else ""
        if address and not address.startswith("imceaex"):
            return address
    return ""


def _after_type(value: str) -> str:
    """`rfc822; a@b.c` → `a@b.c`; `smtp; 550 …` → `550 …`."""
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and " " not in kind.strip() else value.strip()


def _unreported(message: Message) -> _Found:
    """Bounces in prose: the address by header or by flufl.bounce, the weight by what the text says."""
    said = bounce_prose.told(message)
    status = bounce_words.sharper("", said)
    named, temporary = bounce_prose.failed_addresses(message, said)
    if bounce_words.is_delay(f"{mime.header(message, 'Subject')}\n{said}", status):
        return _Found(delayed=tuple(named))
    if not named:
        named = list(_returned_to(message))[:1]
    heavy = bounce_words.gives_a_reason(said) or status
    weight: Weight = bounce_words.weigh(status or "5.0.0", said) if heavy else "soft"
    return _Found(
        tuple(
            FailedRecipient(
                one, "soft" if one in temporary and weight != "hard" else weight, status, said[:500]
            )
            for one in named or [""]
        )
    )


def _returned_to(message: Message) -> Iterator[str]:
    for original in _originals(message):
        yield from (address for _, address in mime.addresses(original, "To"))


def _with_original(message: Message, found: _Found, token_header: str) -> Bounce:
    """What of our own message came back with the report."""
    originals = list(_originals(message))
    ids = [one for original in originals for one in mime.message_ids(original, "Message-ID")]
    returned = next((one for one in originals if mime.message_ids(one, "Message-ID")), None)
    tokens = (mime.header(original, token_header) for original in originals)
    to = [address for original in originals for _, address in mime.addresses(original, "To")]
    answered = mime.message_ids(message, "In-Reply-To") + mime.message_ids(message, "References")
    return Bounce(
        found.failed,
        tuple(dict.fromkeys(ids + answered)),
        next((token for token in tokens if token), None),
        tuple(dict.fromkeys(to)),
        ids[0] if ids else None,
        mime.header(returned, "Subject") if returned is not None else None,
        found.delayed,
    )


def returned_messages(message: Message) -> list[Message]:
    """The messages, or their headers, that a report carries."""
    return list(_originals(message))


def _originals(message: Message) -> Iterator[Message]:
    for part in mime.own_parts(message):
        if part.get_content_type() not in _ORIGINAL_TYPES:
            continue
        payload = cast("list[Message] | str", part.get_payload())
        if isinstance(payload, list) and payload:
            yield payload[0]
        else:
            yield HeaderParser().parsestr(mime.part_text(part).lstrip())
    text = mime.text_of(message).plain
    begins = _BEGINS_HEADERS.search(text)
    if begins:
        yield HeaderParser().parsestr(re.sub(r"(?m)^> ?", "", text[begins.start() :]).split("\n\n")[0])
