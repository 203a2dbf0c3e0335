"""In which year a company began, as a line of text says it. Pure.

“Since” alone tells when anything began: it counts at a line's beginning, and after “in business” and the like.
"""

import re

_YEAR = r"(?P<year>1[6-9]\d\d|20\d\d)(?!\d)"
_SAID = re.compile(
    r"(?i)\b(?:(?:was |were )?(?:founded|established|incorporated)|est\.?|founding (?:year|date)|"
    r"year (?:founded|established)|"
    r"(?:in business|family[- ]owned|family[- ]run|proudly|operating|trading|around|serving [\w ,]{2,40}) since|"
    r"gegründet|gründung(?:sjahr)?|fondée?|fundad[oa]|fondat[oa]|opgericht|założon[ay]|"
    r"(?:started|began|opened) (?:business |our doors )?(?=in))"
    rf"(?:\s+(?:back |way back )?(?:in|im|en|nel|em|w)(?: the year| jahr[e]?| roku)?|\s*:)?\s*(?:[a-zäöü]+ )?{_YEAR}"
)
_GERMAN = re.compile(rf"(?i)\b(?:im jahr(?:e)? |in |bereits )?{_YEAR} (?:gegründet|founded|opgericht)\b")
_SINCE = re.compile(
    rf"(?i)^(?:\W{{0,3}})(?:since|seit|depuis|desde|dal|sinds|od)\s+{_YEAR}(?!\s*(?:we|wir|nous)\b)"
)
_OF_OTHERS = re.compile(
    r"(?i)\b(partner|member|customer|client|certified|accredited|his|her|she|he|joined)\b"
)


def founded_in(line: str) -> int | None:
    """None where it does not say."""
    if len(line) > 400 or _OF_OTHERS.search(line):
        return None
    match = _SAID.search(line) or _GERMAN.search(line) or _SINCE.search(line)
    return int(match["year"]) if match else None
