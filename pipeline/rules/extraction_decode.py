"""Bytes of a page that nobody fetched, to text: a stored file, a page of a corpus."""

from pipeline.rules.page_bytes import decoded, kind_of_bytes, looks_like_html

MOST_BYTES = 5_000_000  # of a page; what lies behind is not read


def decode_page(body: bytes, declared: str | None = None) -> str:
    """`declared`: the charset of the server's header. A picture, PDF or archive gives no text at all."""
    body = body[:MOST_BYTES]
    if kind_of_bytes(body.lstrip()) is not None and not looks_like_html(body):
        return ""
    return decoded(body, declared)
