"""When somebody who is away comes back, by the words of their automatic answer."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.rules.calendar_words import MONTHS, WEEKDAYS

FURTHEST = timedelta(days=400)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted((name for name in WEEKDAYS if name not in ("mo", "mon")), key=len, reverse=True))
_BEFORE = rf"(?:(?:{_WEEKDAY}|mon?|di|mi|do|fri?|sa|sat|so|sun|wed|lun|mar|mer|jeu|ven|pon|wt|śr|czw|pt|пн|вт|ср|чт|пт)\b[.,]?\s*(?:(?:den|dem|the|el|le|il|dia|de)\s+)?)?"
_DATE = (
    rf"{_BEFORE}(?:"
    r"(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})"
    r"|(?P<cy>\d{4})[/.](?P<cm>\d{1,2})[/.](?P<cd>\d{1,2})(?!\d)"
    r"|(?:(?P<jy>\d{4})\s?[年년]\s?)?(?P<jm>\d{1,2})\s?[月월]\s?(?P<jd>\d{1,2})\s?[日号일]"
    r"|(?P<pd>\d{1,2})\.\s?(?P<pm>\d{1,2})\.(?:\s?(?P<py>\d{4}|\d{2})(?!\d))?"
    r"|(?P<s1>\d{1,2})(?P<sep>[/-])(?P<s2>\d{1,2})(?:(?P=sep)(?P<sy>\d{4}|\d{2}))?(?!\d)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|:e|e|\.|º|°)?\s*(?:of\s+|de\s+)?(?P<m1>{_MONTH})\b\.?,?(?:\s+(?:de\s+)?(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\b\.?\s+(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|-?\w?n)?\b(?!\d)(?:,?\s+(?P<y2>\d{{4}}))?"
    r")"
)
_SMALL = (
    r"\s*(?:[:,]|on|the|from|again|als|am|ab|den|dem|zum|und mit|einschließlich|einschliesslich|inclusive|including|"
    r"le|el|il|al|du|au|dia|día|op|en met|and including|be|in|office|work|of|next|bureau|büro|buro|ufficio|later|than|"
    r"at|my desk|online|morning|until|til|before|after|start|date|return|back|by|och med|og med|dnia|do dnia|dne|включительно)*\s*"
)
# The strongest first: when one says "back", then until when.
_BACK = (
    r"(?:\bback\b(?! to (?:you|him|her|them|every|all))|\breturn(?:ing|s)?\b|\bavailable again\b|\bresum\w+\b|\bin the office again\b|\bwieder\b|\bzurück\b|\brückkehr\b|\bzurueck\b|"
    r"\berreichbar ab\b|\bde retour\b|\bretour\b|\breviens\b|\breviendrai\b|\bserai de retour\b|\bà partir du\b|\bregres\w*|\bvuelvo\b|"
    r"\bvolver\w*|\bde vuelta\b|\bincorpor\w*|\ba partir d[eo]l?\b|\brientr\w*|\btorn\w+|\bdi nuovo\b|\bterug\b|\bweer (?:bereikbaar|aanwezig)\b|\bvoltar\w*|\bvolto\b|"
    r"\bretorn\w+|\bde volta\b|\btillbaka\b|\båter\b|\btilbage\b|\btilbake\b|\bpaikalla\b|\bpalaan\b|\btavoitettavissa\b|\bwracam\b|\bwrócę\b|\bpowr[oó]\w+|\bz powrotem\b|\bbędę dostępn\w+|"
    r"\bvrát\w+|\bzpět\b|\bopět\b|\bверн\w+|\bвыйду\b|\bбуду (?:снова |на )\w*|\bснова\b|\bповерн\w+|\bdön\w+|\bofiste\b|\bújra\b|\brevin\b|\bmă întorc\b|\bεπιστρέφω\b|\bεπιστροφή\w*)"
)
_UNTIL = (
    r"(?:\buntil\b|\btill?\b|\bthrough\b|\bthru\b|\bto\b|\bup to\b|\bending\b|\bbis\b|\bjusqu['’ ]?(?:au|à)\b|\bau\b|\bhasta\b|"
    r"\bal\b|\bfino a(?:l|d)?\b|\btot\b|\bt/m\b|\baté\b|\bao?\b|\btill och med\b|\bt\.?o\.?m\.?|\btil og med\b|\bt\.o\.m\.|\bindtil\b|\btil\b|\bto include\b|\bdo\b|\baž do\b|\bпо\b|\bдо\b|\bpână\b|\bέως\b|[–—~～至到-])"
)
_AFTERWARDS = (
    r"\s?(?:\([^)\n]{1,6}\)|（[^)）\n]{1,6}）)?[^.\n。]{0,14}?(?:まで|に(?:戻|復帰|出社|帰)|から(?:出社|通常|復帰|勤務|業務)|より(?:出社|通常)|以降|返回|回来|回到|返工|恢复|之前|为止|前不|까지|부터|복귀|"
    r"kadar|(?:günü|tarihinde|'[td][ae]|’[td][ae]).{0,30}(?:dön|ofiste|burada)|saakka|\basti\b|-ig\b|-én|-án)"
)
_BACK_DATE = re.compile(
    rf"(?:{_BACK}(?:[^.\n]|\.(?=\d)){{0,40}}?|\bab(?: dem| den)?\s+|\b(?:as of|starting|effective|från och med|fr\.?o\.?m\.?|fra og med|od dnia|alkaen)\s+)" + _DATE, re.IGNORECASE
)  # fmt: skip
_UNTIL_DATE = re.compile(_UNTIL + _SMALL + _DATE, re.IGNORECASE)
_DATE_UNTIL = re.compile(_DATE + _AFTERWARDS, re.IGNORECASE)
_DAY_ONLY = re.compile(
    rf"(?:{_BACK}|\bab\b|\buntil\b|\btill\b|\bbis\b|\bjusqu['’]?(?:au|à)?\b|\bhasta\b|\bfino a\b|\btot\b|\baté\b|\btil\b|\bdo\b|\bдо\b)(?:[^.\n\d]){{0,25}}?(?<!\w)(?P<day>{_WEEKDAY})(?!\w)"
    r"(?!\s*[,.]?\s*(?:den\s+|the\s+)?\d)",
    re.IGNORECASE,
)
_TOMORROW = re.compile(
    rf"{_BACK}[^.\n]{{0,20}}\b(?:tomorrow|morgen|demain|mañana|domani|amanhã|i morgon|i morgen|huomenna|jutro|zítra|завтра|yarın)\b|明日|明天",
    re.IGNORECASE,
)
_NEXT_WEEK = re.compile(
    rf"{_BACK}[^.\n]{{0,20}}\b(?:next week|nächste(?:r|n)? woche|kommende woche|la semaine prochaine|la próxima semana|la semana que viene|la prossima settimana|settimana prossima|volgende week|na próxima semana|nästa vecka|næste uge|neste uke|ensi viikolla|w przyszłym tygodniu|příští týden|на следующей неделе|gelecek hafta)\b|来週|下周",
    re.IGNORECASE,
)
_IN_A_WHILE = re.compile(
    rf"{_BACK}[^.\n]{{0,20}}\b(?:in|dans|en|tra|over|om|за|через) (?P<many>\d{{1,2}}|an?|one|two|three|eine[rm]?|zwei|drei|une?|deux|trois|una?|dos|tres|due|tre|een|twee|drie|två|to) "
    r"(?P<unit>days?|tage?n?|jours?|d[ií]as?|giorni|dagen|dagar|weeks?|wochen?|semaines?|semanas?|settiman[ae]|we(?:ek|ken)|veck(?:a|or))\b",
    re.IGNORECASE,
)
_NUMBERS = {"two": 2, "three": 3, "zwei": 2, "drei": 3, "deux": 2, "trois": 3, "dos": 2, "tres": 3, "due": 2, "tre": 3, "twee": 2, "drie": 3, "två": 2, "to": 2}  # fmt: skip
_GONE = re.compile(
    r"\b(?:(?:is|am|are|has|does|do)?\s?(?:no longer|not) (?:works?|working|employed|with (?:the company|us|our|\w+ (?:inc|ltd|gmbh|llc|group))|part of (?:the|our)|at (?:the company|our company|this company)|an employee)\b|no longer (?:works?|working|employed|with|at|part of)|(?:has|have|'ve|had) (?:now |since |recently )?left (?:the )?(?:company|organi[sz]ation|business|firm|us\b|our|my (?:role|position)|(?-i:[A-Z]\w+))|"
    r"left the (?:company|organi[sz]ation|firm|business)|(?:has|have) (?:retired|resigned|moved on|departed)|(?:my )?last (?:working )?day (?:at|with) .{1,40} was|nicht mehr (?:für|bei|im unternehmen|in unserem|im hause|teil|tätig|beschäftigt)|hat (?:das|unser|die) (?:unternehmen|haus|firma) verlassen|habe (?:das|unser|die) (?:unternehmen|haus|firma) verlassen|"
    r"ausgeschieden|ne (?:travaille|fait) plus|a quitté (?:la société|l['’]entreprise|ses fonctions|notre|le groupe)|n['’]est plus (?:en poste|dans|chez|salarié)|ya no (?:trabaj\w+|forma parte|pertenece|est[áa] en)|ha dejado (?:la empresa|de trabajar)|"
    r"non (?:lavora|fa|è) più|ha lasciato l['’]azienda|niet (?:meer|langer) (?:werkzaam|in dienst|bij)|(?:werkt|is) (?:hier )?niet (?:meer|langer)|uit dienst|não (?:trabalha|faz|integra) mais|já não (?:trabalha|faz)|deixou a empresa|arbetar inte längre|har slutat|jobbar inte (?:längre|kvar)|"
    r"(?:er|arbejder) ikke længere|er (?:sluttet|fratrådt)|jobber ikke lenger|har sluttet|ei (?:ole|työskentele) enää|nie pracuje już|już nie pracuje|nie jest już|již ne(?:pracuje|ní)|už nepracuje|больше не работа\w+|уволи\w+|artık (?:şirketimizde )?çalışm\w+|ayrılmıştır|已离职|已經離職|退職(?:いたし|し)|퇴사|"
    r"this (?:mailbox|address|account|e-?mail) is no longer (?:monitored|in use|active|valid|used)|diese (?:adresse|e-?mail-?adresse) (?:ist nicht mehr|wird nicht mehr))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Away:
    """`returns_on`: the day of return, None where none is stated or it could be read in two ways."""

    returns_on: date | None
    gone: bool = False  # the person has left for good


def read(text: str, received_on: date) -> Away:
    """What an automatic answer, received on that day, says of somebody's return."""
    text = text[:10_000]
    if _GONE.search(text):
        return Away(None, gone=True)
    for pattern in (_BACK_DATE, _UNTIL_DATE, _DATE_UNTIL):
        readings = [_read(match, received_on) for match in pattern.finditer(text)]
        found = list(_plausible(readings, received_on))
        if found:
            return Away(max(found))
        if any(reading is None for reading in readings):
            return Away(None)
    return Away(_relative(text, received_on))


def _plausible(readings: Iterable[date | None], received_on: date) -> Iterable[date]:
    return (day for day in readings if day is not None and received_on <= day <= received_on + FURTHEST)


def _read(match: re.Match[str], received_on: date) -> date | None:
    """The date of a match; None when day and month could change places."""
    found = match.groupdict()
    if found["im"]:
        return _day(found["iy"], int(found["im"]), int(found["id"]), received_on)
    for year, month, day in (("cy", "cm", "cd"), ("jy", "jm", "jd")):
        if found[month]:
            return _day(found[year], int(found[month]), int(found[day]), received_on)
    if found["pm"]:
        return _day(found["py"], int(found["pm"]), int(found["pd"]), received_on)
    if found["s1"]:
        return _slashed(int(found["s1"]), int(found["s2"]), found["sy"], received_on)
    month = found["m1"] or found["m2"]
    return _day(
        found["y1"] or found["y2"], MONTHS[month.lower()], int(found["d1"] or found["d2"]), received_on
    )


def _slashed(first: int, second: int, year: str | None, received_on: date) -> date | None:
    if first == second or (first > 12 and second <= 12):
        return _day(year, second, first, received_on)
    if second > 12 and first <= 12:
        return _day(year, first, second, received_on)
    return None


def _day(year: str | None, month: int, day: int, received_on: date) -> date | None:
    """Without a year: the next such day, or one just past."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        near = date(received_on.year, month, day)
        return near if near >= received_on - timedelta(days=120) else date(received_on.year + 1, month, day)
    except ValueError:
        return None


def _relative(text: str, received_on: date) -> date | None:
    if _TOMORROW.search(text):
        return received_on + timedelta(days=1)
    match = _DAY_ONLY.search(text)
    if match:
        ahead = (WEEKDAYS[match["day"].lower()] - received_on.weekday()) % 7 or 7
        return received_on + timedelta(days=ahead)
    while_ = _IN_A_WHILE.search(text)
    if while_:
        many = while_["many"].lower()
        days = int(many) if many.isdigit() else _NUMBERS.get(many, 1)
        return received_on + timedelta(days=days * (1 if while_["unit"][0].lower() in "dtjg" else 7))
    if _NEXT_WEEK.search(text):
        return received_on + timedelta(days=7 - received_on.weekday())
    return None
