"""What a person wrote, without the message they answered, their signature and their disclaimer."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

from mailparser_reply import EmailReplyParser

MAX_CHARACTERS = 20_000
_LONGEST_FOR_PARSER = 4_000
# "On … wrote:" and its sisters; they may run over three lines.
_WROTE = re.compile(
    r"^[>\s*]*(?:on|am|le|el|il|op|em|den|dne|w dniu|vào|в|på|pe|kl\.?|d\.|ons|tis|tor|mån|fre|lör|sön|\d{1,4}[-./年])"
    r".{0,300}?(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napsal\(?a?\)?|napisał\(?a?\)?|pisze|"
    r"kirjoitti|írta|a scris|пише(?:т)?|написал\(?а?\)?|写道|のメール)\s*(?:[^\n]{0,120})?[::]\s*$",
    re.IGNORECASE | re.DOTALL,
)
# Any language: an address and a year or time of day, and a colon at the end.
_ADDRESSED = re.compile(
    r"^[>\s*]*(?=[^\n]*[<(][\w.+-]+@[\w.-]+[>)])(?=[^\n]*(?:\b20\d\d\b|\d{1,2}[:.]\d\d))[^\n]{10,400}[::]\s*$"
)
_DATED = re.compile(r"\b20\d\d\b|\d{1,2}[:.]\d\d|@[\w-]+\.")
_NAME_WROTE = re.compile(
    r"^[>\s*]*(?:[-]{2,}\s*on .{5,300} wrote\s*[-]{2,}|[^\n]{2,80}<[^\s<>]+@[^\s<>]+>\s*(?:wrote|schrieb|a écrit|escribió|"
    r"ha scritto|schreef|escreveu|skrev|pisze|написал)[^\n]{0,80}[::])\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^\s*(?:[-_*]{2,}\s*(?:original message|original appointment|forwarded message|ursprüngliche nachricht|"
    r"originalnachricht|weitergeleitete nachricht|message d'origine|message original|message transféré|"
    r"mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    r"mensagem original|ursprungligt meddelande|reply above this line)\s*[-_*]{0,}|_{20,}|-{30,}|={30,}|begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"^[*\s]*(?:from|von|de|da|van|från|fra|od|lähettäjä|отправитель|发件人|差出人)\s*\*?\s*[::]\s*\*?.+",
    re.IGNORECASE,
)
_NEXT_FIELD = re.compile(
    r"^[*\s]*(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado(?: el)?|fecha|para|asunto|"
    r"inviato|data|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|assunto|发送时间|收件人|主题|送信日時|宛先|件名)"
    r"\s*\*?\s*[::]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:--\s*$|sent from my |sent from outlook|get outlook for |sent via |von meinem .{2,30} gesendet|"
    r"gesendet (?:von|mit) |envoyé de(?:puis)? mon|envoyé à partir de|enviado desde mi|inviato da|verstuurd vanaf|"
    r"enviado do meu|skickat från min|sendt fra min|diese (?:e-?mail|nachricht) (?:enthält|ist vertraulich)|"
    r"(?:confidentiality notice|disclaimer|this (?:e-?mail|message)(?:,? and any (?:attachments|files)[^.]{0,40})? (?:is|are|contains|may contain) (?:confidential|intended)|"
    r"the information (?:contained )?in this (?:e-?mail|message)))",
    re.IGNORECASE,
)
_PARSER = EmailReplyParser(languages=["en", "de", "fr", "es", "it", "nl"])


def own_words(text: str) -> str:
    """The newest words of a mail. Where everything looks quoted, the text that is not marked with `>`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")[:MAX_CHARACTERS].split("\n")
    kept = "\n".join(_unquoted(lines)).strip()
    if kept and len(kept) <= _LONGEST_FOR_PARSER:
        kept = (_PARSER.parse_reply(kept) or kept).strip()
    return re.sub(r"\n{3,}", "\n\n", kept)


def has_quote(text: str) -> bool:
    """Does the mail carry the message it answers?"""
    lines = text[:MAX_CHARACTERS].split("\n")
    return any(line.startswith(">") or _begins_quote(lines, index) for index, line in enumerate(lines))


def _unquoted(lines: list[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.lstrip().startswith(">"):
            index += 1
            continue
        height = _begins_quote(lines, index)
        if height:
            if not _quoted_follows(lines, index + height):
                break
            index += height
            continue
        if _SIGNATURE.match(line.strip()) and any(word.strip() for word in kept):
            index = _end_of_signature(lines, index)
            continue
        kept.append(line)
        index += 1
    return kept


def _begins_quote(lines: list[str], index: int) -> int:
    """How many lines the head of a quoted message has here; 0 where none begins."""
    line = lines[index]
    if not line.strip():
        return 0
    if _SEPARATOR.match(line):
        return 1
    if _FROM.match(line) and any(_NEXT_FIELD.match(after) for after in lines[index + 1 : index + 4]):
        return 1
    dated = bool(_DATED.search(line))
    for height in (1, 2, 3):
        part = lines[index : index + height]
        head = " ".join(one.strip() for one in part)
        if len(head) > 500 or not all(one.strip() for one in part):
            return 0
        if _WROTE.match(head) or _NAME_WROTE.match(head) or (dated and _ADDRESSED.match(head)):
            return height
    return 0


def _quoted_follows(lines: list[str], index: int) -> bool:
    """Is the quotation marked line by line, so that what comes after it is an answer below?"""
    following = [line for line in lines[index : index + 4] if line.strip()]
    return bool(following) and following[0].lstrip().startswith(">")


def _end_of_signature(lines: list[str], index: int) -> int:
    """A signature goes on until a quotation, or to the end."""
    for later in range(index + 1, len(lines)):
        if lines[later].lstrip().startswith(">") or _begins_quote(lines, later):
            return later
    return len(lines)
