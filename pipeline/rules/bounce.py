"""Delivery status notifications: RFC 3464 reports first, then the forms that follow no standard."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from typing import Any, Literal, cast

from flufl import bounce as flufl_bounce

from pipeline.rules import mime

Weight = Literal["hard", "soft"]
_scan: Any = flufl_bounce.scan_message  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "text/rfc822",
)
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail-?daemon|maildelivery|mail delivery|microsoftexchange|bounces?[@+-]|"
    r"mailadmin|mdaemon|delivery[ -]?status|no-?reply.*delivery|^mail@|^bounce",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|failed|problem|has failed|to the following|notification|incomplete|delayed)|delivery of|"
    r"returned (?:mail|to sender)|return(?:ed)? mail|mail delivery|failure notice|non[- ]?delivery|not delivered|"
    r"could not be delivered|couldn't be delivered|undelivered|mail system error|message (?:delayed|you sent blocked)|delayed|"
    r"unzustellbar|nicht zugestellt|zustellung|non remis|échec de la (?:remise|distribution)|non distribuable|no se puede entregar|no entregado|"
    r"notificaci[óo]n de estado|devuelto|mancato recapito|mancata consegna|impossibile recapitare|niet bezorgd|onbestelbaar|"
    r"não (?:foi )?entregue|falha na entrega|kan (?:inte|ikke) leveres|gick inte att leverera|недоставлен|не доставлено|退信|配信|失敗",
    re.IGNORECASE,
)
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BASIC = re.compile(r"(?<![\d.#-])([45]\d\d)(?![\d.])[ -]")
_NO_SUCH = re.compile(
    r"(?:user|recipient|mailbox|account|address|alias|e-?mail)(?: [\w<>@.'\"-]+)? (?:is |was |has been |does |did |could |can )?(?:not|n't|un)[ -]?(?:be )?(?:known|exist|found|valid|available|active|listed|recogni[sz]ed|enabled)|"
    r"unknown (?:user|recipient|address|local|mailbox|account)|(?:user|recipient|address|host|domain|mailbox)\s*unknown|no such (?:user|recipient|mailbox|address|person|account|domain)|"
    r"does ?n[o']t (?:exist|have an? .{0,20}account)|invalid (?:recipient|mailbox|address|user)|recipient ?(?:address )?rejected|"
    r"(?:wasn't|was not|couldn't be|could not be|can't be|cannot be) found|(?:address|mailbox|user|recipient) not found|not found (?:at|by|on)|recipientnotfound|unrouteable address|"
    r"no mailbox (?:here )?by that name|no mailbox here|mailbox (?:is )?(?:unavailable|disabled|inactive|closed|suspended)|"
    r"(?:account|user|mailbox|recipient)[\w\s<>@.'\"-]{0,40} (?:is |has been |was )?(?:disabled|inactive|closed|suspended|deactivated|terminated|discontinued|expired)|"
    r"not a valid (?:user|mailbox|recipient|address)|domain (?:name )?(?:not found|does not exist)|host or domain name not found|name or service not known|"
    r"host not found|nxdomain|bad destination|no such (?:host|domain)|not our customer|user doesn't have|no longer (?:available|valid|in use|accepts)|"
    r"existiert nicht|unbekannte[rn]? (?:empf|benutzer|adress)|nicht (?:gefunden|bekannt|vorhanden)|inconnue?|n'existe pas|introuvable|"
    r"no existe|desconocid|no se (?:ha )?(?:encontr|pudo encontrar)|non esiste|sconosciut|inesistente|bestaat niet|onbekend|não existe|não encontrad|не найден|不存在",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(
    r"(?:mailbox|inbox|account|disk|user|quota|storage|recipient)[\w\s<>@.'\"-]{0,40} (?:is |has |are )?(?:almost )?(?:full|exceeded|over(?:[ -]?its)?[ -]?quota|out of storage)|"
    r"over ?quota|quota ?exceeded|exceed\w* (?:the |its |his |her |their )?(?:\w+ ){0,2}(?:quota|storage|limit)|exceeds? (?:storage|mailbox)|insufficient (?:system )?storage|not enough (?:disk )?(?:space|storage)|"
    r"too (?:large|big|many|much)|size (?:limit|exceed)|message size|temporar|try again|try later|deferred|gr[ea]ylist|time[d]? ?out|"
    r"connection (?:refused|reset|dropped|lost)|retry time|still being retried|spam|junk|block(?:ed|list)|blacklist|black list|dnsbl|spamhaus|policy|reputation|"
    r"content (?:rejected|filter)|unsolicited|\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated|not authenticated|relay(?:ing)? (?:access )?denied|unable to relay|"
    r"rate limit|throttl|loop detected|too many hops|hop count|virus|access denied|not accepting|service (?:unavailable|not available)|"
    r"postfach (?:ist )?voll|speicherplatz|voll\b|pleine|boîte pleine|buz[óo]n lleno|llen[oa]|casella piena|piena\b|vol\b|cheia",
    re.IGNORECASE,
)
# 5.x.x of which the address is not the cause: RFC 3463 and the registry kept by IANA (RFC 5248).
_SOFT_CODES = {"1.7", "1.8", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "3.5", "4.2", "4.3", "4.5", "4.6", "4.7", "4.8", "4.9"}  # fmt: skip
_HARD_CODES = {"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4"}
_DELAYED = re.compile(
    r"\b(?:delayed|has not (?:yet )?been delivered|will (?:keep trying|retry|be retried|continue)|still (?:being )?(?:trying|retried)|"
    r"warning(?: message)? only|you do not need to resend|not been able to deliver yet)\b",
    re.IGNORECASE,
)
_X_FAILED = "X-Failed-Recipients"
_ANY_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    address: str
    weight: Weight
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """`recipients` empty: a report that nothing failed (delivered, relayed), or that names nobody."""

    recipients: tuple[FailedRecipient, ...] = ()
    original_ids: tuple[str, ...] = ()
    original_token: str | None = None
    original_to: tuple[str, ...] = field(default=())

    @property
    def weight(self) -> Weight | None:
        if any(one.weight == "hard" for one in self.recipients):
            return "hard"
        return "soft" if self.recipients else None


def read(message: Message, token_header: str) -> Bounce | None:
    """The bounce a message reports; None when it is no delivery report."""
    reports = [part for part in mime.own_parts(message) if part.get_content_type() in _STATUS_TYPES]
    root = message.get_content_type()
    report_type = str(message.get_param("report-type") or "").lower()
    if reports and (root == "multipart/report" or _from_daemon(message)):
        recipients = [one for part in reports for one in _reported(part, message)]
        return _with_original(message, recipients, token_header)
    if report_type == "delivery-status" and root == "multipart/report":
        return _with_original(message, _unreported(message), token_header)
    if _looks_like_one(message):
        return _with_original(message, _unreported(message), token_header)
    return None


def _from_daemon(message: Message) -> bool:
    senders = [f"{shown} {address}" for shown, address in mime.addresses(message, "From")]
    raw = mime.header(message, "From")
    return mime.header(message, "Return-Path").strip() == "<>" or any(
        _DAEMON.search(one) for one in [*senders, raw]
    )


def _looks_like_one(message: Message) -> bool:
    if message.get(_X_FAILED):
        return True
    return _from_daemon(message) and bool(
        _SUBJECT.search(mime.header(message, "Subject"))
        or re.search(r"qmail-send program|message that you sent could not be|delivery to the following recipient"
                     r"|returned to (?:its )?sender|did not reach|could(?: not|n't) be delivered|was not delivered",
                     mime.text_of(message).plain[:4000], re.IGNORECASE)
    )  # fmt: skip


def _reported(part: Message, message: Message) -> Iterator[FailedRecipient]:
    """Per-recipient fields of a delivery-status part (RFC 3464, 2.3)."""
    blocks = [
        block
        for block in _blocks(part)
        if block.get("Final-Recipient") or block.get("Action") or block.get("Status")
    ]
    for block in blocks:
        action = mime.header(block, "Action").lower().split(" ")[0].strip(" ;")
        status = _enhanced(mime.header(block, "Status"))
        diagnostic = _after_type(mime.header(block, "Diagnostic-Code"))
        if action in ("delivered", "relayed", "expanded") or status.startswith("2."):
            continue
        address = _recipient(block) or _one_address(mime.header(message, _X_FAILED))
        status = _sharper(status, diagnostic)
        weight = "soft" if action == "delayed" else weigh(status, diagnostic or _told(message))
        yield FailedRecipient(address, weight, status, diagnostic[:500])


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
        address = _one_address(_after_type(mime.header(block, name)))
        if address and not address.startswith("imceaex"):
            return address
    return ""


def _one_address(text: str) -> str:
    match = _ANY_ADDRESS.search(text)
    return match.group().lower() if match else ""


def _after_type(value: str) -> str:
    """`rfc822; a@b.c` → `a@b.c`; `smtp; 550 …` → `550 …`."""
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and " " not in kind.strip() else value.strip()


def _enhanced(text: str) -> str:
    match = _ENHANCED.search(text)
    return ".".join(match.groups()) if match else ""


def _sharper(status: str, diagnostic: str) -> str:
    """The code of the diagnostic where the report's own says nothing (5.0.0) or nothing at all."""
    inner = _enhanced(diagnostic)
    if inner and (not status or status.endswith(".0.0")):
        return inner
    if not status:
        basic = _BASIC.search(diagnostic + " ")
        return f"{basic.group(1)[0]}.0.0" if basic else ""
    return status


def weigh(status: str, diagnostic: str) -> Weight:
    """Hard: the address does not exist, never write again. Soft: anything else."""
    if status.startswith("4."):
        return "soft"
    code = status[2:]
    says_no_such, says_temporary = bool(_NO_SUCH.search(diagnostic)), bool(_TEMPORARY.search(diagnostic))
    if code in _SOFT_CODES:
        return "soft"
    if code in _HARD_CODES:
        return "soft" if says_temporary and not says_no_such and code != "1.1" else "hard"
    if re.fullmatch(r"1\.\d+", code):
        return "hard"
    if re.fullmatch(r"[67]\.\d+", code):
        unknown = re.search(
            r"unknown|does ?n[o']t exist|no such|not found|no mailbox", diagnostic, re.IGNORECASE
        )
        return "hard" if unknown and not says_temporary else "soft"
    if says_no_such:
        return "hard"
    if says_temporary:
        return "soft"
    if code == "4.310":
        return "hard"
    return "hard" if code in ("", "0.0", "5.0", "2.0") and status.startswith("5") else "soft"


def _unreported(message: Message) -> list[FailedRecipient]:
    """Bounces in prose: the address by header or by flufl.bounce, the weight by what the text says."""
    told = _told(message)
    status = _sharper(_enhanced(told), told)
    named = [_one_address(part) for part in mime.header(message, _X_FAILED).split(",")]
    temporary: set[str] = set()
    if not any(named):
        soft, hard = _scanned(message)
        named, temporary = sorted(hard | soft), soft - hard
    if not any(named):
        named = [_first_named(told, message)]
    if _DELAYED.search(told) and not status.startswith("5."):
        weight: Weight = "soft"
    elif status or _NO_SUCH.search(told) or _TEMPORARY.search(told):
        weight = weigh(status or "5.0.0", told)
    else:
        weight = "soft"
    return [
        FailedRecipient(
            address, "soft" if address in temporary and weight != "hard" else weight, status, told[:500]
        )
        for address in named
        if address
    ]


def _scanned(message: Message) -> tuple[set[str], set[str]]:
    try:
        temporary, permanent = _scan(message)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return set(), set()
    return {_text(one) for one in temporary}, {_text(one) for one in permanent}


def _text(address: bytes | str) -> str:
    return (address.decode("ascii", "replace") if isinstance(address, bytes) else address).lower()


def _told(message: Message) -> str:
    """What the server says, without the message it sends back."""
    text = mime.text_of(message).plain[:8000]
    return re.split(
        r"(?im)^[-=_ ]*(?:(?:below this line|original message|included is|this is a copy of|message header|"
        r"the (?:body|header|following) of (?:the|your)|------ ).*|return-path:.*|received: .*)$",
        text,
        maxsplit=1,
    )[0]


def _first_named(told: str, message: Message) -> str:
    ours = {address for name in ("To", "From") for _, address in mime.addresses(message, name)}
    found = (match.group().lower() for match in _ANY_ADDRESS.finditer(told))
    return next((address for address in found if address not in ours), "")


def _with_original(message: Message, recipients: list[FailedRecipient], token_header: str) -> Bounce:
    """What of our own message came back with the report."""
    ids: list[str] = []
    to: list[str] = []
    token: str | None = None
    for original in _originals(message):
        ids += mime.message_ids(original, "Message-ID")
        to += [address for _, address in mime.addresses(original, "To")]
        token = token or mime.header(original, token_header) or None
    ids += mime.message_ids(message, "In-Reply-To") + mime.message_ids(message, "References")
    return Bounce(tuple(recipients), tuple(dict.fromkeys(ids)), token, tuple(dict.fromkeys(to)))


def _originals(message: Message) -> Iterator[Message]:
    for part in mime.own_parts(message):
        if part.get_content_type() not in _ORIGINAL_TYPES:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            yield payload[0]
        else:
            yield HeaderParser().parsestr(mime.part_text(part).lstrip())
    text = mime.text_of(message).plain
    begins = re.search(
        r"(?im)^(?:[> ]*)(?:return-path|received|message-id|from|date|dkim-signature|mime-version): .+$", text
    )
    if begins:
        yield HeaderParser().parsestr(re.sub(r"(?m)^> ?", "", text[begins.start() :]).split("\n\n")[0])
