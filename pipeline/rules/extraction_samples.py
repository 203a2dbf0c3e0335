"""Addresses that show how to write one, and those that machines key their reports by: nobody reads their mail."""

import re

_SAMPLE_DOMAINS_WORDS = """
    example.com example.org example.net domain.com domain.de domaine.fr domain.xxx domena.pl dominio.com
    dominio.it yourdomain.com yourcompany.com yoursite.com mydomain.com mysite.com website.com company.com
    yourwebsite.com yourbusiness.com beispiel.de exemple.com exemple.fr esempio.it ejemplo.com correo.com
    mail.domain.com sample.com site.com address.com sentry.io sentry.wixpress.com sentry-next.wixpress.com
    wixpress.com ingest.sentry.io mysite.co adresse.com anbieter.de
"""
_SAMPLE_DOMAINS = frozenset(_SAMPLE_DOMAINS_WORDS.split())
_SAMPLE_LOCALS_WORDS = """
    you your your.name yourname your-name your_name youremail your.email your-email yourmail
    firstname.lastname first.last firstname name.surname nome.cognome vorname.nachname max.mustermann
    prenom.nom imie.nazwisko jan.kowalski voornaam.achternaam nombre.apellido example exemple beispiel
    someone somebody username johndoe john.doe jane.doe janedoe user.name tu.email tunombre
    matricola.studente emailaddress twojmail twoj votre votre.email ihre.email deine.email dein.name
    ihr.name
"""
_SAMPLE_LOCALS = frozenset(_SAMPLE_LOCALS_WORDS.split())
_SAMPLE_PLACES_WORDS = """
    domain domena dominio domaine domein email website yourdomain company
"""
_SAMPLE_PLACES = frozenset(_SAMPLE_PLACES_WORDS.split())
_YOURS = re.compile(
    r"your-?(?:company|business|domain|web-?site|site|store|shop|firm|organi[sz]ation|e?mail|name|brand)"
)


def is_sample(local: str, domain: str) -> bool:
    """An address that shows how to write one, or that a machine keys its reports by."""
    if local == "git" or domain in _SAMPLE_DOMAINS or domain.endswith((".wixpress.com", ".sentry.io")):
        return True
    if local in _SAMPLE_LOCALS or (
        local in ("name", "email", "user", "mail", "test", "xxx") and _is_sample_place(domain)
    ):
        return True
    return re.fullmatch(r"[0-9a-f]{24,}", local) is not None or _YOURS.match(domain) is not None


def _is_sample_place(domain: str) -> bool:
    return domain.split(".")[0] in _SAMPLE_PLACES
