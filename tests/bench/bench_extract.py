"""What is read off contact pages, beside a plain regex with phonenumbers and the page's title in the same run.

`python -m tests.bench.bench_extract [FOLDER] [--mistakes]`: on the committed fixtures, or on a folder of labelled
pages (its format: `extract_pages`).
"""

import html
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import phonenumbers
from selectolax.lexbor import LexborHTMLParser

from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction import read_page
from pipeline.rules.extraction_decode import decode_page
from tests.bench.extract_pages import Answer, LabelledPage, Score, Tally, read_folder
from tests.bench.figures import show, show_machine, verdict
from tests.pipeline.contact_pages import contact_pages

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
MILLISECONDS_A_PAGE = 15.0


def ours(page: LabelledPage) -> Answer:
    read = read_page(decode_page(page.html), page.url)
    emails = frozenset(email.address for email in read.emails)
    return Answer(emails, frozenset(phone.e164 for phone in read.phones), read.organization)


def plain(page: LabelledPage) -> Answer:
    """What one writes in five minutes."""
    text = html.unescape(page.html.decode("utf-8", "replace"))
    tree = LexborHTMLParser(text)
    body = tree.body.text(separator=" ") if tree.body is not None else ""
    suffix = (domain_of(page.url) or "").rsplit(".", 1)[-1].upper()
    region = {"UK": "GB"}.get(suffix, suffix)
    region = region if region in phonenumbers.SUPPORTED_REGIONS else "US"
    phones = {
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(body, region)
    }
    title = tree.css_first("title")
    parts = [part.strip() for part in re.split(r"\s[|–—-]\s", title.text() if title else "")]
    parts = [part for part in parts if not re.match(r"(?i)contact|kontakt|home|about|impressum", part)] or [
        ""
    ]
    name = min(parts, key=len)
    return Answer(frozenset(email.lower() for email in _EMAIL.findall(text)), frozenset(phones), name)


def scored(pages: Sequence[LabelledPage], extractor: Callable[[LabelledPage], Answer]) -> Score:
    score = Score()
    for page in pages:
        score.add(page, extractor(page))
    return score


FIGURES: tuple[tuple[str, Callable[[Score], float], float], ...] = (
    ("email recall", lambda score: score.emails.recall, 0.99),
    ("email precision", lambda score: score.emails.precision, 0.95),
    ("phone recall, country plain", lambda score: score.plain_phones.recall, 0.95),
    ("phone precision, country plain", lambda score: score.plain_phones.precision, 0.99),
    ("phone recall, country not plain", lambda score: score.unplain_phones.recall, 0.80),
    ("phone precision, country not plain", lambda score: score.unplain_phones.precision, 0.85),
    ("organisation named right", lambda score: score.names.recall, 0.85),
)


def compare(pages: Sequence[LabelledPage]) -> Score:
    score, bare = scored(pages, ours), scored(pages, plain)
    for name, figure, target in FIGURES:
        if "not plain" in name and not any(page.phones and not page.country_is_plain for page in pages):
            continue
        we, they = figure(score), figure(bare)
        ratio = f"{we / they:.2f}" if they else "-"
        show(name, f"{we:.3f}   plain {they:.3f}   target {target:.2f}   ratio {ratio}")
        verdict(f"{target:.2f}", we >= target)
    for name, tally in (
        ("emails", score.emails),
        ("phones, plain", score.plain_phones),
        ("phones, not plain", score.unplain_phones),
        ("names", score.names),
    ):
        show(name, _counts(tally))
    return score


def _counts(tally: Tally) -> str:
    return f"{tally.right} right, {tally.wrong} wrong, {tally.missed} missed"


def own_time(pages: Sequence[LabelledPage]) -> list[float]:
    """Milliseconds of processor time of each page, the quickest first. The libraries are loaded by other pages first;
    each page is read once, since what a second reading remembers of it is no help with new ones."""
    for page in contact_pages():
        ours(page)
    spent: list[float] = []
    for page in pages:
        began = time.process_time()
        ours(page)
        spent.append((time.process_time() - began) * 1000)
    return sorted(spent)


def main(arguments: Sequence[str]) -> None:
    folders = [argument for argument in arguments if not argument.startswith("--")]
    pages = read_folder(Path(folders[0])) if folders else contact_pages()
    print(f"extraction, {len(pages)} pages of {folders[0] if folders else 'the fixtures'}")
    show_machine()
    spent = own_time(pages)
    score = compare(pages)
    mean, median = statistics.mean(spent), statistics.median(spent)
    high = spent[int(0.95 * len(spent))]
    show("processor time a page", f"{mean:.1f} ms   median {median:.1f}   19 of 20 below {high:.1f}")
    verdict(f"{MILLISECONDS_A_PAGE} ms", mean <= MILLISECONDS_A_PAGE)
    if "--mistakes" in arguments:
        for tally in (score.emails, score.plain_phones, score.unplain_phones, score.names):
            print("\n".join(tally.mistakes), end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
