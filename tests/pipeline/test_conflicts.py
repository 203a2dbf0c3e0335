"""Sources that disagree: which value stands, and that the others are not lost."""

from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.rules.conflicts import also_said, source_words, standing, told
from pipeline.rules.dossier import columns_from
from pipeline.rules.quality import quality_of
from pipeline.rules.scoring import WeighedFact

TODAY = date(2026, 3, 2)
READ = datetime(2026, 3, 1, tzinfo=UTC)


def fact(
    value: str, url: str | None, sure: float = 0.85, on: date | None = None, field: str = "title"
) -> WeighedFact:
    return WeighedFact(field, value, sure, on, url, READ)


CTO = fact("CTO", "https://northwind.com/team")
VP = fact("VP Engineering", "https://press.com/1", on=date(2023, 5, 1))


def test_the_newer_of_two_equally_sure_sources_stands_and_the_other_is_kept() -> None:
    said = standing([VP, CTO], "title", TODAY)
    assert [one.best for one in said] == [CTO, VP]
    assert also_said([VP, CTO], "title", TODAY) == [VP]
    assert source_words(VP) == "press.com, 2023" and source_words(CTO) == "northwind.com"


def test_two_sites_that_agree_outweigh_one_that_is_as_sure() -> None:
    facts = [fact("CEO", "https://a.com"), CTO, fact("C.T.O.", "https://b.com"), fact("cto", "https://c.com")]
    assert standing(facts, "title", TODAY)[0].best.value == "CTO"


def test_several_pages_of_one_site_are_one_voice() -> None:
    twice = [fact("CEO", "https://a.com/1"), fact("CEO", "https://a.com/2")]
    (said,) = standing(twice, "title", TODAY)
    assert said.sites == 1 and said.weight == 0.85 - 0.05 * 1 / 365


def test_a_persons_word_stands_above_all_pages() -> None:
    given = fact("Wizard", None, 1.0)
    assert standing([CTO, given, VP], "title", TODAY)[0].best is given


def test_the_column_takes_what_stands_and_quality_falls_with_a_conflict() -> None:
    assert columns_from({}, [VP, CTO], TODAY)["title"] == "CTO"
    columns: dict[str, str | None] = {"name": "Jo", "title": "CTO"}
    agreed = quality_of(columns, [CTO, replace(CTO, url="https://b.com")], TODAY)
    torn = quality_of(columns, [CTO, VP], TODAY)
    doubtful = quality_of(columns, [replace(CTO, confidence=0.5), replace(VP, confidence=0.5)], TODAY)
    assert doubtful.score < torn.score < agreed.score
    assert "differ on title" in torn.words and "No source contradicts" in agreed.words


def test_quality_rises_with_fresh_news_and_with_more_sites() -> None:
    columns: dict[str, str | None] = {"name": "Jo"}
    news = fact("Opened a plant", "https://a.com", field="news", on=date(2026, 2, 20))
    stale = replace(news, published_on=date(2025, 1, 10))
    assert quality_of(columns, [stale], TODAY).score < quality_of(columns, [news], TODAY).score
    more = [news, replace(news, url="https://b.com"), replace(news, url="https://c.com")]
    assert quality_of(columns, [news], TODAY).score < quality_of(columns, more, TODAY).score
    assert "10 days old" in quality_of(columns, [news], TODAY).words


def test_news_are_many_and_titles_one() -> None:
    news = [fact(f"Item {n}", "https://a.com", field="news") for n in range(3)]
    lines = told([*news, CTO, VP], TODAY)
    assert [(one.value, [other.value for other in others]) for one, others in lines] == [
        ("Item 0", []),
        ("Item 1", []),
        ("Item 2", []),
        ("CTO", ["VP Engineering"]),
    ]


def test_spellings_of_one_value_are_no_conflict() -> None:
    numbers = [
        fact("+49 30 1234567", "https://a.com", field="phone"),
        fact("030 1234567", "https://b.com", field="phone"),
    ]
    sites = [
        fact("https://www.northwind.com", "https://a.com", field="website_url"),
        fact("http://northwind.com/", "https://b.com", field="website_url"),
    ]
    assert len(standing(numbers, "phone", TODAY)) == 1
    assert also_said(sites, "website_url", TODAY) == []
