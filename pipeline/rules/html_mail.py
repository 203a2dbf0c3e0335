"""HTML mail as a person reads it: lines of text, what it quotes marked with `>`."""
# ruff: noqa: E501 (word lists are easier to read whole)

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.quotes import QUOTE_BEGINS

MAX_HTML = 1_000_000
MOST_TAGS = 20_000
DEEPEST_TAG = 1_000  # looking at a tree takes the square of its depth, and this deep nobody writes
_OPEN, _SHUT = "\x01", "\x02"
_DEEPEST = 20
# Below these there is nothing but the message answered.
_CONTAINERS = (
    ".yahoo_quoted, .zmail_extra, #OLK_SRC_BODY_SECTION, #mail-editor-reference-message-container, .ms-outlook-mobile-reference-message, #isReplyContent, "
    "#isForwardContent, .tutanota_quote_container, #OriginalMessage, .gmail_extra > .gmail_quote:not(:has(blockquote)), div.gmail_quote:not(:has(blockquote))"
)
# What says "… wrote:", in whatever language.
_HEADS = ".gmail_attr, .moz-cite-prefix, #reply-intro, .moz-email-headers-table, .protonmail_quote > div:first-child:has(+ blockquote)"
# The quotation comes after these, not inside them.
_BEFORE = "[id$=divRplyFwdMsg], [id$=appendonsend], [id$=zwchr], [id$=stopSpelling], [id$=lineBreakAtBeginningOfMessage]:empty"
_BREAKS = "br, p, div, li, tr, table, h1, h2, h3, h4, h5, h6, pre, ul, ol, section, article, address, center, dl, dd, dt"
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px)?\s*(?:;|$)|mso-hide\s*:\s*all", re.IGNORECASE)  # fmt: skip
_TAG = re.compile(r"<[^<>]*>")
_NESTING = re.compile(
    r"<(/?)(?:div|blockquote|table|span|section|article|font|b|i|center|ul|ol|dl|a|em|strong)\b",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def text_of(html: str) -> str:
    """The text, each quoted line begun with `>`; `quotes.QUOTE_BEGINS` where the mail says a quotation starts."""
    html = _CONTROL.sub("", html[:MAX_HTML])
    if html.count("<") > MOST_TAGS or _is_too_deep(html):
        return _marked(unescape(_TAG.sub("\n", html)))
    tree = LexborHTMLParser(html)
    if tree.body is None:
        return ""
    for node in tree.css("script, style, head, title, template"):
        node.decompose()
    for node in tree.css("[style]"):
        if _HIDDEN.search(node.attributes.get("style") or "") and node.tag != "body":
            node.decompose()
    _mark_quotations(tree)
    for node in tree.css(_BREAKS):
        node.insert_before("\n")
        if node.tag != "br":
            node.insert_after("\n")
    for node in tree.css("hr"):
        node.insert_before("\n" + "-" * 40 + "\n")
    return _marked(tree.body.text(separator="") if tree.body else "")


def _is_too_deep(html: str) -> bool:
    depth = 0
    for match in _NESTING.finditer(html):
        depth = max(0, depth - 1) if match.group(1) else depth + 1
        if depth > DEEPEST_TAG:
            return True
    return False


def _mark_quotations(tree: LexborHTMLParser) -> None:
    for node in tree.css(_CONTAINERS):
        _replace(node)
    for node in tree.css(_BEFORE):
        if node.parent is None:
            continue
        if _is_marker(node):
            _remove_following(node)
        _replace(node)
    for node in tree.css(_HEADS):
        _replace(node)
    for node in tree.css("blockquote"):
        node.insert_before(f"\n{_OPEN}\n")
        node.insert_after(f"\n{_SHUT}\n")


def _is_marker(node: LexborNode) -> bool:
    """Outlook puts the quotation after its marker, not inside it."""
    return not (node.attributes.get("id") or "").endswith(("zwchr", "stopSpelling"))


def _replace(node: LexborNode) -> None:
    if node.parent is None:
        return
    node.insert_before(f"\n{QUOTE_BEGINS}\n")
    node.decompose()


def _remove_following(node: LexborNode) -> None:
    following = node.next
    while following is not None:
        after = following.next
        following.decompose()
        following = after


def _marked(text: str) -> str:
    lines: list[str] = []
    depth = 0
    for raw in text.replace("\xa0", " ").replace("\u200b", "").split("\n"):
        line = raw if raw in (_OPEN, _SHUT, QUOTE_BEGINS) else " ".join(raw.split())
        if line == _OPEN:
            depth += 1
        elif line == _SHUT:
            depth = max(0, depth - 1)
        else:
            lines.append(">" * min(depth, _DEEPEST) + (" " if depth and line else "") + line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
