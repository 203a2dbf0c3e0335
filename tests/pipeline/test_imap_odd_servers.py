"""The IMAP client against servers that answer otherwise: a script of what each command is answered with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from pipeline.clients.imap import ImapReader
from pipeline.clients.mail import Disconnected, HistoryGone
from pipeline.clock import ManualClock
from pipeline.errors import Transient

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEAD = b"From: Ann <ann@x.example>\r\nMessage-ID: <a@x.example>\r\nSubject: Hi\r\n\r\n"
GREETING = "* OK ready"
USUAL = {
    "CAPABILITY": ["* CAPABILITY IMAP4rev1"],
    "LIST": ['* LIST (\\HasNoChildren) "/" INBOX'],
    "EXAMINE": ["* 1 EXISTS", "* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 5] ok"],
    "SEARCH": ["* SEARCH"],
}
Said = str | bytes


@dataclass
class Scripted:
    """Untagged lines by command; a line that begins with NO or BAD is the command's end instead of OK."""

    answers: dict[str, list[Said]]
    greeting: str = GREETING
    heard: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting.encode() + b"\r\n")
        while line := await reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            self.heard.append(rest)
            words = rest.upper().split()
            verb = words[1] if words[0] == "UID" else words[0]
            end = f"{tag} OK done"
            for said in self.answers.get(f"{verb} {words[-1]}", self.answers.get(verb, [])):
                if isinstance(said, str) and said.startswith(("NO", "BAD")):
                    end = f"{tag} {said}"
                else:
                    writer.write((said.encode() if isinstance(said, str) else said) + b"\r\n")
            writer.write(end.encode() + b"\r\n")
        writer.close()


@asynccontextmanager
async def speaking(
    query: str = "", greeting: str = GREETING, user: str = "sam%40us.example:pass", **answers: list[Said]
) -> AsyncIterator[tuple[ImapReader, Scripted]]:
    script = Scripted({**USUAL, **answers}, greeting)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader = ImapReader(f"imap://{user}@127.0.0.1:{port}{query}", "sam@us.example", ManualClock(NOW))
    yield reader, script
    reader.close()
    server.close()


def literal(line: str, content: bytes = HEAD, after: str = ")") -> bytes:
    return f"{line} {{{len(content)}}}\r\n".encode() + content + after.encode()


async def test_the_first_position_is_now() -> None:
    async with speaking() as (reader, _):
        assert await reader.position() == '{"INBOX": "7:5"}'
        found = await reader.everything(NOW)
        assert found.position == '{"INBOX": "7:5"}' and not found.message_ids


async def test_a_server_that_does_not_say_the_next_uid_is_asked_for_the_last() -> None:
    examined: list[Said] = ["* 2 EXISTS", "* OK [UIDVALIDITY 7] ok"]
    async with speaking(EXAMINE=examined, FETCH=["* 2 FETCH (UID 41)"]) as (reader, _):
        assert await reader.position() == '{"INBOX": "7:42"}'
    async with speaking(EXAMINE=["* 0 EXISTS"]) as (reader, _):
        assert await reader.position() == '{"INBOX": "0:1"}'


async def test_the_last_message_that_a_star_brings_back_is_not_new() -> None:
    async with speaking(SEARCH=["* SEARCH 4"]) as (reader, _):
        found = await reader.changes('{"INBOX": "7:5"}')
        assert not found.message_ids and found.position == '{"INBOX": "7:5"}'


async def test_attributes_may_come_in_any_order_and_among_what_nobody_asked() -> None:
    fetched: list[Said] = [
        "* 9 EXISTS",
        "* 3 FETCH (FLAGS (\\Seen) UID 3)",
        literal("* 4 FETCH (BODY[HEADER.FIELDS (FROM)]", after=" UID 5 FLAGS (\\Draft) RFC822.SIZE 77)"),
        literal('* 5 FETCH (UID 6 INTERNALDATE " 2-Mar-2026 10:00:00 +0100" BODY[HEADER.FIELDS (FROM)]'),
        literal("* 6 FETCH (UID 99 BODY[HEADER.FIELDS (FROM)]"),
    ]
    async with speaking(SEARCH=["* SEARCH 6", "* SEARCH 5"], FETCH=fetched) as (reader, _):
        found = await reader.changes('{"INBOX": "7:5"}')
        assert found.position == '{"INBOX": "7:7"}'
        first, second = [await reader.look(one) for one in found.message_ids]
    assert first and first.is_draft and first.size == 77 and first.received_at == NOW
    assert second and second.received_at == NOW and second.headers["from"] == "Ann <ann@x.example>"
    assert second.labels == {"INBOX"}


@pytest.mark.parametrize(
    ("line", "spelled"),
    [
        ('* LIST (\\HasNoChildren \\Sent) "." "INBOX.Verzonden \\"x\\""', '"INBOX.Verzonden \\"x\\""'),
        ('* LIST () "/" "Sent Items"', '"Sent Items"'),
        ("* LIST (\\sent) NIL Gesendet", '"Gesendet"'),
        (b'* LIST (\\Sent) "/" {9}\r\nSent Mail', '"Sent Mail"'),
    ],
)
async def test_the_folder_of_sent_mail_is_found(line: Said, spelled: str) -> None:
    async with speaking(LIST=['* LIST (\\Noselect \\Sent) "/" "No"', line]) as (reader, script):
        await reader.position()
    assert f"EXAMINE {spelled}" in script.heard


async def test_special_use_is_asked_for_where_it_is_not_told() -> None:
    answers: dict[str, list[Said]] = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED"],
        'LIST "*"': ['* LIST () "/" INBOX', '* LIST () "/" Verstuurd'],
        "LIST (SPECIAL-USE)": ['* LIST (\\Sent) "/" Verstuurd'],
    }
    async with speaking(**answers) as (reader, script):
        await reader.position()
    assert 'EXAMINE "Verstuurd"' in script.heard


async def test_new_numbers_are_noticed() -> None:
    async with speaking() as (reader, _):
        for before in ('{"INBOX": "6:5"}', '{"INBOX": "7:9"}', "12345", "x", '{"INBOX": "7"}'):
            with pytest.raises(HistoryGone):
                await reader.changes(before)


async def test_a_message_over_ten_megabytes_is_not_fetched() -> None:
    async with speaking(FETCH=["* 1 FETCH (UID 5 RFC822.SIZE 10000001)"]) as (reader, script):
        assert await reader.raw("7.5.INBOX.INBOX") is None
    assert not any("BODY.PEEK[]" in line for line in script.heard)


async def test_one_that_is_gone_is_none() -> None:
    async with speaking() as (reader, _):
        assert await reader.look("7.5.INBOX.INBOX") is None
        assert await reader.raw("6.5.INBOX.INBOX") is None


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("NO [AUTHENTICATIONFAILED] wrong", Disconnected),
        ("NO wrong", Disconnected),
        ("NO [UNAVAILABLE] later", Transient),
        ("NO [ALERT] Too many simultaneous connections", Transient),
    ],
)
async def test_a_refused_sign_in(said: str, error: type[Exception]) -> None:
    async with speaking(LOGIN=[said]) as (reader, _):
        with pytest.raises(error):
            await reader.position()


async def test_no_password_is_sent_where_the_server_forbids_it_in_clear_text() -> None:
    capability: list[Said] = ["* CAPABILITY IMAP4rev1 LOGINDISABLED"]
    async with speaking("?starttls=required", CAPABILITY=capability) as (reader, script):
        with pytest.raises(Disconnected, match="encryption"):
            await reader.position()
    assert script.heard == ["CAPABILITY"]


@pytest.mark.parametrize("greeting", ["* BYE busy", "220 mail.example ESMTP", ""])
async def test_a_strange_greeting_is_for_later(greeting: str) -> None:
    async with speaking(greeting=greeting) as (reader, _):
        with pytest.raises(Transient):
            await reader.position()


@pytest.mark.parametrize(
    "answers",
    [
        {"EXAMINE": ["NO no such mailbox"]},
        {"SEARCH": ["BAD what?"]},
        {"SEARCH": ["* SEARCH 5"], "FETCH": ["NO not now"]},
        {"SEARCH": ["no line of this protocol"]},
    ],
)
async def test_what_cant_be_used_is_for_later(answers: dict[str, list[Said]]) -> None:
    async with speaking(**answers) as (reader, _):
        with pytest.raises(Transient):
            await reader.changes('{"INBOX": "7:5"}')


async def test_nobody_listens() -> None:
    reader = ImapReader("imaps://a:b@127.0.0.1:1", "a@x.example", ManualClock(NOW))
    with pytest.raises(Transient):
        await reader.position()
