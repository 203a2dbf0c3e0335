"""Numbers that elements stand for: links to messengers, buttons that call, what an icon or a class calls a phone."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from pipeline.rules.extraction_visible import one_line

_MOST = 60
_LONGEST = 70  # characters of a line that is a number and little else
_MESSENGER = re.compile(
    r"(?i)(?:https?:)?(?://)?(?:www\.)?(?:wa\.me/|(?:api|web)\.whatsapp\.com/send/?\?(?:[^#]{0,200}&)?phone=|"
    r"whatsapp://send/?\?(?:[^#]{0,200}&)?phone=|viber://(?:chat|contact|add)/?\?number=|(?:t|telegram)\.me/(?=\+))"
    r"\s?\+?\s?([\d\s().-]{8,24})(?![^&?/#])"
)
_PRESSED = re.compile(r"(?i)tel:(\+?[\d\s().-]{7,24})")
_CALLED = (
    "[itemprop='telephone'], [class~='tel' i], [class*='phone' i], [class*='telefon' i], "
    "img[src*='phone' i], img[src*='/tel' i], img[alt^='tel' i], img[alt^='phone' i]"
)


def called_by(href: str) -> Iterator[str]:
    """`https://wa.me/4930…` as the call it is: messengers know whole numbers only."""
    if "wa.me" not in href and "hatsapp" not in href and ".me/" not in href and not href.startswith("viber"):
        return
    found = _MESSENGER.match(unquote(href))
    digits = re.sub(r"\D", "", found[1]) if found else ""
    if 8 <= len(digits) <= 15 and digits[0] != "0":
        yield f"tel:+{digits}"


def pressed_numbers(tree: LexborHTMLParser) -> Iterator[str]:
    """Of buttons that call."""
    for node in tree.css("[onclick*='tel:' i]")[:_MOST]:
        called = _PRESSED.search(unquote(node.attributes.get("onclick") or ""))
        if called is not None:
            yield f"tel:{called[1]}"


def marked_numbers(tree: LexborHTMLParser, shown: str) -> Iterator[str]:
    """Lines of the page that a class, or an icon before them, calls a phone, with that word before them."""
    for node in tree.css(_CALLED)[:_MOST]:
        line = one_line(node.text() or "")
        if not line and node.parent is not None:
            line = one_line(node.parent.text() or "")
        if 7 <= len(line) <= _LONGEST and sum(map(str.isdigit, line)) >= 7 and line in shown:
            yield f"Tel: {line}"
