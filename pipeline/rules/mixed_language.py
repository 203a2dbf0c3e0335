"""An email in two languages: the sender's own sentences, copied as they stand into an email of another language.

A sender's profile is a few lines, too little for what tells the language of a page; so the commonest words decide,
and where they do not, nothing is said.
"""

import re
from collections.abc import Iterable

from pipeline.rules.email_text import Problem
from pipeline.rules.step_templates import base_language

_COMMON = {
    "en": "the and of to in is are you your for with our we on this by at from that their where who how it they which "
    "than into up as be can do not without within more less what when while have has help helps them its so all",
    "de": "der die das und ist mit für wir sie von den dem des zu auf eine einen ein im nicht oder unsere unser sich "
    "bei ihre ihr ihren wie wo was wenn damit ohne mehr weniger werden haben hat kann dass als auch aus nach wird",
    "fr": "le la les et des est vous pour une dans nous votre vos sur avec par du au aux notre nos ou où qui que plus "
    "moins sans leur leurs ce cette sont ont qu en dont comment",
    "es": "el los las y de que para una con por su del nuestro nuestra más menos es sus sin donde como cuando se lo "
    "ayudamos sobre entre son han",
    "it": "il lo gli le di che per una con del della sono nostro nostra alla nei dei si più meno senza dove come "
    "quando loro è da nel aiutiamo",
    "pt": "os as de que para uma com por seu sua do da em não nos no na mais menos sem onde como quando são dos das "
    "ajudamos",
    "nl": "het een en van is voor met wij uw op te zijn aan ons onze niet dat waar hoe meer minder zonder hun die bij "
    "naar als ook helpen",
}  # fmt: skip
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_RUN = 5  # words in a row that no email has by chance
_SHOWN = 60


def copied(body: str, own_texts: Iterable[str], language: str) -> list[Problem]:
    """What of the sender's own texts stands in the email word for word, in another language than the email's."""
    wanted, texts = base_language(language), [text for text in own_texts if text.strip()]
    spoken = _language_of(" ".join(texts))
    if spoken is None or spoken == wanted:
        return []
    there = f" {' '.join(_words(body))} "
    return [
        Problem("body", f"This stands in another language than the email: “{_beginning(text)}”")
        for text in texts
        if _is_in(there, _words(text))
    ]


def _is_in(there: str, words: list[str]) -> bool:
    runs = (words[at : at + _RUN] for at in range(len(words) - _RUN + 1))
    return any(f" {' '.join(run)} " in there for run in runs)


def _language_of(text: str) -> str | None:
    """Two letters, where its commonest words are plainly of one language."""
    words = _words(text)
    votes = sorted(
        ((sum(word in known for word in words), name) for name, known in _WORDS.items()), reverse=True
    )
    (most, language), (second, _) = votes[:2]
    return language if most >= 2 and most >= 2 * second else None  # fmt: skip


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _beginning(text: str) -> str:
    """Whole words."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN].rsplit(" ", 1)[0]
