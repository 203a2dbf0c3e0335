"""Where a page's links lead: whole addresses of pages, without the part after `#`."""

import re
from urllib.parse import urljoin, urlsplit

_LONGEST = 1000
_NOT_PAGES = re.compile(
    r"\.(pdf|jpe?g|png|gif|svg|webp|zip|mp[34]|docx?|xlsx?|pptx?|css|js|ics|xml|json)$", re.I
)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.I)
# Addresses that resolving leaves as they are: no dots to climb by, no parameters, nothing that is not ASCII.
_PATH = r"[\w/~%!$&'()*+,=:@.-]*"
_REST = r"(?:\?[!-\"$-~]+)?"
_WHOLE = re.compile(rf"(https?://[a-z0-9.-]+(?::\d+)?(?:/{_PATH})?{_REST})(?:#[!-~]*)?", re.ASCII)
_FROM_ROOT = re.compile(rf"(?!//)(?!.*/\.)(/{_PATH}{_REST})(?:#[!-~]*)?", re.ASCII)
_ROOT = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?(?=[/?#]|$)")


class Targets:
    """`base`: what relative addresses are resolved against. Thousands of links stand on some pages, most of them
    plain: only the others are taken apart."""

    def __init__(self, base: str) -> None:
        self._base = base
        root = _ROOT.match(base)
        self._root = root[0] if root else None

    def of(self, href: str) -> str | None:
        """None where it leads to no page of the web, or to a file that is none."""
        if _OTHER_SCHEME.match(href):
            return None
        plain = self._plain(href)
        if plain is None:
            return self._resolved(href)
        return plain if len(plain) < _LONGEST and not _NOT_PAGES.search(plain.split("?", 1)[0]) else None

    def _plain(self, href: str) -> str | None:
        whole = _WHOLE.fullmatch(href)
        if whole is not None:
            return whole[1]
        rooted = _FROM_ROOT.fullmatch(href) if self._root is not None and href.startswith("/") else None
        return f"{self._root}{rooted[1]}" if rooted is not None else None

    def _resolved(self, href: str) -> str | None:
        try:
            target = urljoin(self._base, href).split("#", 1)[0]
            parts = urlsplit(target)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or len(target) >= _LONGEST:
            return None
        return None if _NOT_PAGES.search(parts.path) else target
