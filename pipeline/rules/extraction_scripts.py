"""Addresses that small scripts put together when the page is shown: variables, arrays and escapes are followed,
loops and calls are not. Nothing is run."""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from pipeline.rules.extraction_emails import of_base64

_LONGEST = 60_000  # characters of one script that are read; those that write an address are short
_MOST_VALUES = 300
_LONGEST_VALUE = 4000
_STRING = r"'(?:[^'\\\n]|\\.){0,2000}'|\"(?:[^\"\\\n]|\\.){0,2000}\""
_ARRAY = rf"(?:new\s+Array\s*\(|\[)\s*(?:(?:{_STRING})\s*,?\s*){{1,40}}[)\]]"
_TEMPLATE = r"`[^`\\]{0,2000}`"
_REVERSED = rf"(?:{_STRING})\.split\((?:''|\"\")\)\.reverse\(\)\.join\((?:''|\"\")\)"
_REPLACED = rf"(?:{_STRING})\.replace\(\s*(?:{_STRING})\s*,\s*(?:{_STRING})\s*\)"
_PIECE = (
    rf"(?:{_REVERSED}|{_REPLACED}|{_STRING}|{_TEMPLATE}|{_ARRAY}(?:\s*\.\s*(?:reverse\(\)\s*\.\s*)?join\(\s*(?:{_STRING})?\s*\))?"
    r"|(?:unescape|decodeURIComponent|decodeURI|(?:window\.)?atob)\(\s*(?:'[^'\n]{0,4000}'|\"[^\"\n]{0,4000}\")\s*\)"
    r"|String\.fromCharCode\([\d\s,xa-fA-F]{1,2000}\)|[A-Za-z_$][\w$]{0,40}(?:\[\d{1,3}\])?)"
)
_SUM = rf"\(?\s*{_PIECE}(?:\s*(?:\+|\)?\.concat\()\s*{_PIECE}){{0,60}}"
_PIECES = re.compile(_PIECE)
_STEP = re.compile(
    rf"(?<![\w$.])(?P<name>[A-Za-z_$][\w$]{{0,40}})\s*(?P<more>\+)?=(?!=)\s*(?P<value>{_SUM})"
    rf"|(?:\.write(?:ln)?\s*\(|\.(?:innerHTML|href|outerHTML|textContent|innerText)\s*\+?="
    rf"|\.(?:html|text)\s*\(|\.(?:setAttribute|attr)\s*\(\s*['\"]href['\"]\s*,)\s*(?P<shown>{_SUM})"
)
_CALL = re.compile(
    r"(?i)[\w$]{0,30}(?:mail|contact|spam|addr)[\w$]{0,30}\(\s*['\"]([\w.+-]{1,60})['\"]\s*,\s*['\"]([\w-]{1,60}(?:\.[\w-]{1,60}){0,4})['\"]"
    r"(?:\s*,\s*['\"]\.?([a-z.]{2,12})['\"])?"
)
_ADDRESS = re.compile(r"[A-Za-z0-9][\w.+-]{0,62}@(?:[\w-]{1,62}\.){1,5}[A-Za-z]{2,24}")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{2,3})|(.))")


def written_by(script: str) -> Iterator[str]:
    """Addresses in what the script writes, and in what it calls with a name and a domain."""
    script = script[:_LONGEST]
    values: dict[str, str] = {}
    arrays: dict[str, list[str]] = {}
    for step in _STEP.finditer(script):
        shown = step["shown"]
        value = _summed(shown or step["value"], values, arrays)
        name = step["name"]
        if shown is None and len(values) < _MOST_VALUES:
            if _is_array(step["value"]):
                arrays[name] = _elements(step["value"])
            values[name] = (values.get(name, "") + value if step["more"] else value)[:_LONGEST_VALUE]
        if shown is not None or "mailto:" in value:
            at_once = step[0].startswith(".write")
            # A whole address that is set into the page later is one of several, by what a visitor chooses.
            found = _ADDRESS.findall(html.unescape(unquote(value)))
            yield from (address for address in found if at_once or address not in script)
    for value in values.values():
        whole = html.unescape(value.strip())
        if "@" in whole and whole not in script and _ADDRESS.fullmatch(whole):
            yield whole
    for call in _CALL.finditer(script):
        local, domain, suffix = call.groups()
        if suffix or "." in domain:
            yield f"{local}@{domain}.{suffix}" if suffix else f"{local}@{domain}"


def _summed(expression: str, values: dict[str, str], arrays: dict[str, list[str]]) -> str:
    parts: list[str] = []
    length = 0
    for piece in _PIECES.findall(expression):
        part = _value(piece, values, arrays)
        parts.append(part)
        length += len(part)
        if length > _LONGEST_VALUE:
            break
    return "".join(parts)[:_LONGEST_VALUE]


def _value(piece: str, values: dict[str, str], arrays: dict[str, list[str]]) -> str:
    if piece[0] in "'\"":
        return _turned(piece)
    if piece[0] == "`":
        return _SLOT.sub(lambda slot: values.get(slot[1], ""), piece[1:-1])
    if _is_array(piece):
        elements = _elements(piece)
        if "reverse()" in piece:
            elements.reverse()
        glue = re.search(rf"join\(\s*({_STRING})?", piece)
        return (_unquoted(glue[1]) if glue[1] else ",").join(elements) if glue else ""
    if piece.startswith(("unescape", "decodeURI")) and "(" in piece:
        return unquote(piece[piece.index("(") + 1 : -1].strip()[1:-1])
    if piece.startswith(("atob(", "window.atob(")):
        return of_base64(piece[piece.index("(") + 1 : -1].strip()[1:-1]) or ""
    if piece.startswith("String.fromCharCode"):
        codes = [int(code, 0) for code in re.findall(r"0x[0-9a-fA-F]{1,4}|\b[1-9]\d{0,4}\b", piece)]
        return "".join(chr(code) for code in codes if code < 0xD800)
    name, _, place = piece.rstrip("]").partition("[")
    if place:
        elements = arrays.get(name, [])
        return elements[int(place)] if int(place) < len(elements) else ""
    return values.get(name, "")


_SLOT = re.compile(r"\$\{\s*([A-Za-z_$][\w$]{0,40})\s*\}")


def _turned(piece: str) -> str:
    """A string by itself, read backwards, or with one part put for another."""
    strings = re.findall(_STRING, piece)
    text = _unquoted(strings[0])
    if ".reverse()" in piece and piece.endswith((".join('')", '.join("")')):
        return text[::-1]
    if len(strings) == 3 and ".replace(" in piece:
        return text.replace(_unquoted(strings[1]), _unquoted(strings[2]), 1)
    return text


def _is_array(expression: str) -> bool:
    return expression.lstrip("( ").startswith(("[", "new"))


def _elements(expression: str) -> list[str]:
    listed = re.split(r"[)\]]\s*\.", expression, maxsplit=1)[0]
    return [_unquoted(text) for text in re.findall(_STRING, listed)]


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16)) if not 0xD800 <= int(code, 16) < 0xE000 else ""
    return chr(int(match[3], 8)) if match[3] else match[4]
