"""What styles and attributes say of an element: whether it is seen, and in which colours."""

import re
from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

_MOST_RULES = 3000
# Bounded throughout: a sheet may be made to hold a pattern up.
_MEDIA = re.compile(
    r"@media[^{@]{0,400}\{((?:[^{}]{0,500}\{[^{}]{0,1500}\}){0,150})[^{}]{0,500}\}", re.IGNORECASE
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NUMBER = re.compile(r"-?\d*\.?\d+")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "transparent": None, "snow": (255, 250, 250)}
_OPPOSITE = (127, 128, 126)  # for a picture: far from what texts are coloured in
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Color = tuple[int, int, int]
Style = dict[str, str]
Attributes = dict[str, str | None]
# Elements whose attributes may hide or colour them; of all others only the tag is looked at.
TELLING = "[hidden], [data-unseen], [aria-hidden], [style], [type], [bgcolor], [color], [background], input"


def is_hidden(tag: str, attributes: Attributes, style: Style) -> bool:
    if not attributes:
        return bool(style) and _style_hides(style)
    if "hidden" in attributes or "data-unseen" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if tag == "input" or (attributes.get("type") or "").lower() == "hidden":
        return True
    return bool(style) and _style_hides(style)


def _style_hides(style: Style) -> bool:
    if _HIDING.isdisjoint(style):
        return False
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if style.get("content-visibility") == "hidden" or _number(style.get("opacity")) in _Tiny(0.05):
        return True
    if _number(style.get("font-size")) in _Tiny(2) or _number(style.get("zoom")) in _Tiny(0.05):
        return True
    if re.search(r"scale\(\s*0?\.?0*\s*[,)]", style.get("transform", "")):
        return True
    clipped = style.get("clip", "").replace(" ", "") in ("rect(0,0,0,0)", "rect(0px,0px,0px,0px)")
    if clipped or "inset(100%" in style.get("clip-path", "") or "circle(0" in style.get("clip-path", ""):
        return True
    if (_number(style.get("text-indent")) or 0) < -500:
        return True
    if style.get("position") in ("absolute", "fixed") and any(
        (_number(style.get(side)) or 0) < -500 for side in ("left", "top", "right", "bottom")
    ):
        return True
    if any((_number(style.get(side)) or 0) < -500 for side in ("margin-left", "margin-top")):
        return True
    sized = any(
        _number(style.get(name)) in _Tiny(2) for name in ("width", "height", "max-height", "max-width")
    )
    return sized and style.get("overflow", "visible") in ("hidden", "clip")


_HIDING = frozenset(
    ("display", "visibility", "content-visibility", "opacity", "font-size", "zoom", "transform", "clip", "clip-path",
     "text-indent", "position", "margin-left", "margin-top", "overflow")
)  # fmt: skip


class _Tiny:
    """`number in _Tiny(limit)`: it is set and below the limit."""

    def __init__(self, limit: float) -> None:
        self._limit = limit

    def __contains__(self, number: object) -> bool:
        return isinstance(number, float) and number < self._limit


def _number(value: str | None) -> float | None:
    """The number of a length; relative sizes of a font (`0.8em`, `80%`) count as they would in pixels."""
    found = _NUMBER.match(value.strip()) if value else None
    if found is None:
        return None
    number = float(found[0])
    unit = (value or "").strip()[found.end() :].strip()
    return number * 16 if unit.startswith(("em", "rem")) else number / 6 if unit.startswith("%") else number


def styles_of(tree: LexborHTMLParser) -> dict[int, Style]:
    """What the page's own style sheets say of each element, as far as it hides or colours it."""
    sheet = "\n".join(node.text() for node in tree.css("style"))[:500_000]
    styles: dict[int, Style] = {}
    for selector, declarations in _rules(sheet):
        try:
            nodes = tree.css(selector)
        except (ValueError, RuntimeError, SelectolaxError):
            continue
        for node in nodes[:5000]:
            styles.setdefault(node.mem_id, {}).update(declarations)
    return styles


def _rules(sheet: str) -> Iterator[tuple[str, Style]]:
    sheet = _COMMENT.sub("", sheet)
    screens: list[str] = []
    for media in _MEDIA.finditer(sheet):
        query = media[0].split("{", 1)[0].lower()
        # A rule for small screens or print says nothing of what a person at a desk sees.
        if "print" not in query and "max-width" not in query:
            screens.append(media[1])
    plain = _MEDIA.sub("", sheet) + "\n".join(screens)
    for chunk in plain.split("}")[:_MOST_RULES]:
        head, _, body = chunk.rpartition("{")
        selectors = head.rpartition("{")[2][-2000:]
        declarations = declarations_in(body[:4000])
        if not declarations:
            continue
        for selector in selectors.split(","):
            if selector.strip() and ":" not in selector and "@" not in selector:
                yield selector.strip(), declarations


_RELEVANT_PROPERTIES = """
    display visibility content-visibility opacity font-size zoom transform clip clip-path text-indent position
    left top right bottom margin-left margin-top width height max-height max-width overflow color background
    background-color background-image
"""
_RELEVANT = frozenset(_RELEVANT_PROPERTIES.split())


@lru_cache(maxsize=512)  # the same few stand on most elements of a page
def declarations_in(body: str) -> Style:
    """Not to be changed by who asks."""
    found: Style = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip().lower() in _RELEVANT:
            found[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


def colors_of(
    tag: str, attributes: Attributes, style: Style, foreground: Color, background: Color
) -> tuple[Color, Color]:
    """Old pages colour by attributes; a picture behind the text is taken to contrast with it."""
    if not style and not attributes:
        return foreground, background
    background = _color(attributes.get("bgcolor")) or background
    for name in ("background", "background-color"):
        background = _color(style.get(name)) or background
    foreground = (
        _color(style.get("color") or (attributes.get("color") if tag == "font" else None)) or foreground
    )
    behind = style.get("background", "") + style.get("background-image", "")
    if attributes.get("background") or "url(" in behind or "gradient(" in behind:
        background = _OPPOSITE if distance(foreground, _OPPOSITE) > 40 else BLACK
    return foreground, background


def _color(value: str | None) -> Color | None:
    if not value:
        return None
    found = re.search(r"#([0-9a-f]{3,8})\b", value)
    if found:
        digits = found[1]
        if len(digits) in (3, 4):
            digits = "".join(digit * 2 for digit in digits)
        return (
            (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)) if len(digits) >= 6 else None
        )
    numbers = re.search(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)", value)
    if numbers:
        return int(numbers[1]), int(numbers[2]), int(numbers[3])
    return _NAMED.get(value.split()[0])


def distance(one: Color, other: Color) -> int:
    return sum(abs(first - second) for first, second in zip(one, other, strict=True))
