"""A page's whole HTML: head, navigation, footer, style; and how sites of scripts and bad sites are made."""

import json
import struct
import zlib
from hashlib import sha256
from html import escape

from local.sandbox.sites.content import Page, json_ld_tags
from local.sandbox.sites.copy import COPY
from local.sandbox.world_model import Company

STYLE = """
:root { --accent: hsl(HUE 55% 35%); --soft: hsl(HUE 40% 96%); }
* { box-sizing: border-box; }
body { margin: 0; font: 17px/1.6 system-ui, sans-serif; color: #222; }
header, footer { background: var(--soft); padding: 1rem 6vw; }
header { display: flex; gap: 2rem; align-items: baseline; flex-wrap: wrap; }
header strong { font-size: 1.2rem; color: var(--accent); }
nav a { margin-right: 1.2rem; }
a { color: var(--accent); }
main { padding: 2rem 6vw; max-width: 60rem; min-height: 50vh; }
.hero { padding: 3rem 0; }
.hero h1 { font-size: 2.6rem; margin: 0; }
.cards, .people, .jobs { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 1rem; }
.cards li, .people li, .jobs li { background: #f6f6f6; padding: 1rem; border-radius: 8px; flex: 1 14rem; }
time { color: #666; }
footer { font-size: .9rem; }
"""
SCRIPT = """
async function show() {
  const answer = await fetch('/api/page?path=' + encodeURIComponent(location.pathname));
  const page = await answer.json();
  document.title = page.title;
  document.documentElement.lang = page.language;
  const nav = page.navigation.map(([path, name]) => `<a href="${path}">${name}</a>`).join('');
  document.getElementById('root').innerHTML =
    `<header><strong>${page.company}</strong><nav>${nav}</nav></header><main>${page.main}</main>` +
    `<footer>${page.footer}</footer>`;
}
show();
"""


def whole_page(company: Company, page: Page) -> str:
    words = COPY[company.language]
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}"><head><meta charset="utf-8">'
        f"{_head(company, page)}{json_ld_tags(page)}</head>\n<body>{_header(company)}\n"
        f"<main>{page.main}</main>\n<footer>{_footer(company)}</footer></body></html>\n"
    )


def _head(company: Company, page: Page) -> str:
    tags = {
        "og:title": page.title,
        "og:description": page.description,
        "og:type": "article" if page.published else "website",
        "og:site_name": company.name,
        "og:url": company.url + page.path,
        "og:image": f"{company.url}/assets/og.png",
    }
    if page.published:
        tags["article:published_time"] = f"{page.published}T09:00:00+00:00"
    graph = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in tags.items())
    return (
        f'<meta name="viewport" content="width=device-width"><title>{escape(page.title)}</title>'
        f'<meta name="description" content="{escape(page.description)}"><link rel="canonical" '
        f'href="{company.url}{page.path}"><link rel="stylesheet" href="/assets/style.css">{graph}'
    )


def _header(company: Company) -> str:
    links = "".join(f'<a href="{path}">{name}</a>' for path, name in COPY[company.language].navigation)
    return f"<header><strong>{escape(company.name)}</strong><nav>{links}</nav></header>"


def _footer(company: Company) -> str:
    words = COPY[company.language]
    links = " ".join(f'<a href="{link}" rel="me noopener">{network}</a>' for network, link in company.socials)
    return (
        f"<p>{escape(company.legal_name)} · {escape(company.address.line)} · {company.phone}</p>"
        f'<p>{links} <a href="{words.legal_path}">{words.legal_title}</a></p>'
    )


def not_found(company: Company) -> Page:
    words = COPY[company.language]
    return Page("/404", f"404 | {company.name}", words.not_found, f"<h1>404</h1><p>{words.not_found}</p>")


def script_shell(company: Company) -> str:
    """What a single-page application sends for every path: nothing to read without running its script."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Loading…</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/assets/style.css"></head><body><div id="root"></div>'
        "<noscript>You need to enable JavaScript to run this app.</noscript>"
        f'<script src="/assets/app.js" defer data-site="{company.key}"></script></body></html>'
    )


def script_page(company: Company, page: Page) -> str:
    """The JSON that the application's script asks for."""
    content = {
        "title": page.title,
        "language": company.language,
        "company": company.name,
        "navigation": COPY[company.language].navigation,
        "main": page.main,
        "footer": _footer(company),
    }
    return json.dumps(content, ensure_ascii=False)


def badly_written(html: str) -> str:
    """The same page by careless hands: tags left open, stray ends, JSON-LD with a comma too many."""
    for tag in ("</p>", "</li>", "</section>", "</article>", "</h3>", "</head>", "</body>", "</html>"):
        html = html.replace(tag, "")
    html = html.replace("<main>", "<div class=main class=wide><b>").replace(
        "</main>", "</span></div></table>"
    )
    html = html.replace("}</script>", ",}</script>").replace("<ul", "<UL").replace("&amp;", "&")
    return html.replace("<footer>", "<FOOTER><p>Café & more — © all rights reserved")


def stylesheet(company: Company) -> str:
    return STYLE.replace("HUE", str(int(sha256(company.key.encode()).hexdigest(), 16) % 360))


def picture(company: Company) -> bytes:
    """A PNG of one colour, as wide as link previews want it."""
    width, height = 120, 63
    colour = sha256(company.key.encode()).digest()[:3]
    rows = (b"\x00" + colour * width) * height

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
