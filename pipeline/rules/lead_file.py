"""A file of leads: its table, and which column is what. Pure.

What spreadsheets write: commas, semicolons, tabs or bars between cells; a header, or none. Rows are read one by one,
never all at once.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self, TextIO

from pydantic import TypeAdapter

from pipeline.errors import FieldErrors, UserError
from pipeline.rules.file_text import opened
from pipeline.rules.qualification import ValidLead, normal_email, validate_lead

MOST_ROWS = 100_000
MOST_BYTES = 30_000_000
MOST_COLUMNS = 100
NO_NAME = "Column"  # and its number
_LONGEST_CELL = 5_000
_LONGEST_ROW = 1_000_000  # characters
_HEAD = 100_000  # characters the delimiter is guessed from
_SAMPLE = 50  # rows that guesses are made from
_SHOWN_ROWS = 3
_SHOWN_CELL = 100
_DELIMITERS = ",;\t|"
LABELS = {
    "name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "company": "Company",
    "title": "Title",
    "linkedin_url": "LinkedIn",
    "website_url": "Website",
    "phone": "Phone",
    "location": "Location",
}
# What headers call each field: lower case, letters and digits only.
_HEADER_WORDS = {
    "name": """name fullname contact contactname person lead leadname kontakt ansprechpartner nom contacto
        nombre nome naam imie имя фио имяифамилия ονομα 名前 氏名 姓名 이름""",
    "first_name": """firstname first givenname forename vorname prenom nombredepila primeironome voornaam""",
    "last_name": """lastname last surname familyname nachname nomdefamille apellido apellidos sobrenome
        cognome achternaam""",
    "email": """email emailaddress mail mailaddress workemail businessemail emailadresse courriel correo
        correoelectronico почта ηλεκτρονικηδιευθυνση メール メールアドレス 邮箱 电子邮件 이메일""",
    "company": """company companyname organisation organization account accountname employer business firma
        unternehmen entreprise societe empresa azienda bedrijf компания εταιρεια 会社 会社名 公司 회사""",
    "title": "title jobtitle role position job function titel funktion poste fonction cargo puesto ruolo functie",
    "linkedin_url": "linkedin linkedinurl linkedinprofile personlinkedinurl profileurl linkedinlink",
    "website_url": """website websiteurl url web domain companydomain companywebsite homepage webseite
        siteweb sitio""",
    "phone": """phone phonenumber telephone tel mobile mobilephone workphone cell telefon handy telephoneno
        telefono telefone""",
    "location": """location city country address region place ort stadt land ville pays ciudad pais cidade
        luogo citta plaats""",
}
_HEADERS = {
    unicodedata.normalize("NFKD", word): field
    for field, words in _HEADER_WORDS.items()
    for word in words.split()
}
# Words that a lead's cells hold, too: a title, a company, a part of a name.
_ALSO_VALUES = frozenset(
    (
        *(
            "lead",
            "contact",
            "person",
            "account",
            "business",
            "role",
            "position",
            "function",
            "first",
            "last",
        ),
        *("mobile", "cell", "url", "web", "domain", "city"),
    )
)
_LINKEDIN = re.compile(r"linkedin\.com/(?:in|pub)/", re.IGNORECASE)
_WEB = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_PHONE = re.compile(r"^\+?[\d\s().\-/]{7,20}$")
_PERSON = re.compile(r"^[^\W\d_][\w.'’\-]*(?: [^\W\d_][\w.'’\-]*){1,3}$")


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is laid out, and its first rows.

    `header`: what the columns are called, made up where the file has no header. `first_row`: the number of the
    first of `rows` in the file, from 1. `count`: of all rows below the header, empty ones too.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int
    count: int
    delimiter: str

    @property
    def is_named(self) -> bool:
        """The file says itself what its columns are called."""
        return self.first_row > 1


_TABLE = TypeAdapter(Table)
Columns = Mapping[str, int]  # field to the number of its column, from 0


def outlined(table: Table) -> str:
    """The layout as JSON, with as much of the first rows as a form shows."""
    rows = tuple(tuple(cell[:_SHOWN_CELL] for cell in row) for row in table.rows[:_SHOWN_ROWS])
    return _TABLE.dump_json(replace(table, rows=rows)).decode()


def table_from(outline: str) -> Table:
    """What `outlined` wrote."""
    return _TABLE.validate_json(outline)


def table_of(content: bytes) -> Table:
    """The layout of a file as `file_text.packed` gives it. Raises UserError where there is nothing to read."""
    with opened(content) as text:
        delimiter = _delimiter(text.read(_HEAD))
    rows = _rows(content, delimiter)
    first = [list(row) for row in islice(rows, _SAMPLE + 1)]
    if not first:
        raise UserError(
            "The file is empty. I need a row for each lead, with a name or an email address at least."
        )
    named = _is_header(first[0])
    sample = first[1:] if named else first
    filled = any(any(row) for row in sample)
    count = len(first)
    for row in islice(rows, MOST_ROWS + 1 - count):
        count += 1
        filled = filled or any(row)
    if count - named > MOST_ROWS or next(rows, None) is not None:
        raise UserError(f"I take up to {MOST_ROWS:,} rows at once; this file has more. Split it, please.")
    if not filled:
        raise UserError("The file has no rows with anything in them. I need a row for each lead.")
    return Table(
        header=_header(first, named),
        rows=tuple(map(tuple, sample)),
        first_row=2 if named else 1,
        count=count - named,
        delimiter=delimiter,
    )


def _header(first: Sequence[Sequence[str]], named: bool) -> tuple[str, ...]:
    given = first[0] if named else ()
    width = max(map(len, first))
    return tuple((given[at][:60] if at < len(given) else "") or f"{NO_NAME} {at + 1}" for at in range(width))


def rows_of(content: bytes, table: Table) -> Iterator[tuple[str, ...]]:
    """Every row below the header, read as it is asked for. Raises UserError where the file is broken."""
    return map(tuple, islice(_rows(content, table.delimiter), table.first_row - 1, None))


class _Lines:
    """The lines of one row after another, for csv's reader.

    A row may go over many lines, and a quotation mark that is never closed makes one row of the whole file:
    `left` is how many characters the present one may still take.
    """

    def __init__(self, text: TextIO) -> None:
        self._text, self.left = text, _LONGEST_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self.left + 1)
        self.left -= len(line)
        if self.left < 0:
            raise UserError("A row of the file has no end. Is a quotation mark missing?")
        if not line:
            raise StopIteration
        return line


def _rows(content: bytes, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_ROW)
    with opened(content) as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            for row in reader:
                lines.left = _LONGEST_ROW
                yield [" ".join(cell[:_LONGEST_CELL].split()) for cell in row[:MOST_COLUMNS]]
        except csv.Error as error:
            raise UserError(f"Line {reader.line_num} of the file can't be read as CSV ({error}).") from error


def _delimiter(head: str) -> str:
    """The one that cuts the first rows into the most cells of the same number."""

    def evenness(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in islice(reader, _SAMPLE) if row]
        except csv.Error:
            return 0.0, 0
        usual = max(set(widths), key=widths.count) if widths else 1
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    csv.field_size_limit(_LONGEST_ROW)
    return max(_DELIMITERS, key=evenness)


def _word(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in plain if character.isalnum())


def _is_header(row: Sequence[str]) -> bool:
    """Only where a word says so: a first row of anything else may be a lead."""
    if any("@" in cell or _WEB.match(cell) or _PHONE.match(cell) for cell in row):
        return False
    known = {_word(cell) for cell in row} & _HEADERS.keys()
    return bool(known - _ALSO_VALUES) or len(known) > 1


_LOOKS: dict[str, Callable[[str], bool]] = {
    "email": lambda cell: "@" in cell and " " not in cell,
    "linkedin_url": lambda cell: bool(_LINKEDIN.search(cell)),
    "website_url": lambda cell: bool(_WEB.match(cell)) and not _LINKEDIN.search(cell),
    "phone": lambda cell: bool(_PHONE.match(cell)),
    "name": lambda cell: bool(_PERSON.match(cell)),
}


def guessed(table: Table) -> dict[str, int]:
    """Which column each field is in: by the header's words, else by what stands in the cells."""
    columns: dict[str, int] = {}
    for at, name in enumerate(table.header):
        field = _HEADERS.get(_word(name))
        if field is not None:
            columns.setdefault(field, at)
    for field, fits in _LOOKS.items():
        if field in columns or (field == "name" and {"first_name", "last_name"} & columns.keys()):
            continue
        for at in range(len(table.header)):
            cells = [row[at] for row in table.rows[:_SAMPLE] if at < len(row) and row[at]]
            if at not in columns.values() and cells and sum(map(fits, cells)) > len(cells) * 0.6:
                columns[field] = at
                break
    return columns


def lead_in(row: Sequence[str], columns: Columns) -> ValidLead:
    """The lead of a row. Raises FieldErrors with a sentence for every field that is wrong."""

    def cell(field: str) -> str:
        at = columns.get(field, -1)
        return row[at] if 0 <= at < len(row) else ""

    name = cell("name") or f"{cell('first_name')} {cell('last_name')}".strip()
    if not name and cell("email"):
        name = _name_of(cell("email"))
    if not name:
        raise FieldErrors({"name": "There is neither a name nor an email address."})
    given = {
        field: cell(field) or None for field in LABELS if field not in ("name", "first_name", "last_name")
    }
    if given["email"]:
        given["email"] = given["email"].strip("<>,; ").removeprefix("mailto:")
    return validate_lead(name=name, **given)


def _name_of(email: str) -> str:
    """“maria.silva@…” → “Maria Silva”; an address that is no person's gives its own first part."""
    words = [word for word in re.split(r"[._\-+\d]+", email.partition("@")[0]) if word]
    return " ".join(word.capitalize() for word in words)


def key_of(lead: ValidLead) -> str:
    """Two rows of the same key are the same lead: by the address, else by name and company."""
    return normal_email(lead.email) if lead.email else f"{lead.name.lower()}|{(lead.company or '').lower()}"


def row_text(row: Sequence[str]) -> str:
    """A row as CSV; a cell that a spreadsheet would take for a formula is quoted (OWASP, CSV injection)."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(
        [
            f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") and not _PHONE.match(cell) else cell
            for cell in row
        ]
    )
    return out.getvalue()
