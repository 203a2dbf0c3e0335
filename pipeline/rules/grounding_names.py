"""Names in a sentence: capitalised words where no word would have to be."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Collection

from pipeline.rules import lexicon
from pipeline.rules.grounding_lists import COMMON, COMMON_DOERS, COMPANIES, GIVEN, OPENERS, PLACES
from pipeline.rules.grounding_spelled import spelled_in
from pipeline.rules.words import word_set

WORDS = re.compile(r"(?<!\w)[^\W\d_][\w’'&.-]*", re.UNICODE)
_NOT_NAMES = word_set(
    "i i'm i'd i'll i've p.s ps p re hi hello hey dear best regards cheers thanks thank kind warm "
    "sincerely monday tuesday wednesday thursday friday saturday sunday english german french spanish sie "
    "ihr ihre ihnen ihrem ihren ihrer ihres herr frau montag dienstag mittwoch donnerstag freitag january "
    "february march april june july august september october november december ceo cto coo cfo cmo cio vp "
    "hr it ai api crm erp saas b2b roi kpi faq pdf uk us usa eu q1 q2 q3 q4 ok e-mail e-mails "
    "ceos cfos ctos cios vps apis crms erps b2c rois kpis faqs pdfs sku skus sme smes smb smbs vc vcs rfp rfps rfq rfqs sop sops "
    "sla slas eta etas poc pocs okr okrs ipo ipos tco mrr arr nps gdpr iso wms mes bi ev evs ar ux ui qa fyi asap btw"
)
# What a person or a company does: hardly anything else stands before such a verb, but people in general.
_DOING = word_set(
    "announced launched opened raised acquired signed won hired partnered released published expanded reported joined said wrote "
    "built told mentioned confirmed chose bought sold supplied employs funded invested recommended praised adopted appointed "
    "promoted visited presented explained"
)
# The same in other languages, with what only follows whoever does something.
_DOES = {
    "fr": word_set(
        "a ont avait va vont sera soutient utilise fabrique vend achète emploie produit livre fournit recrute ouvre lance "
        "annonce annonçait parle parlait dit disait explique expliquait cherche propose compte possède gère dirige cite "
        "confirme confirmait travaille investit signe choisit reste devient veut doit aussi également vous nous"
    ),
    "es": word_set(
        "también ya ha han es fue era está tiene compra vende usa produce fabrica emplea anunció abrió dijo decía explicó busca "
        "ofrece cuenta lidera dirige confirma confirmó trabaja invierte firma firmó eligió invirtió quiere debe se les le os nos"
    ),
    "it": word_set(
        "ha hanno è sono era sarà anche già vende compra usa produce assume apre lancia annuncia annunciava dice diceva spiega cerca "
        "offre conta dirige conferma lavora investe firma vuole deve vi ci si"
    ),
    "pt": word_set(
        "também já tem têm é são foi será vende compra usa produz emprega abriu anunciou disse explicou busca oferece lidera "
        "dirige confirma confirmou trabalha investe assinou quer deve se lhes vos nos"
    ),
    "nl": word_set(
        "heeft hebben is was ook koopt verkoopt gebruikt maakt levert opent zoekt zegt zei vertelde meldt wil werkt investeert "
        "leidt kiest tekende"
    ),
    "sv": word_set(
        "har är var också köper säljer använder gör levererar öppnar söker säger sade berättade vill arbetar investerar leder valde"
    ),
    "de": word_set(
        "hat ist war kauft verkauft nutzt liefert baut sucht sagt sagte nennt nannte erklärt erklärte meldet meldete leitet schreibt "
        "schrieb spricht sprach sieht setzt vertraut investiert beliefert will plant gewann eröffnete"
    ),
}  # fmt: skip
_NO_NAME_ENDING = {
    "en": re.compile(r"(?:ing|tion|sion|ment|ness|ity|ance|ence|ship|age|ure|ery|ism|ics|ware|time|work|th|ogy|ency|ancy)\Z"),
    "fr": re.compile(r"(?:ment|er|ir|re|oir|ant|tion|sion|age|té|eur|ence|ance|ure|é|ée|és|ées|s|x)\Z"),
    "es": re.compile(r"(?:mente|ar|er|ir|arse|erse|irse|arlo|erlo|irlo|ando|iendo|ción|sión|dad|miento|é|í|s)\Z"),
    "it": re.compile(r"(?:mente|are|ere|ire|arsi|ersi|irsi|ando|endo|zione|sione|tà|mento)\Z"),
    "pt": re.compile(r"(?:mente|ar|er|ir|ando|endo|indo|ção|são|dade|mento|s)\Z"),
    "nl": re.compile(r"(?:en|ing|heid|lijk|tie|teit|schap)\Z"),
    "sv": re.compile(r"(?:a|ning|het|tion|skap|en|et|na)\Z"),
}  # fmt: skip
# They open a sentence in these languages, and no article shows that they are no names.
_NO_NAMES = {
    "fr": word_set("cela ceci ça tout rien personne chacun beaucoup peu qui quoi demain hier hélas bref toutefois puis enfin merci reste bonjour"),
    "es": word_set("eso esto aquello todo nada algo nadie alguien así ahora hoy ayer mañana aquí allí tampoco casi solo sólo quizá además luego "
                   "mucho poco tanto mejor cuál cómo qué quién dónde cuándo quien cual donde como gente cada yo él ella usted uno"),
    "it": word_set("questo quello ciò tutto niente nulla qualcuno nessuno ora oggi ieri domani qui molto poco forse così quale dove quando chi tanto ognuno"),
    "pt": word_set("isso isto aquilo tudo nada algo ninguém alguém assim agora hoje ontem amanhã aqui muito pouco talvez quem qual onde quando ele ela cada"),
    "nl": word_set("dat dit alles niets iets niemand iemand nu vandaag gisteren morgen hier daar veel weinig misschien wie wat waar zo iedereen er"),
    "sv": word_set("det detta allt inget något ingen någon nu idag igår här där mycket kanske vem vad var så alla man"),
}  # fmt: skip
# Behind “in” or “aus” without an article, German towns by their endings.
_GERMAN_TOWN = re.compile(
    r"\b(?:in|aus|nach|bei|um)\s+([A-ZÄÖÜ][a-zäöüß]{2,}(?:burg|berg|heim|hausen|furt|bach|ingen|kirchen|münster|brück|brücken|"
    r"haven|rode|stedt|leben|itz|walde|weiler|born|stadt|dorf|feld|kirch))\b"
)
_PRONOUNS = word_set(
    "it that this there what which who everything nothing he she one my our your here someone anyone nobody let how "
    "where when whoever whatever wherever whenever whichever those these others another each both all some few many most"
)  # fmt: skip
# Legal forms, which a letter may leave out or add.
_FORMS = word_set(
    "inc ltd llc plc corp gmbh ag se kg ohg sa sas sarl sàrl srl spa sl slu bv nv ab as oy aps limited"
)
_AND = word_set("and und et y e en och i &")
_NOUNS_ARE_CAPITALISED = frozenset({"de"})
# German objects that stand beside another noun without being anybody's name: “spart Ihrem Team Zeit”.
_GERMAN_OBJECTS = word_set(
    "zeit geld arbeit mühe kosten aufwand fragen klarheit sicherheit luft raum platz team teams kunden"
)
_CAMEL = re.compile(r"[a-z]{1,3}[A-Z]\w+\Z")
# What is counted or measured with, beside which a noun is no name: “1,1 Prozent Ausschuss”.
_GERMAN_UNITS = word_set(
    "prozent euro dollar franken tausend million millionen milliarde milliarden mio mrd tonne tonnen stück teile kilo kilogramm liter "
    "meter kilometer quadratmeter stunde stunden minute minuten tag tage tagen woche wochen monat monate monaten monats jahr jahre "
    "jahren jahres uhr mal herr frau dr prof januar februar märz april mai juni juli august september oktober november dezember"
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
        is_name = (
            _may_be_name(word) and not _is_known(word, known, language) and not _is_form(words, index, known)
        )
        if is_name and _opens_something(words, index, sentence, language):
            is_name = False
        if is_name and language in _NOUNS_ARE_CAPITALISED and any(spelled_in(word, language)):
            is_name = False
        if is_name and index == 0 and not _names_at_start(words, sentence, known, language, strict=strict):
            is_name = False
        if run and not _adjacent(words[index - 1], match, sentence):
            strange += _kept(run, language, beside_known)
            run, beside_known = [], False
        if is_name:
            beside_known |= strict and _touches_known(words, index, sentence, known)
            run.append(word)
            continue
        strange += _kept(run, language, beside_known)
        run, beside_known = [], False
    strange += _kept(run, language, beside_known)
    if language in _NOUNS_ARE_CAPITALISED:
        strange += [town for town in _towns_in(sentence, known) if not any(town in one for one in strange)]
    return strange


def _opens_something(words: list[re.Match[str]], index: int, sentence: str, language: str) -> bool:
    """“The”, behind a colon or at the beginning of a quotation."""
    if words[index].group().casefold() not in OPENERS or index == 0:
        return False
    return language in _NOUNS_ARE_CAPITALISED or not _adjacent(words[index - 1], words[index], sentence)


def _is_form(words: list[re.Match[str]], index: int, known: Collection[str]) -> bool:
    """“Ltd” behind a known name, where the source names no other legal form."""
    bare = words[index].group().casefold().strip(".")
    if bare not in _FORMS or index == 0 or not _is_known(words[index - 1].group(), known):
        return False
    return not any(form in known for form in _FORMS)


def _towns_in(sentence: str, known: Collection[str]) -> list[str]:
    return [match[1] for match in _GERMAN_TOWN.finditer(sentence) if not _is_known(match[1], known)]


def _may_be_name(word: str) -> bool:
    """Capitalised, or with a capital inside, as products have it: “iPhone”."""
    bare = re.sub(r"[’']s$", "", word.casefold())
    return (word[:1].isupper() or _CAMEL.match(word) is not None) and bare not in _NOT_NAMES


def _names_at_start(
    words: list[re.Match[str]], sentence: str, known: Collection[str], language: str, *, strict: bool
) -> bool:
    """The first word is capitalised anyway. It is taken for a name by its shape, where no dictionary has it, before a
    verb of doing, and, in a sentence that cites a fact, before another name."""
    word = words[0].group().rstrip(".'’-")
    bare = re.sub(r"[’']s$", "", word.casefold())  # "it's" and "let's" are no more names than "it"
    if bare in _PRONOUNS or bare in OPENERS or any(spelled_in(bare, language)):
        return False
    if any(letter.isupper() for letter in word[1:]) or (word.endswith(("'s", "’s")) and bare not in COMMON):
        return True
    if _is_always_a_name(bare) or (language in lexicon.LANGUAGES and not lexicon.is_word(bare, language)):
        return True
    follower = (
        words[1].group().casefold() if len(words) > 1 and _adjacent(words[0], words[1], sentence) else ""
    )
    if _does_something(bare, follower, language, strict=strict):
        return True
    return strict and _before_a_name(words, sentence, known, language)


def _is_always_a_name(word: str) -> bool:
    return word in GIVEN or word in COMPANIES or word in PLACES


def _does_something(word: str, follower: str, language: str, *, strict: bool) -> bool:
    """“Kelpline announced”, “Talleres también compra”: a first word that nobody would begin with, were it no name."""
    ending = _NO_NAME_ENDING.get(language)
    if len(word) < 4 or (ending and ending.search(word)):
        return False
    if language == "en":
        return follower in _DOING and word not in COMMON and word not in COMMON_DOERS
    if language in _NOUNS_ARE_CAPITALISED:
        return False
    return strict and follower in _DOES.get(language, ()) and word not in _NO_NAMES.get(language, ())


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
            first = theirs.casefold() in OPENERS or theirs.casefold() in _GERMAN_UNITS
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
        if len(run) == 1 and not beside_known and not _is_plainly_a_name(run[0]):
            return []
    return [" ".join(run)] if run else []


def _is_plainly_a_name(word: str) -> bool:
    return _is_always_a_name(word.casefold()) or any(
        letter.isupper() or letter.isdigit() for letter in word[1:]
    )


def _is_known(word: str, known: Collection[str], language: str = "") -> bool:
    unknown = [part for part in parts(word) if part and part not in known]
    if language not in _NOUNS_ARE_CAPITALISED:
        return not unknown
    return all(_is_of_a_compound(part, known) for part in unknown)


def _is_of_a_compound(part: str, known: Collection[str]) -> bool:
    """“Ausschuss”, where the source says “Ausschussquote”; “Brand” is not of “Brandt”."""
    return len(part) >= 4 and any(
        len(one) >= len(part) + 4 and (one.startswith(part) or one.endswith(part)) for one in known
    )


def parts(word: str) -> list[str]:
    """A word's pieces in small letters: “Kuehn-Voss's” is kuehn and voss."""
    bare = re.sub(r"[’']s?$", "", word.casefold().rstrip(".-’'"))
    return [part.strip(".’'") for part in re.split(r"[-&/]", bare) if part.strip(".’'")]
