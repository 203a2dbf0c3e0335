"""Names of places, for telling one from another: countries, their states, large towns, and how else they are called.

Codes are ISO 3166: `DE`, `DE-BY`. All names are as `dedupe.plain` writes them. A name may stand for several places;
a town that is not listed is no less a town.
"""

from pipeline.rules.words import word_set

_COUNTRIES = """
US united states, united states of america, usa, america, vereinigte staaten, etats unis, estados unidos, stati uniti
CA canada, kanada
MX mexico, mexiko, mexique
GB united kingdom, uk, great britain, britain, grossbritannien, vereinigtes konigreich, royaume uni, reino unido
IE ireland, irland, irlande, eire
DE germany, deutschland, allemagne, alemania, germania, duitsland, niemcy, tyskland
AT austria, osterreich, autriche
CH switzerland, schweiz, suisse, svizzera, suiza
LI liechtenstein
FR france, frankreich, francia, frankrijk
BE belgium, belgien, belgie, belgique
NL netherlands, the netherlands, holland, niederlande, nederland, pays bas, paises bajos
LU luxembourg, luxemburg
IT italy, italien, italia, italie
ES spain, spanien, espana, espagne
PT portugal
PL poland, polen, polska, pologne
CZ czech republic, czechia, tschechien, cesko, ceska republika
SK slovakia, slowakei, slovensko
HU hungary, ungarn, magyarorszag
RO romania, rumanien
BG bulgaria, bulgarien
GR greece, griechenland, hellas
HR croatia, kroatien, hrvatska
SI slovenia, slowenien, slovenija
RS serbia, serbien, srbija
DK denmark, danemark, danmark, dinamarca
SE sweden, schweden, sverige, suede
NO norway, norwegen, norge, norvege
FI finland, finnland, suomi
IS iceland, island
EE estonia, estland, eesti
LV latvia, lettland, latvija
LT lithuania, litauen, lietuva
UA ukraine, ukraina
TR turkey, turkei, turkiye
RU russia, russland
GE georgia, georgien
IL israel
AE united arab emirates, uae
SA saudi arabia
EG egypt
MA morocco, maroc
ZA south africa, sudafrika
NG nigeria
KE kenya
GH ghana
IN india, indien
PK pakistan
BD bangladesh
CN china
HK hong kong
TW taiwan
JP japan
KR south korea, korea
SG singapore, singapur
MY malaysia
TH thailand
VN vietnam
ID indonesia
PH philippines
AU australia, australien
NZ new zealand, neuseeland
BR brazil, brasil, brasilien
AR argentina
CL chile
CO colombia
PE peru
"""
_STATES = """
US AL alabama, AK alaska, AZ arizona, AR arkansas, CA california, CO colorado, CT connecticut, DE delaware
US FL florida, GA georgia, HI hawaii, ID idaho, IL illinois, IN indiana, IA iowa, KS kansas, KY kentucky
US LA louisiana, ME maine, MD maryland, MA massachusetts, MI michigan, MN minnesota, MS mississippi, MO missouri
US MT montana, NE nebraska, NV nevada, NH new hampshire, NJ new jersey, NM new mexico, NY new york
US NC north carolina, ND north dakota, OH ohio, OK oklahoma, OR oregon, PA pennsylvania, RI rhode island
US SC south carolina, SD south dakota, TN tennessee, TX texas, UT utah, VT vermont, VA virginia, WA washington
US WV west virginia, WI wisconsin, WY wyoming, DC district of columbia, PR puerto rico, NY new york state
US WA washington state
CA AB alberta, BC british columbia, MB manitoba, NB new brunswick, NL newfoundland, NS nova scotia, ON ontario
CA PE prince edward island, QC quebec, SK saskatchewan
AU NSW new south wales, VIC victoria, QLD queensland, SA south australia, WA western australia, TAS tasmania
AU ACT australian capital territory, NT northern territory
GB ENG england, SCT scotland, WLS wales, NIR northern ireland, ENG angleterre, SCT schottland
DE BW baden wurttemberg, BY bavaria, BY bayern, BE berlin, BB brandenburg, HB bremen, HH hamburg, HE hesse, HE hessen
DE MV mecklenburg vorpommern, NI lower saxony, NI niedersachsen, NW north rhine westphalia, NW nordrhein westfalen
DE RP rhineland palatinate, RP rheinland pfalz, SL saarland, SN saxony, SN sachsen, ST sachsen anhalt
DE SH schleswig holstein, TH thuringia, TH thuringen
AT 9 vienna, 9 wien, 7 tyrol, 7 tirol, 5 salzburg, 6 styria, 6 steiermark, 3 lower austria, 4 upper austria
FR IDF ile de france, NOR normandy, NOR normandie, BRE brittany, BRE bretagne, ARA auvergne rhone alpes
FR PAC provence, OCC occitanie, GES grand est, NAQ nouvelle aquitaine, HDF hauts de france
ES CT catalonia, CT cataluna, CT catalunya, AN andalusia, AN andalucia, MD madrid, PV basque country, PV pais vasco
IT 25 lombardy, 25 lombardia, 52 tuscany, 52 toscana, 62 lazio, 21 piedmont, 21 piemonte, 34 veneto, 82 sicily
IT 82 sicilia, 72 campania, 45 emilia romagna
"""
_TOWNS = """
US-TX austin, dallas, houston, san antonio, fort worth, el paso, plano, arlington, round rock, lubbock
US-CA los angeles, san francisco, san diego, san jose, sacramento, oakland, fresno, long beach, palo alto, irvine
US-NY new york, buffalo, rochester, albany, syracuse
US-IL chicago, springfield, naperville
US-WA seattle, tacoma, spokane, bellevue, vancouver
US-OR portland, salem, eugene
US-ME portland, bangor
US-MA boston, springfield, worcester, cambridge, salem
US-CO denver, boulder, colorado springs, aurora
US-AZ phoenix, tucson, scottsdale, mesa
US-FL miami, orlando, tampa, jacksonville, fort lauderdale
US-GA atlanta, savannah, athens
US-PA philadelphia, pittsburgh
US-OH columbus, cleveland, cincinnati, dublin
US-MI detroit, grand rapids, ann arbor
US-MN minneapolis, saint paul
US-MO kansas city, saint louis, springfield
US-NC charlotte, raleigh, durham
US-TN nashville, memphis
US-DC washington
US-MD baltimore
US-NV las vegas, reno
US-UT salt lake city, provo
US-IN indianapolis
US-WI milwaukee, madison
US-LA new orleans, baton rouge
US-AL birmingham, montgomery
US-VA richmond, virginia beach, arlington
US-KY louisville, lexington
US-OK oklahoma city, tulsa
US-NE omaha
US-NM albuquerque, santa fe
US-ID boise
US-IA des moines
CA-ON toronto, ottawa, hamilton, london, mississauga, waterloo
CA-QC montreal, quebec city
CA-BC vancouver, victoria
CA-AB calgary, edmonton
GB-ENG london, manchester, birmingham, leeds, liverpool, bristol, sheffield, newcastle, nottingham, cambridge, oxford
GB-ENG brighton, reading, leicester, southampton, york, bath, richmond
GB-SCT edinburgh, glasgow, aberdeen
GB-WLS cardiff
GB-NIR belfast
IE dublin, cork, galway, limerick
DE-BE berlin
DE-HH hamburg
DE-HB bremen
DE-BY munich, nuremberg, augsburg, regensburg, wurzburg
DE-NW cologne, dusseldorf, dortmund, essen, bonn, munster, bielefeld, aachen, duisburg, bochum, wuppertal
DE-HE frankfurt, wiesbaden, darmstadt, kassel
DE-BW stuttgart, karlsruhe, mannheim, freiburg, heidelberg, ulm
DE-SN leipzig, dresden, chemnitz
DE-NI hanover, braunschweig, oldenburg
DE-RP mainz, koblenz
DE-SH kiel, lubeck
DE-TH erfurt, jena
AT-9 vienna
AT-6 graz
AT-5 salzburg
AT-7 innsbruck
AT linz
CH zurich, geneva, basel, bern, lausanne, lucerne, winterthur
FR paris, lyon, marseille, toulouse, nice, nantes, strasbourg, bordeaux, lille, rennes, montpellier, grenoble
BE brussels, antwerp, ghent, bruges, liege
NL amsterdam, rotterdam, the hague, utrecht, eindhoven, groningen, delft
LU luxembourg
IT rome, milan, turin, florence, naples, venice, bologna, genoa, verona, palermo
ES madrid, barcelona, valencia, seville, malaga, bilbao, zaragoza
PT lisbon, porto, braga
PL warsaw, krakow, wroclaw, gdansk, poznan, lodz
CZ prague, brno, ostrava
HU budapest
RO bucharest
GR athens, thessaloniki
DK copenhagen, aarhus, odense
SE stockholm, gothenburg, malmo, uppsala
NO oslo, bergen, trondheim
FI helsinki, tampere, espoo
EE tallinn
LV riga
LT vilnius
UA kyiv, lviv
TR istanbul, ankara
AU-NSW sydney, newcastle
AU-VIC melbourne
AU-QLD brisbane
AU-WA perth
NZ auckland, wellington, hamilton
IN bangalore, mumbai, delhi, hyderabad, chennai, pune
SG singapore
JP tokyo, osaka
AE dubai, abu dhabi
IL tel aviv, jerusalem
BR sao paulo, rio de janeiro
MX mexico city, guadalajara
"""
_CALLED = """
new york: nyc, new york city, manhattan, brooklyn, queens, bronx, the bronx, staten island
los angeles: la, l a
san francisco: sf
washington: dc, d c, washington dc, washington d c
philadelphia: philly
las vegas: vegas
munich: munchen, muenchen, monaco di baviera
nuremberg: nurnberg, nuernberg
cologne: koln, koeln, colonia
dusseldorf: duesseldorf
hanover: hannover
frankfurt: frankfurt am main, frankfurt main, frankfurt a m
zurich: zuerich
geneva: geneve, genf, ginevra
lucerne: luzern
bern: berne
vienna: wien
brussels: bruxelles, brussel, brussel, brussel
antwerp: antwerpen, anvers
ghent: gent
bruges: brugge
the hague: den haag, s gravenhage, la haye
rome: roma
milan: milano, mailand
turin: torino
florence: firenze, florenz
naples: napoli, neapel
venice: venezia, venedig
genoa: genova
seville: sevilla
lisbon: lisboa, lissabon
warsaw: warszawa, warschau
krakow: cracow, krakau
prague: praha, prag
bucharest: bucuresti
athens: athina
copenhagen: kobenhavn, koebenhavn, kopenhagen
gothenburg: goteborg
kyiv: kiev, kiew
istanbul: stambul
bangalore: bengaluru
mumbai: bombay
delhi: new delhi
strasbourg: strassburg
nice: nizza
montreal: montreal
mexico city: ciudad de mexico, cdmx
"""


def _tables() -> tuple[dict[str, set[str]], dict[str, str]]:
    """Names of countries and states with the codes each may stand for, and codes as addresses write them."""
    names: dict[str, set[str]] = {}
    for line in _COUNTRIES.strip().splitlines():
        code, _, called = line.partition(" ")
        for name in called.split(","):
            names.setdefault(name.strip(), set()).add(code)
    for line in _STATES.strip().splitlines():
        country, _, states = line.partition(" ")
        for state in states.split(","):
            code, _, name = state.strip().partition(" ")
            names.setdefault(name, set()).add(f"{country}-{code}")
    return names, {"UK": "GB", "USA": "US", "UAE": "AE"}


REGIONS, _SHORT = _tables()
# Two and three capitals, as they stand in addresses: `TX`, `NSW`, `UK`, `DE` (Delaware and Germany).
CODES: dict[str, frozenset[str]] = {}
for _code in {code for codes in REGIONS.values() for code in codes}:
    _country, _, _state = _code.partition("-")
    if not _state:
        CODES[_code] = CODES.get(_code, frozenset()) | {_code}
    elif _country in ("US", "CA", "AU"):
        CODES[_state] = CODES.get(_state, frozenset()) | {_code}
for _short, _code in _SHORT.items():
    CODES[_short] = frozenset({_code})

TOWNS: dict[str, frozenset[str]] = {}
for _line in _TOWNS.strip().splitlines():
    _code, _, _called = _line.partition(" ")
    for _town in _called.split(","):
        TOWNS[_town.strip()] = TOWNS.get(_town.strip(), frozenset()) | {_code}
CALLED: dict[str, str] = {
    other.strip(): line.partition(":")[0]
    for line in _CALLED.strip().splitlines()
    for other in line.partition(":")[2].split(",")
}
# What stands around a town's name without changing where it is.
AROUND = word_set(
    "area greater metro metropolitan region downtown central city of the in near around inner district"
)
WIDE = word_set("area greater metro metropolitan region near around")
# Names with these are wider than a town.
NO_TOWN = word_set(
    "county valley bay coast region district province state land kreis shire area midlands midwest europe europa eu "
    "dach emea benelux scandinavia skandinavien nordics asia africa worldwide global remote online anywhere"
)
# Of which a part of a longer name is often made: “Port Washington”.
SHARED = word_set(
    "washington victoria georgia madrid salzburg vienna wien berlin hamburg bremen luxembourg provence"
)
