"""Does a line say that a company is of the kind asked for? Whole words, compared without their endings. Pure.

“Plumbing”, “plumber” and “plumbers” are one; “accounting” and “account” are two: what is done, and by whom, is told
from the bare thing.
"""

import re
from collections.abc import Sequence

from pipeline.rules.dedupe import plain
from pipeline.rules.words import word_set

_OTHER_WORDS = word_set(
    "a an and the of for in with to company companies business businesses firm firms service services agency "
    "agencies provider providers shop shops local best top near me inc llc ltd gmbh who that which are is store stores "
    "clinic clinics studio studios practice practices office offices contractor contractors small large independent"
)
_FEWEST_OTHER = word_set(
    "a an and the of for in with to company companies business businesses who that which are is"
)
# Written in capitals where they are meant: “it” and “hr” are words of other kinds too.
_ACRONYMS = {
    "it": "information technology",
    "ai": "artificial intelligence",
    "hr": "human resources",
    "pr": "public relations",
    "vc": "venture capital",
    "ev": "electric vehicle",
    "ip": "intellectual property",
}
# Of what is done and who does it, the longest first; what is left must be a word of three letters or more.
_DOING = re.split(
    " ",
    "eries erie ery ancies ancy ments ment ions ion ings ing ants ant istry ists ist ungen ung erinnen erin iers ier "
    "ers er ors or",
)
_Word = tuple[str, str]  # stem, and what sort of word it is


def stems(text: str) -> set[_Word]:
    """Of all words of the text; an acronym only as it stands."""
    found: set[_Word] = {_stem(word) for word in re.findall(r"\w+", plain(text))}
    if any(character.islower() for character in text):  # not where everything is in capitals
        found |= {(word.lower(), "acronym") for word in re.findall(r"\b[A-Z]{2}\b", text)}
    spelled = plain(text)
    found |= {(short, "acronym") for short, long in _ACRONYMS.items() if long in spelled}
    return found


def wanted_stems(kind: str) -> set[_Word]:
    """What a line has to say, without “companies”, “firms” and the like unless nothing else is said."""
    words = re.findall(r"\w+", plain(kind))
    for others in (_OTHER_WORDS, _FEWEST_OTHER):
        named = [word for word in words if (word not in others and len(word) > 1)]
        if named:
            return {(word, "acronym") if word in _ACRONYMS else _stem(word) for word in named}
    return set()


def line_of_kind(kind: str, lines: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The first line that says all of it, or two that follow each other on one page; with its address."""
    wanted = wanted_stems(kind)
    if not wanted:
        return None
    said = [stems(line) for line, _ in lines]
    for at, (line, url) in enumerate(lines):
        if wanted <= said[at]:
            return line[:300], url
    for at in range(len(lines) - 1):
        (line, url), (after, same) = lines[at], lines[at + 1]
        if url == same and wanted & said[at] and wanted <= said[at] | said[at + 1]:
            return f"{line[:148]} · {after[:148]}", url
    return None


def _stem(word: str) -> _Word:
    if re.search(r"eer(?:s|ing)?$", word):  # engineers, engineering
        return re.sub(r"(?:s|ing)$", "", word), "doing"
    for ending in _DOING:
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3:
            return bare.removesuffix("e"), "doing"
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif re.search(r"(?:x|z|ch|sh|ss)es$", word):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not re.search(r"(?:ss|us|is)$", word):
        word = word[:-1]
    return (word.removesuffix("e") if len(word) > 4 else word), "thing"
