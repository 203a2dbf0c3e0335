"""Titles of people, and when two are the same: “CFO” and “chief financial officer”, “Leiter Vertrieb” and “head of sales”.

A title that is spelled out and its letters are one; so are its usual names in other languages, since a fact may be in
another than the email. What is only near it within a language (a plant manager, a plant director) is another.
"""
# ruff: noqa: E501 (patterns and tables are easier to read whole)

import re
from collections.abc import Iterable

TITLE = re.compile(
    r"\b(?:C[EFTOIMRP]O|CISO|CHRO|chief [a-z]+ officer|chief executive|chief of staff|(?:co-?)?founders?|founding partner|"
    r"(?:vice )?president|chair(?:man|woman|person)\b|chairs? of the board|proprietor|(?:co-?)?owner(?=\b)|"
    r"(?:S?VP|EVP|vice president|head|director|manager|leader) of (?!the\b|your\b|an?\b)[A-Za-z]+(?: (?:and|&) [A-Za-z]+)?|(?:S?VP|EVP) [A-Z]\w+|managing (?:director|partner)|"
    r"(?:general|regional|area|country|branch|store|site|factory|works|production|quality|logistics|procurement|purchasing|supply chain|warehouse|"
    r"customer success|account|project|office|people|talent|technical|commercial|creative|medical|clinical|research|finance|"
    r"sales|marketing|operations|engineering|product|plant|hr|it) (?:director|manager|lead|leader)|"
    r"treasurer|controller|headmaster|headteacher|principal engineer|"
    r"Geschäftsführer(?:in)?|Inhaber(?:in)?|(?:Mit)?[Gg]ründer(?:in)?|Vorstandsvorsitzende[rn]?|Prokurist(?:in)?|Leiter(?:in)? (?:der |des )?[A-ZÄÖÜ]\w+|"
    r"\w{3,}(?:leiter|vorstand|chef|direktor)(?:in)?|(?:technische|kaufmännische)[rn]? (?:Leiter|Direktor|Geschäftsführer)(?:in)?|"
    r"P-?DG|DAF|DRH|DSI|DG\b|président(?:e)?(?:-directeur général|-directrice générale)?|(?:co)?fondat(?:eur|rice)|gérante?|chef(?:fe)? (?:d'atelier|de production|des ventes|des opérations)|"
    r"presidenta?|(?:co)?fundadora?|dueñ[oa]|propietari[oa]|consejer[oa] delegad[oa]|jef[ea] de \w+|"
    r"(?:directeur|directrice|directora?|direttore|direttrice|diretora?|gerente|responsabile|responsable) "
    r"(?:(?:de|du|des|della|dei|del|di|da|do) (?:la |las |los |l')?\w+|d['’]\w+|\w+(?:al|ale|el|elle|if|ive|ier|ière|ico|ica|ique|ivo|iva|ario|aria|eiro|eira|tor|tora))|"
    r"(?:\w+eel|\w+isch|algemeen) (?:directeur|manager)|verkställande direktör|amministrat(?:ore|rice) delegat[oa])\b",
    re.IGNORECASE,
)
# Words that are titles only before or behind a person, or with “your”: an owner may be of a process.
_LOOSE = re.compile(
    r"\A(?:(?:co-?)?owner|controller|proprietor|treasurer|chair(?:man|woman|person)?|dg)\Z", re.IGNORECASE
)
# An office in a line; “=” joins what is the same within a language, and across languages all of a line are.
_OFFICES = """
en:ceo=chief executive officer=chief executive|en:managing director|en:general manager|de:geschäftsführer=geschäftsführerin|de:vorstandsvorsitzender=vorstandsvorsitzende=vorstandsvorsitzenden|de:firmenchef=firmenchefin|fr:directeur général=directrice générale=dg|fr:pdg=p-dg=président-directeur général=présidente-directrice générale|fr:gérant=gérante|es:director general=directora general|es:consejero delegado=consejera delegada|it:direttore generale=direttrice generale|it:amministratore delegato=amministratrice delegata|pt:diretor geral=diretora geral|nl:algemeen directeur|sv:verkställande direktör
en:cfo=chief financial officer|en:finance director=director of finance|de:finanzchef=finanzchefin|de:finanzvorstand|de:kaufmännischer leiter=kaufmännische leiterin|de:finanzleiter=finanzleiterin|fr:directeur financier=directrice financière=daf|es:director financiero=directora financiera|it:direttore finanziario|pt:diretor financeiro
en:coo=chief operating officer=chief operations officer|en:operations director=director of operations|en:head of operations|de:betriebsleiter=betriebsleiterin=leiter betrieb|fr:directeur des opérations=directrice des opérations|es:director de operaciones=directora de operaciones|nl:operationeel directeur
en:cto=chief technology officer=chief technical officer|en:technical director|de:technikvorstand|de:technischer leiter=technische leiterin|de:technikchef=technikchefin|fr:directeur technique=directrice technique|es:director técnico=directora técnica|it:direttore tecnico
en:cio=chief information officer|en:it director=director of it|en:head of it|de:it-leiter=it-leiterin=leiter it=leiterin it|de:it-chef=it-chefin|fr:dsi
en:cmo=chief marketing officer|en:marketing director=director of marketing|en:head of marketing|de:marketingleiter=marketingleiterin=leiter marketing=leiterin marketing|de:marketingchef=marketingchefin|fr:directeur marketing=directrice marketing=directeur du marketing=directrice du marketing|es:director de marketing=directora de marketing
en:chro=chief human resources officer|en:chief people officer|en:hr director=director of hr|en:head of hr|de:personalleiter=personalleiterin=leiter personal=leiterin personal|de:personalchef=personalchefin|fr:drh=directeur des ressources humaines=directrice des ressources humaines
en:ciso=chief information security officer
en:cro=chief revenue officer
en:cpo=chief product officer
en:founder|de:gründer=gründerin|fr:fondateur=fondatrice|es:fundador=fundadora|it:fondatore=fondatrice
en:co-founder=cofounder|de:mitgründer=mitgründerin|fr:cofondateur=cofondatrice|es:cofundador=cofundadora
en:president|fr:président=présidente|es:presidente=presidenta|pt:presidente
en:sales director=director of sales|en:head of sales|en:sales manager|de:vertriebsleiter=vertriebsleiterin=leiter vertrieb=leiterin vertrieb=leiter vertriebs|de:verkaufsleiter=verkaufsleiterin|de:vertriebschef=vertriebschefin|fr:directeur commercial=directrice commerciale|es:director comercial=directora comercial|es:jefe de ventas=jefa de ventas|it:direttore commerciale|nl:commercieel directeur
en:production manager|en:head of production|en:production director=director of production|de:produktionsleiter=produktionsleiterin=leiter produktion=leiterin produktion|fr:directeur de production=directrice de production|fr:responsable de production|es:director de producción=directora de producción|es:jefe de producción=jefa de producción
en:plant manager|en:works manager|en:factory manager|en:plant director|de:werkleiter=werkleiterin=werksleiter=werksleiterin|fr:directeur d'usine=directrice d'usine=directeur de l'usine=directrice de l'usine|es:director de planta=directora de planta
en:logistics manager|en:head of logistics|en:logistics director=director of logistics|de:logistikleiter=logistikleiterin=leiter logistik=leiterin logistik|fr:directeur logistique=directrice logistique|fr:responsable logistique|es:director de logística=directora de logística
en:quality manager|en:head of quality|en:quality director=director of quality|de:qualitätsleiter=qualitätsleiterin=leiter qualität=leiterin qualität|fr:directeur qualité=directrice qualité|fr:responsable qualité|es:director de calidad=directora de calidad
en:purchasing manager|en:head of purchasing|en:procurement manager|en:head of procurement|de:einkaufsleiter=einkaufsleiterin=leiter einkauf=leiterin einkauf|fr:directeur des achats=directrice des achats|fr:responsable des achats|es:director de compras=directora de compras
en:owner=proprietor|de:inhaber=inhaberin|es:dueño=dueña=propietario=propietaria
en:chairman=chairwoman=chairperson=chair
"""


def _offices() -> dict[str, tuple[int, str, int]]:
    """Each title with its office, its language, and its place among those of that language."""
    found: dict[str, tuple[int, str, int]] = {}
    for office, line in enumerate(_OFFICES.strip().splitlines()):
        for place, group in enumerate(line.split("|")):
            language, _, names = group.partition(":")
            found |= dict.fromkeys(names.split("="), (office, language, place))
    return found


_OFFICE_OF = _offices()
_CHIEF = re.compile(r"C[EFTOIMRP]O\Z|chief ", re.IGNORECASE)
_BEFORE_A_TITLE = re.compile(r"(?:\byour|,|\bas|\bIhre?|\bvotre|\bsu)\s+\Z", re.IGNORECASE)
_OF = re.compile(r"\b(?:der|des|of the)\s")


def without_titles(text: str) -> str:
    """Their capitals make no names: “Chief Financial Officer”."""
    return TITLE.sub(lambda match: match.group().lower(), text)


def titles_in(text: str, *, strict: bool) -> list[str]:
    """`strict`: the text cites a fact, or is one. Elsewhere a title is told of nobody, unless of somebody by name or
    of one of the reader's chiefs."""
    found = [
        match for match in TITLE.finditer(text) if _LOOSE.match(match.group()) is None or _is_somebodys(match)
    ]
    return [
        match.group() for match in found if strict or _CHIEF.match(match.group()) or _is_beside_a_name(match)
    ]


def _is_somebodys(match: re.Match[str]) -> bool:
    """“The owner of a process” is none."""
    return _BEFORE_A_TITLE.search(match.string[: match.start()]) is not None or _is_beside_a_name(match)


def _is_beside_a_name(match: re.Match[str]) -> bool:
    before, behind = match.string[: match.start()], match.string[match.end() :]
    return bool(
        re.search(r"[A-ZÄÖÜ][\w’'-]+, \Z", before) or re.match(r"\s*,?\s*[A-ZÄÖÜ]\w+ [A-ZÄÖÜ]", behind)
    )


def title_stands(title: str, flat: str, known: Iterable[str]) -> bool:
    """As it is, or under another of its names. `flat`: the source in small letters; `known`: its titles."""
    plain = _plain(title)
    if _holds(_OF.sub(" ", flat), plain.removesuffix("s")):
        return True
    ours = _OFFICE_OF.get(plain)
    return ours is not None and any(_same(ours, _OFFICE_OF.get(_plain(one))) for one in known)


def _holds(flat: str, title: str) -> bool:
    """As words of their own: “president” is not of “vice president”, nor “cto” of “director”."""
    at = flat.find(title)
    while at >= 0:
        before, behind = flat[:at], flat[at + len(title) :].removeprefix("s")
        if not before[-1:].isalnum() and not behind[:1].isalnum() and not before.endswith(("vice ", "vice-")):
            return True
        at = flat.find(title, at + 1)
    return False


def _same(one: tuple[int, str, int], other: tuple[int, str, int] | None) -> bool:
    if other is None or one[0] != other[0]:
        return False
    return one[1] != other[1] or one[2] == other[2]


def _plain(title: str) -> str:
    return " ".join(_OF.sub(" ", title.casefold().replace("’", "'")).split())
