"""An approved text as it leaves: signature, footer, subject of an answer, and the headers that go with it."""

from dataclasses import dataclass
from html import escape

TOKEN_HEADER = "X-Rainmaker-Token"
_FOOTER = {
    "en": ("Don't want to hear from me again? Unsubscribe: {url}",
           "Don't want to hear from me again? Just answer “unsubscribe”."),
    "de": ("Sie möchten keine weiteren E-Mails von mir? Abmelden: {url}",
           "Sie möchten keine weiteren E-Mails von mir? Antworten Sie einfach mit „abmelden“."),
    "fr": ("Vous ne souhaitez plus recevoir mes e-mails ? Se désabonner : {url}",
           "Vous ne souhaitez plus recevoir mes e-mails ? Répondez « désabonner »."),
    "es": ("¿No desea recibir más correos míos? Darse de baja: {url}",
           "¿No desea recibir más correos míos? Responda «baja»."),
}  # fmt: skip

# The question each footer opens with, as it stands on its line.
_FOOTER_BEGINS = tuple(
    f"{one.partition('?')[0].strip()}".lstrip("¿").casefold() for one, _ in _FOOTER.values()
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, as it stands under every email."""

    sender_name: str | None
    company: str | None
    signature: str | None
    postal_address: str | None


def full_text(
    body: str, head: Letterhead, *, unsubscribe_url: str | None, language: str | None, bulk: bool
) -> str:
    """Body, signature, and (on what was not asked for) a footer with the postal address and a way out."""
    parts = [body.rstrip(), _signature(head)]
    if bulk:
        parts.append(
            "-- \n"
            + "\n".join(line for line in (_address(head), _way_out(unsubscribe_url, language)) if line)
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _signature(head: Letterhead) -> str:
    if head.signature:
        return head.signature.strip()
    return "\n".join(line for line in (head.sender_name, head.company) if line)


def _address(head: Letterhead) -> str:
    address = " · ".join(line.strip() for line in (head.postal_address or "").splitlines() if line.strip())
    return f"{head.company} · {address}" if head.company and address else address


def _way_out(url: str | None, language: str | None) -> str:
    with_link, without = _FOOTER.get((language or "en").split("-")[0].lower(), _FOOTER["en"])
    return with_link.format(url=url) if url else without


def without_footer(text: str) -> str:
    """A text less the lines of our own footer, which some mail programs leave unmarked below an answer."""
    return "\n".join(line for line in text.split("\n") if not _is_footer(line))


def _is_footer(line: str) -> bool:
    told = " ".join(line.replace("’", "'").split()).lstrip("¿>| ").casefold()
    return any(told.startswith(begin) for begin in _FOOTER_BEGINS)


def html_of(text: str, pixel_url: str | None = None) -> str:
    """A minimal HTML part that mirrors the plain text."""
    paragraphs = "".join(
        f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.strip().split("\n\n")
    )
    pixel = f'<img src="{escape(pixel_url)}" width="1" height="1" alt="">' if pixel_url else ""
    return f"<!doctype html><html><body>{paragraphs}{pixel}</body></html>"


def unsubscribe_headers(url: str | None, address: str) -> dict[str, str]:
    """RFC 2369 and RFC 8058; without a public address only the mailto form stands."""
    mailto = f"<mailto:{address}?subject=unsubscribe>"
    if not url:
        return {"List-Unsubscribe": mailto}
    return {"List-Unsubscribe": f"<{url}>, {mailto}", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def answer_subject(first_subject: str) -> str:
    """`Re:` the first subject, once."""
    bare = first_subject.strip()
    return bare if bare.lower().startswith("re:") else f"Re: {bare}"


def references(message_ids: list[str]) -> str:
    """The References header of an answer: the thread's Message-IDs, oldest first, each once."""
    return " ".join(dict.fromkeys(message_ids))
