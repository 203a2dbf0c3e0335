"""What a person wrote, without the message they answered, their signature and their disclaimer."""

import re

from pipeline.rules.quote_words import (
    ADDRESSED,
    BARE,
    DATE_FIELDS,
    DATED,
    FIELD,
    HEAD,
    OPENER,
    PGP,
    RULE,
    SENDER_FIELDS,
    SENT_WITH,
    SEPARATOR,
    SIGNATURE,
    WITHIN,
    has_verb,
)

MAX_CHARACTERS = 60_000
LONGEST_LINE = 2_000
MOST_LINES = 1_500
# HTML mail says where its quotation begins; `mime` leaves this mark on a line of its own.
QUOTE_BEGINS = "\x03"
_TALLEST_HEAD = 4
_LONGEST_HEAD = 500
_WRAPPED_FROM = 60
_COLONS = (":", "\uff1a")
_DIRECTIONS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HASH = re.compile(r"^(?:hash|charset|version|comment): .{1,80}$", re.IGNORECASE)


def own_words(text: str) -> str:
    """The newest words of a mail: the top, and what stands between lines marked with `>`."""
    kept = "\n".join(_unquoted(_lines(text))).strip()
    return re.sub(r"\n{3,}", "\n\n", kept)


def _lines(text: str) -> list[str]:
    whole = _DIRECTIONS.sub("", text[:MAX_CHARACTERS]).replace("\r\n", "\n").replace("\r", "\n")
    return [line[:LONGEST_LINE] for line in whole.split("\n", MOST_LINES)[:MOST_LINES]]


def has_quote(text: str) -> bool:
    """Does the mail carry the message it answers?"""
    lines = _lines(text)
    return any(line.startswith(">") or _head_height(lines, index) for index, line in enumerate(lines))


def _unquoted(lines: list[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        bare = line.strip()
        before_head = _before_head(line)
        height = 0 if bare.startswith(">") or before_head else _head_height(lines, index)
        if height or before_head:
            kept.append(before_head)
            index += height or 1
            if not _marked_follows(lines, index):
                break
        elif bare.startswith(">") or _is_wrapped_quotation(lines, index):
            index += 1
        elif PGP.match(bare):
            index = _after_armour(lines, index)
        elif any(kept) and SIGNATURE.match(bare):
            index = _next_quotation(lines, index)
        else:
            if not (SENT_WITH.match(bare) and _stands_alone(lines, index)):
                kept.append(line)
            index += 1
    return kept


def _before_head(line: str) -> str:
    """The person's words on the very line on which the quotation is announced."""
    if not line.rstrip().endswith(_COLONS) or OPENER.match(line) or not has_verb(line[-_LONGEST_HEAD:]):
        return ""
    offset = max(0, len(line) - _LONGEST_HEAD)
    match = WITHIN.search(line[offset:])
    return line[: offset + match.start()].rstrip(" -") if match else ""


def _is_wrapped_quotation(lines: list[str], index: int) -> bool:
    """The rest of a long quoted line that some program broke, between two lines marked with `>`."""
    if not 0 < index < len(lines) - 1 or not lines[index].strip():
        return False
    before, after = lines[index - 1].strip(), lines[index + 1].strip()
    return (
        before.startswith(">")
        and after.startswith(">")
        and len(before) >= _WRAPPED_FROM
        and len(lines[index]) < _WRAPPED_FROM
        and not before.endswith((".", "!", "?", ":"))
    )


def _head_height(lines: list[str], index: int) -> int:
    """How many lines the head of a quoted message has here; 0 where none begins."""
    line = lines[index]
    bare = line.strip()
    if not bare:
        return 0
    if QUOTE_BEGINS in line or SEPARATOR.match(line):
        return 1
    if RULE.match(line):
        return 1 if _head_within(lines, index + 1) else 0
    if any(colon in line for colon in _COLONS) and _is_block(lines, index):
        return 1
    return _wrote_height(lines, index)


def _head_within(lines: list[str], index: int) -> bool:
    """Does a quoted message begin in the next lines that say anything?"""
    following = [at for at in range(index, min(index + 4, len(lines))) if lines[at].strip()]
    return any(_is_block(lines, at) or _wrote_height(lines, at) for at in following[:2])


def _wrote_height(lines: list[str], index: int) -> int:
    head = ""
    for height in range(1, _TALLEST_HEAD + 1):
        part = lines[index + height - 1 : index + height]
        if not part or len(head) + len(part[0]) > _LONGEST_HEAD:
            return 0
        bare = part[0].strip()
        if height > 1 and (not bare or bare.startswith(">")):
            return 0
        head = f"{head} {bare}".strip()
        if not DATED.search(head):
            if BARE.match(head):
                return height
            continue
        ends = head.rstrip("*- ").endswith(_COLONS)
        if (ends and ((has_verb(head) and HEAD.match(head)) or ADDRESSED.match(head))) or BARE.match(head):
            return 0 if _begins_later(lines, index, height) else height
    return 0


def _begins_later(lines: list[str], index: int, height: int) -> bool:
    """Is the first line still the person's, and the head the lines after it?"""
    opened = bool(OPENER.match(lines[index]))
    return any(
        _wrote_height(lines, later) > 0
        for later in range(index + 1, index + height)
        if not opened or OPENER.match(lines[later])
    )


def _is_block(lines: list[str], index: int) -> bool:
    """From, Sent, To, Subject: a header block, in whatever language and order."""
    first = FIELD.match(lines[index])
    if first is None:
        return False
    names = {first["name"].lower()}
    for line in [line for line in lines[index + 1 : index + 12] if line.strip()][:6]:
        match = FIELD.match(line)
        if match is not None:
            names.add(match["name"].lower())
    sender, dated = names & SENDER_FIELDS, names & DATE_FIELDS
    if sender and len(names) >= 2:
        return len(names) >= 3 or bool(dated)
    return bool(dated) and len(names) >= 2 and _names_address(lines, index)


def _names_address(lines: list[str], index: int) -> bool:
    return any("@" in line for line in lines[index : index + 5])


def _marked_follows(lines: list[str], index: int) -> bool:
    """Is the quotation marked line by line, so that what comes after it is an answer below?"""
    following = [line for line in lines[index : index + 6] if line.strip()]
    return bool(following) and following[0].lstrip().startswith(">")


def _next_quotation(lines: list[str], index: int) -> int:
    """A signature goes on until a quotation, or to the end."""
    for later in range(index + 1, len(lines)):
        if lines[later].lstrip().startswith(">") or _head_height(lines, later):
            return later
    return len(lines)


def _stands_alone(lines: list[str], index: int) -> bool:
    """A line of its own, with nothing of the same paragraph running on below."""
    before = lines[index - 1].strip() if index else ""
    after = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if len(lines[index]) > 120:
        return False
    return not after or not before or after.startswith((">", "-", "_"))


def _after_armour(lines: list[str], index: int) -> int:
    later = index + 1
    while later < len(lines) and _HASH.match(lines[later].strip()):
        later += 1
    return later
