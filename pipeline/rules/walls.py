"""Why a page that came is not the page that was asked for: a block, a login, a question about cookies. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from pipeline.rules.nesting import is_too_deep, without_tags

_MOST_LOOKED_AT = 200_000
_SHORT = 900  # characters: a page with more text has something to read beside its wall
_CHALLENGE_MARKUP = re.compile(
    r"/cdn-cgi/challenge-platform/|cf-chl-|_cf_chl_opt|cf-turnstile|challenges\.cloudflare\.com"
    r"|g-recaptcha|recaptcha/api|hcaptcha\.com|h-captcha|geo\.captcha-delivery\.com|datadome"
    r"|_Incapsula_Resource|px-captcha|perimeterx|/_sec/cp_challenge|awswaf|arkoselabs|sucuri_cloudproxy",
    re.IGNORECASE,
)
_CHALLENGE_WORDS = re.compile(
    r"just a moment|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:human|robot)"
    r"|attention required|unusual traffic|automated (?:queries|requests|access)|complete the security check"
    r"|please enable (?:javascript|js) and (?:cookies|disable any ad blocker)|press (?:&|and) hold|captcha"
    r"|ddos protection|bot (?:detection|verification)|request unsuccessful\. incapsula|pardon our interruption",
    re.IGNORECASE,
)
_DENIED_WORDS = re.compile(
    r"access (?:to this (?:page|site) (?:has been |is )?)?(?:was )?denied|you (?:have been|are) blocked"
    r"|your (?:ip|request) (?:address )?(?:has been|was|is) (?:blocked|banned|rejected)|error 10(?:06|09|10|15|20)\b"
    r"|403 forbidden|not authorized to (?:access|view)|too many requests|zugriff verweigert",
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|sign-?up|auth(?:enticate|wall)?|sso|session/new|account/login|anmelden|uas/login|checkpoint)"
    r"(?:[/.?]|$)",
    re.IGNORECASE,
)
_LOGIN_WORDS = re.compile(
    r"(?:log|sign) ?in to (?:continue|your|view|see|access)|please (?:log|sign) ?in|you (?:must|need to) (?:be logged"
    r"|log|sign) ?in|members only|join (?:now )?to see|bitte (?:melden sie sich|einloggen)|anmeldung erforderlich"
    r"|connectez-vous|inicia sesión",
    re.IGNORECASE,
)
_COOKIE_HOST = re.compile(r"^(?:consent|cookies?|privacy-?(?:center|mgmt))\.", re.IGNORECASE)
_COOKIE_WORDS = re.compile(
    r"before you continue|accept (?:all )?(?:the )?cookies|we (?:and our partners )?use cookies|alle akzeptieren"
    r"|cookies? (?:zustimmen|akzeptieren)|tout accepter|aceptar (?:todas las )?cookies|enable cookies",
    re.IGNORECASE,
)


class Kind(StrEnum):
    BLOCKED = "blocked"  # another proxy may help
    LOGIN = "login"
    COOKIES = "cookies"


@dataclass(frozen=True, slots=True)
class Wall:
    kind: Kind
    reason: str  # goes on after the site's name: "example.com …"


def wall_of(status: int, html: str, *, asked_url: str, url: str, mitigated: bool = False) -> Wall | None:
    """None where this is the page. `mitigated`: the server's own header says that it challenges us."""
    beginning = html[:_MOST_LOOKED_AT]
    page = _looked_at(without_tags(beginning) if is_too_deep(beginning) else beginning)
    blocked = _blocked(status, page, mitigated=mitigated)
    if blocked is not None:
        return blocked
    if _is_login(status, page, urlsplit(asked_url).path, urlsplit(url).path):
        return Wall(Kind.LOGIN, "asks for a login")
    moved_to_consent = _COOKIE_HOST.match(urlsplit(url).hostname or "") and _host(url) != _host(asked_url)
    if moved_to_consent or (page.characters < _SHORT * 2 // 3 and _COOKIE_WORDS.search(page.text)):
        return Wall(Kind.COOKIES, "shows a question about cookies in place of the page")
    return None


@dataclass(frozen=True, slots=True)
class _Looked:
    html: str
    text: str
    title: str
    has_password: bool

    @property
    def characters(self) -> int:
        return len(self.text)

    @property
    def is_short(self) -> bool:
        return len(self.text) < _SHORT


def _looked_at(html: str) -> _Looked:
    tree = LexborHTMLParser(html)
    title, has_password = tree.css_first("title"), tree.css_first("input[type=password]") is not None
    name = " ".join(title.text().split())[:200] if title is not None else ""
    tree.strip_tags(["script", "style", "noscript", "template", "svg", "head"])
    body = tree.body
    text = " ".join(body.text(separator=" ").split()) if body is not None else ""
    return _Looked(html, text, name, has_password)


def _blocked(status: int, page: _Looked, *, mitigated: bool) -> Wall | None:
    words = f"{page.title} {page.text[:2000]}"
    challenged = _CHALLENGE_WORDS.search(words) is not None
    may_be = page.is_short or status != 200  # a form with a captcha at the end of a real page is none
    has_markup = may_be and _CHALLENGE_MARKUP.search(page.html) is not None
    asks_for_a_person = (
        mitigated
        or (status in (403, 429, 503) and (has_markup or challenged))
        or (page.is_short and challenged and has_markup)
        or (page.characters < _SHORT // 2 and challenged)
    )
    if asks_for_a_person:
        return Wall(Kind.BLOCKED, "asks whether we are a person (a captcha or a challenge)")
    if status == 403:
        return Wall(Kind.BLOCKED, "does not let us read this page (403)")
    if status == 429:
        return Wall(Kind.BLOCKED, "says that it is asked too often (429)")
    if status == 200 and page.is_short and _DENIED_WORDS.search(words):
        return Wall(Kind.BLOCKED, "denies access to this page")
    return None


def _is_login(status: int, page: _Looked, asked_path: str, path: str) -> bool:
    if status in (401, 407):
        return True
    if _LOGIN_PATH.search(asked_path):
        return False  # that is the page
    if _LOGIN_PATH.search(path) and (page.is_short or page.has_password):
        return True
    told = page.characters < _SHORT // 2 and _LOGIN_WORDS.search(page.text) is not None
    return told or (page.is_short and page.has_password)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
