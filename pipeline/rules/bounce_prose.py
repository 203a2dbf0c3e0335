"""Delivery reports that follow no standard: is it one, and whom does it name?"""
# ruff: noqa: E501 (patterns are easier to read whole)

import logging
import re
from email.message import Message
from typing import Any

from flufl import bounce as flufl_bounce

from pipeline.rules import bounce_words, mime

FAILED_HEADER = "X-Failed-Recipients"
LONGEST = 5_000
# It logs a traceback for every odd header that one of its detectors trips over, and goes on.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
_failures: Any = flufl_bounce.all_failures  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_DAEMON = re.compile(
    r"mailer[-_.]?daemon|mail[-_]?daemon|postmaster|maildelivery|mail delivery|mail administrator|microsoftexchange|(?:^|<|\s)bounces?[@+-]|"
    r"mailadmin|mdaemon|delivery[ -]?status|no-?reply.*delivery|^mail@|^bounce|system administrator|(?:e-?mail|mail) (?:system|server|router)|internet mail|(?:^|<)(?:imss|virusadmin|smtp|mta|mmdf)@|courier mail server",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|failed|problem|has failed|to the following|notification|incomplete|delayed|report|error|unsuccessful)|delivery of|failure delivery|failed delivery|unable to deliver|"
    r"returned (?:mail|to sender|e-?mail|message)|return(?:ed)? mail|mail delivery|failure notice|nondeliver|non[- ]?delivery|not delivered|mail (?:returned|failed|failure|error|could not)|failed (?:mail|message)|returning to sender|processing error|error during delivery|(?:message|mail|e-?mail) (?:status|rejected|delivery|undelivered)|"
    r"could not be delivered|couldn't be delivered|can ?not be delivered|undelivered|mail system error|message (?:delayed|you sent blocked)|delayed|warning: (?:message|could not)|(?:user|recipient|address) unknown|unknown (?:user|recipient)|bounced? (?:mail|e-?mail|message)|mail bounce|"
    r"unzustellbar|nicht zustellbar|nicht zugestellt|zustellung|zustellbericht|unzustell|non[ -]?remis|échec de (?:la |l'|)(?:remise|distribution|livraison|envoi)|non distribu|non délivré|retour à l.expéditeur|no se puede entregar|no entregad|no se ha podido entregar|error de entrega|entrega fallida|"
    r"notificaci[óo]n de estado|devuelto|correo devuelto|mancato recapito|mancata consegna|non recapitabile|impossibile recapitare|recapito non|niet bezorgd|onbestelbaar|niet afgeleverd|aflever|"
    r"não (?:foi )?entregue|não é possível entregar|falha (?:na|de) entrega|entrega (?:de )?.{0,20}falh|notificação de estado|kan (?:inte|ikke) lever|gick inte att leverera|ej levererbar|olevererbar|leveransfel|ikke leveres|kunne ikke leveres|leveringsfejl|"
    r"nie można dostarczyć|niedostarcz|niedoręcz|zwrot|ei voi toimittaa|toimitus epäonnistui|perille toimittamaton|nelze doručit|nedoruč|kézbesíthetetlen|nem kézbesíthető|nu poate fi livrat|teslim edileme|gönderilemedi|μη παραδ|"
    r"недоставлен|не доставлен|невозможно доставить|сбой доставки|не удалось доставить|退信|退回|配信(?:エラー|不能|失敗|できません)|送信(?:エラー|失敗)|无法(?:投递|送达|传递)|投递失败|發送失敗|传递状态|未送達|配達不能|반송|배달 ?(?:되지|실패)",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"qmail-send program|mail ?(?:delivery|transport) (?:software|agent|system|subsystem)|message that you sent (?:could|has) not|delivery to the following (?:recipient|address)|following (?:recipient|address)\S* (?:could|can|failed|was|were|had|has)|"
    r"returned to (?:its |the )?sender|did not reach|(?:could(?: not|n't)|can ?not|can't|unable to|wasn't able to|was not able to|not possible to|failed to|fails? to) (?:be )?deliver|was not delivered|were not delivered|not be delivered|has not been delivered|undeliverable|delivery (?:has )?failed|failed permanently|"
    r"(?:recipient|user|address) (?:unknown|not found|does not exist)|unknown (?:user|recipient)|permanent(?:ly)? (?:error|fail)|delivery problem|(?:mailbox|account|inbox) (?:is )?(?:full|over quota|unavailable|disabled)|over quota|automatically rejected|not a valid user|encountered delivery|"
    r"(?:konnte|kann|wurde)[^.\n]{0,60}nicht[^.\n]{0,30}(?:zugestellt|übermittelt)|nicht zustellbar|n'a pas (?:pu être|été) (?:remis|distribu|livr|délivr)|impossible de (?:remettre|distribuer|livrer)|no se (?:ha podido|pudo|puede) entregar|no ha podido ser entregado|impossibile (?:recapitare|consegnare)|non (?:è stato|può essere) (?:recapitat|consegnat)|"
    r"(?:kan|kon) niet (?:worden )?(?:bezorgd|afgeleverd)|não (?:foi possível|pôde ser) entreg|kunde inte levereras|kunne ikke leveres|nie (?:mogła|została|można)[^.\n]{0,30}(?:dostarcz|doręcz)|nebyl[ao]? doručen|teslim edilemedi|не (?:может быть|была|удалось) (?:доставл|достав)|невозможно доставить|"
    r"无法(?:投递|送达|传递|被?发送)|無法(?:投遞|傳送)|投递失败|配信できません|送信できません|届けられません|配信されません",
    re.IGNORECASE,
)
# With these nothing in the sender or the subject need say so: nobody writes like this by hand.
_MACHINE = re.compile(
    r"qmail-send program|created automatically by (?:the )?(?:mail|system)|message that you sent could not be delivered|this is the mail (?:system|delivery) |automatically generated (?:delivery status|non-?delivery)|"
    r"(?:could not|unable to|failed to) deliver (?:your )?(?:message|mail|e-?mail) to (?:the following|<|one or more)|"
    r"following (?:recipient|address)\S* (?:could not be reached|had permanent fatal errors|failed|was not delivered)|message to .{3,80} was automatically rejected|transcript of session follows|failed recipient ?:|remote host said ?:|"
    r"delivery (?:to the following recipients?|status notification) ?(?:has )?(?:been )?failed",
    re.IGNORECASE,
)
_QUEER_USER = re.compile(
    r"\b(?:not a valid (?:user|mailbox|recipient|address)|(?:unknown|no such|invalid) (?:user|mailbox|recipient)|(?:user|recipient|mailbox) (?:unknown|not found)|mailbox (?:is )?(?:full|unavailable)|over quota|5\d\d[ -]#?5\.\d\.\d)",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|rv|fwd?|wg|tr|rif|odp|ynt)\s*(?:\[\d+\])?\s*[:\uff1a]", re.IGNORECASE
)
_ANY_ADDRESS = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NAMED = re.compile(
    r"^(?:[ \t*•·-]{0,12}|.{0,60}(?:recipients?|address(?:ee|ed)?|rcpt|user|deliver\w*|mailbox|empf\w+|destinat\w+|sent mail|to)\b[^\n@]{0,60}?)[\"'<(\[]{0,2}(?:mailto:)?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED = re.compile(
    r"^[-=_* ]*(?:(?:below this line|original message|unsent message|returned message|included is|this is a copy of|message headers?\b|message header|"
    r"header of the|the (?:body|header|headers|following) (?:of|and)|a copy of the original|your message reads|-+ ?(?:original|copy|transcript of message)|attached is|ursprüngliche nachricht|en-têtes|encabezados).*|return-path:.*|received: .*)$",
    re.IGNORECASE | re.MULTILINE,
)


def from_daemon(message: Message) -> bool:
    raw = mime.header(message, "From")
    return null_sender(message) or bool(_DAEMON.search(raw[:500]))


def null_sender(message: Message) -> bool:
    return mime.header(message, "Return-Path").strip() == "<>" or mime.header(message, "From").strip() == "<>"


def looks_like_one(message: Message) -> bool:
    """Is a message without a machine-readable part a delivery report all the same?"""
    if message.get(FAILED_HEADER):
        return True
    subject = mime.header(message, "Subject")[:500]
    text = mime.text_of(message).plain[:4000]
    says_subject = bool(_SUBJECT.search(subject))
    if _DAEMON.search(mime.header(message, "From")[:500]):
        return says_subject or bool(_STATEMENT.search(text)) or bool(_MACHINE.search(text))
    if _ANSWERED.match(subject):
        return False
    if null_sender(message) and (says_subject or _MACHINE.search(text[:1500])):
        return bool(
            _STATEMENT.search(text) or _MACHINE.search(text) or bounce_words.names_no_such_address(text)
        )
    if null_sender(message) and len(text) < 600 and _QUEER_USER.search(text) and _ANY_ADDRESS.search(text):
        return True
    if not says_subject or message.get("In-Reply-To") or not _ANY_ADDRESS.search(text):
        return False
    return bool(_MACHINE.search(text[:1500]) or _STATEMENT.search(text[:1500]))


def told(message: Message) -> str:
    """What the server says, without the message it sends back."""
    text = mime.text_of(message).plain[:LONGEST]
    return _RETURNED.split(text, maxsplit=1)[0] or text[:2000]


def failed_addresses(message: Message, said: str) -> tuple[list[str], set[str]]:
    """The addresses a report in prose names, and those of them with which only time is the matter."""
    named = [one_address(part) for part in mime.header(message, FAILED_HEADER).split(",")]
    if any(named):
        return [one for one in named if one], set()
    soft, hard = _scanned(message)
    if hard or soft:
        return sorted(hard | soft), soft - hard
    return _named_in(said, message), set()


def _named_in(said: str, message: Message) -> list[str]:
    ours = {
        address
        for name in ("To", "From", "Reply-To", "Sender")
        for _, address in mime.addresses(message, name)
    }
    begins = [match.group(1).lower().strip(".") for match in _NAMED.finditer(said)]
    anywhere = [match.group().lower().strip(".") for match in _ANY_ADDRESS.finditer(said)]
    for found in (begins, anywhere):
        useful = [one for one in dict.fromkeys(found) if one not in ours and not _DAEMON.search(one)]
        if useful:
            return useful[: 20 if found is begins else 1]
    return []


def _scanned(message: Message) -> tuple[set[str], set[str]]:
    """What flufl.bounce knows of odd mail servers."""
    try:
        found = _failures(message if _is_small(message) else _shortened(message))
        temporary, permanent = {_text(one) for one in found[0]}, {_text(one) for one in found[1]}
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return set(), set()
    return {one for one in temporary if one}, {one for one in permanent if one}


def _is_small(message: Message) -> bool:
    """Its detectors look at every line, those of the returned message too."""
    sizes = (
        len(payload) for part in mime.own_parts(message) if isinstance(payload := part.get_payload(), str)
    )
    return sum(sizes) <= LONGEST


def _shortened(message: Message) -> Message:
    shell = Message()
    for name in ("From", "To", "Subject", "X-Mailer"):
        shell[name] = mime.header(message, name)
    shell.set_payload(told(message))
    return shell


def _text(address: bytes | str) -> str:
    written = address.decode("ascii", "replace") if isinstance(address, bytes) else address
    return one_address(written) or ""


def one_address(text: str) -> str:
    match = _ANY_ADDRESS.search(text[:2000])
    return match.group().lower() if match else ""
