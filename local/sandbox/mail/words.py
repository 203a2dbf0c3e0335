"""What the world's people say in an answer. People answer in the language they were written in."""

from collections.abc import Mapping

AGREED: Mapping[str, tuple[str, ...]] = {
    "en": ("That works for me. Please send an invite to this address, talk soon.",),
    "de": ("das passt mir gut. Schicken Sie mir gern eine Einladung an diese Adresse.",),
}
# kind of answer → language → the ways to put it.
TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "interested": {
        "en": (
            "Thanks for reaching out. This is timely, we have been discussing exactly this internally.\n\n"
            "Could you do a short call on Tuesday or Thursday afternoon? Happy to look at a calendar link.",
            "Interesting, I'd like to hear more. Do you have 20 minutes next week for a call?",
            "Good timing. Please send me a few slots for a quick call and I'll bring our operations lead"
            " along.",
        ),
        "de": (
            "vielen Dank für Ihre Nachricht. Das Thema ist bei uns gerade aktuell.\n\n"
            "Hätten Sie nächste Woche Dienstag oder Donnerstag Zeit für ein kurzes Telefonat?",
            "das klingt interessant, ich würde gern mehr erfahren. Schicken Sie mir bitte ein paar"
            " Terminvorschläge.",
        ),
    },
    "question": {
        "en": (
            "Thanks for the note. Two questions before I spend more time on this: how does it work with the"
            " systems we already have, and roughly what does it cost for a team our size?",
            "How is this different from what we could build ourselves? And do you have a customer in our"
            " industry you can point me to?",
        ),
        "de": (
            "danke für Ihre Nachricht. Wie lässt sich das in unsere bestehenden Systeme einbinden, und was"
            " kostet es ungefähr für ein Team unserer Größe?",
        ),
    },
    "not_now": {
        "en": (
            "Thanks, but this isn't a priority for us this quarter. Feel free to check back in a few months.",
            "The timing isn't right, our budget for this year is spent. Could you get back to me next"
            " quarter?",
        ),
        "de": (
            "danke für die Anfrage. Im Moment hat das bei uns keine Priorität, melden Sie sich gern im"
            " nächsten Quartal noch einmal.",
        ),
    },
    "not_interested": {
        "en": (
            "Thanks, but we're not interested. We are happy with what we have.",
            "I appreciate the effort, but this is not a fit for us, so I'll pass.",
        ),
        "de": (
            "vielen Dank, aber wir haben kein Interesse. Wir sind mit unserer jetzigen Lösung zufrieden.",
        ),
    },
    "unsubscribe": {
        "en": (
            "Please remove me from your list.",
            "Please take me off your mailing list and do not contact me again.",
            "Unsubscribe me, please. I don't want to receive further emails from you.",
        ),
        "de": ("bitte entfernen Sie mich aus Ihrem Verteiler und schreiben Sie mir nicht mehr.",),
    },
    "slow": {
        "en": (
            "Sorry for the slow reply, your earlier emails got buried. Yes, let's talk. Does Wednesday"
            " morning work for a call?",
        ),
        "de": (
            "entschuldigen Sie die späte Antwort, Ihre E-Mails sind untergegangen. Lassen Sie uns gern"
            " telefonieren, passt Ihnen Mittwochvormittag?",
        ),
    },
    "interested_again": AGREED,
    "slow_again": AGREED,
    "out_of_office_again": AGREED,
    "question_again": {
        "en": ("Thanks, that answers it. Let's set up a call so you can show me, next week is fine.",),
        "de": ("danke, damit ist meine Frage beantwortet. Lassen Sie uns nächste Woche telefonieren.",),
    },
    "not_now_again": {
        "en": ("Understood, thanks for not pushing. Talk to you then.",),
        "de": ("alles klar, vielen Dank. Bis dahin.",),
    },
    "not_interested_again": {
        "en": ("As I said, we're not interested. Please stop emailing me.",),
        "de": ("wie gesagt, wir haben kein Interesse. Bitte schreiben Sie mir nicht mehr.",),
    },
}

AWAY: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Thank you for your email. I am out of the office and will be back on {day}. I have limited access"
        " to email until then and will answer after my return.",
        "I'm on annual leave until {before} and will return on {day}. For urgent matters please contact"
        " {colleague}.",
    ),
    "de": (
        "vielen Dank für Ihre Nachricht. Ich bin derzeit nicht im Büro und ab dem {day} wieder erreichbar."
        " Ihre E-Mail wird nicht weitergeleitet.",
    ),
}
GREETING = {"en": "Hi {first},", "de": "Guten Tag {full},"}
CLOSING = {"en": ("Best,", "Kind regards,", "Thanks,"), "de": ("Viele Grüße", "Mit freundlichen Grüßen")}
GERMAN = {"und", "ich", "sie", "wir", "für", "mit", "der", "die", "das", "nicht", "ihr", "ihre", "ist", "zu"}


def language_of(text: str) -> str:
    """German or else English, by the little words."""
    words = [word.strip(".,!?:;()").lower() for word in text.split()]
    german = sum(word in GERMAN for word in words)
    return "de" if words and german / len(words) > 0.08 else "en"
