"""Files of leads as spreadsheets and other tools write them."""
# ruff: noqa: E501 (tables of files are easier to read whole)

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FieldErrors, UserError
from pipeline.rules import lead_file
from pipeline.rules.file_text import opened, packed
from pipeline.rules.lead_file import (
    guessed,
    key_of,
    lead_in,
    outlined,
    row_text,
    rows_of,
    table_from,
    table_of,
)

EXPORT = "Full Name,Work Email,Company Name,Job Title,City\nMaria Silva,maria@acme.example,Acme,CTO,Porto\n"


def decoded(raw: bytes) -> str:
    with opened(packed(raw)) as text:
        return text.read()


def columns_of(text: str) -> dict[str, str]:
    table = table_of(packed(text.encode()))
    return {field: table.header[at] for field, at in guessed(table).items()}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (EXPORT, {"name": "Full Name", "email": "Work Email", "company": "Company Name", "title": "Job Title", "location": "City"}),
        (EXPORT.replace(",", ";"), {"name": "Full Name", "email": "Work Email", "company": "Company Name", "title": "Job Title", "location": "City"}),
        (EXPORT.replace(",", "\t"), {"name": "Full Name", "email": "Work Email", "company": "Company Name", "title": "Job Title", "location": "City"}),
        ("Vorname|Nachname|E-Mail-Adresse|Firma|Straße\nJörg|Müller|j@a.example|Müller, Söhne & Co|Weg 1\n",
         {"first_name": "Vorname", "last_name": "Nachname", "email": "E-Mail-Adresse", "company": "Firma"}),
        ("Prénom,Nom de famille,Société\nZoé,Lemaître,Atelier\n", {"first_name": "Prénom", "last_name": "Nom de famille", "company": "Société"}),
        ("maria@acme.example\nali@b.example\n", {"email": "Column 1"}),
        ("Maria Silva,maria@acme.example,linkedin.com/in/maria,https://acme.example,+49 30 1234567\n",
         {"name": "Column 1", "email": "Column 2", "linkedin_url": "Column 3", "website_url": "Column 4", "phone": "Column 5"}),
        ("a,b\n\"Silva, Maria\",maria@acme.example\nx,ali@b.example\n", {"email": "Column 2"}),
        ("Имя;Почта\nИван;ivan@a.example\n", {"name": "Имя", "email": "Почта"}),
        ("会社,名前\n日本製作所,山田太郎\n", {"company": "会社", "name": "名前"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_header_and_by_cells(text: str, columns: dict[str, str]) -> None:
    assert columns_of(text) == columns


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(code: str) -> None:
    text = "Name;Firma;Ort\n" + "Jörg Müller;Söhne & Töchter GmbH;Köln\nÀgnes Été;Café Ünal;Zürich\n" * 5
    assert decoded(text.encode(code)) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("cp1252", "Prénom;Nom\nZoé;Lemaître\nHélène;Çelik\nFrançois;Noël\n"), ("cp1250", "Imię;Nazwisko;Firma\nŁukasz;Wiśniewski;Żółw i Spółka\n"),
        ("cp1251", "Имя;Компания\nИван Петров;ООО Ромашка\n"), ("cp1253", "Όνομα;Εταιρεία\nΓιώργος Παπαδόπουλος;Αθήνα\n"),
        ("shift_jis", "名前,会社\n山田太郎,日本製作所株式会社\n佐藤花子,東京電機工業\n"), ("gb18030", "姓名,公司\n王小明,北京科技有限公司\n"),
        ("euc_kr", "이름,회사\n김철수,서울전자 주식회사\n"), ("mac_roman", "Name;Ort\nJörg Müller;Köln\nRenée Crête;Zürich\n"),
    ],
)  # fmt: skip
def test_files_of_old_machines_are_read(code: str, text: str) -> None:
    assert decoded((text * 5).encode(code)) == text * 5


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"PK\x03\x04rest", "Save it as CSV"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Save it as CSV"), (bytes(range(32)) * 40, "no text"),
        (b"", "empty"), (b"\n\n", "no rows|empty"), (b'name\n"' + b"x" * 3_000_000, "no end"), (b"Name,Email\n", "no rows"), (b"Name,Email\n,\n", "no rows"),
        (b"a\n" * (lead_file.MOST_ROWS + 5), "100,000"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_said(raw: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says):
        table_of(packed(raw))


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        ("Maria Silva,Acme,CTO", False), ("Maria Silva,Lead,Acme", False), ("Contact,Business,Tel", True), ("Name,Sparte,Rang", True),
        ("maria@acme.example,name,email", False), ("Name,+49 30 1234567", False), ("Lead", False), ("E-Mail", True),
    ],
)  # fmt: skip
def test_a_first_row_is_a_lead_unless_a_word_says_otherwise(first: str, is_header: bool) -> None:
    table = table_of(packed(f"{first}\nJohn Doe,B,CEO\n".encode()))
    assert (table.is_named, table.count, table.first_row) == (is_header, 2 - is_header, 1 + is_header)
    assert [",".join(row) for row in rows_of(packed(f"{first}\nx\n".encode()), table)][-1] == "x"


def test_the_outline_holds_the_layout_and_little_else() -> None:
    table = table_of(packed(("Name;Note\n" + f"Maria;{'x' * 4000}\n" * 60).encode()))
    kept = table_from(outlined(table))
    assert (kept.header, kept.first_row, kept.count, kept.delimiter) == (("Name", "Note"), 2, 60, ";")
    assert len(kept.rows) == 3 and len(outlined(table)) < 1000


def test_rows_are_numbered_and_empty_ones_kept() -> None:
    content = packed(b'name,note\n\nMaria,"two\nlines"\n')
    assert list(rows_of(content, table_of(content))) == [(), ("Maria", "two lines")]


@pytest.mark.parametrize("letter", ["a", "é", "語", "🙂"])
def test_a_large_file_takes_little_memory(letter: str) -> None:
    row = f"Maria Silva,maria@acme.example,{letter * (280 // len(letter.encode()))}\n"
    raw = (row * (30_000_000 // len(row.encode()))).encode()
    tracemalloc.start()
    try:
        content = packed(raw)
        table = table_of(content)
        assert sum(1 for _ in rows_of(content, table)) == table.count > 90_000
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_too_many_rows_are_told_without_reading_them_all() -> None:
    raw = b"a\n" * 4_000_000
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="100,000"):
            table_of(packed(raw))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("row", "name", "email"),
    [
        (("Maria Silva", "Maria@Acme.example"), "Maria Silva", "Maria@acme.example"),
        (("", "maria.silva@acme.example"), "Maria Silva", "maria.silva@acme.example"),
        (("Maria Silva", ""), "Maria Silva", None),
        (("Maria Silva", "<maria@acme.example>; "), "Maria Silva", "maria@acme.example"),
    ],
)
def test_a_row_is_a_lead(row: tuple[str, ...], name: str, email: str | None) -> None:
    lead = lead_in(row, {"name": 0, "email": 1})
    assert (lead.name, lead.email) == (name, email)


@pytest.mark.parametrize(
    ("row", "says"),
    [(("", ""), "neither"), (("x" * 101, ""), "2 to 100"), (("Maria", "not an address"), "not an email"), ((), "neither")],
)  # fmt: skip
def test_a_row_that_is_no_lead_says_why(row: tuple[str, ...], says: str) -> None:
    with pytest.raises(FieldErrors, match=says):
        lead_in(row, {"name": 0, "email": 1, "company": 7})


def test_first_and_last_name_make_the_name() -> None:
    assert lead_in(("Maria", "Silva"), {"first_name": 0, "last_name": 1}).name == "Maria Silva"


def test_the_same_lead_has_the_same_key() -> None:
    columns = {"name": 0, "email": 1, "company": 2}
    keys = [key_of(lead_in(row, columns)) for row in (("Maria", "m@A.example"), ("Mary", "m@a.example", "x"))]
    assert keys[0] == keys[1]
    assert key_of(lead_in(("Maria", "", "Acme"), columns)) == key_of(lead_in(("MARIA", "", "acme"), columns))
    composed, apart = (lead_in((name, "", ""), columns) for name in ("Zo\u00eb", "Zoe\u0308"))
    assert key_of(composed) == key_of(apart)


def test_a_report_runs_no_formula() -> None:
    row = ("=HYPERLINK(1)", "@SUM", "-cmd", "+49 30 1234567", 'a "quoted", cell')
    assert row_text(row) == '\'=HYPERLINK(1),\'@SUM,\'-cmd,+49 30 1234567,"a ""quoted"", cell"'


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_a_table_or_a_sentence(raw: bytes) -> None:
    try:
        content = packed(raw)
        table = table_of(content)
    except UserError as error:
        assert len(str(error)) > 10
        return
    columns = guessed(table)
    assert all(0 <= at < len(table.header) for at in columns.values())
    rows = list(rows_of(content, table))
    assert len(rows) == table.count and tuple(rows[:2]) == table.rows[:2]
    for row in rows:
        try:
            assert 2 <= len(lead_in(row, columns).name) <= 100
        except FieldErrors as error:
            assert error.errors
