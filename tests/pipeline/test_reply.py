"""Automatic answers and people, in several languages."""
# ruff: noqa: E501 (mail as it stands on the wire)

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.types import InboundKind
from pipeline.rules.away import read
from pipeline.rules.reply import parse_inbound

RECEIVED = date(2026, 3, 3)  # a Tuesday


def mail(
    body: str,
    *,
    subject: str = "Re: A short introduction",
    extra: str = "",
    kind: str = "text/plain; charset=utf-8",
) -> bytes:
    return (
        f"From: Ada Berg <Ada@northwind.example>\r\nTo: Sam <sam@rainmaker-demo.example>\r\nSubject: {subject}\r\n"
        "Date: Tue, 3 Mar 2026 09:00:00 +0000\r\nMessage-ID: <in-1@northwind.example>\r\n"
        "In-Reply-To: <our-id-1@rainmaker-demo.example>\r\nReferences: <our-id-0@x.example> <our-id-1@rainmaker-demo.example>\r\n"
        f"{extra}MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body.replace("\n", "\r\n").encode()


OUR_FOOTER = "> Best,\n> Sam\n>\n> Don't want to hear from me again? Unsubscribe: https://rm.example/u/x\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"Sounds good, Tuesday works.\n\nOn Mon, 2 Mar 2026 at 09:00, Sam Rivers <sam@x.example> wrote:\n\n{OUR_FOOTER}", "Sounds good, Tuesday works."),
        (f"Klingt gut.\n\nAm Mo., 2. März 2026 um 09:00 Uhr schrieb Sam Rivers <\nsam@x.example>:\n\n{OUR_FOOTER}", "Klingt gut."),
        (f"D'accord.\n\nLe lun. 2 mars 2026 à 09:00, Sam Rivers <sam@x.example> a écrit :\n\n{OUR_FOOTER}", "D'accord."),
        (f"Vale.\n\nEl lun, 2 mar 2026 a las 9:00, Sam Rivers (<sam@x.example>) escribió:\n\n{OUR_FOOTER}", "Vale."),
        ("Call me.\n\n________________________________\nFrom: Sam Rivers <sam@x.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Ada Berg\nSubject: Hi\n\nUnsubscribe here", "Call me."),
        ("Rufen Sie an.\n\nVon: Sam Rivers <sam@x.example>\nGesendet: Montag, 2. März 2026 09:00\nAn: Ada Berg\nBetreff: Hi\n\nAbmelden: x", "Rufen Sie an."),
        ("Appelez-moi.\n\n-----Message d'origine-----\nDe : Sam Rivers\nEnvoyé : lundi\nÀ : Ada\n\nbla", "Appelez-moi."),
        (f"On Mon, 2 Mar 2026, Sam Rivers wrote:\n{OUR_FOOTER}\nI answer below: yes.", "I answer below: yes."),
        ("Yes please.\n\nSent from my iPhone\n\n> On 2 Mar 2026, at 09:00, Sam wrote:\n> unsubscribe", "Yes please."),
        ("Yes.\n\n-- \nAda Berg\nHead of things", "Yes."),
    ],
)  # fmt: skip
def test_only_what_the_person_wrote_is_read(body: str, words: str) -> None:
    found = parse_inbound(mail(body))
    assert found.words == words
    assert found.kind == InboundKind.HUMAN


def test_an_html_answer_loses_its_quotation() -> None:
    html = (
        '<html><body><div dir="ltr">Happy to talk.<br>Ada</div><br><div class="gmail_quote"><div class="gmail_attr">'
        "On Mon Sam wrote:</div><blockquote>Unsubscribe me from this</blockquote></div></body></html>"
    )
    found = parse_inbound(mail(html, kind="text/html; charset=utf-8"))
    assert found.words == "Happy to talk.\nAda" and found.kind == InboundKind.HUMAN


@pytest.mark.parametrize(
    "words",
    [
        "Unsubscribe",
        "Please remove me from your list.",
        "Take me off your mailing list!",
        "Stop emailing me.",
        "STOP",
        "Do not contact me again.",
        "I'd like to opt out please",
        "Please don't email me anymore, thanks",
        "no more emails please",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "Keine weiteren E-Mails bitte.",
        "Bitte löschen Sie meine Daten.",
        "Schreiben Sie mir bitte nicht mehr.",
        "Merci de ne plus me contacter.",
        "Veuillez me désabonner.",
        "Retirez-moi de votre liste",
        "Por favor, denme de baja.",
        "No me escriban más.",
        "Elimíneme de su lista",
        "Deje de enviarme correos",
        "Per favore cancellatemi dalla lista",
        "Graag afmelden",
    ],
)
def test_an_opt_out_in_words(words: str) -> None:
    assert parse_inbound(mail(words)).kind == InboundKind.OPT_OUT


@pytest.mark.parametrize(
    "words",
    [
        "Not interested, thanks.",
        "How do you handle unsubscribes in your product?",
        "What is your unsubscribe rate?",
        "Don't stop, I like where this is going.",
        "Please contact my colleague Jim instead.",
        "We stopped using that vendor last year.",
        "Could you remove the second paragraph from the offer?",
        "Ich habe das Angebot gelesen, klingt gut.",
        "Can we drop you a note next week?",
    ],
)
def test_a_person_who_does_not_opt_out(words: str) -> None:
    assert parse_inbound(mail(words)).kind == InboundKind.HUMAN


@pytest.mark.parametrize(
    ("extra", "subject", "body"),
    [
        ("Auto-Submitted: auto-replied\r\n", "Re: Hi", "I am away."),
        ("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n", "Automatic reply: Hi", "I am out of the office."),
        ("X-Autoreply: yes\r\n", "Re: Hi", "Away"),
        ("Precedence: auto_reply\r\n", "Re: Hi", "Away"),
        ("Precedence: bulk\r\n", "Re: Hi", "Away"),
        ("", "Automatische Antwort: Hi", "Ich bin bis 14.03.2026 nicht im Büro."),
        ("", "Réponse automatique : Hi", "Je suis absent."),
        ("", "Respuesta automática: Hi", "Estoy fuera"),
        ("", "Out of Office: Hi", "Back soon"),
        ("", "Abwesenheitsnotiz: Hi", "Bin weg"),
        ("", "Re: Hi", "Thank you for your email. I am currently out of office with limited access to email. For urgent matters please contact Bob."),
    ],
)  # fmt: skip
def test_automatic_answers(extra: str, subject: str, body: str) -> None:
    assert parse_inbound(mail(body, extra=extra, subject=subject)).kind == InboundKind.AUTO_REPLY


def test_a_read_receipt_is_no_person() -> None:
    raw = mail("x", kind="multipart/report; report-type=disposition-notification; boundary=b")
    assert parse_inbound(raw).kind == InboundKind.AUTO_REPLY


def test_auto_submitted_no_is_a_person() -> None:
    assert parse_inbound(mail("Yes, let's talk.", extra="Auto-Submitted: no\r\n")).kind == InboundKind.HUMAN


def test_a_person_who_mentions_a_holiday_is_a_person() -> None:
    body = "Thanks! I'm on holiday until Monday, but I'd love to talk after. Does Tuesday work?"
    assert parse_inbound(mail(body)).kind == InboundKind.HUMAN


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("I am out of the office until 14 March 2026.", date(2026, 3, 14)),
        ("I will be back on March 16th.", date(2026, 3, 16)),
        ("Ich bin bis zum 14.03.2026 nicht im Büro.", date(2026, 3, 14)),
        ("Ab dem 16.03. bin ich wieder da.", date(2026, 3, 16)),
        ("vom 3. bis 14. März", date(2026, 3, 14)),
        ("Je serai de retour le 16 mars 2026.", date(2026, 3, 16)),
        ("absent du 3 au 14 mars", date(2026, 3, 14)),
        ("Estaré fuera hasta el 14 de marzo de 2026.", date(2026, 3, 14)),
        ("sarò assente fino al 14 marzo", date(2026, 3, 14)),
        ("afwezig tot en met 14 maart", date(2026, 3, 14)),
        ("I'll be back on Monday.", date(2026, 3, 9)),
        ("back tomorrow", date(2026, 3, 4)),
        ("Back in office: 2026-03-16", date(2026, 3, 16)),
        ("away until 14/03/2026", date(2026, 3, 14)),
        ("away until 3/14/2026", date(2026, 3, 14)),
        ("until March 10, then back on March 11, 2026. Our fair is on 20 May.", date(2026, 3, 11)),
        ("out until January 5", None),  # just past: not a year ahead
        ("I'm back on 9/8", None),
        ("returning 09/08/2026", None),
        ("I have limited access to email.", None),
    ],
)
def test_the_day_of_return(text: str, back: date | None) -> None:
    assert read(text, RECEIVED).returns_on == back


def test_somebody_who_left_for_good() -> None:
    assert read("Bob is no longer with the company.", RECEIVED).gone


def test_the_list_unsubscribe_mail_is_an_opt_out() -> None:
    assert parse_inbound(mail("", subject="unsubscribe")).kind == InboundKind.OPT_OUT


def test_a_spam_report_is_an_opt_out_of_who_made_it() -> None:
    raw = (
        b"From: fbl@isp.example\r\nTo: sam@rainmaker-demo.example\r\nSubject: FW: Hi\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"This is an abuse report\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        b"Original-Rcpt-To: <ada@northwind.example>\r\nUser-Agent: X/1\r\n\r\n--b--\r\n"
    )
    found = parse_inbound(raw)
    assert (
        found.kind == InboundKind.OPT_OUT
        and found.complaint
        and found.complained == ("ada@northwind.example",)
    )


def test_references_come_nearest_first() -> None:
    found = parse_inbound(mail("Hi"))
    assert found.references == ("<our-id-1@rainmaker-demo.example>", "<our-id-0@x.example>")
    assert found.from_email == "ada@northwind.example" and found.message_id == "<in-1@northwind.example>"


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    assert parse_inbound(raw).kind in InboundKind


@given(st.lists(st.sampled_from([
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n", b"From: =?utf-8?b?////?= <a@b\r\n", b"--b\r\n", b"\r\n",
    b"Content-Type: message/delivery-status\r\n", b"Final-Recipient: rfc822; x\r\n", b"Content-Type: text/html; charset=bogus\r\n", b"<div><p>Hi",
    b"Content-Transfer-Encoding: base64\r\n", b"!!!not base64", b"Date: yesterday\r\n", b"Action: failed\r\nStatus: 9.9\r\n", b"> quoted\r\n", b"On Mon wrote:\r\n",
    b"Subject: =?utf-16?q?x?=\r\n", b"\x00\xff\xfe", b"Content-Type: message/rfc822\r\n"]), max_size=25))  # fmt: skip
def test_no_broken_mail_makes_it_fail(pieces: list[bytes]) -> None:
    assert parse_inbound(b"".join(pieces)).kind in InboundKind


def test_a_deeply_nested_mail_is_read_in_time() -> None:
    raw = b"From: a@b.example\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at) for at in range(2000)
    )
    assert parse_inbound(raw).kind == InboundKind.HUMAN


def test_hostile_text_takes_no_time() -> None:
    assert parse_inbound(mail("On " * 20000)).kind == InboundKind.HUMAN
    assert parse_inbound(mail("> " * 50000 + "\n" * 5000)).kind == InboundKind.HUMAN
    assert parse_inbound(mail("remove me " + "a " * 20000, extra="Auto-Submitted: auto-replied\r\n"))
