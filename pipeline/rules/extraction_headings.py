"""The headings of a site's own sections, which say that there is news and not what it is."""

import re

from pipeline.rules.scoring import FACT_FIELDS
from pipeline.rules.words import word_set

_SECTIONS = word_set(
    "news newsroom newsletter blog blogs press presse media medien media-center mediathek events event termine "
    "veranstaltungen archive archiv insights stories story updates update announcements announcement releases "
    "release articles article posts post magazin magazine aktuelles aktuell neuigkeiten neues nachrichten meldungen "
    "pressemitteilungen pressemeldungen pressebereich mitteilungen beiträge artikel berichte actualités actualité "
    "nouvelles communiqués événements noticias novedades prensa eventos actualidad notizie novità stampa comunicati "
    "eventi nieuws pers notícias imprensa nyheter nyheder aktualności"
)
_AROUND = word_set(
    "our the all latest recent current company corporate more read in about from us and of & und unsere unser "
    "alle neueste neuesten aktuelle aktuellen letzte mehr weitere aus dem der die das den zum zur von über uns "
    "unternehmen et de la le les nos toutes dernières à los las el y últimas nuestras e il i le ultime nostre dalla"
)
_WORDS = re.compile(r"[^\W\d_]+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def is_heading(field: str, value: str) -> bool:
    """Is this “news” or “post” only the heading it would stand under? One word alone tells nothing, either."""
    if not FACT_FIELDS[field].dated or _WITHOUT_SPACES.search(value):
        return False
    words = _WORDS.findall(value.casefold())
    return len(words) < 2 or (
        any(word in _SECTIONS for word in words) and all(word in _SECTIONS | _AROUND for word in words)
    )
