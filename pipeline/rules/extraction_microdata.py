"""Microdata (`itemscope`, `itemprop`) as the objects it stands for, in the shape that JSON-LD has."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_NODES = 4000
_DEEPEST = 300
_SOURCES = {"audio": "src", "embed": "src", "iframe": "src", "img": "src", "source": "src", "track": "src",
            "video": "src", "a": "href", "area": "href", "link": "href", "object": "data"}  # fmt: skip
_VALUES = {"data": "value", "meter": "value", "time": "datetime", "meta": "content"}
_BEFORE_SIGN = re.compile(r" +([,:;.!?)])")
Item = dict[str, Any]


def microdata_of(tree: LexborHTMLParser, url: str) -> list[Item]:
    """Objects that stand in no other, in the order of the page; a type's own properties hold the others."""
    listed = tree.css("[itemscope], [itemprop]")[:_MOST_NODES]
    nodes = list({node.mem_id: node for node in listed}.values())  # which is both comes twice
    items: dict[int, Item] = {node.mem_id: _typed(node) for node in nodes if "itemscope" in node.attributes}
    if not items:
        return []
    roots: list[Item] = []
    owners = _borrowed(tree, items)
    for node in nodes:
        own = items.get(node.mem_id)
        names = (node.attributes.get("itemprop") or "").split()
        owner = (_around(node, items) or owners.get(node.mem_id)) if names else None
        value = own if own is not None else _value(node, url) if owner is not None else None
        if owner is not None and owner is not own:
            for name in names:
                _add(owner, name, value)
        if own is not None and (owner is None or owner is own):
            roots.append(own)
    return roots


def _typed(node: LexborNode) -> Item:
    types = (node.attributes.get("itemtype") or "").split()
    names = [re.sub(r"^https?://schema\.org/", "", kind) for kind in types]
    return {"@type": names[0] if len(names) == 1 else names} if names else {}


def _around(node: LexborNode, items: dict[int, Item]) -> Item | None:
    """What the node is a property of."""
    above: LexborNode | None = node.parent
    for _ in range(_DEEPEST):
        if above is None:
            return None
        if above.mem_id in items:
            return items[above.mem_id]
        above = above.parent
    return None


def _borrowed(tree: LexborHTMLParser, items: dict[int, Item]) -> dict[int, Item]:
    """`itemref`: properties that stand elsewhere on the page, by their node."""
    borrowed: dict[int, Item] = {}
    wanted = {
        name: items[node.mem_id]
        for node in tree.css("[itemscope][itemref]")[:50]
        if node.mem_id in items
        for name in (node.attributes.get("itemref") or "").split()[:20]
    }
    for node in tree.css("[id]")[:_MOST_NODES] if wanted else ():
        owner = wanted.get(node.attributes.get("id") or "")
        if owner is not None:
            for inner in node.css("[itemprop]"):
                borrowed.setdefault(inner.mem_id, owner)
    return borrowed


def _add(item: Item, name: str, value: object) -> None:
    if name not in item:
        item[name] = value
    elif isinstance(item[name], list):
        item[name].append(value)
    else:
        item[name] = [item[name], value]


def _value(node: LexborNode, url: str) -> str:
    tag, attributes = node.tag or "", node.attributes
    if tag in _SOURCES:
        target = (attributes.get(_SOURCES[tag]) or "").strip()
        try:
            return urljoin(url, target)
        except ValueError:
            return target
    if tag in _VALUES:
        return attributes.get(_VALUES[tag]) or ""
    return attributes.get("content") or _text(node)


def _text(node: LexborNode) -> str:
    joined = " ".join(" ".join(_pieces(node)).split())
    return _BEFORE_SIGN.sub(r"\1", joined)


def _pieces(node: LexborNode) -> Iterator[str]:
    for inner in node.traverse(include_text=True):
        around = inner.parent
        if inner.tag == "-text" and around is not None and around.tag not in ("script", "style"):
            yield inner.text_content or ""
