"""Delivery reports as the servers of the world write them."""
# ruff: noqa: E501 (mail as it stands on the wire)

import pytest

from db.types import InboundKind
from pipeline.rules.bounce_words import weigh
from pipeline.rules.reply import Inbound, parse_inbound

ORIGINAL = """Return-Path: <sam@rainmaker-demo.example>
Received: from mail.rainmaker-demo.example by mx.example
From: Sam Rivers <sam@rainmaker-demo.example>
To: Ada Berg <ada@northwind.example>
Subject: A short introduction
Message-ID: <our-id-1@rainmaker-demo.example>
X-Rainmaker-Token: tok1
Date: Mon, 2 Mar 2026 09:00:00 +0000

Hi Ada,
"""


def report(
    human: str,
    status: str,
    original: str = ORIGINAL,
    sender: str = "",
    subject: str = "",
    extra: str = "",
    original_type: str = "message/rfc822",
) -> bytes:
    return f"""Return-Path: <>
From: {sender or 'Mail Delivery System <MAILER-DAEMON@mx.example>'}
To: sam@rainmaker-demo.example
Subject: {subject or 'Undelivered Mail Returned to Sender'}
Date: Mon, 2 Mar 2026 09:00:05 +0000
Message-ID: <dsn-1@mx.example>
{extra}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

{human}

--b1
Content-Type: message/delivery-status

{status}

--b1
Content-Type: {original_type}

{original}
--b1--
""".replace("\n", "\r\n").encode()  # fmt: skip


POSTFIX = report(
    "This is the mail system at host mx.example.\n\n<ada@northwind.example>: host mx.northwind.example said: 550 5.1.1\n"
    "    <ada@northwind.example>: Recipient address rejected: User unknown in virtual mailbox table",
    "Reporting-MTA: dns; mx.example\nX-Postfix-Queue-ID: 3F2\nArrival-Date: Mon, 2 Mar 2026 09:00:00 +0000\n\n"
    "Final-Recipient: rfc822; ada@northwind.example\nOriginal-Recipient: rfc822;ada@northwind.example\nAction: failed\n"
    "Status: 5.1.1\nRemote-MTA: dns; mx.northwind.example\nDiagnostic-Code: smtp; 550 5.1.1 User unknown",
)
GMAIL = report(
    "** Address not found **\n\nYour message wasn't delivered to ada@northwind.example because the address couldn't be found.",
    "Reporting-MTA: dns; googlemail.com\nArrival-Date: Mon, 02 Mar 2026 01:00:00 -0800 (PST)\n\n"
    "Final-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n 550-5.1.1 Please try double-checking",
    sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    subject="Delivery Status Notification (Failure)",
    extra="Auto-Submitted: auto-replied\nX-Failed-Recipients: ada@northwind.example\nIn-Reply-To: <our-id-1@rainmaker-demo.example>\n",
)
OFFICE365 = report(
    "Delivery has failed to these recipients or groups:\n\nada@northwind.example\nThe email address you entered couldn't be found.",
    "Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com\n\nFinal-Recipient: rfc822;ada@northwind.example\nAction: failed\n"
    "Status: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@northwind.example not found by SMTP address lookup",
    sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@northwind.example>",
    subject="Undeliverable: A short introduction",
    original_type="text/rfc822-headers",
)
OFFICE365_DENIED = report(
    "Your message couldn't be delivered to ada@northwind.example.",
    "Reporting-MTA: dns;x.protection.outlook.com\n\nFinal-Recipient: rfc822;ada@northwind.example\nAction: failed\nStatus: 5.4.1\n"
    "Diagnostic-Code: smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
    subject="Undeliverable: A short introduction",
)
EXCHANGE_FULL = report(
    "The recipient's mailbox is full and can't accept messages now.",
    "Reporting-MTA: dns;ex.northwind.example\n\nFinal-Recipient: rfc822;ada@northwind.example\nAction: failed\nStatus: 5.2.2\n"
    "Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
)
SPAM_BLOCK = report(
    "Blocked",
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.7.1\n"
    "Diagnostic-Code: smtp; 550 5.7.1 Service unavailable; Client host [1.2.3.4] blocked using Spamhaus",
)
DELAYED = report(
    "THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: delayed\nStatus: 4.4.1\n"
    "Diagnostic-Code: X-Postfix; connect to mx.northwind.example: Connection timed out\nWill-Retry-Until: Sat, 7 Mar 2026",
    subject="Delayed Mail (still being retried)",
)
GENERIC_STATUS = report(
    "Delivery failed",
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.0.0\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user here",
)
GENERIC_FULL = report(
    "Delivery failed",
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.0.0\n"
    "Diagnostic-Code: smtp; 552 Requested mail action aborted: exceeded storage allocation, mailbox full",
)
YAHOO = report(
    "Sorry, we were unable to deliver your message to the following address.",
    "Reporting-MTA: dns; yahoo.com\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.0.0\n"
    "Diagnostic-Code: smtp; 554 delivery error: dd This user doesn't have a yahoo.com account (ada@northwind.example) [0]",
)
SES = report(
    "An error occurred while trying to deliver the mail to the following recipients:\nada@northwind.example",
    "Reporting-MTA: dns; a9-32.smtp-out.amazonses.com\n\nAction: failed\nFinal-Recipient: rfc822; ada@northwind.example\n"
    "Diagnostic-Code: smtp; 550 5.1.1 user unknown\nStatus: 5.1.1",
    sender="MAILER-DAEMON@amazonses.com",
    subject="Delivery Status Notification (Failure)",
)
RELAYED = report(
    "Your message was successfully delivered to the destination(s) listed below.",
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: relayed\nStatus: 2.0.0",
    subject="Successful Mail Delivery Report",
)


def plain(
    body: str, *, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice", extra: str = ""
) -> bytes:
    return f"""From: {sender}
To: sam@rainmaker-demo.example
Subject: {subject}
Date: Mon, 2 Mar 2026 09:00:05 +0000
{extra}
{body}
""".replace("\n", "\r\n").encode()


QMAIL = plain(
    "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<ada@northwind.example>:\n"
    "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    + ORIGINAL,
)
QMAIL_REMOTE = plain(
    "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
    "<ada@northwind.example>:\n203.0.113.9 does not like recipient.\nRemote host said: 552 mailbox full (#5.2.2)\nGiving up on 203.0.113.9.\n\n"
    "--- Below this line is a copy of the message.\n\n" + ORIGINAL,
)
EXIM = plain(
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n"
    "recipients. This is a permanent error. The following address(es) failed:\n\n  ada@northwind.example\n"
    "    host mx.northwind.example [203.0.113.9]\n    SMTP error from remote mail server after RCPT TO:<ada@northwind.example>:\n"
    "    550 Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    + ORIGINAL,
    sender="Mail Delivery System <Mailer-Daemon@mx.example>",
    subject="Mail delivery failed: returning message to sender",
    extra="X-Failed-Recipients: ada@northwind.example\nAuto-Submitted: auto-replied\n",
)
EXIM_DELAY = plain(
    "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\n"
    "recipients after more than 24 hours on the queue on mx.example.\n\nThe address to which the message has not yet been delivered is:\n\n"
    "  ada@northwind.example\n    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue.",
    sender="Mail Delivery System <Mailer-Daemon@mx.example>",
    subject="Warning: message 1abc delayed 24 hours",
    extra="Auto-Submitted: auto-replied\n",
)


@pytest.mark.parametrize(
    ("raw", "weight"),
    [
        pytest.param(POSTFIX, "hard", id="postfix"),
        pytest.param(GMAIL, "hard", id="gmail"),
        pytest.param(OFFICE365, "hard", id="office 365"),
        pytest.param(OFFICE365_DENIED, "hard", id="office 365, directory-based blocking"),
        pytest.param(EXCHANGE_FULL, "soft", id="exchange, full"),
        pytest.param(SPAM_BLOCK, "soft", id="blocked as spam"),
        pytest.param(GENERIC_STATUS, "hard", id="5.0.0, said in words"),
        pytest.param(GENERIC_FULL, "soft", id="5.0.0, full"),
        pytest.param(YAHOO, "hard", id="yahoo"),
        pytest.param(SES, "hard", id="ses"),
        pytest.param(QMAIL, "hard", id="qmail"),
        pytest.param(QMAIL_REMOTE, "soft", id="qmail, full"),
        pytest.param(EXIM, "hard", id="exim"),
    ],
)
def test_a_bounce_is_weighed(raw: bytes, weight: str) -> None:
    found = parse_inbound(raw)
    assert found.kind == InboundKind.DSN and found.bounce is not None
    assert [one.address for one in found.bounce.recipients] == ["ada@northwind.example"]
    assert found.bounce.weight == weight, found.bounce.recipients


@pytest.mark.parametrize("raw", [POSTFIX, GMAIL, OFFICE365, QMAIL, EXIM])
def test_our_own_message_is_recognised_in_the_report(raw: bytes) -> None:
    found = parse_inbound(raw)
    assert found.bounce is not None
    assert "<our-id-1@rainmaker-demo.example>" in found.bounce.original_ids
    assert found.bounce.original_token == "tok1"


@pytest.mark.parametrize("raw", [DELAYED, EXIM_DELAY])
def test_a_delay_is_no_bounce(raw: bytes) -> None:
    found = parse_inbound(raw)
    assert found.kind == InboundKind.DSN and found.bounce is not None
    assert found.bounce.weight is None and found.bounce.delayed == ("ada@northwind.example",)


@pytest.mark.parametrize(
    ("status", "diagnostic", "weight"),
    [
        ("5.1.1", "550 5.1.1 Message rejected as spam", "soft"),
        ("5.0.0", "554 Your server is on our blocklist", "soft"),
        ("5.7.1", "550 5.7.1 User unknown", "hard"),
        ("5.7.1", "550 5.7.1 rejected by policy, or no such user", "soft"),
        ("5.0.0", "550 Empfänger unbekannt", "hard"),
        ("5.0.0", "550 Postfach voll", "soft"),
        ("5.3.0", "553 5.3.0 addressee unknown", "hard"),
        ("5.4.7", "message expired", "soft"),
        ("5.4.4", "host not found", "hard"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", "hard"),
        ("4.2.2", "452 4.2.2 no such user", "soft"),
        ("5.0.0", "554 relay access denied", "soft"),
    ],
)
def test_not_being_wanted_says_nothing_of_the_address(status: str, diagnostic: str, weight: str) -> None:
    assert weigh(status, diagnostic) == weight


def test_a_version_in_prose_is_no_status() -> None:
    body = "Your message about release 5.1.1 did not reach ada@northwind.example: the mailbox is full."
    found = parse_inbound(plain(body, subject="Undeliverable"))
    assert found.bounce is not None and found.bounce.recipients[0].status == ""
    assert found.bounce.weight == "soft"


@pytest.mark.parametrize(
    ("message_id", "token", "subject", "foreign"),
    [
        ("<our-id-1@rainmaker-demo.example>", None, "Another", False),
        ("<rewritten@relay.example>", "tok1", "Another", False),
        ("<rewritten@relay.example>", None, "Re: a short  introduction", False),
        ("<other@rainmaker-demo.example>", "tok2", "Another", True),
        (None, None, "Another", True),
    ],
)
def test_a_report_about_a_message_we_never_sent_is_known_by_what_it_returns(
    message_id: str | None, token: str | None, subject: str, foreign: bool
) -> None:
    bounce = parse_inbound(POSTFIX).bounce
    assert bounce is not None and bounce.is_foreign_to(message_id, token, subject) is foreign


def test_a_report_that_returns_nothing_is_taken_at_its_word() -> None:
    bounce = parse_inbound(
        plain("<ada@northwind.example>:\nSorry, no mailbox here by that name. (#5.1.1)")
    ).bounce
    assert bounce is not None and not bounce.is_foreign_to("<x@y.example>", "tok9", "Another")


def test_a_report_whose_boundary_is_nowhere_is_read_as_text() -> None:
    found = parse_inbound(POSTFIX.replace(b'boundary="b1"', b'boundary="lost"'))
    assert found.bounce is not None and found.bounce.weight == "hard"
    assert [one.address for one in found.bounce.recipients] == ["ada@northwind.example"]


def test_a_person_who_writes_of_a_failed_delivery_is_a_person() -> None:
    raw = plain(
        "I tried to forward it to Bob, but it was returned: could not be delivered to bob@northwind.example.",
        sender="Ada Berg <ada@northwind.example>",
        subject="Re: Undeliverable things",
        extra="In-Reply-To: <our-id-1@rainmaker-demo.example>\n",
    )
    assert parse_inbound(raw).kind == InboundKind.HUMAN


def test_a_report_of_success_is_no_bounce() -> None:
    found = parse_inbound(RELAYED)
    assert found.kind == InboundKind.DSN and found.bounce is not None and found.bounce.weight is None


def test_a_base64_encoded_status_part_is_read() -> None:
    import base64

    status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@northwind.example\nAction: failed\nStatus: 5.1.1\n"
    raw = POSTFIX.decode()
    begin = raw.index("Content-Type: message/delivery-status")
    end = raw.index("--b1", begin)
    encoded = base64.encodebytes(status.encode()).decode()
    raw = (
        raw[:begin]
        + "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + raw[end:]
    )
    found: Inbound = parse_inbound(raw.encode())
    assert found.bounce is not None and found.bounce.weight == "hard"


def test_a_person_forwarding_a_bounce_is_a_person() -> None:
    raw = (
        (
            b"From: Ada Berg <ada@northwind.example>\r\nTo: sam@rainmaker-demo.example\r\nSubject: Fwd: bounce\r\n"
            b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\n'
            b"See what your mail did.\r\n--m\r\nContent-Type: message/rfc822\r\n\r\n"
        )
        + POSTFIX
        + b"\r\n--m--\r\n"
    )
    assert parse_inbound(raw).kind == InboundKind.HUMAN
