"""What a person would see of a page. Text that is hidden is where most planted instructions stand, so it is
left out before anything reads the page: comments, scripts, hidden, off-screen, tiny, white-on-white text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.extraction_styles import (
    BLACK,
    TELLING,
    WHITE,
    Color,
    Style,
    colors_of,
    declarations_in,
    distance,
    is_hidden,
    styles_of,
)

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
_HIDING = frozenset(("textarea", "noscript", "dialog"))  # unread tags whose text is kept as hidden
_LONG_FIELD = 500  # characters from which a field is there to be read
_CHROME = frozenset(("nav", "header", "footer", "aside", "form", "button"))  # around what a page is about
_MOST_NODES = 200_000
_MOST_HIDDEN = 50_000


@dataclass(frozen=True, slots=True)
class VisibleText:
    """`lines`: a line for every block; `prose` leaves out menus, headers, footers and forms."""

    lines: tuple[str, ...]
    prose: str
    hidden: str = ""  # what stands on the page but is not shown; never for a model
    faint: str = (
        ""  # what has the colour of its background, as far as the page itself tells; never for a model
    )
    boxed: str = ""  # what is seen in fields and open dialogs: good for contacts, never for a model

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an element hands down to what stands in it."""

    foreground: Color = BLACK
    background: Color = WHITE
    in_chrome: bool = False

    @property
    def is_seen(self) -> bool:
        return distance(self.foreground, self.background) > 40


@dataclass(slots=True)
class _Writer:
    """Gathers text into lines, and the lines that are prose."""

    lines: list[str] = field(default_factory=list[str])
    prose: list[str] = field(default_factory=list[str])
    hidden: list[str] = field(default_factory=list[str])
    faint: list[str] = field(default_factory=list[str])
    boxed: list[str] = field(default_factory=list[str])
    line: list[str] = field(default_factory=list[str])  # not ended yet
    _in_chrome: bool = False

    def write(self, text: str, in_chrome: bool) -> None:
        if text.isspace():
            text = " "
        elif self.line and _stands_apart(self.line[-1], text):
            self.line.append(" ")
        self.line.append(text)
        self._in_chrome = in_chrome

    def hide(self, node: LexborNode) -> None:
        if len(self.hidden) < 300:
            self.hidden.append((node.text(separator="\n") or "")[:5000])

    def box(self, node: LexborNode) -> None:
        if len(self.boxed) < 100:
            self.boxed.append(readable_lines((node.text(separator="\n") or "")[:_MOST_HIDDEN]))

    def end_line(self) -> None:
        """What was gathered becomes a line."""
        line = one_line("".join(self.line))
        self.line.clear()
        if line:
            self.lines.append(line)
            if not self._in_chrome:
                self.prose.append(line)


_ENDS_WITH_NUMBER = re.compile(r"\d[\d\s()./-]{5,30}$")
_BEGINS_WITH_NUMBER = re.compile(r"[+(]{0,2}\d[\d\s()./-]{6,30}")
_ENDS_WITH_EMAIL = re.compile(r"[\w+-]@[\w.-]{1,60}\.[a-z]{2,24}$")
_WHOLE_AHEAD = re.compile(r"\d(?:[\s()./-]{0,3}\d){8,13}$")
_WHOLE_BEHIND = re.compile(r"\(?\d(?:[\s()./-]{0,3}\d){8,13}(?!\d)")
_AT_NAMES = frozenset(("@", "at", "[at]", "(at)", "at sign", "at-sign", "arroba", "arobase"))
_AT_FILE = re.compile(
    r"(?i)(?:^|[/_-])(?:at|arroba|arobase|klammeraffe)(?:[_-]?sign)?\.(?:gif|png|jpe?g|svg|webp)$"
)
_PLACE_AHEAD = re.compile(r"\s{0,3}[\w-]{1,60}\s?(?:\.|[\[({]|\sdot\s)")
_ENDS_WITH_LABEL = re.compile(r"(?i)(?:mail|courriel|correo|e-?post|sähköposti|почта)$")


def _stands_apart(before: str, text: str) -> bool:
    """Does a number or an address begin or end where two elements meet? Styles set them apart, the text does not."""
    last, first = before[-1:], text[:1]
    if first.isalpha():
        return (last.isdigit() and _ENDS_WITH_NUMBER.search(before[-40:]) is not None) or (
            last.isalpha()
            and "@" in text[:70]
            and (_ENDS_WITH_LABEL.search(before[-12:]) or _ENDS_WITH_EMAIL.search(before[-90:])) is not None
        )
    if last.isdigit() and (first.isdigit() or first == "("):
        return _WHOLE_AHEAD.search(before[-40:]) is not None and _WHOLE_BEHIND.match(text) is not None
    return last.isalpha() and _BEGINS_WITH_NUMBER.match(text) is not None


def is_at(image: LexborNode) -> bool:
    """Is the picture that of an @, as pages draw it against robots, between a name and its domain?"""
    following = image.next
    if following is None or _PLACE_AHEAD.match(following.text() or "") is None:
        return False
    attributes = image.attributes
    alternative = (attributes.get("alt") or "").strip().lower()
    if alternative:
        return alternative in _AT_NAMES
    return _AT_FILE.search((attributes.get("src") or "")[-60:]) is not None


def visible_text(tree: LexborHTMLParser) -> VisibleText:
    body = tree.body
    if body is None:
        return VisibleText((), "")
    writer = _Writer()
    _Walk(writer, styles_of(tree), {node.mem_id for node in tree.css(TELLING)}).over(body)
    return VisibleText(
        tuple(writer.lines),
        "\n".join(writer.prose),
        "\n".join(writer.hidden)[:_MOST_HIDDEN],
        "\n".join(writer.faint)[:_MOST_HIDDEN],
        "\n".join(writer.boxed)[:_MOST_HIDDEN],
    )


@dataclass(slots=True)
class _Walk:
    """Every element once, in the order of the page; text is written on the way."""

    writer: _Writer
    styles: dict[int, Style]
    telling: set[int]

    def over(self, body: LexborNode) -> None:
        """Pages have thousands of nodes: one frame for each element with children, nothing for the others."""
        writer, line, styled = self.writer, self.writer.line, self.telling | self.styles.keys()
        ground, is_seen, is_block, children = _Ground(), True, False, iter((body,))
        above: list[tuple[_Ground, bool, bool, Iterator[LexborNode]]] = []
        for _ in range(_MOST_NODES):
            node = next(children, None)
            if node is None:
                if is_block and line:
                    writer.end_line()
                if not above:
                    break
                ground, is_seen, is_block, children = above.pop()
                continue
            tag = node.tag or ""
            if tag == "-text":
                text = node.text_content or ""
                if not line and text.isspace():
                    continue  # between two blocks
                if is_seen:
                    writer.write(text, ground.in_chrome)
                elif not text.isspace():
                    writer.faint.append(text)
                continue
            if tag in _UNREAD or tag[:1] in ("-", "!", "_"):
                if tag in _HIDING:
                    self._aside(node, tag, is_seen)
                continue
            if line and tag == "img" and is_at(node):
                writer.write("@", ground.in_chrome)
                continue
            inner = ground
            if node.mem_id in styled:
                inner = self._inside_styled(node, tag, ground)
                if inner is None:
                    continue
            elif tag in _CHROME and not ground.in_chrome:
                inner = _Ground(ground.foreground, ground.background, in_chrome=True)
            above.append((ground, is_seen, is_block, children))
            is_block = tag in _BLOCKS
            if is_block and line:
                writer.end_line()
            if inner is not ground:
                ground, is_seen = inner, inner.is_seen
            children = node.iter(include_text=True)
        if line:
            writer.end_line()

    def _aside(self, node: LexborNode, tag: str, is_seen: bool) -> None:
        """Text of fields and dialogs: no part of the page's own, but seen unless something hides it."""
        attributes, style = node.attributes, self.styles.get(node.mem_id, {})
        style = {**style, **declarations_in(attributes.get("style") or "")}
        # A few words in a field are there to be written over, and easily planted; an agreement is long.
        shown = "open" in attributes if tag == "dialog" else tag == "textarea" and _is_long(node)
        if shown and is_seen and not is_hidden(tag, attributes, style):
            self.writer.box(node)
        else:
            self.writer.hide(node)

    def _inside_styled(self, node: LexborNode, tag: str, ground: _Ground) -> _Ground | None:
        """The ground of the element's own text; None where it is hidden."""
        attributes = node.attributes
        style = self.styles.get(node.mem_id, {})
        inline = attributes.get("style")
        if inline:
            style = {**style, **declarations_in(inline)}
        # A body that is hidden waits for a script to show it (guards against framing, preloaders): all of it is seen.
        if tag != "body" and is_hidden(tag, attributes, style):
            self.writer.hide(node)
            return None
        foreground, background = colors_of(tag, attributes, style, ground.foreground, ground.background)
        return _Ground(foreground, background, ground.in_chrome or tag in _CHROME)


def _is_long(field: LexborNode) -> bool:
    return len(field.text() or "") >= _LONG_FIELD


def one_line(text: str) -> str:
    """What can be seen, with single spaces. Most text is plain: only strange characters are looked at one by one."""
    squeezed = " ".join(text.split())
    if squeezed.isprintable():
        return unicodedata.normalize("NFC", squeezed)
    return " ".join(readable(squeezed).split())


def readable_lines(text: str) -> str:
    """Each line as `one_line`."""
    return "\n".join(one_line(line) for line in text.split("\n"))


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
