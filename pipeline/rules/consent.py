"""Consent: opt-out words, role addresses, suppression keys, and signed unsubscribe links."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from db.types import SuppressionKind
from pipeline.rules.words import word_set

# RFC 2142 and what companies use beside it: nobody reads these as a person.
ROLE_NAMES = word_set(
    "abuse accounting accounts admin administrator all billing careers contact customerservice "
    "datenschutz enquiries everyone feedback finance ftp hello help helpdesk hostmaster hr info "
    "information inquiries it jobs kontakt legal list mail mailer-daemon marketing media news newsletter "
    "no-reply noreply office orders postmaster press privacy recruiting root sales security service shop "
    "spam staff subscribe support team unsubscribe usenet uucp vertrieb webmaster welcome www"
)

# A whole message, or a sentence of it, that asks not to be written to again.
_OPT_OUT = [
    # en
    r"\bun-?subscrib(?:e|ed|ing)\b(?! link)",
    r"\b(?:please |kindly )?(?:remove|delete|take|drop) (?:me|us|my (?:name|email|e-mail|address|details|data)[\w\s]{0,20}|this address)\b"
    r"(?:[^.!?\n]{0,40}\b(?:from|off|out)\b|\s*[.!]?\s*$)",
    r"\b(?:take|get) me off\b",
    r"\bopt(?:ed|ing)?[- ]?(?:me )?out\b",
    r"\b(?:do not|don'?t|never|please don'?t) (?:ever )?(?:contact|e-?mail|write(?: to)?|message|mail|bother|spam|reach out to) (?:me|us)\b",
    r"\bstop (?:e-?mail(?:ing|s)?|contacting|writing|messaging|spamming|sending|bothering|these|this|all)\b",
    r"\bno (?:more|further) (?:e-?mails?|messages?|contact|mail)\b",
    r"\b(?:cease|refrain from) (?:all )?(?:contact|emailing|contacting|communication)",
    r"^\W*(?:stop|remove|unsubscribe|opt[- ]?out|quit|abmelden|austragen|d[ée]sabonner|d[ée]sinscription|baja)\W*$",
    # de
    r"\babmelden\b|\babbestellen\b|\baustragen\b",
    r"\b(?:keine|nicht) (?:weiteren?|mehr) (?:e-?mails?|nachrichten|mails?|werbung|kontakt\w*)",
    r"\bkeine (?:e-?mails?|nachrichten|mails?|werbung) mehr\b",
    r"\b(?:aus|von) (?:ihrem|ihrer|eurem|eurer|dem|der|deiner|deinem) (?:e-?mail-?|mail-?)?(?:verteiler|liste|mailingliste|datenbank)\b",
    r"\b(?:schreiben|kontaktieren|mailen) sie (?:mir|mich|uns) (?:bitte )?(?:nicht|nie)\b",
    r"\b(?:nicht|nie) (?:mehr|wieder) (?:anschreiben|kontaktieren|schreiben|anmailen)\b",
    r"\bl[öo]schen sie (?:bitte )?(?:mich|meine|unsere|mein)\b|\bbitte (?:mich|meine daten|meine adresse) (?:\w+ ){0,4}l[öo]schen\b",
    r"\bwiderspreche\b[^.!?\n]{0,60}\b(?:nutzung|verarbeitung|verwendung|zusendung|werbung)",
    # fr
    r"\bd[ée]s(?:abonn|inscri)\w*",
    r"\bne (?:me|nous) (?:plus )?(?:contact|[ée]cri|envoy|recontact|sollicit)\w* (?:plus|pas)\b",
    r"\bne plus (?:me|nous|recevoir|[êe]tre)\b",
    r"\b(?:retirez|supprimez|enlevez|retirer|supprimer)[- ](?:moi|nous|mon adresse|mes (?:donn[ée]es|coordonn[ée]es))\b",
    r"\b(?:arr[êe]tez|cessez) (?:de|vos)\b",
    r"\bplus (?:aucun|d')\s?(?:e-?mails?|messages?|courriels?)\b",
    # es, pt
    r"\b(?:dar(?:me|nos)?|darse|den?me|denos|d[ée]me|quiero|solicito la) (?:de )?(?:la )?baja\b|\bd[ée]nme de baja\b",
    r"\b(?:elim[íi]n|b[óo]rr|qu[íi]t|sac)(?:e|en|ame|a)?(?:me|nos)\b",
    r"\bno (?:me|nos) (?:vuelva[ns]? a )?(?:contact|escrib|env[íi])\w*",
    r"\bno (?:deseo|quiero|queremos) (?:recibir|m[áa]s)\b",
    r"\bdeje[ns]? de (?:enviar|escribir|contactar|mandar)\w*",
    r"\bdescadastr\w*|\bcancelar (?:a |minha )?(?:inscri[çc][ãa]o|assinatura)\b|\bremov(?:a|er)[- ]?me\b|\bn[ãa]o (?:me )?(?:envi|contat|contact|escrev)\w* mais\b",
    # it, nl
    r"\b(?:cancell|disiscriv|rimuov)\w*(?:mi|temi|etemi|ermi)\b|\bnon (?:mi )?(?:scriv|contatt|invi)\w* pi[ùu]\b|\bdisiscri\w+",
    r"\b(?:afmelden|uitschrijven)\b|\bgeen (?:e-?mails?|mails?|berichten) meer\b|\bniet meer (?:mailen|contacteren|benaderen)\b",
]
_OPT_OUT_RE = re.compile("|".join(f"(?:{pattern})" for pattern in _OPT_OUT), re.IGNORECASE | re.MULTILINE)
# "How do people unsubscribe in your product?" is a question about us, not a wish.
_NOT_MEANT = re.compile(
    r"\b(?:how (?:do|does|can|would)|what happens|why (?:do|does)|do you (?:handle|support|offer|track)|unsubscribe rates?|"
    r"unsubscribe link|(?:handle|handling|manage|managing|tracks?) (?:unsubscribes?|opt[- ]?outs?)|"
    r"opt[- ]?out (?:rates?|page|flow|list|handling)|"
    r"don'?t (?:want|need) to (?:unsubscribe|opt)|not? (?:unsubscribe|opting out))",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*|\n")
_LONG = 4000


def asks_to_stop(words: str) -> bool:
    """Does the writer ask for no more mail? `words`: what the person wrote, without quoted text."""
    for match in _SENTENCE.finditer(words[:_LONG].replace("’", "'")):
        sentence = match.group().strip()
        if _OPT_OUT_RE.search(sentence) and not _NOT_MEANT.search(sentence):
            return True
    return False


def is_role_address(address: str) -> bool:
    """A shared mailbox such as info@ or sales@."""
    return address.partition("@")[0].partition("+")[0].casefold() in ROLE_NAMES


@dataclass(frozen=True, slots=True)
class SuppressionKey:
    kind: SuppressionKind
    digest: str


def suppression_keys(address: str, digest: Callable[[str], str]) -> tuple[SuppressionKey, SuppressionKey]:
    """The digests under which an address, and its domain, would stand on the list."""
    return (
        SuppressionKey(SuppressionKind.ADDRESS, digest(address)),
        SuppressionKey(SuppressionKind.DOMAIN, digest(domain_of(address))),
    )


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().casefold()


class UnsubscribeLinks:
    """Signs and reads the token of an unsubscribe link; it names an email and needs no look-up."""

    def __init__(self, secrets: Sequence[str], public_url: str | None) -> None:
        """`secrets`: the newest last; links in old mail were signed with older ones."""
        self._signer = URLSafeSerializer(secrets, salt="unsubscribe")
        self._base = (public_url or "").rstrip("/")

    def token(self, workspace_id: UUID, email_id: UUID) -> str:
        return str(self._signer.dumps(f"{workspace_id.hex}{email_id.hex}"))

    def url(self, workspace_id: UUID, email_id: UUID) -> str | None:
        """None without a public address: then the footer asks for an answer instead."""
        return f"{self._base}/u/{self.token(workspace_id, email_id)}" if self._base else None

    def read(self, token: str) -> tuple[UUID, UUID] | None:
        """Workspace and email of a token; None if we did not sign it."""
        try:
            both = str(self._signer.loads(token))
            return UUID(both[:32]), UUID(both[32:])
        except (BadData, ValueError):
            return None
