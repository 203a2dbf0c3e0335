"""Who asks for no more mail, and who only sounds like it."""

import pytest

from pipeline.rules.opt_out import asks_to_stop


@pytest.mark.parametrize(
    "words",
    [
        "Don't call me, email me instead - interested!",
        "Please don't call me.",
        "Do not call us before 10, mail is fine.",
        "Can you take us off the waiting list for the demo?",
        "Please take me off the guest list.",
        "Could you remove me from the list of speakers?",
        "Please remove me from the CC, but keep Jane in",
        "Remove me from cc please",
        "Please remove us from the calendar invite",
        "I am not interested in receiving a demo, just send pricing",
        "I don't want to get a free trial.",
        "We recently delete my contact info in HubSpot",
        "They removed me from Salesforce last year",
        "cancel",
        "Cancel.",
        "iptal",
        "Don't send me slides, just call me on Monday",
        "Don't message me here; use jane@acme.com instead.",
        "Please don't email us the contract but send it by post.",
        "Stop sending me PDFs, but I would love a link.",
        "Schreiben Sie mir nicht per Fax, sondern per Mail.",
        "Bitte nehmen Sie uns von der Warteliste",
        "Tragen Sie mich gerne für das Webinar ein",
        "Retirez-nous de la liste d'attente",
        "How do your customers unsubscribe?",
    ],
)
def test_who_is_interested_is_not_shut_out(words: str) -> None:
    assert not asks_to_stop(words)


@pytest.mark.parametrize(
    "words",
    [
        "Stop",
        "unsubscribe",
        "Please remove me.",
        "Take me off your list.",
        "Can you take us off the mailing list?",
        "Please take me off this list",
        "Please remove me from your mailing list, but keep Jane on it.",
        "Unsubscribe me instead of writing again.",
        "Please unsubscribe me, but send me a confirmation.",
        "Remove me from your CRM and the calendar.",
        "I am not interested in receiving these emails.",
        "I don't want to receive anything from you.",
        "I do not wish to get any more messages",
        "Never call me again.",
        "Do not call or email me.",
        "Don't contact me again, just send proof that my data is gone.",
        "Please delete my contact info.",
        "Delete my details from your database, we never asked for this.",
        "Stop emailing me.",
        "Please take me off. Thanks",
        "Bitte nehmen Sie mich aus dem Verteiler",
        "Tragen Sie mich bitte aus",
        "Ne m'écrivez plus, désabonnez-moi",
        "quit",
    ],
)
def test_who_opts_out_is_heard(words: str) -> None:
    assert asks_to_stop(words)
