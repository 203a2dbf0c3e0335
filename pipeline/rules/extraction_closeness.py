"""How near a name is to a domain: written out, shortened, by its initials, in another script."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from pipeline.rules.company_match import company_key
from pipeline.rules.dedupe import plain
from pipeline.rules.words import word_set

# As domains spell them, after accents are gone; several letters stand for one sound.
_SOUNDS = """
    а-a б-b в-v г-g д-d е-e з-z и-i к-k л-l м-m н-n о-o п-p р-r с-s т-t у-u ф-f х-h ц-c ы-y э-e і-i ґ-g є-e ж-zh
    ч-ch ш-sh щ-sh ю-yu я-ya й-i ў-u ј-j љ-lj њ-nj ђ-dj ћ-c џ-dz ъ- ь-
    α-a β-v γ-g δ-d ε-e ζ-z η-i θ-th ι-i κ-k λ-l μ-m ν-n ξ-x ο-o π-p ρ-r σ-s ς-s τ-t υ-y φ-f χ-ch ψ-ps ω-o
"""
_SPELLED = {ord(sound[0]): sound[2:] for sound in _SOUNDS.split()}
_STRANGE = re.compile(r"[^a-z0-9]")
_AROUND = re.compile(
    r"^(the|my|get|go|shop|visit|try)|(inc|usa|us|uk|online|shop|store|hq|co|group|gmbh|ltd|app)$"
)
_SMALL_WORDS = word_set(
    "of the and for und fur der die das de la le les du des et y e i do da dos di del van"
)
_SHARED = 0.45  # of the domain's letters, from which the words it shares with a name say something


def squeezed(text: str) -> str:
    """Letters and digits as a domain has them."""
    text = plain(text)
    return _STRANGE.sub("", text if text.isascii() else text.translate(_SPELLED))


@lru_cache(maxsize=2048)
def closeness(name: str, label: str) -> float:
    """0 to 1: how likely the domain was made of this name."""
    full = squeezed(name)
    bare = squeezed(company_key(name)) or full
    if not label or not bare:
        return 0.0
    if label in (bare, full):
        return 1.0
    if _AROUND.sub("", label) == bare:
        return 0.95
    words = [word for part in re.split(r"[\s&+,/-]+", name) if (word := squeezed(part))]
    initials = {"".join(word[0] for word in words), "".join(w[0] for w in words if w not in _SMALL_WORDS)}
    if len(label) >= 3 and label in initials:
        return 0.85
    if len(label) >= 4 and label in bare:
        return 0.5 + 0.45 * len(label) / len(bare)
    if len(bare) >= 4 and bare in label:
        return 0.35 + 0.55 * len(bare) / len(label)
    if len(label) >= 4 and len(words) > 1:
        shortened = _by_shortening(label, words)
        if shortened:
            return shortened
    ratio = fuzz.ratio(bare, label) / 100
    return 0.6 * ratio if ratio > 0.7 else _by_shared_words(label, words)


def _by_shortening(label: str, words: Sequence[str]) -> float:
    """`harblights` of `Harbour Lights`: the domain is the beginnings of the words, in order; the more of the words it
    leaves out, the likelier by chance. `fhwn` of `Fachhochschule Wiener Neustadt`: letters out of each word."""
    rest, used = label, 0
    for word in words:
        length = 0
        while length < min(len(word), len(rest)) and word[length] == rest[length]:
            length += 1
        rest, used = rest[length:], used + (length > 0)
        if not rest:
            telling = sum(word not in _SMALL_WORDS for word in words)
            return 0.7 * min(1.0, used / max(1, telling))
    return 0.5 if _is_of_each_word(label, [word for word in words if word not in _SMALL_WORDS]) else 0.0


def _is_of_each_word(label: str, words: Sequence[str]) -> bool:
    """Each word gives its first letter, and more of its letters in their order; few words give a short label."""
    if not 2 <= len(words) <= 5 or len(label) > 6:
        return False
    at = 0
    for number, word in enumerate(words):
        if at >= len(label) or word[0] != label[at]:
            return False
        at += 1
        following = words[number + 1][0] if number + 1 < len(words) else None
        inside = 1
        while at < len(label) and label[at] != following:
            inside = word.find(label[at], inside) + 1
            if inside == 0:
                return False
            at += 1
    return at == len(label)


def _by_shared_words(label: str, words: Sequence[str]) -> float:
    """`Confiserie Massardier` for dragees-massardier: words of the name that stand in the domain whole."""
    shared = sum(len(word) for word in set(words) if len(word) >= 5 and word in label) / len(label)
    return 0.5 * min(shared, 1.0) if shared >= _SHARED else 0.0
