"""The postal address a page shows: by markup, by the `address` element, or by what its lines look like."""

import re
from collections.abc import Sequence
from functools import lru_cache

_STREET = re.compile(
    r"(?i)\b\d{1,5}[a-z]?\b.{0,40}\b(?:street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|boulevard|blvd|"
    r"way|place|pl|court|"
    r"ct|suite|ste|floor|highway|hwy|parkway|pkwy|square|terrace|close|row|quay|rue|chemin|allée|place|"
    r"route|impasse|quai|"
    r"park|broadway|circle|mews|gardens|crescent|wharf)\b"
    r"|(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade|vej|"
    r"gade|gata|gatan|"
    r"vägen|gaten|katu|tie)\s{1,2}\d{1,4}\s?[a-z]?\b"
    r"|\b(?:via|viale|piazza|corso|largo|calle|c/|avda\.?|avenida|plaza|paseo|rua|av\.|travessa|praça|"
    r"ul\.|ulica|al\.|os\.|"
    r"ул\.|проспект|просп\.)\s?.{2,40}?\d{1,5}\b"
    r"|\bp\.?\s?o\.? box \d+|\bpostfach \d+|\d{1,5} rue "
)
_CITY = re.compile(
    r"\b(?:[A-Z]{2}|Alabama|Alaska|Arizona|California|Colorado|Florida|Georgia|Illinois|Massachusetts|"
    r"Michigan|New York|"
    r"Ohio|Oregon|Pennsylvania|Texas|Virginia|Washington)[.,]?\s{1,3}\d{5}(?:-\d{4})?\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b"
    r"|\b(?:[A-Z]{1,2}\s?[-–]\s?)?\d{4,5}\s{1,2}(?:[A-ZÄÖÜÉÈŠČŁÅØ][\w'’.-]{2,})"
    r"|\b\d{4} [A-Z]{2}\s{1,2}[A-Z]|\b\d{2}-\d{3} [A-ZŁŚŻ]|\b\d{5}-\d{3}\b|\b\d{3} \d{2} [A-ZÅÄÖŠČ]|〒\s?\d{3}-\d{4}"
    r"|\b(?:NSW|VIC|QLD|TAS|ACT|SA|WA|NT)\b,? \d{4}\b|\b[A-Z][a-z]+[ ,-]+\d{6}\b|\b\d{4}-\d{3} [A-Z]"
)
_NOT_ADDRESS = re.compile(r"(?i)@|https?:|www\.|©|copyright|\b(?:tel|phone|fax|vat|iban|hrb|hours)\b")
_DIGIT = re.compile(r"\d")
_LONGEST = 200


def address_in(marked: Sequence[str], elements: Sequence[str], lines: Sequence[str]) -> str:
    """One line, its parts joined by commas; empty where the page shows none. `marked`: of JSON-LD and microdata;
    `elements`: the text of `address` elements."""
    for address in marked:
        if re.search(r"\d", address) and "," in address:
            return _tidy(address)
    for element in elements:
        found = _of_lines([line for line in element.split("\n") if line.strip()])
        if found:
            return found
    return _of_lines(lines)


def is_street(line: str) -> bool:
    return _end_of_street(line) >= 0


@lru_cache(maxsize=2048)  # asked for the address, and for the name above it
def _end_of_street(line: str) -> int:
    """Where the street ends; -1 without one."""
    street = _STREET.search(line) if _DIGIT.search(line) is not None else None
    return street.end() if street is not None else -1


def _of_lines(lines: Sequence[str]) -> str:
    """A line with street and town, or a line of a street with the town one or two lines on."""
    for place, line in enumerate(lines[:4000]):
        end = _end_of_street(line) if len(line) <= _LONGEST else -1
        if end < 0:
            continue
        if _CITY.search(line, end):
            return _tidy(_cut(line))
        for distance in (1, 2, 3):
            following = " ".join(lines[place + 1 : place + 1 + distance])
            if len(following) <= 120 and _CITY.search(following):
                return _tidy(", ".join([_cut(line), *map(_cut, lines[place + 1 : place + 1 + distance])]))
    return ""


def _cut(line: str) -> str:
    """Without what else stands in the line: a label before it, a number or address after."""
    line = re.sub(r"(?i)^.{0,25}\b(?:address|adresse|anschrift|dirección|indirizzo|adres)\s?:\s?", "", line)
    strange = _NOT_ADDRESS.search(line)
    return (line[: strange.start()] if strange and strange.start() > 10 else line).strip(" ,;|·•-–:")


def _tidy(address: str) -> str:
    parts = [part.strip() for part in re.split(r"\s*[,|•·]\s*", " ".join(address.split()))]
    return ", ".join(dict.fromkeys(part for part in parts if part))[:_LONGEST]
