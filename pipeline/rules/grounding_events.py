"""What an email says the reader did: “you raised”, “congratulations on the acquisition”, “Ihre Übernahme”.

Such a sentence may hold no number and no name, and still be made up. Each event is known by the words it is told in;
a source that has any of its other words, in whatever language, is taken to tell of it.
"""
# ruff: noqa: E501 (tables are easier to read whole)

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """`done`: forms of “you have done it” in English, and `elsewhere`; `noun`: what one congratulates on; `told`:
    beginnings of words that tell it."""

    done: str
    elsewhere: str
    noun: str
    told: str


# English, German, French and Spanish together: a form of one is no form of another's.
_EVENTS = (
    Event("raised|secured", "eingesammelt|levé|recaudado|levantado|recaudaron|levantaron",
          "funding|funding round|raise|financing|investment round|seed round|series [a-e]|finanzierungsrunde|finanzierung|kapitalrunde|levée(?: de fonds)?|ronda(?: de financiación)?|financiación",
          "rais fund round invest secur capital financ seed series backed kapital eingesammelt runde levé levée fonds ronda inversi recaud"),
    Event("acquired|bought|purchased|merged|taken over|took over", "übernommen|erworben|zugekauft|racheté|acquis|repris|adquirido|adquirieron|comprado|compraron",
          "acquisition|takeover|merger|purchase|übernahme|zukauf|fusion|rachat|reprise|adquisición|compra|fusión",
          "acqui bought buy purchas merg takeover take(?:n|s)?.over took.over taking.over übern erw gekauft kauf zukauf fusion rach repris repren adqui compr"),
    Event("hired|recruited|appointed", "eingestellt|ernannt|berufen|embauché|recruté|nommé|contratado|contrataron|nombrado|fichado|incorporado",
          "new hires?|hires?|hiring|recruitment|appointment|new team members?|neueinstellung(?:en)?|einstellung(?:en)?|recrutements?|embauches?|nomination|contrataci(?:ón|ones)|nombramiento|incorporaci(?:ón|ones)|fichajes?",
          "hir recruit appoint join employ staff job vacan engineer looking einstell eingestellt such stelle mitarbeit arbeitspl ernannt beruf recrut embauch nomm salari poste contrat nombr fich incorpor emple plantilla puesto assunt assun anställ"),
    Event("opened|inaugurated", "eröffnet|ouvert|inauguré|abierto|abrieron|inaugurado",
          "opening|new (?:plant|office|site|store|factory|warehouse|shop|branch|showroom|hub)|eröffnung|neue[nsr]? (?:werk|büro|standort|filiale|lager|halle)|ouverture|inauguration|apertura|inauguración",
          "open inaugur launch new buil plant site office store warehous eröffn neu werk standort büro filial ouver ouvr usine site entrepôt école aper abr nave planta tienda sede inaugur aberta abriu apre aperto"),
    Event("launched|released|introduced|unveiled|rolled out", "eingeführt|vorgestellt|gelauncht|lancé|présenté|lanzado|lanzaron|presentado",
          "launch|release|rollout|new (?:product|app|platform|line|range|collection)|markteinführung|produkteinführung|lancement|lanzamiento",
          "launch releas introduc unveil roll new start present bring einführ eingeführt einf vorgestellt vorstell start neu lanc lanz nouve nuev present präsent"),
    Event("won|been awarded|received", "gewonnen|ausgezeichnet|erhalten|gagné|remporté|reçu|décroché|ganado|ganaron|recibido",
          "award|prize|win|auszeichnung|preis|prix|récompense|premio|galardón",
          "won win award prize named recogn honour honor contract certif receiv gew gewinn ausz preis erhalt auftrag gagn rempor reçu prix contrat gan premi recib galard contrato nomm"),
    Event("expanded|scaled", "erweitert|ausgebaut|expandiert|agrandi|étendu|ampliado|ampliaron|crecido|expandido",
          "expansion|erweiterung|ausbau|expansion|agrandissement|extension|ampliación|expansión",
          "expan scal grew grow open second third new doubl increas rose move erweiter ausbau ausgebaut wachs gewachs steig stieg eröffn expand agrand éten crois ouver ampli crec abr"),
    Event("moved|relocated", "umgezogen|verlegt|déménagé|mudado|trasladado",
          "move|relocation|umzug|déménagement|mudanza|traslado",
          "move moving relocat new site umz umgez gezogen zog verleg zieh déménag emménag mud traslad"),
    Event("partnered|teamed up|joined forces", "kooperiert|zusammengeschlossen|conclu un partenariat|firmado",
          "partnership|deal|alliance|joint venture|cooperation|collaboration|partnerschaft|kooperation|zusammenarbeit|partenariat|alianza|acuerdo|colaboración",
          "partner sign deal agree contract collabor cooper team allian joint suppl koop zusammen vertrag unterz parten accord contrat signé alian acuerdo firm colabor proveed"),
    Event("migrated|switched|adopted|implemented|automated", "umgestellt|automatisiert|migriert|migré|automatisé|adopté|migrado|automatizado|implantado",
          "migration|switch|automation project|umstellung|automatisierung|migración|automatización|implantación",
          "migrat switch adopt implement install introduc mov use using run automat digit replac umstell umgestellt automatis führ migr nutz implant automatiz passé utilis"),
    Event("closed|shut|shuttered|shut down", "geschlossen|stillgelegt|fermé|cerrado|cerraron|clausurado",
          "closure|closing of|schließung|fermeture|cierre",
          "clos shut geschloss schließ stillg ferm cerr cierr claus"),
    Event("laid off|made redundant", "entlassen|licencié|despedido|despidieron",
          "layoffs?|redundanc(?:y|ies)|entlassung(?:en)?|stellenabbau|licenciements?|despidos?",
          "laid lay redund cut entlass abbau abgebaut licenci suppress desp"),
    Event("published|posted|written|wrote", "veröffentlicht|geschrieben|publié|écrit|publicado|escrito",
          "article|blog post|white ?paper|podcast|interview|report|artikel|beitrag|studie|artículo|entrevista|étude",
          "publ post wrot writ articl report blog book paper podcast interview said told says veröff geschrieb schreib artikel beitrag studie sagt écri expliqu dit dijo escri artíc entrev étude"),
    Event("spoke|spoken|presented", "gesprochen|referiert|parlé|intervenu|hablado|intervenido",
          "talk|keynote|speech|panel|presentation|vortrag|rede|conférence|intervention|charla|ponencia|conferencia",
          "spoke speak talk present keynot panel speech stage confer interview said told sprach spricht vortr rede messe parl interv expliqu habl dijo ponen charl"),
    Event("been promoted|promoted|become|became|taken on the role", "befördert|promue?|ascendido",
          "promotion|new role|new position|new job|beförderung|neue[nr]? (?:rolle|position|stelle)|nouveau poste|promotion|ascenso|nuevo (?:cargo|puesto)",
          "promot join appoint becam becom named new role position since took led leads start head beförd ernannt rolle position seit promu nomm poste depuis ascen nombr cargo puesto desde"),
    Event("gone public|went public", "", "ipo|listing|stock market debut|börsengang|introduction en bourse|salida a bolsa",
          "public ipo list stock exchang börs bours bolsa"),
    Event("been certified|certified", "zertifiziert|certifié|certificado", "certification|accreditation|zertifizierung|certification|certificación",
          "certif zertif iso accredit akkredit"),
    Event("sold|divested", "verkauft|veräußert|vendu|cédé|vendido|vendieron", "sale of|exit|verkauf|cession|venta de",
          "sold sell sale divest verkauf veräuß vend vent cess céd"),
    Event("invested", "investiert|investi|invertido|invirtieron", "investment|investition|investissement|inversión",
          "invest inver capital spen fund"),
    Event("rebranded|renamed", "umbenannt|rebaptisé|renombrado", "rebrand(?:ing)?|new name|new website|umbenennung",
          "rebrand renam new name umbenannt rebapt marke website nombre"),
    Event("cut|reduced|lowered", "reduziert|gesenkt|réduit|baissé|reducido|bajado", "cost cutting|savings|einsparung(?:en)?|réduction|reducción|ahorro",
          "cut reduc lower fell fall less down drop sav halv senk gesenk redu sank gesunk weniger rédu bais moins diminu baj ahorr menos merm riduz"),
    Event("doubled down on|stopped|ended|discontinued", "eingestellt die|arrêté|dejado de", "recall|strike|lawsuit|bankruptcy|insolvency|rückruf|streik|insolvenz|grève|rappel|huelga|quiebra",
          "stop end discontinu recall strik lawsuit bankrup insolv rückruf streik arrêt grèv rappel dej huelga quiebr"),
)  # fmt: skip
_OFTEN = (
    r"(?:just |recently |also |already |successfully |finally |now |only |have |has |had |(?:ha|ve)['’]?\s?)*"
)
_YOU = r"(?:you|your (?:team|company|firm|group|business))(?:['’](?:ve|d))? "
_NAMED = r"(?-i:(?:[A-Z][\w’'&.-]*\s){1,4})"
_SAW = r"(?:saw|see|read|noticed|heard|learned|learnt|understand|gather|spotted|know) (?:that |how )?"
_PER = r"(?:Sie (?:haben|hatten)|haben Sie|(?:dass|wie) Sie|Ihr (?:Team|Unternehmen) hat)\b[^.,;:!?]{0,60}?\b"
_VOUS = r"(?:vous (?:avez|aviez|venez de)|vous êtes|votre (?:équipe|société|entreprise) (?:a|vient de)) (?:récemment |déjà |bien )?"
_USTED = r"(?:ha|han|habéis|has|acaban de|acaba de|su equipo ha) (?:recientemente |ya )?"
_CONGRATS = r"\bcongrat\w*\s+(?:to you )?(?:on|for|upon)\s+(?:the |your |a |an )?(?:new |recent |latest |successful |first |big |well-earned )*"
_GLUECK = r"\bglückw\w*\s+zu[rm]?\s+(?:ihre[rm]? |der |dem |einer |einem )?(?:neue[nr] |jüngste[nr] |erfolgreiche[nr] )?"
_BRAVO = r"\b(?:félicitations|bravo) pour (?:votre |vos |la |le |les |l['’]|cette |ce )?(?:nouvelle? |récente? |belle )?"
_ENHORA = r"\b(?:enhorabuena|felicidades|felicitaciones) por (?:su |sus |la |el |las |los |vuestra |vuestro )?(?:nueva? |reciente )?"
_RECENT = (
    r"\byour (?:recent|latest)(?: \w+)? ",
    r"\bIhre[rmn]? (?:jüngste[nrs]?|kürzliche[nrs]?|aktuelle[nrs]?) ",
    r"\bvotre (?:récente?|dernière?) ",
    r"\bsu (?:reciente|última?) ",
)
_WITHOUT_A_FACT = 2  # of the patterns below, those that hold where nothing is cited


def _patterns(event: Event) -> tuple[re.Pattern[str], ...]:
    ends = rf"(?:{event.noun})\b"
    thanks = "|".join(rf"{before}{ends}" for before in (_CONGRATS, _GLUECK, _BRAVO, _ENHORA, *_RECENT))
    done = rf"(?:{event.done})\b"
    seen = rf"\b{_SAW}(?:{_YOU}){_OFTEN}{done}|\b{_YOU}(?:just|recently|['’]ve just|have just|have recently) {done}"
    plain = [rf"\b{_YOU}{_OFTEN}{done}", rf"\b{_NAMED}{_OFTEN}{done}"]
    if event.elsewhere:
        plain += [rf"\b{before}(?:{event.elsewhere})\b" for before in (_PER, _VOUS, _USTED)]
    return tuple(re.compile(one, re.IGNORECASE) for one in (thanks, seen, "|".join(plain)))


@dataclass(frozen=True, slots=True)
class _Compiled:
    named: re.Pattern[str]  # any of its words: most sentences have none
    patterns: tuple[re.Pattern[str], ...]
    told: re.Pattern[str]


def _compiled(event: Event) -> _Compiled:
    return _Compiled(
        re.compile(
            rf"\b(?:{'|'.join(filter(None, (event.done, event.elsewhere, event.noun)))})\b", re.IGNORECASE
        ),
        _patterns(event),
        re.compile(rf"\b(?:{'|'.join(event.told.split())})", re.IGNORECASE),
    )


_KNOWN = tuple(_compiled(one) for one in _EVENTS)


def events_in(sentence: str, flat: str, *, strict: bool) -> Iterator[str]:
    """What the sentence says the reader did, and `flat`, the source, does not tell."""
    for event in _KNOWN:
        if event.named.search(sentence) is None or event.told.search(flat):
            continue
        for pattern in event.patterns[: None if strict else _WITHOUT_A_FACT]:
            if match := pattern.search(sentence):
                yield match.group().strip()
                break
