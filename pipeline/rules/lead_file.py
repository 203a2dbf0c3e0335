"""A file of leads: its text, its table, and which column is what. Pure.

What spreadsheets write: commas, semicolons, tabs or bars between cells, UTF-8 with or without a mark, UTF-16, or
the machine's own code page; a header, or none.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from charset_normalizer import CharsetMatch, from_bytes

from pipeline.errors import FieldErrors, UserError
from pipeline.rules.qualification import ValidLead, normal_email, validate_lead

MOST_ROWS = 100_000
MOST_BYTES = 30_000_000
MOST_COLUMNS = 100
_LONGEST_CELL = 5_000
_SAMPLE = 50  # rows that guesses are made from
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
        nombre nome naam""",
    "first_name": """firstname first givenname forename vorname prenom nombredepila primeironome voornaam""",
    "last_name": """lastname last surname familyname nachname nomdefamille apellido apellidos sobrenome
        cognome achternaam""",
    "email": """email emailaddress mail mailaddress workemail businessemail emailadresse courriel correo
        correoelectronico""",
    "company": """company companyname organisation organization account accountname employer business firma
        unternehmen entreprise societe empresa azienda bedrijf""",
    "title": "title jobtitle role position job function titel funktion poste fonction cargo puesto ruolo functie",
    "linkedin_url": "linkedin linkedinurl linkedinprofile personlinkedinurl profileurl linkedinlink",
    "website_url": """website websiteurl url web domain companydomain companywebsite homepage webseite
        siteweb sitio""",
    "phone": """phone phonenumber telephone tel mobile mobilephone workphone cell telefon handy telephoneno
        telefono telefone""",
    "location": """location city country address region place ort stadt land ville pays ciudad pais cidade
        luogo citta plaats""",
}
_HEADERS = {word: field for field, words in _HEADER_WORDS.items() for word in words.split()}
_LINKEDIN = re.compile(r"linkedin\.com/(?:in|pub)/", re.IGNORECASE)
_WEB = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_PHONE = re.compile(r"^\+?[\d\s().\-/]{7,20}$")
_PERSON = re.compile(r"^[^\W\d_][\w.'’\-]*(?: [^\W\d_][\w.'’\-]*){1,3}$")


@dataclass(frozen=True, slots=True)
class Table:
    """`header`: what the columns are called, made up where the file has no header. `first_row`: the number of
    the first of `rows` in the file, from 1."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int


Columns = Mapping[str, int]  # field to the number of its column, from 0


def decoded(raw: bytes) -> str:
    """The file's text. Raises UserError for what is no text."""
    if raw[:4] == b"PK\x03\x04" or raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UserError(
            "This is a spreadsheet file. Save it as CSV (“File → Save as → CSV”), and drop that here."
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _readable(raw.decode("utf-16", "replace"))
    try:
        return _readable(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        code = _code_page(raw[:200_000])
        if code is None:
            raise UserError("I can't read this file: it is no text. I take CSV files.") from None
        return _readable(raw.decode(code, "replace"))


_CODE_PAGES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman"),
    *("shift_jis", "gb18030", "big5", "euc_kr"),
]


def _code_page(raw: bytes) -> str | None:
    """The one in which the text looks most like a language: letters, no signs between; of two alike, the more
    usual."""

    def oddness(one: CharsetMatch) -> tuple[float, int, float, int]:
        signs = sum(character > "\x7f" and not character.isalpha() for character in str(one))
        return one.chaos, signs, -one.coherence, _CODE_PAGES.index(one.encoding)

    best = min(from_bytes(raw, cp_isolation=_CODE_PAGES), key=oddness, default=None)
    return best.encoding if best else None


def _readable(text: str) -> str:
    strange = sum(character < " " and character not in "\t\r\n" for character in text[:20_000])
    if strange > len(text[:20_000]) / 50:
        raise UserError("I can't read this file: it is no text. I take CSV files.")
    return text.replace("\x00", "")


def table_of(text: str) -> Table:
    """Header and rows; empty rows are left out, but counted as lines. Raises UserError where there is nothing."""
    rows = list(_rows(text, _delimiter(text)))
    if not rows:
        raise UserError(
            "The file is empty. I need a row for each lead, with a name or an email address at least."
        )
    if len(rows) > MOST_ROWS + 1:
        raise UserError(f"I take up to {MOST_ROWS:,} rows at once; this file has more. Split it, please.")
    width = max(len(row) for row in rows[: _SAMPLE + 1])
    if _is_header(rows[0]):
        names = [cell or f"Column {at}" for at, cell in enumerate(rows[0], 1)]
        header, body, first = names, rows[1:], 2
    else:
        header, body, first = [], rows, 1
    header += [f"Column {at}" for at in range(len(header) + 1, width + 1)]
    if not any(any(row) for row in body):
        raise UserError("The file has a header and no rows. I need a row for each lead.")
    return Table(tuple(name[:60] for name in header), tuple(tuple(row) for row in body), first)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield [" ".join(cell[:_LONGEST_CELL].split()) for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise UserError(f"Line {reader.line_num} of the file can't be read as CSV ({error}).") from error


def _delimiter(text: str) -> str:
    """The one that cuts the first lines into the most cells of the same number."""
    head = "\n".join(text.splitlines()[:_SAMPLE])

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row]
        usual = max(set(widths), key=widths.count) if widths else 1
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    try:
        return max(_DELIMITERS, key=evenness)
    except csv.Error:
        return ","


def _word(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in plain if character.isalnum())


def _is_header(row: Sequence[str]) -> bool:
    if any("@" in cell or _WEB.match(cell) for cell in row):
        return False
    return any(_word(cell) in _HEADERS for cell in row) or all(cell and not cell[0].isdigit() for cell in row)


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
    return (
        normal_email(lead.email)
        if lead.email
        else f"{lead.name.casefold()}|{(lead.company or '').casefold()}"
    )


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
