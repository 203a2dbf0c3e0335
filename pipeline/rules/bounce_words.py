"""What servers say of a delivery that failed: status codes and words, in the languages they speak."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from functools import lru_cache
from typing import Literal

Weight = Literal["hard", "soft"]

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# In prose a version number looks the same: a code stands after an SMTP reply, a `#`, a bracket or its name.
_ENHANCED_IN_PROSE = re.compile(
    r"(?:\b[45]\d\d[ \t-]{1,3}|#|[(\[]|\b(?:status|code|error|dsn)\b[ :=(#'\"]{0,4})#?([45])\.([0-7])\.(\d{1,3})(?![\d.])",
    re.IGNORECASE,
)
_BASIC = re.compile(r"(?<![\d.#:/-])([45][0-7]\d)(?![\d.])[ -]")
# The address is not there. The strong say so plainly; the weak may also mean that we are not wanted.
_NO_SUCH = re.compile(
    r"(?:user|recipient|mailbox|account|address(?:ee)?|alias|e-?mail|userid|username)(?:\(?e?s\)?)?(?: (?!is |was |has |does |did |could |can |not |un)[\w<>@.'\"()-]{1,80})? (?:is |was |has been |does |did |could |can |are )?(?:currently )?(?:not|n't|un)[ -]?(?:be )?(?:a )?(?:known|exist|found|valid|available|active|listed|recogni[sz]ed|enabled)|"
    r"unknown (?:or \w+ )?(?:user|recipient|address|addressee|local|mailbox|account|alias|domain|host|virtual)|(?:user|recipient|address|addressee|host|domain|mailbox|account|alias)(?:id)?[ :\"'(<]{0,3}unknown|\bunknown$|no such (?:user|recipient|mailbox|address|person|account|domain|host|local|alias|id\b)|no (?:account|mailbox|user|recipient)s? (?:with|by|of|for|under) (?:that|this|the)|"
    r"(?:does ?n[o']t|do not|doesn.t) (?:appear to )?(?:exist|have an? .{0,30}account)|(?:not|n't) exist\b|non-?exist[ae]nt|invalid (?:or unknown )?(?:recipient|mailbox|address|user|e-?mail|destination|final delivery|account)|bad (?:destination|recipient|address|mailbox)|bad-?rcpt|"
    r"(?:wasn't|was not|couldn't be|could not be|can't be|cannot be|not) found\b.{0,40}(?:$|[.:;)])|not found (?:at|by|on|in)|recipientnotfound|unrouteable|unroutable|not listed in|"
    r"no mailbox (?:here )?by that name|no mailbox (?:here|found)|mailbox (?:is )?(?:unavailable|disabled|inactive|closed|suspended|not here)|"
    r"(?:account|user|mailbox|recipient|address)[\w\s<>@.'\"-]{0,40} (?:is |has |been |was ){0,2}(?:currently )?(?:disabled|inactive|closed|suspended|deactivated|terminated|discontinued|expired|deleted|removed|cancel+ed|invalid|dead|locked|frozen)|"
    r"\bnot a (?:valid|known|local) (?:user|mailbox|recipient|address|e-?mail)|that's not a valid|name service error|domain (?:name )?(?:not found|does not exist)|host or domain name not found|name or service not known|name server: .{0,80}not found|"
    r"host not found|nxdomain|no such (?:host|domain)|not our customer|(?:user|account) does ?n[o']t have|user doesn't have|no longer (?:available|valid|in use|accepts|active|exists|employed|on (?:this )?server)|"
    r"recipient ?(?:address )?rejected: (?:user|undeliverable|unverified|access denied)|is not an? .{0,30}e-?mail users?|unknown or illegal alias|no local user|not a(?:n)? (?:user|account)|unverified address|(?:is )?unreachable for sending|"
    r"existiert nicht|unbekannt|nicht (?:gefunden|bekannt|vorhanden|existent|ermittelt)|inconnue?s?\b|n.existe pas|introuvable|n.a pas (?:été|pu être) trouvé|"
    r"no existe|desconocid|no se (?:ha )?(?:encontr|pudo encontrar)|non esiste|sconosciut|inesistente|non (?:è stato )?(?:trovat|possibile trovare)|bestaat niet|onbekend|niet gevonden|"
    r"não existe|não encontrad|não foi (?:possível encontrar|encontrad)|nie istnieje|nieznany|nie (?:można |został[ao]? )?znalezi|nie ma takiego|neexistuje|neznám|nenalezen|finns inte|hittades inte|okänd|findes ikke|blev ikke fundet|ukendt|finnes ikke|ble ikke funnet|ukjent|"
    r"ei ole olemassa|tuntematon|ei löydy|ei löytynyt|nem létezik|ismeretlen|nu există|bulunamadı|mevcut değil|bilinmeyen|не найден|не существует|неизвестн|нет такого|такого пользователя нет|не зарегистрирован|отключен|заблокирован|не знайдено|не існує|"
    r"不存在|未知(?:の|用户|收件)|找不到|无此用户|無此|査無|存在しません|見つかりません|見つかりませんでした|찾을 수 없|존재하지",
    re.IGNORECASE | re.MULTILINE,
)
_NO_SUCH_WEAK = re.compile(
    r"recipient ?(?:address )?rejected|not accepting mail for|rejected recipient|undeliverable address|invalid .{0,20}address", re.IGNORECASE
)  # fmt: skip
# We, or this message, are not wanted: says nothing about the address.
_BLOCKED = re.compile(
    r"\bspam|junk|\bblock(?:ed|list|ing)|blacklist|black list|denylist|dnsbl|\brbl\b|spamhaus|spamcop|barracuda|cloudmark|\bpolicy\b|policies|reputation|"
    r"content[ -](?:rejected|filter)|filter(?:ed|ing)\b|unsolicited|\bdmarc\b|\bspf\b|\bdkim\b|sender policy framework|unauthenticated|not authenticated|authentication (?:required|check)|relay(?:ing)? (?:access )?(?:denied|not|is )|unable to relay|not permitted to relay|do(?:es)? not relay|we don.t relay|rcpthosts|"
    r"\bvirus|infected|malware|phish|prohibited|banned|suspicious|refused by (?:the )?recipient|not wanted|sender (?:rejected|denied|refused|verif|address rejected)|(?:message|mail|e-?mail) (?:was )?(?:rejected|refused)|bulk mail|mass mail|access denied|not allowed|not authori[sz]ed|"
    r"whitelist|challenge|restricted|permission|(?<!not )listed (?:at|in|on) |blockiert|gesperrt wegen|unerwünscht|abgelehnt|rejeté|bloqué|rechazad|bloquead|rifiutat|geweigerd|odrzucon|отклонен|заблокировано|спам|垃圾|拒绝|スパム|迷惑",
    re.IGNORECASE,
)
# It may go through another day, or in another form.
_TEMPORARY = re.compile(
    r"(?:mailbox|inbox|account|disk|user|quota|storage|recipient|maildir|mail box|folder)[\w\s<>@.'\":()-]{0,60} (?:is |has |are |space )?(?:almost )?(?:full|exceed\w*|over(?:[ -]?its)?[ -]?quota|out of storage|over (?:\w+ )?(?:size )?limit|not enough)|"
    r"over ?quota|over (?:the |its |his |allocated |disk |storage |\w+ )?(?:disk )?quota|quota ?(?:exceeded|violation|full)|exceed\w* (?:the |its |his |her |their |\w+ )?(?:\w+ ){0,2}(?:quota|storage|limit|size)|exceeds? (?:storage|mailbox)|insufficient (?:system |disk )?(?:storage|space|resources)|not enough (?:disk )?(?:space|storage)|no (?:disk )?space|disk full|mailbox(?:es)? size|\bfull mailbox|mailfolder is full|is full\b|full\)|"
    r"too (?:large|big|many|much|long)|size (?:limit|exceed)|message size|temporar|try again|try later|deferred|gr[ea]ylist|time[ds]?[ -]?out|expired|retention|too (?:fast|frequent)|"
    r"connection (?:refused|reset|dropped|lost|closed|fail)|unable to connect|could not connect|couldn't connect|couldn't find any host|establish an? smtp connection|not reachable|unreachable|network|retry time|still being retried|queue too long|queue (?:life)?time|maximum time|delivery attempts|maximum (?:delivery )?attempts|"
    r"rate limit|throttl|loop|too many hops|hop count|not accepting|service (?:currently |temporarily |is )?(?:unavailable|not available)|local (?:error|configuration)|system error|internal error|config(?:uration)? error|i/o error|error writing|maildir delivery failed|can't create|cannot open|protocol error|syntax error|unavailable at this time|unavailable for some time|"
    r"postfach (?:ist )?(?:voll|überfüllt)|speicherplatz|überschritten|\bvoll\b|pleine|dépass|quota|buz[óo]n (?:está )?llen|llen[oa]\b|casella (?:è )?piena|\bpiena\b|\bvol\b|cheia|przepełnion|pełn[ay]|plná|fullt?\b.{0,12}postl|täynnä|megtelt|dolu\b|переполнен|превышен|已满|容量|満杯|いっぱい|가득",
    re.IGNORECASE,
)
# 5.x.x of which the address is not the cause: RFC 3463 and the registry kept by IANA (RFC 5248).
_SOFT_CODES = frozenset(
    [
        "1.7",
        "1.8",
        "2.2",
        "2.3",
        "2.4",
        "3.1",
        "3.2",
        "3.3",
        "3.4",
        "3.5",
        "4.2",
        "4.3",
        "4.5",
        "4.6",
        "4.7",
        "4.8",
        "4.9",
    ]
)
_HARD_CODES = frozenset(["1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4"])
_UNSAID = frozenset(("", "0.0", "5.0", "2.0"))
_DELAYED = re.compile(
    r"\b(?:(?:is|was|been|being|mail|message|delivery) delayed|has not yet been delivered|will (?:keep trying|retry|be retried|continue|try again|be re-?attempted)|still (?:being )?(?:trying|retried)|"
    r"warning(?: message)? only|(?:do not|don't|no) need to re-?send|not been able to deliver (?:\w+ )?yet|delivery attempts will (?:be )?continue|"
    r"(?:could|has) not (?:yet )?be(?:en)? delivered for \d|verzögert|retardée?|en retard|retrasad|ritardat|vertraagd|atrasad|försenat|forsinket|opóźnion)",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"permanent(?:ly)? (?:error|fail)|failed permanently|given? up|giving up|not going to try|undeliverable|delivery (?:has )?failed|returned to sender",
    re.IGNORECASE,
)


def enhanced(text: str) -> str:
    """An enhanced status code (RFC 3463) in a field that holds one; empty without."""
    match = _ENHANCED.search(text)
    return ".".join(match.groups()) if match else ""


def sharper(status: str, diagnostic: str) -> str:
    """The code of the diagnostic where the report's own says nothing (5.0.0) or nothing at all."""
    match = _ENHANCED_IN_PROSE.search(diagnostic) or _leading(diagnostic)
    inner = ".".join(match.groups()) if match else ""
    if inner and (not status or status.endswith(".0.0")):
        return inner
    if not status:
        basic = _BASIC.search(diagnostic + " ")
        return f"{basic.group(1)[0]}.0.0" if basic else ""
    return status


def _leading(diagnostic: str) -> re.Match[str] | None:
    return re.match(r"\W{0,3}([45])\.([0-7])\.(\d{1,3})(?![\d.])", diagnostic)


def is_delay(told: str, status: str) -> bool:
    """Still being tried: nothing has failed yet."""
    return not status.startswith("5.") and bool(_DELAYED.search(told)) and not _GIVEN_UP.search(told)


def is_unsaid(status: str) -> bool:
    """Does the code leave open what is wrong?"""
    return status[2:] in _UNSAID


def names_no_such_address(told: str) -> bool:
    return _reasons(told)[0]


def gives_a_reason(told: str) -> bool:
    return any(_reasons(told))


@lru_cache(maxsize=8)
def _reasons(told: str) -> tuple[bool, bool, bool, bool]:
    """Absent, blocked, temporary, perhaps absent."""
    absent, blocked, temporary, weak = (
        bool(pattern.search(told)) for pattern in (_NO_SUCH, _BLOCKED, _TEMPORARY, _NO_SUCH_WEAK)
    )
    return absent, blocked, temporary, weak


def weigh(status: str, diagnostic: str) -> Weight:
    """Hard: the address does not exist, never write again. Soft: anything else."""
    code = status[2:]
    if status.startswith("4.") or code in _SOFT_CODES:
        return "soft"
    absent, blocked, temporary, weak = _reasons(diagnostic)
    if code == "4.1":  # Exchange Online: "Recipient address rejected: Access denied" is its "no such address"
        return "hard" if absent or weak else "soft"
    if re.fullmatch(r"[67]\.\d+", code):
        return "hard" if absent and not blocked and not temporary else "soft"
    if code in _HARD_CODES or re.fullmatch(r"1\.\d+", code):
        return "soft" if (blocked or temporary) and not absent else "hard"
    if absent:
        return "soft" if blocked and not re.match(r"5\.[15]\.", status) else "hard"
    if blocked or temporary:
        return "soft"
    if code == "4.310" or weak:
        return "hard"
    return "hard" if code in _UNSAID and status.startswith("5") else "soft"
