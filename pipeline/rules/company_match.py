"""Is this page the company's? By domain first; same-named companies are the usual mix-up."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract
from rapidfuzz import fuzz

from pipeline.rules.dedupe import plain

# The bundled list only: nothing is fetched or written at run time.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_FREE_MAIL = """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.de hotmail.fr live.com msn.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.co.jp yahoo.co.in ymail.com rocketmail.com aol.com aim.com
    icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me gmx.de gmx.net gmx.at gmx.ch
    gmx.com web.de t-online.de freenet.de arcor.de posteo.de mailbox.org mail.com email.com mail.de zoho.com
    yandex.ru yandex.com mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net qq.com 163.com 126.com sina.com
    foxmail.com naver.com daum.net hanmail.net rediffmail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr
    libero.it virgilio.it tiscali.it alice.it hotmail.it seznam.cz wp.pl o2.pl onet.pl interia.pl bluewin.ch
    telenet.be skynet.be ziggo.nl kpnmail.nl xs4all.nl btinternet.com sky.com talktalk.net comcast.net
    verizon.net att.net sbcglobal.net cox.net charter.net earthlink.net shaw.ca rogers.com bigpond.com
    optusnet.com.au fastmail.com fastmail.fm hey.com tutanota.com tuta.io hushmail.com duck.com
    privaterelay.appleid.com mailinator.com guerrillamail.com yopmail.com uol.com.br bol.com.br terra.com.br
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
# Sites about everybody: never the company's own.
_PLATFORMS = """
    linkedin.com twitter.com x.com instagram.com facebook.com youtube.com tiktok.com wikipedia.org
    crunchbase.com glassdoor.com indeed.com github.com medium.com reddit.com pinterest.com yelp.com
    bloomberg.com zoominfo.com rocketreach.co apollo.io google.com bing.com xing.com kununu.com
    northdata.de northdata.com dnb.com trustpilot.com g2.com capterra.com vimeo.com threads.net
"""
PLATFORMS = frozenset(_PLATFORMS.split())
_LEGAL_FORMS = re.compile(
    r"\b(incorporated|inc|llc|ltd|limited|plc|corp|corporation|company|co|gmbh|mbh|ag|kg|kgaa|ug|se|ohg|ek|"
    r"sarl|sas|sa|srl|spa|bv|nv|ab|as|oy|oyj|aps|pty|lp|llp|sro|spzoo|sp z oo|kft|zrt|doo|eood|ood|lda|"
    r"ltda|pvt|private|"
    r"gbr|ggmbh|ev|ek|sl|slu|ooo|ооо|тоо|uab|holding|group|& co)\b\.?"
)
_DOTTED = re.compile(r"(?<![^\W_])((?:[a-z]\.\s?){1,4}[a-z])(?![^\W_])\.?")
_SAME_COMPANY = 88


@lru_cache(maxsize=8192)
def domain_of(url_or_host: str) -> str | None:
    """The registrable domain (`northwind.co.uk`), or None for an address or a bare word."""
    try:
        host = urlsplit(url_or_host if "//" in url_or_host else f"//{url_or_host}").hostname or ""
    except ValueError:  # brackets that are no IPv6 address
        return None
    found = _extract(host)
    if found.top_domain_under_public_suffix:
        return found.top_domain_under_public_suffix.lower()
    # Suffixes reserved for documentation and tests are on no list: the last two labels, as for .com.
    labels = [label for label in host.lower().rstrip(".").split(".") if label]
    if len(labels) >= 2 and labels[-1] in ("example", "test", "invalid", "localhost"):
        return ".".join(labels[-2:])
    return None


def company_domain_of(email: str | None) -> str | None:
    """The company's domain by somebody's address; a free-mail domain is never the company's."""
    domain = domain_of(email.rpartition("@")[2]) if email and "@" in email else None
    return None if domain is None or domain in FREE_MAIL else domain


def is_platform(url: str) -> bool:
    domain = domain_of(url)
    return domain is not None and (domain in PLATFORMS or domain in FREE_MAIL)


@lru_cache(maxsize=2048)
def company_key(name: str) -> str:
    """The name without legal form and punctuation."""
    # `s.r.o.`, `S.p.A.` and `sp. z o. o.` as one word each
    joined = _DOTTED.sub(lambda form: re.sub(r"[.\s]", "", form[1]), plain(name).replace("sp. z", "sp z"))
    bare = re.sub(r"[^\w\s&]", " ", joined)
    return " ".join(_LEGAL_FORMS.sub(" ", bare).split()) or " ".join(bare.split())


def same_company(one: str, other: str) -> bool:
    return fuzz.token_sort_ratio(company_key(one), company_key(other)) >= _SAME_COMPANY


def domain_fits(domain: str, company: str) -> bool:
    """May this domain be that company's: `northwind-robotics.com` and `Northwind Robotics GmbH`."""
    label = re.sub(r"[^a-z0-9]", "", plain(domain.split(".")[0]))
    spelled = company_key(company).replace("ä", "ae")
    squeezed = re.sub(r"[^a-z0-9]", "", spelled)
    if not label or not squeezed:
        return False
    first = re.sub(r"[^a-z0-9]", "", company_key(company).split()[0])
    if (
        label == squeezed
        or (len(label) >= 5 and label in squeezed)
        or (len(squeezed) >= 5 and squeezed in label)
    ):
        return True
    return fuzz.ratio(label, squeezed) >= _SAME_COMPANY or (len(first) >= 4 and label == first)


def mentions_company(text: str, company: str) -> bool:
    """The company's name stands in the text, in words."""
    key = company_key(company)
    return bool(key) and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", _spaced(text)) is not None


def mentions_person(text: str, name: str) -> bool:
    """First and last name near each other, in either order, a middle name between them allowed."""
    words = _spaced(name).split()
    if len(words) < 2:
        return False
    first, last = re.escape(words[0]), re.escape(words[-1])
    pattern = rf"(?<!\w)(?:{first}(?: \w+){{0,2}} {last}|{last} {first})(?!\w)"
    return re.search(pattern, _spaced(text)) is not None


@lru_cache(maxsize=512)
def _spaced(text: str) -> str:
    """Its words with single spaces between them."""
    return " ".join(re.sub(r"[^\w&]", " ", plain(text)).split())
