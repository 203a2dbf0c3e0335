"""The language a page is written in: by its commonest words or its script, else as it declares."""

import re
from collections import Counter

_COMMON = {
    "en": "the and of to in is you for with our we are your on this by at from or us",
    "de": "der die und das ist mit für wir sie von den zu auf eine ein im nicht oder unsere sich bei ihre",
    "fr": "le la les et des est vous pour une dans nous votre sur avec par du au notre vos aux ou",
    "es": "el la los las y de que en para una con por su del nuestro más se es sus nuestra o",
    "it": "il la di e che per un una con del della sono nostro gli le alla è nei dei si o",
    "pt": "o a os as e de que para uma com por seu do da em não nos no na você ou sua",
    "nl": "de het een en van is voor met wij uw op te zijn in aan ons onze je bij u niet",
    "sv": "och att det som en är för på med vi av till har den om ett du kan oss vår",
    "da": "og at det som en er for på med vi af til har den om et du kan os vores ikke",
    "no": "og at det som en er for på med vi av til har den om et du kan oss våre ikke",
    "fi": "ja on ei että se me meidän tai ovat kun mutta voi myös sekä sinun ole",
    "pl": "i w na z do się jest nie to że o oraz dla jak od przez po lub są nas",
    "cs": "a v na se je že s do pro o z k jsou nebo nás jako od po při i vám",
    "sk": "a v na sa je že s do pre o z k sú alebo nás ako od po pri aj vám",
    "hu": "a az és hogy nem is egy vagy van meg de csak már még ezt mint minden",
    "ro": "și de la în cu pe un o pentru din este sau care mai nu sunt noastre",
    "tr": "ve bir bu için ile olarak daha çok en olan veya gibi biz sizin ne",
    "hr": "i u je na se za da su od s ili kao koji te nas smo kako",
    "lt": "ir yra į su iš kad kaip tai ar mūsų jūsų prie nuo arba",
    "vi": "và của là các cho được có trong với không tại những một này bạn",
    "id": "dan yang di untuk dengan kami dari ini pada anda atau kepada dalam adalah",
}  # fmt: skip
_WORDS = {word: [language for language, words in _COMMON.items() if word in words.split()]
          for words in _COMMON.values() for word in words.split()}  # fmt: skip
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[а-яА-ЯёЁ]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGER = re.compile(r"[^\W\d_]{2,}")
_READ = 20_000
_ENOUGH_WORDS = 6


def language_of(text: str, declared: str | None) -> str | None:
    """Two letters. What the words say wins over `html lang`, which themes set and nobody corrects."""
    sample = text[:_READ]
    if not sample.isascii():
        script = _script_of(sample)
        if script is not None:
            return _within_script(script, sample, declared)
    votes: Counter[str] = Counter()
    for word, times in Counter(_LONGER.findall(sample.lower())).items():
        for language in _WORDS.get(word, ()):
            votes[language] += times
    best = votes.most_common(2)
    base = re.match(r"[a-zA-Z]{2,3}\b", (declared or "").strip())
    said = base[0].lower() if base else None
    if not best or best[0][1] < _ENOUGH_WORDS:
        return said
    if said in ("nb", "nn") or (said and votes[said] >= 0.8 * best[0][1]):  # near relatives: as declared
        return said
    return best[0][0]


def _script_of(sample: str) -> str | None:
    """The language of the script that a share of the letters is written in."""
    strange = "".join(_BEYOND_ASCII.findall(sample))
    letters = 0
    for language, script in _SCRIPTS:
        written = len(script.findall(strange))
        if written:
            letters = letters or sum(map(len, _LETTERS.findall(sample)))
            if written / max(1, letters) > (0.02 if language in ("ja", "uk") else 0.3):
                return language
    return None


def _within_script(language: str, sample: str, declared: str | None) -> str:
    said = (declared or "").strip().lower()[:2]
    family = {
        "ru": ("uk", "bg", "sr", "be", "kk", "mk"),
        "uk": ("be",),
        "ar": ("fa", "ur"),
        "hi": ("mr", "ne"),
    }
    if language == "ja" and len(re.findall("[\u3040-\u30ff]", sample)) < 6:
        return "zh"
    if language == "ar" and re.search("[پچژگ]", sample):
        return "fa"
    return said if said in family.get(language, ()) else language
