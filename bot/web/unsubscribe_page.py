"""The unsubscribe page: one small document without scripts, light and dark, in the recipient's language."""

import base64
import hashlib
from dataclasses import dataclass
from html import escape

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #1d2428; --soft: #5a666e;
  --line: #e4e1d9; --deep: #0f5f6b; --on-deep: #fff; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --card: #1c2226; --ink: #eceff1; --soft: #a7b2b9;
  --line: #313a40; --deep: #6fc7d4; --on-deep: #08272c; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2.25rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; }
svg { display: block; width: 2.25rem; height: 2.25rem; margin: 0 0 1.25rem; color: var(--deep); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
p:last-child { margin-bottom: 0; }
.soft { color: var(--soft); font-size: .9375rem; }
button { width: 100%; min-height: 3rem; margin: .5rem 0 1.25rem; padding: .75rem 1.25rem; border: 0;
  border-radius: .625rem; background: var(--deep); color: var(--on-deep); font: inherit; font-weight: 600;
  cursor: pointer; }
button:hover { filter: brightness(1.08); }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
@media (forced-colors: active) { main, button { border: 1px solid; } }
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
ENVELOPE = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><rect x="2.5" y="5" width="19" height="14" rx="2.5"/>'
    '<path d="m3.5 7 8.5 6 8.5-6"/></svg>'
)
TICK = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-6.5"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language. `{sender}` and `{address}` are filled in."""

    title: str
    ask: str
    button: str
    nothing_yet: str
    done_title: str
    done: str
    done_note: str
    unknown_title: str
    unknown: str
    later_title: str
    later: str


WORDS = {
    "en": Words(
        title="No more emails from {sender}?",
        ask="Emails to {address} end with this button. It takes effect at once.",
        button="Unsubscribe",
        nothing_yet="Opening this page changed nothing. You need no account and give no reason.",
        done_title="You are unsubscribed",
        done="{sender} will not write to {address} again.",
        done_note="Came here by mistake? Answer one of the emails and say so.",
        unknown_title="This link does not work",
        unknown="It may have been cut in two by a mail program. Copy the whole link from the email into the address "
        "bar, or just answer the email with “unsubscribe”: that works too.",
        later_title="That did not work just now",
        later="Please try again in a minute, or answer the email with “unsubscribe”: that works too.",
    ),
    "de": Words(
        title="Keine E-Mails mehr von {sender}?",
        ask="Mit diesem Knopf enden die E-Mails an {address}, und zwar sofort.",
        button="Abmelden",
        nothing_yet="Das Öffnen dieser Seite hat nichts geändert. Sie brauchen weder Konto noch Begründung.",
        done_title="Sie sind abgemeldet",
        done="{sender} schreibt nicht mehr an {address}.",
        done_note="Aus Versehen hier? Antworten Sie einfach auf eine der E-Mails.",
        unknown_title="Dieser Link funktioniert nicht",
        unknown="Vielleicht hat ein Mailprogramm ihn getrennt. Kopieren Sie den ganzen Link aus der E-Mail in die "
        "Adresszeile, oder antworten Sie auf die E-Mail mit „abmelden“: das genügt auch.",
        later_title="Das hat gerade nicht geklappt",
        later="Bitte versuchen Sie es in einer Minute noch einmal, oder antworten Sie auf die E-Mail mit „abmelden“.",
    ),
    "fr": Words(
        title="Plus d’e-mails de {sender} ?",
        ask="Ce bouton met fin aux e-mails envoyés à {address}, immédiatement.",
        button="Se désabonner",
        nothing_yet="Ouvrir cette page n’a rien changé. Ni compte ni motif ne sont demandés.",
        done_title="Vous êtes désabonné",
        done="{sender} n’écrira plus à {address}.",
        done_note="Une erreur ? Répondez à l’un des e-mails pour le dire.",
        unknown_title="Ce lien ne fonctionne pas",
        unknown="Un logiciel de messagerie l’a peut-être coupé. Copiez le lien entier depuis l’e-mail, ou répondez "
        "simplement « désabonner » : cela suffit.",
        later_title="Cela n’a pas fonctionné",
        later="Réessayez dans une minute, ou répondez à l’e-mail « désabonner » : cela suffit.",
    ),
    "es": Words(
        title="¿No más correos de {sender}?",
        ask="Este botón pone fin a los correos a {address}, de inmediato.",
        button="Darme de baja",
        nothing_yet="Abrir esta página no ha cambiado nada. No hace falta cuenta ni motivo.",
        done_title="Baja confirmada",
        done="{sender} no volverá a escribir a {address}.",
        done_note="¿Fue un error? Responda a uno de los correos y dígalo.",
        unknown_title="Este enlace no funciona",
        unknown="Quizá un programa de correo lo cortó. Copie el enlace entero del correo, o responda «baja»: "
        "también sirve.",
        later_title="Ahora mismo no ha funcionado",
        later="Inténtelo de nuevo en un minuto, o responda «baja» al correo: también sirve.",
    ),
}


def language_of(*wishes: str | None) -> str:
    """The first language we have, of tags as in an email's row or an Accept-Language header; else English."""
    for wish in wishes:
        for part in (wish or "")[:200].split(","):
            code = part.split(";")[0].strip().split("-")[0].lower()
            if code in WORDS:
                return code
    return "en"


def question(language: str, sender: str, address: str) -> str:
    """The page of GET: who writes, to which address, and the button. The form posts to the page's own address."""
    words = WORDS[language]
    form = f'<form method="post"><button type="submit">{escape(words.button)}</button></form>'
    ask = f"<p>{_filled(words.ask, sender, address)}</p>"
    note = f'<p class="soft">{escape(words.nothing_yet)}</p>'
    return document(language, words.title.format(sender=sender), ENVELOPE, ask + form + note)


def done(language: str, sender: str, address: str) -> str:
    words = WORDS[language]
    said = f'<p role="status">{_filled(words.done, sender, address)}</p>'
    return document(language, words.done_title, TICK, f'{said}<p class="soft">{escape(words.done_note)}</p>')


def was_test(address: str) -> str:
    """The link in a test, which went to one of us: it can do nothing."""
    said = f"This email to <strong>{escape(address)}</strong> was a test, so its link changes nothing."
    note = "In the email that the lead gets, it unsubscribes them at once."
    return document(
        "en", "This was a test", ENVELOPE, f'<p role="status">{said}</p><p class="soft">{note}</p>'
    )


def unknown(language: str) -> str:
    """We did not sign this link, or it was cut."""
    words = WORDS[language]
    return document(language, words.unknown_title, ENVELOPE, f"<p>{escape(words.unknown)}</p>")


def later(language: str) -> str:
    words = WORDS[language]
    return document(language, words.later_title, ENVELOPE, f'<p role="alert">{escape(words.later)}</p>')


def _filled(sentence: str, sender: str, address: str) -> str:
    strong = f"<strong>{escape(address)}</strong>"
    return escape(sentence).format(sender=escape(sender), address=strong)


def document(language: str, title: str, icon: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><main>{icon}<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
