"""How deep a page's elements nest. Parsers need time in the square of it; browsers stop at 512. Pure."""

import html as entities
import re
from collections import Counter

MOST = 1500
_TAG = re.compile(r"<(/?[a-zA-Z][^\s/>]{0,40})")
_NEVER_DEEP = frozenset(
    (
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "source",
            "track",
            "wbr",
        ),
        *("p", "li", "td", "tr", "th", "dt", "dd", "option", "path"),  # closed by the next of their kind
    )
)


def is_too_deep(html: str) -> bool:
    """More than `MOST` elements open at once. Only pages with many elements are counted tag by tag."""
    if html.count("<") - html.count("</") <= MOST:
        return False
    tags = _TAG.findall(html.lower())
    counted = Counter(tags)
    opened = sum(n for tag, n in counted.items() if tag[0] != "/" and tag not in _NEVER_DEEP)
    if opened <= MOST:
        return False
    open_now: Counter[str] = Counter()
    depth = 0
    for tag in tags:
        if tag[0] == "/":
            if open_now[tag[1:]]:
                open_now[tag[1:]] -= 1
                depth -= 1
        elif tag not in _NEVER_DEEP:
            open_now[tag] += 1
            depth += 1
            if depth > MOST:
                return True
    return False


_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript)\b.*?(?:</\1\s*>|\Z)"
    r"|<head\b(?:(?!<body\b).){0,100000}?</head\s*>",
    re.I | re.S,
)
_MARKS = re.compile(r"<[^<>]*>?")


def without_tags(html: str) -> str:
    """Its text as a page that is one paragraph: for a page that nests too deep to be parsed."""
    text = _MARKS.sub("\n", _UNSEEN.sub(" ", html))
    return f"<pre>{entities.escape(entities.unescape(text), quote=False)}</pre>"
