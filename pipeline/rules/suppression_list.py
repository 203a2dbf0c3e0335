"""Whom never to write to, as people write it down: addresses, domains, and hashes of those that were erased. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from db.cards import SuppressionLine
from db.types import SuppressionKind
from pipeline.rules.company_match import FREE_MAIL
from pipeline.rules.qualification import normal_email, tidy

MOST_ROWS = 100_000
MOST_BYTES = 10_000_000
HEADER = ("kind", "value", "hash", "reason", "added_by", "added_at")
_HASH = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_HEADS = frozenset(
    ("kind", "type", "value", "hash", "email", "e-mail", "address", "email address", "domain", "mail")
)
_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 320
_REASON = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Either the value itself, normalised, or only its hash."""

    kind: SuppressionKind
    value: str | None
    digest: str | None = None
    reason: str = ""

    @property
    def is_free_mail(self) -> bool:
        """A domain of which everybody may have an address."""
        return self.kind is SuppressionKind.DOMAIN and self.value in FREE_MAIL


@dataclass(frozen=True, slots=True)
class BadRow:
    row: int  # 1-based
    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ReadList:
    entries: tuple[Entry, ...]
    bad: tuple[BadRow, ...]
    repeated: int


@dataclass(frozen=True, slots=True)
class Suppressed:
    """`stopped`: the names of the leads to whom something would have gone out."""

    added: int
    known: int
    stopped: tuple[str, ...]


def entry_of(text: str) -> Entry:
    """“maria@acme.com”, “acme.com”, “@acme.com”, “https://www.acme.com/contact”. Raises ValueError with a sentence."""
    said = tidy(text).strip("<>\"' ,;").removeprefix("mailto:")
    if not said:
        raise ValueError("Nothing stands there: write an address or a domain.")
    if len(said) > _LONGEST:
        raise ValueError("That is too long for an address or a domain.")
    if "@" in said.lstrip("@*."):
        return Entry(SuppressionKind.ADDRESS, normal_email(said).lower())
    return Entry(SuppressionKind.DOMAIN, _domain(said))


def _domain(said: str) -> str:
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", said.lower()).split("/")[0].split("?")[0].partition(":")[0]
    host = host.lstrip("@*.").removeprefix("www.").rstrip(".")
    try:
        plain = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        plain = ""
    labels = plain.split(".")
    is_name = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not is_name or len(plain) > 253:
        raise ValueError(f"“{said[:60]}” is neither an email address nor a domain such as acme.com.")
    return plain


def read_list(lines: Iterable[str]) -> ReadList:
    """A pasted list, or a file: one a line, or a CSV with an address or a domain in one of its columns."""
    entries: dict[tuple[str, str], Entry] = {}
    bad: list[BadRow] = []
    repeated = count = 0
    for row, cells in _rows(lines):
        count += 1
        if count > MOST_ROWS:
            bad.append(BadRow(row, "", f"Only {MOST_ROWS:,} rows are taken at once; the rest was left."))
            break
        try:
            entry = _entry(cells)
        except ValueError as error:
            bad.append(BadRow(row, ", ".join(cell for cell in cells.values() if cell)[:200], str(error)))
            continue
        key = (entry.kind.value, entry.value or entry.digest or "")
        repeated += key in entries
        entries.setdefault(key, entry)
    return ReadList(tuple(entries.values()), tuple(bad), repeated)


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's number and its cells by column name, where the file names them; else by number."""
    source = iter(lines)
    head = list(islice(source, 1))
    if not head:
        return
    first = head[0].lstrip("\ufeff")
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(chain([first], source), delimiter=delimiter)
    names: Sequence[str] | None = None
    for row, found in enumerate(_lenient(reader), 1):
        cells = [cell.strip() for cell in found]
        if not any(cells):
            continue
        if row == 1 and any(cell.casefold() in _HEADS for cell in cells):
            names = [cell.casefold() for cell in cells]
            continue
        yield row, dict(zip(names or [str(at) for at in range(len(cells))], cells, strict=False))


def _lenient(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """A broken line (a field too long, a NUL) is a row that is bad, not the end of the file."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield [f"broken line ({error})"]


def _entry(cells: dict[str, str]) -> Entry:
    reason = tidy(cells.get("reason", ""))[:_REASON]
    digest = cells.get("hash", "").lower()
    if _HASH.fullmatch(digest) and not cells.get("value"):
        kind = cells.get("kind", "").lower()
        if kind not in list(SuppressionKind):
            raise ValueError("A hash needs its kind beside it: address or domain.")
        return Entry(SuppressionKind(kind), None, digest, reason)
    named = [
        cells[name] for name in ("value", *_HEADS) if cells.get(name) and name not in ("kind", "type", "hash")
    ]
    said = named or list(cells.values())
    for cell in said:
        looks = cell.removeprefix("'")
        if "@" in looks or (len(said) == 1 or "." in looks):
            found = entry_of(looks)
            return Entry(found.kind, found.value, None, reason)
    raise ValueError("No address and no domain stands in this row.")


def written(lines: Iterable[SuppressionLine]) -> str:
    """CSV, readable by spreadsheets and by `read_list`. What would be a formula there is made text."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEADER)
    for line in lines:
        digest = "" if line.value else line.digest
        rows.writerow(
            (
                line.kind,
                _safe(line.value or ""),
                digest,
                _safe(line.reason),
                _safe(line.added_by or ""),
                line.added_at.isoformat(timespec="seconds"),
            )
        )
    return out.getvalue()


def report(bad: Iterable[BadRow]) -> str:
    """CSV of what was not taken, and why."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(("row", "what stood there", "why it was not taken"))
    rows.writerows((one.row, _safe(one.text), one.sentence) for one in bad)
    return out.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_AS_FORMULA) else text
