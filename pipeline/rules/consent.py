"""Consent: role addresses, suppression keys, and signed unsubscribe links. The words are in `opt_out`."""

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


def is_role_address(address: str) -> bool:
    """A shared mailbox such as info@ or sales@."""
    return address.partition("@")[0].partition("+")[0].casefold() in ROLE_NAMES


@dataclass(frozen=True, slots=True)
class SuppressionKey:
    kind: SuppressionKind
    digest: str


def suppression_keys(address: str, digest: Callable[[str], str]) -> tuple[SuppressionKey, ...]:
    """The digests under which an address, its domain, or a domain above it would stand on the list."""
    return (
        SuppressionKey(SuppressionKind.ADDRESS, digest(address)),
        *(SuppressionKey(SuppressionKind.DOMAIN, digest(domain)) for domain in domains_of(address)),
    )


def domains_of(address: str) -> list[str]:
    """The domain of an address and those above it: who must not be written to at acme.com, neither at eu.acme.com."""
    labels = domain_of(address).split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]


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
