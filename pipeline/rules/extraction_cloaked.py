"""Addresses that a page's code hides from robots and shows to people: found in attributes and small scripts."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.extraction_emails import cloudflare, rot13, typo3
from pipeline.rules.extraction_scripts import written_by

_MOST = 200
_WRITES = re.compile(
    r"(?i)mailto|%6d%61%69%6c%74%6f|\\x6d\\x61\\x69|&#0?109;|addy|(?:e?mail|contact)\w{0,30}\(\s*['\"]"
)
_WRITES_MARKS = ("mail", "contact", "addy", "%6d%61%69%6c%74%6f", "\\x6d\\x61\\x69", "&#109;", "&#0109;")
# An @, plain or by one of its numbers, or the name of a function that makes addresses.
_CALL_MARKS = re.compile(r"@|64|40|100|mail|contact|spam|addr", re.IGNORECASE)
_TYPO3_CALL = re.compile(r"UnCryptMailto\(\s*(?:%27|['\"])(.{6,300}?)(?:%27|['\"])", re.IGNORECASE)


def cloaked_emails(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """Address, and what the page says in its place."""
    if tree.css_first(_TURNED) is not None:
        yield from _of_attributes(tree)
        yield from _of_parts(tree)
    yield from _of_scripts(tree)


# Asked for at once: most pages hide no address in their attributes.
_TURNED = (
    "[data-cfemail], a[href*='email-protection#'], a[href*='UnCryptMailto'], a[onclick*='UnCryptMailto'], "
    "[data-mailto-token], [data-enc-email], [data-rot13], .rot13, .rot-13, [data-domain], [data-email], "
    "[data-mailto], [data-mail]"
)


def _of_attributes(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css("[data-cfemail]")[:_MOST]:
        yield from _as_shown(cloudflare(_attribute(node, "data-cfemail")), "[email protected]")
    for node in tree.css("a[href*='email-protection#']")[:_MOST]:
        yield from _as_shown(cloudflare(_attribute(node, "href").rpartition("#")[2]), "[email protected]")
    for node in tree.css("a[href*='UnCryptMailto'], a[onclick*='UnCryptMailto']")[:_MOST]:
        call = _TYPO3_CALL.search(_attribute(node, "href") + _attribute(node, "onclick"))
        yield from _as_shown(typo3(unquote(call[1])) if call else None, node.text())
    for node in tree.css("[data-mailto-token]")[:_MOST]:
        yield from _as_shown(typo3(_attribute(node, "data-mailto-token")), node.text())
    for node in tree.css("[data-enc-email], [data-rot13]")[:_MOST]:
        code = _attribute(node, "data-enc-email") or _attribute(node, "data-rot13")
        yield from _as_shown(rot13(code).replace("[at]", "@").replace("[ng]", "@"), node.text())
    for node in tree.css(".rot13, .rot-13")[:_MOST]:
        yield from _as_shown(rot13(node.text(strip=True)), node.text())


def _of_parts(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """`data-user="info" data-domain="acme.com"`, under the names themes use; `data-email="…"` whole."""
    pairs = (("data-user", "data-domain"), ("data-name", "data-domain"), ("data-local", "data-domain"))
    for one, other in pairs:
        for node in tree.css(f"[{one}][{other}]")[:_MOST]:
            local, domain = _attribute(node, one), _attribute(node, other)
            yield f"{local}@{domain}", node.text()
            yield f"{local[::-1]}@{domain[::-1]}", node.text()
    for node in tree.css("a[data-email], span[data-email], a[data-mailto], a[data-mail]")[:_MOST]:
        for name in ("data-email", "data-mailto", "data-mail"):
            value = _attribute(node, name)
            if "@" in value:
                yield value.removeprefix("mailto:"), node.text()


def _of_scripts(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css("script")[:_MOST]:
        script = node.text() or ""
        if _may_write(script) or _is_showing(script):
            yield from ((address, "written by a script") for address in written_by(script))
    for node in tree.css("a[href^='javascript:'], a[onclick]")[:_MOST]:
        call = unquote(_attribute(node, "href") + " " + _attribute(node, "onclick"))
        if not _CALL_MARKS.search(call):
            continue
        yield from ((address, node.text() or "written by a script") for address in written_by(call))


def _may_write(script: str) -> bool:
    """`_WRITES`, with a look for its words first: scripts are long, and few write an address."""
    small = script.lower()
    return any(mark in small for mark in _WRITES_MARKS) and _WRITES.search(script) is not None


def _is_showing(script: str) -> bool:
    """Does it write something with an @ in it, plain or by its number?"""
    return (".write" in script or "innerHTML" in script) and ("@" in script or "64" in script)


def _as_shown(address: str | None, shown: str | None) -> Iterator[tuple[str, str]]:
    if address:
        yield address.strip(), " ".join((shown or "").split())[:100] or address


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
