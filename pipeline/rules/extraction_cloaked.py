"""Addresses that a page's code hides from robots and shows to people: found in attributes and small scripts."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.extraction_emails import cloudflare, of_base64, rot13, typo3
from pipeline.rules.extraction_scripts import written_by

_MOST = 200
_MOST_PLAIN_DATA = 200_000
_WRITES = re.compile(
    r"(?i)mailto|%6d%61%69%6c%74%6f|\\x6d\\x61\\x69|&#0?109;|addy|(?:e?mail|contact)\w{0,30}\(\s*['\"]"
)
_WRITES_MARKS = ("mail", "contact", "addy", "%6d%61%69%6c%74%6f", "\\x6d\\x61\\x69", "&#109;", "&#0109;")
# An @, plain or by one of its numbers, or the name of a function that makes addresses.
_CALL_MARKS = re.compile(r"@|64|40|100|mail|contact|spam|addr", re.IGNORECASE)
_TYPO3_CALL = re.compile(r"UnCryptMailto\(\s*(?:%27|['\"])(.{6,300}?)(?:%27|['\"])", re.IGNORECASE)


def cloaked_emails(tree: LexborHTMLParser, html: str) -> Iterator[tuple[str, str]]:
    """Address, and what the page says in its place. `html`: what the tree was made of."""
    small = html.lower()
    if any(mark in small for mark in _TURNED_MARKS):
        yield from _of_attributes(tree)
        yield from _of_parts(tree)
    yield from _of_scripts(tree)


# Most pages hide no address in their attributes: these words are looked for first.
_TURNED_MARKS = ("data-cfemail", "email-protection#", "uncryptmailto", "data-mail", "data-enc-email", "rot13",
                 "rot-13", "data-domain", "data-email", "data-d=", "data-d =", "data-host")  # fmt: skip


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
    for node in tree.css("[data-domain], [data-d], [data-host]")[:_MOST]:
        domain = _first_of(node, ("data-domain", "data-d", "data-host"))
        local = _first_of(
            node, ("data-user", "data-name", "data-local", "data-u", "data-part", "data-mailbox")
        )
        suffix = _first_of(node, ("data-tld", "data-suffix", "data-ext", "data-t")).lstrip(".")
        if local and domain:
            yield f"{local}@{domain}.{suffix}" if suffix else f"{local}@{domain}", node.text()
            yield f"{local[::-1]}@{domain[::-1]}", node.text()
    for node in tree.css("[data-email], [data-mailto], [data-mail]")[:_MOST]:
        if (node.tag or "") in ("form", "input"):
            continue
        for name in ("data-email", "data-mailto", "data-mail"):
            value = _attribute(node, name).strip()
            for way in (value, rot13(value), of_base64(value) or ""):
                if "@" in way and (way == value or "." in way.rpartition("@")[2]):
                    yield way.removeprefix("mailto:").partition("?")[0], node.text()
                    break


def _first_of(node: LexborNode, names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := _attribute(node, name).strip())), "")


def _of_scripts(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css("script")[:_MOST]:
        script = node.text() or ""
        if _may_write(script) or _is_showing(script):
            yield from ((address, "written by a script") for address in written_by(script))
    for node in tree.css(_ACTING)[:_MOST]:
        call = unquote(" ".join(_attribute(node, name) for name in _ACTS))
        if not _CALL_MARKS.search(call):
            continue
        shown = node.text() or "written by a script"
        yield from ((address, shown) for address in written_by(call))
        yield from ((address, shown) for address in _OPENED.findall(call))


_ACTS = ("href", "onclick", "onmouseover", "onmousedown", "onfocus")
_ACTING = "a[href^='javascript:' i], [onclick], [onmouseover], [onmousedown], [onfocus]"
# What a click opens as it stands.
_OPENED = re.compile(r"(?i)mailto:\s?([\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{2,60}){1,4})")
_BARE = re.compile(r"(?i)(?:https?:/{0,2}mailto:/{0,2})?([\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4})/?")


def bare_links(hrefs: Iterable[str]) -> Iterator[str]:
    """Addresses linked as if they were places: `<a href="info@acme.com">`, `http://mailto:info@acme.com`."""
    for href in hrefs:
        if "@" in href and not href.lower().startswith("mailto:"):
            bare = _BARE.fullmatch(href.partition("?")[0])
            if bare is not None:
                yield bare[1]


_TELLING = ("title", "aria-label", "value", "action", "data-clipboard-text", "data-contact", "data-copy",
            "data-href", "data-link", "data-url", "data-content", "data-title", "data-text", "data-value")  # fmt: skip
_TOLD = ", ".join(f"[{name}*='@']" for name in _TELLING)


def told_aside(tree: LexborHTMLParser) -> str:
    """What attributes and plain data of the page say with an @: nobody reads it there, but it may be the owner's."""
    told: list[str] = []
    for node in tree.css(_TOLD)[:_MOST]:
        attributes = node.attributes
        told += [value[:300] for name in _TELLING if "@" in (value := attributes.get(name) or "")]
    for node in tree.css("svg text")[:_MOST]:
        told.append((node.text() or "")[:300])
    for node in tree.css("script[type='application/json']")[:20]:
        told.append((node.text() or "")[:_MOST_PLAIN_DATA])
    return unquote("\n".join(told))


def _may_write(script: str) -> bool:
    """`_WRITES`, with a look for its words first: scripts are long, and few write an address."""
    small = script.lower()
    return any(mark in small for mark in _WRITES_MARKS) and _WRITES.search(script) is not None


def _is_showing(script: str) -> bool:
    """Does it write something with an @ in it, plain or by its number?"""
    if not any(way in script for way in (".write", "innerHTML", "textContent", "innerText")):
        return False
    return "@" in script or "64" in script or "atob" in script or "reverse" in script


def _as_shown(address: str | None, shown: str | None) -> Iterator[tuple[str, str]]:
    if address:
        yield address.strip(), " ".join((shown or "").split())[:100] or address


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
