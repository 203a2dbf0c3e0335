"""Is this address in the place that was asked for? Pure.

A place is a town, a state or a country; an address may say all of them or only some. It is elsewhere only where it
states the same kind of place and that is another one; whatever it does not say stays open.
"""

import re
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from pipeline.rules.dedupe import plain
from pipeline.rules.extraction_address import is_street
from pipeline.rules.place_names import AROUND, CALLED, CODES, NO_TOWN, REGIONS, SHARED, TOWNS, WIDE

_LIKE = 85  # of 100: spellings of one name
_DIRECTIONS = re.compile(r"^(?:(?:north|south|east|west)(?:ern)? |n |s |e |w )")
_STATE_LAST = re.compile(
    r"^(?:(?P<town>.*?)[\s.]+)?(?P<code>[A-Z]{2,3})\.?\s+(?P<zip>\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4})$"
)
_ZIP_LAST = re.compile(r"^(?P<town>\D*?)\s*,?\s*\b\d{4,6}(?:-\d{3,4})?$")
_BRITISH = re.compile(r"^(?P<town>.*?)\s*\b[A-Z]{1,2}\d[A-Z\d]?(?P<whole> ?\d[A-Z]{2})?$")
_ZIP_FIRST = re.compile(
    r"^(?:(?P<land>[A-Z]{1,3})[- ]\s?)?(?:(?P<dutch>\d{4} ?[A-Z]{2})|(?P<polish>\d{2}-\d{3})|\d{3} \d{2}|\d{4,5})"
    r"\s+(?P<town>[^\d]+?)(?:\s+(?:cedex\s*)?\d{1,2}(?:er|e|eme)?|\s+cedex)?$",
    re.IGNORECASE,
)
_LANDS = {"D": "DE", "A": "AT", "F": "FR", "I": "IT", "E": "ES", "B": "BE", "L": "LU", "S": "SE", "N": "NO"}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`towns` by the names of the table, the coarsest last. `regions`: codes, of which one is right; empty where
    nothing is said. `ends`: what else could end in a town's name."""

    towns: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """What was asked for, in each way it can be meant."""

    meant: tuple[Whereabouts, ...]
    is_wide: bool = field(default=False)  # “Austin area”: towns nearby count as well


def is_in(place: str, address: str) -> bool | None:
    """None: the address does not say."""
    asked, found = asked_for(place), read_address(address)
    if not asked.meant:
        return None
    verdicts = [(bool(one.towns), _is_in(one, found, asked.is_wide)) for one in asked.meant]
    said = [verdict for _, verdict in verdicts]
    if any(verdict for is_town, verdict in verdicts if is_town):
        return True
    if any(said):  # in the state of New York, but not in the town
        return None if any(is_town for is_town, _ in verdicts) else True
    return False if all(verdict is False for verdict in said) else None


def names_of(place: str) -> list[str]:
    """How a text may call what was asked for, as `plain` writes it."""
    found: list[str] = []
    for one in asked_for(place).meant:
        if one.towns:
            town = one.towns[0]
            found += [town, *(other for other, name in CALLED.items() if name == town and len(other) > 3)]
        else:
            found += [name for name, codes in REGIONS.items() if codes & one.regions and len(name) > 3]
    return list(dict.fromkeys(found))


_LANGUAGES = {
    "de": "DE AT", "en": "US GB IE AU NZ", "es": "ES MX AR CL CO PE", "fr": "FR", "it": "IT", "nl": "NL",
    "pl": "PL", "pt": "PT BR",
}  # fmt: skip
_SPOKEN = {land: language for language, lands in _LANGUAGES.items() for land in lands.split()}


def language_of(place: str) -> str | None:
    """What companies there call themselves in, where that is one language."""
    codes = {
        code for one in asked_for(place).meant for code in one.regions or TOWNS.get((*one.towns, "")[0], ())
    }
    spoken = {_SPOKEN.get(code[:2]) for code in codes}
    return spoken.pop() if len(spoken) == 1 else None


# What was asked for


def asked_for(place: str) -> AskedPlace:
    parts = [part for part in map(_named, place.split(",")) if part]
    is_wide = bool(WIDE & set(_named(place, AROUND - WIDE).split()))
    if not parts:
        return AskedPlace(())
    if len(parts) == 1:
        return AskedPlace(tuple(_lone(parts[0])), is_wide)
    first = _split(parts[0])
    towns, regions = list(first.towns), first.regions
    for part in parts[1:]:
        codes = _codes(part, any_case=True)
        if codes:
            regions = _narrowed(regions, codes)
        if not codes or (_town(part) in TOWNS and towns[0] not in TOWNS):  # a quarter, and its town
            towns.append(_town(part))
    return AskedPlace((Whereabouts(tuple(towns), regions),), is_wide)


def _lone(part: str) -> list[Whereabouts]:
    codes, town = _codes(part, any_case=part not in CALLED), _town(part)
    found = [Whereabouts((), codes)] if codes else []
    if town in TOWNS:
        found.append(Whereabouts((town,)))
    return found or [_split(part)]


def _split(part: str) -> Whereabouts:
    """“austin texas”: the town, and what follows it."""
    words = part.split()
    for at in range(max(1, len(words) - 3), len(words)):
        town, rest = " ".join(words[:at]), " ".join(words[at:])
        codes = _codes(rest, any_case=True)
        if codes and (rest not in SHARED or _town(town) in TOWNS) and _town(part) not in TOWNS:
            return Whereabouts((_town(town),), codes)
    return Whereabouts((_town(part),))


def _named(text: str, around: frozenset[str] = AROUND) -> str:
    """Without dots, hyphens, and words that only stand around a name."""
    bare = " ".join(re.sub(r"[.’'\-/()]", " ", plain(text)).split())
    if bare in CALLED or bare in TOWNS or bare in REGIONS:
        return bare
    if re.fullmatch(r"(?:[a-z] ){1,2}[a-z]", bare):
        return bare.replace(" ", "")  # u.k.
    return " ".join(word for word in bare.split() if word not in around) or bare


def _town(name: str) -> str:
    name = re.sub(r"^st\b", "saint", re.sub(r"^ft\b", "fort", name))
    return CALLED.get(name, name)


def _codes(part: str, *, any_case: bool = False) -> frozenset[str]:
    """Of a country or state that this names."""
    named = frozenset(REGIONS.get(_named(part), ()))
    code = part.replace(".", "").strip()
    return named or CODES.get(code.upper() if any_case else code, frozenset())


# What an address says


def read_address(address: str) -> Whereabouts:
    towns: list[str] = []
    ends: list[str] = []
    said: list[frozenset[str]] = []
    is_continental = False
    for part in (one.strip(" .;") for one in address.split(",")):
        town, codes, zip_first = _part(part)
        is_continental |= zip_first
        if codes:
            said.append(codes)
        if town and re.search(r"\d", town):
            ends.append(_named(re.sub(r"\W*\d\S*", " ", town)))
        elif town:
            towns.append(_town(_named(town)))
    regions: frozenset[str] = frozenset()
    for codes in reversed(said):
        regions = _narrowed(regions, codes)
    hint: frozenset[str] = TOWNS.get(towns[-1], frozenset()) if towns else frozenset()
    if is_continental:  # the number stands before the town: not in North America
        hint = frozenset(code for code in hint if code[:2] not in ("US", "CA", "AU", "GB", "IE"))
    if hint and (regions or is_continental):
        regions = _narrowed(regions, hint)
    return Whereabouts(tuple(towns), regions, tuple(ends))


def _part(part: str) -> tuple[str, frozenset[str], bool]:
    """A town (or what may end in one), the codes it names, and whether a postal code stands before the town."""
    none: frozenset[str] = frozenset()
    match = _STATE_LAST.match(part)
    if match and (codes := _with_zip(match["code"], match["zip"])):
        return match["town"] or "", codes, False
    if (match := _BRITISH.match(part)) and (match["whole"] or "GB" in _countries(match["town"])):
        return match["town"], frozenset({"GB"}), False
    if not is_street(part) and (match := _ZIP_FIRST.match(part)):
        land = (match["land"] or "").upper()
        codes = frozenset({_LANDS.get(land, land)}) & {code for code in CODES if len(code) == 2}
        if match["dutch"]:
            codes = frozenset({"NL"})
        if match["polish"]:
            codes = frozenset({"PL"})
        return match["town"], codes, True
    if not is_street(part) and (match := _ZIP_LAST.match(part)):
        state = REGIONS.get(_named(match["town"]))
        return ("", frozenset(state), False) if state else _tail(match["town"])
    if codes := _codes(part):
        is_town = _town(_named(part)) in TOWNS  # “New York”, “Singapore”
        return (part if is_town else ""), (none if is_town and _is_open(codes) else codes), False
    return _tail(part)


def _countries(town: str) -> set[str]:
    return {code[:2] for code in TOWNS.get(_town(_named(town)), ())}


def _is_open(codes: frozenset[str]) -> bool:
    """A state that is called like a town says nothing of the state."""
    return all("-" in code for code in codes)


def _tail(part: str) -> tuple[str, frozenset[str], bool]:
    """“Austin TX”, “Austin Texas”: what follows the town tells where it is."""
    words = part.split()
    for at in range(max(1, len(words) - 3), len(words)):
        rest = " ".join(words[at:])
        codes = _codes(rest)
        if codes and (_named(rest) not in SHARED):
            return " ".join(words[:at]), codes, False
    return part, frozenset(), False


def _with_zip(code: str, zip_code: str) -> frozenset[str]:
    country = "AU" if len(zip_code) == 4 else "US" if zip_code[0].isdigit() else "CA"
    return frozenset(one for one in CODES.get(code, ()) if one.startswith(f"{country}-"))


# Comparing


def _is_in(asked: Whereabouts, found: Whereabouts, is_wide: bool) -> bool | None:
    if not asked.towns:
        return _within(asked.regions, found.regions)
    hint = TOWNS.get(asked.towns[0], frozenset())
    inside = _within(asked.regions, found.regions) if asked.regions else None
    if _has_town(asked.towns[0], found):
        if not asked.regions:  # a town of this name, but perhaps not the one that is known by it
            return None if hint and _within(hint, found.regions) is False else True
        return True if inside is None and hint and _within(asked.regions, hint) else inside
    if inside is False:
        return False
    if is_wide:
        return False if hint and _within(hint, found.regions) is False else None
    return False if _is_elsewhere(asked, found) else None


def _is_elsewhere(asked: Whereabouts, found: Whereabouts) -> bool:
    """A town is stated, and it is none of those asked for."""
    town = asked.towns[-1]
    is_town = town in TOWNS or (bool(asked.regions) and not NO_TOWN & set(town.split()))
    if not is_town or not found.towns:
        return False
    stated = found.towns[-1]
    if NO_TOWN & set(stated.split()) or not stated or any(_has_town(one, found) for one in asked.towns):
        return False
    return not set(town.split()) & set(stated.split()) and fuzz.ratio(town, stated) < _LIKE


def _has_town(town: str, found: Whereabouts) -> bool:
    """As a town, with a quarter after it, or where a line of street and town ends."""
    stated = (_DIRECTIONS.sub("", one) for one in found.towns)
    if any(one == town or one.startswith(f"{town} ") for one in (*found.towns, *stated)):
        return True
    return not found.towns and any(one == town or one.endswith(f" {town}") for one in found.ends)


def _within(asked: frozenset[str], found: frozenset[str]) -> bool | None:
    """Every reading of the address lies in what was asked for; False where none can."""
    if not asked or not found:
        return None
    if all(any(one == code or one.startswith(f"{code}-") for code in asked) for one in found):
        return True
    return None if any(_agree(one, code) for one in found for code in asked) else False


def _agree(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _narrowed(known: frozenset[str], said: frozenset[str]) -> frozenset[str]:
    """What both allow, as exactly as either says it; what was known where they differ."""
    if not known:
        return said
    both = frozenset(max(one, other, key=len) for one in known for other in said if _agree(one, other))
    return both or known
