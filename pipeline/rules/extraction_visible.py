"""What a person would see of a page. Text that is hidden is where most planted instructions stand, so it is
left out before anything reads the page: comments, scripts, hidden, off-screen, tiny, white-on-white text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_UNREAD_TAGS = """
    script style noscript template head svg math iframe object embed canvas textarea select datalist audio
    video picture map dialog
"""
_UNREAD = frozenset(_UNREAD_TAGS.split())
_BLOCK_TAGS = """
    address article aside blockquote body br button dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr html label li main nav ol option p pre section summary table tbody td
    th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CHROME = frozenset(("nav", "header", "footer", "aside", "form", "button"))  # around what a page is about
_MOST_RULES = 3000
_MOST_NODES = 200_000
_MOST_HIDDEN = 50_000
# Bounded throughout: a sheet may be made to hold a pattern up.
_MEDIA = re.compile(
    r"@media[^{@]{0,400}\{((?:[^{}]{0,500}\{[^{}]{0,1500}\}){0,150})[^{}]{0,500}\}", re.IGNORECASE
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NUMBER = re.compile(r"-?\d*\.?\d+")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "transparent": None, "snow": (255, 250, 250)}
_OPPOSITE = (127, 128, 126)  # for a picture: far from what texts are coloured in
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
Color = tuple[int, int, int]
Style = dict[str, str]


@dataclass(frozen=True, slots=True)
class VisibleText:
    """`lines`: a line for every block; `prose` leaves out menus, headers, footers and forms."""

    lines: tuple[str, ...]
    prose: str
    hidden: str = ""  # what stands on the page but is not shown; never for a model
    faint: str = (
        ""  # what has the colour of its background, as far as the page itself tells; never for a model
    )

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(slots=True)
class _Visit:
    node: LexborNode
    foreground: Color
    background: Color
    in_chrome: bool
    closing: bool = False


@dataclass(slots=True)
class _Writer:
    """Gathers text into lines, and the lines that are prose."""

    lines: list[str] = field(default_factory=list[str])
    prose: list[str] = field(default_factory=list[str])
    hidden: list[str] = field(default_factory=list[str])
    faint: list[str] = field(default_factory=list[str])
    _line: list[str] = field(default_factory=list[str])
    _in_chrome: bool = False

    def write(self, text: str, in_chrome: bool) -> None:
        if self._line and _stands_apart(self._line[-1], text):
            self._line.append(" ")
        self._line.append(text)
        self._in_chrome = in_chrome

    def hide(self, node: LexborNode) -> None:
        if len(self.hidden) < 300:
            self.hidden.append((node.text(separator="\n") or "")[:5000])

    def end_line(self) -> None:
        if not self._line:
            return
        line = one_line("".join(self._line))
        self._line = []
        if line:
            self.lines.append(line)
            if not self._in_chrome:
                self.prose.append(line)


_ENDS_WITH_NUMBER = re.compile(r"\d[\d\s()./-]{5,30}$")
_BEGINS_WITH_NUMBER = re.compile(r"[+(]{0,2}\d[\d\s()./-]{6,30}")
_ENDS_WITH_LABEL = re.compile(r"(?i)(?:mail|courriel|correo|e-?post|sähköposti|почта)$")


def _stands_apart(before: str, text: str) -> bool:
    """Does a number or an address begin or end where two elements meet? Styles set them apart, the text does not."""
    last, first = before[-1:], text[:1]
    if first.isalpha():
        return (last.isdigit() and _ENDS_WITH_NUMBER.search(before[-40:]) is not None) or (
            last.isalpha() and "@" in text[:70] and _ENDS_WITH_LABEL.search(before[-12:]) is not None
        )
    return last.isalpha() and _BEGINS_WITH_NUMBER.match(text) is not None


def visible_text(tree: LexborHTMLParser) -> VisibleText:
    body = tree.body
    if body is None:
        return VisibleText((), "")
    styles = _styles(tree)
    writer = _Writer()
    stack = [_Visit(body, _BLACK, _WHITE, False)]
    visited = 0
    while stack and visited < _MOST_NODES:
        visit = stack.pop()
        visited += 1
        if visit.closing:
            writer.end_line()
            continue
        stack.extend(_visited(visit, styles, writer))
    writer.end_line()
    return VisibleText(
        tuple(writer.lines),
        "\n".join(writer.prose),
        "\n".join(writer.hidden)[:_MOST_HIDDEN],
        "\n".join(writer.faint)[:_MOST_HIDDEN],
    )


def _visited(visit: _Visit, styles: dict[int, Style], writer: _Writer) -> list[_Visit]:
    """What to visit next, first one last; text is written on the way."""
    node = visit.node
    if node.tag == "-text":
        text = node.text_content or ""
        if _distance(visit.foreground, visit.background) > 40:
            writer.write(text, visit.in_chrome)
        elif not text.isspace():
            writer.faint.append(text)
        return []
    tag = node.tag or ""
    if tag in ("textarea", "noscript", "dialog"):
        writer.hide(node)
    if tag in _UNREAD or tag.startswith(("-", "!", "_")):
        return []
    attributes = node.attributes
    style = styles.get(node.mem_id, {}) if styles else {}
    if attributes.get("style"):
        style = {**style, **_declarations(attributes["style"] or "")}
    # A body that is hidden waits for a script to show it (guards against framing, preloaders): all of it is seen.
    if tag != "body" and _is_hidden(tag, attributes, style):
        writer.hide(node)
        return []
    foreground, background = _colors(tag, attributes, style, visit.foreground, visit.background)
    in_chrome = visit.in_chrome or tag in _CHROME
    children = [_Visit(child, foreground, background, in_chrome) for child in node.iter(include_text=True)]
    children.reverse()
    if tag in _BLOCKS:
        writer.end_line()
        return [_Visit(node, foreground, background, in_chrome, closing=True), *children]
    return children


def one_line(text: str) -> str:
    """What can be seen, with single spaces. Most text is plain: only strange characters are looked at one by one."""
    squeezed = " ".join(text.split())
    if squeezed.isprintable():
        return unicodedata.normalize("NFC", squeezed)
    return " ".join(readable(squeezed).split())


def readable(text: str) -> str:
    """Without characters nobody sees: zero-width, direction marks, tags (U+E0000) and controls."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.isprintable():
        return text
    unseen = {ord(character): None for character in set(text) if _is_unseen(character)}
    return text.translate({**unseen, 10: " ", 13: " ", 9: " "})


def _is_unseen(character: str) -> bool:
    return character not in "\u200c\u200d" and unicodedata.category(character) in (
        "Cf",
        "Cc",
        "Co",
        "Cs",
        "Cn",
    )


Attributes = dict[str, str | None]


def _is_hidden(tag: str, attributes: Attributes, style: Style) -> bool:
    if not attributes:
        return bool(style) and _style_hides(style)
    if "hidden" in attributes or "data-unseen" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if tag == "input" or (attributes.get("type") or "").lower() == "hidden":
        return True
    return bool(style) and _style_hides(style)


def _style_hides(style: Style) -> bool:
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


def _styles(tree: LexborHTMLParser) -> dict[int, Style]:
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
        declarations = _declarations(body[:4000])
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


def _declarations(body: str) -> Style:
    found: Style = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip().lower() in _RELEVANT:
            found[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


def _colors(
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
        background = _OPPOSITE if _distance(foreground, _OPPOSITE) > 40 else _BLACK
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


def _distance(one: Color, other: Color) -> int:
    return sum(abs(first - second) for first, second in zip(one, other, strict=True))
