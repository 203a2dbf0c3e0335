"""Names and titles of a sentence: capitalised words where no word would have to be, and words for offices."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Collection

from pipeline.rules.words import word_set

TITLE = re.compile(
    r"\b(?:C[EFTOIMRP]O|CISO|CHRO|chief [a-z]+ officer|(?:co-?)?founders?|(?:vice )?president|"
    r"(?:S?VP|vice president|head|director|manager) of [A-Za-z]+|managing director|chief executive|"
    r"(?:sales|marketing|operations|engineering|product|plant|finance|hr|it) (?:director|manager|lead)|"
    r"Geschäftsführer(?:in)?|Leiter(?:in)? (?:der |des )?[A-ZÄÖÜ]\w+|\w{3,}(?:leiter|vorstand)(?:in)?|"
    r"(?:directeur|directrice|directora?|direttore|direttrice|diretora?|gerente|responsabile|responsable) "
    r"(?:(?:de|du|des|della|dei|del|di|da|do) (?:la )?\w+|\w+(?:al|ale|el|elle|if|ive|ier|ière|ico|ica|ique|ivo|iva|ario|aria|eiro|eira|tor|tora))|"
    r"(?:\w+eel|\w+isch|algemeen) (?:directeur|manager))\b",
    re.IGNORECASE,
)
WORDS = re.compile(r"(?<!\w)[^\W\d_][\w’'&.-]*", re.UNICODE)
_NOT_NAMES = word_set(
    "i i'm i'd i'll i've p.s ps p re hi hello hey dear best regards cheers thanks thank kind warm "
    "sincerely monday tuesday wednesday thursday friday saturday sunday english german french spanish sie "
    "ihr ihre ihnen ihrem ihren ihrer ihres herr frau montag dienstag mittwoch donnerstag freitag january "
    "february march april june july august september october november december ceo cto coo cfo cmo cio vp "
    "hr it ai api crm erp saas b2b roi kpi faq pdf uk us usa eu q1 q2 q3 q4 ok e-mail e-mails"
)
_SAYING_VERBS = word_set(
    "announced launched opened raised acquired signed won hired partnered released published expanded "
    "reported moved joined said wrote built plans is was has will"
)
_PRONOUNS = word_set(
    "it that this there what which who everything nothing he she one my our your here someone anyone nobody let how "
    "where when"
)  # fmt: skip
# Words a sentence opens with, before a name: they are capitalised by their place alone.
_OPENERS = word_set(
    "a about after all an and another any are as at based because before besides between both but by can "
    "congratulations congrats could did do does during each even every following for from given had has have having how "
    "if in inside is last like many maybe meanwhile more most my near nearly no not of on once only or our outside over "
    "perhaps reading regarding seeing since so some such than thanks that the their then these they this those though "
    "through to too under until was we well were what when where whether which while who why will with without would yet "
    "you your "
    "am an auf aus bei bis beim das dass dein der den dem des die dies diese dieser doch ein eine einem einen einer es für "
    "gibt hat hinter ich im in ins ist ja mein mit nach neben nun nur ob oder seit sein so um und unser unsere unter vom von "
    "vor was weil wenn wer wie wir wo zu zum zur zwischen über wäre soll guten gute herr frau herrn dank "
    "au aux avec ce ces cet cette chez comme d dans de depuis des du elle en est et il je l la le les leur ma mais mes mon nos "
    "notre nous ou par pour quand que qui sans selon ses si son sous sur un une vers voici votre vos vous bravo félicitations "
    "al con cuando de del desde el en entre es este esta la las lo los me mi no nos nuestra para pero por que se si sin sobre "
    "su sus tras un una usted y felicidades enhorabuena "
    "a ai al alla anche che chi ci come con da dal dalla dei del della di dopo e ed gli ho i il in la le lo ma mi nel nella non "
    "per se si sono su sul un una complimenti "
    "aan als bij dat de deze die dit door een en er het hoe ik in is maar met mijn na naar niet of om onze op over sinds te tot "
    "u uit uw van veel voor wat we wij zij zo gefeliciteerd "
    "ao aos as com como da das de do dos e em esta este eu na nas no nos o os ou para pela pelo por que se sem seu seus sob sua "
    "um uma você vocês parabéns"
)  # fmt: skip
_AND = word_set("and und et y e en och i &")
_NOUNS_ARE_CAPITALISED = frozenset({"de"})
# German objects that stand beside another noun without being anybody's name: “spart Ihrem Team Zeit”.
_GERMAN_OBJECTS = word_set(
    "zeit geld arbeit mühe kosten aufwand fragen klarheit sicherheit luft raum platz team teams kunden"
)
_ADJECTIVE = re.compile(r"(?:e|es|en|em|ste|ste[nrs])\Z")


def names_in(sentence: str, known: Collection[str], language: str, *, strict: bool) -> list[str]:
    """Capitalised words that are not where every sentence has one, and stand in no source.

    `known`: the source's words, in small letters. `strict`: the sentence cites a fact, so a first word may be a name.
    """
    strange: list[str] = []
    run: list[str] = []
    beside_known = False
    words = list(WORDS.finditer(sentence))
    for index, match in enumerate(words):
        word = match.group().rstrip(".'’-")
        is_name = _may_be_name(word) and not _is_known(word, known)
        if is_name and index == 0 and not _names_at_start(words, sentence, known, language, strict=strict):
            is_name = False
        if is_name:
            beside_known |= strict and _touches_known(words, index, sentence, known)
            run.append(word)
            continue
        strange += _kept(run, language, beside_known)
        run, beside_known = [], False
    return strange + _kept(run, language, beside_known)


def _may_be_name(word: str) -> bool:
    return word[:1].isupper() and word.casefold() not in _NOT_NAMES


def _names_at_start(
    words: list[re.Match[str]], sentence: str, known: Collection[str], language: str, *, strict: bool
) -> bool:
    """The first word is capitalised anyway. It is taken for a name by its shape, before a verb of doing, and, in a
    sentence that cites a fact, before another name."""
    word = words[0].group().rstrip(".'’-")
    bare = re.sub(r"[’']s$", "", word.casefold())  # "it's" and "let's" are no more names than "it"
    if bare in _PRONOUNS or bare in _OPENERS:
        return False
    if any(letter.isupper() for letter in word[1:]) or word.endswith(("'s", "’s")):
        return True
    follower = words[1].group() if len(words) > 1 else ""
    if language == "en" and follower.casefold() in _SAYING_VERBS and len(word) > 3:
        return True
    return strict and _before_a_name(words, sentence, known, language)


def _before_a_name(words: list[re.Match[str]], sentence: str, known: Collection[str], language: str) -> bool:
    """“Tim Okafor wrote”, “Akron and Dayton are”: what stands behind it is a name of the source."""
    after = 1
    if len(words) > 2 and words[1].group().casefold() in _AND and _ADJECTIVE.search(words[0].group()) is None:
        after = 2
    if len(words) <= after or not _adjacent(words[after - 1], words[after], sentence):
        return False
    theirs = words[after].group().rstrip(".'’-")
    if not _may_be_name(theirs):
        return False
    if language == "en" and words[0].group().endswith("ing"):
        return False
    if language in _NOUNS_ARE_CAPITALISED and _ADJECTIVE.search(words[0].group()):
        return False
    return _is_known(theirs, known) or language not in _NOUNS_ARE_CAPITALISED


def _touches_known(words: list[re.Match[str]], index: int, sentence: str, known: Collection[str]) -> bool:
    """A capitalised word of the source stands directly before or behind it."""
    for here, there in ((index - 1, index - 1), (index, index + 1)):
        if 0 <= there < len(words) and here >= 0 and here + 1 < len(words):
            theirs = words[there].group().rstrip(".'’-")
            first = there == 0 and theirs.casefold() in _OPENERS
            if (
                not first
                and _adjacent(words[here], words[here + 1], sentence)
                and _may_be_name(theirs)
                and _is_known(theirs, known)
            ):
                return True
    return False


def _adjacent(first: re.Match[str], second: re.Match[str], sentence: str) -> bool:
    return first.group()[-1:] not in ".,;:" and sentence[first.end() : second.start()].strip() == ""


def _kept(run: list[str], language: str, beside_known: bool) -> list[str]:
    if language in _NOUNS_ARE_CAPITALISED:
        run = [word for word in run if word.casefold() not in _GERMAN_OBJECTS]
        if len(run) == 1 and not beside_known and not any(letter.isupper() for letter in run[0][1:]):
            return []
    return [" ".join(run)] if run else []


def _is_known(word: str, known: Collection[str]) -> bool:
    return all(part in known for part in parts(word) if part)


def parts(word: str) -> list[str]:
    """A word's pieces in small letters: “Kuehn-Voss's” is kuehn and voss."""
    bare = re.sub(r"[’']s?$", "", word.casefold().rstrip(".-’'"))
    return [part.strip(".’'") for part in re.split(r"[-&/]", bare) if part.strip(".’'")]
