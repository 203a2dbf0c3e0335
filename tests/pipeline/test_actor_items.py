"""Items in the shapes that actors of the store give them: nulls, objects, lists, other spellings. Values are ours."""

from typing import Any

import pytest

from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_items import contact_facts, item_text, people_facts, place_facts, profile_facts

JANE = Subject(name="Jane Miller", company="Northwind Robotics", domain="northwind.com")

# compass/crawler-google-places
PLACE: dict[str, Any] = {
    "title": "Northwind Robotics",
    "subTitle": None,
    "price": None,
    "categoryName": None,
    "categories": ["Robotics company", "Manufacturer"],
    "address": None,
    "street": "12 Dock Rd",
    "city": "Austin",
    "state": "Texas",
    "countryCode": "US",
    "postalCode": "78701",
    "website": "http://www.northwind.com/?utm=gmb",
    "phone": None,
    "phoneUnformatted": "+15125550100",
    "claimThisBusiness": False,
    "permanentlyClosed": False,
    "temporarilyClosed": False,
    "totalScore": 4.7,
    "reviewsCount": 31,
    "openingHours": [{"day": "Monday", "hours": "9 AM"}],
    "searchString": "Northwind Robotics Austin",
    "rank": 1,
    "isAdvertisement": False,
    "additionalInfo": {"Service": []},
}
# vdrmota/contact-info-scraper, merged by start address
CONTACTS: dict[str, Any] = {
    "originalStartUrl": "https://northwind.com",
    "domain": "northwind.com",
    "depth": 0,
    "referrerUrl": None,
    "emails": ["info@northwind.com", "jane.miller@northwind.com"],
    "phones": ["+15125550100"],
    "phonesUncertain": ["2024"],
    "linkedIns": [
        "https://www.linkedin.com/company/northwind",
        "https://www.linkedin.com/in/jane-miller-1b2",
    ],
    "twitters": ["https://x.com/northwind"],
    "instagrams": [],
    "facebooks": None,
    "youtubes": [],
    "tiktoks": [],
    "scrapedUrls": ["https://northwind.com/", "https://northwind.com/team"],
}
# harvestapi/linkedin-company
COMPANY_NESTED: dict[str, Any] = {
    "id": "1",
    "universalName": "northwind",
    "name": "Northwind Robotics",
    "linkedinUrl": "https://www.linkedin.com/company/northwind",
    "tagline": None,
    "website": "https://northwind.com",
    "description": "Robots for docks.",
    "phone": {"number": "+1 512 555 0100"},
    "employeeCount": 48,
    "employeeCountRange": {"start": 11, "end": 50},
    "foundedOn": {"year": 2012, "month": None},
    "industries": [{"id": "147", "name": "Automation Machinery"}],
    "specialities": ["robots"],
    "followerCount": 900,
    "locations": [{"headquarter": True, "city": "Austin", "country": "US"}],
    "logos": [],
}
# dev_fusion/linkedin-company-scraper
COMPANY_FLAT: dict[str, Any] = {
    "companyName": "Northwind Robotics",
    "url": "https://www.linkedin.com/company/northwind",
    "websiteUrl": "https://www.northwind.com",
    "industry": ["Automation Machinery"],
    "employeeCount": "48",
    "foundingYear": "2012",
    "headquarter": {"city": "Austin", "country": "US"},
    "description": "",
    "tagLine": "Robots",
    "specialities": [],
}
# a list of public company pages, snake case
COMPANY_SNAKE: dict[str, Any] = {
    "company_name": "Northwind Robotics, Inc.",
    "website": None,
    "industry": "N/A",
    "company_size": "11-50 employees",
    "founded_year": 2012,
    "headquarters": "Austin, TX",
    "about_us": "Builds robots.",
    "url": "https://www.linkedin.com/company/northwind",
}
# harvestapi/linkedin-company-employees
PERSON_NESTED: dict[str, Any] = {
    "id": None,
    "publicIdentifier": "jane-miller",
    "linkedinUrl": "https://www.linkedin.com/in/jane-miller",
    "firstName": "Jane",
    "lastName": "Miller",
    "headline": "Head of Operations | Robots",
    "openToWork": False,
    "emails": [
        {"email": "jane@gmail.com", "status": "risky"},
        {"email": "jane@northwind.com", "status": "valid"},
    ],
    "location": {"linkedinText": "Austin, Texas", "countryCode": "US", "parsed": {"city": "Austin"}},
    "currentPosition": [{"companyName": "Northwind Robotics", "position": "Head of Operations"}],
    "experience": [],
}
# dev_fusion/linkedin-profile-scraper
PERSON_FLAT: dict[str, Any] = {
    "fullName": "Jane Miller",
    "headline": "Operations",
    "jobTitle": "Head of Operations",
    "companyName": "Northwind Robotics",
    "companySize": "11-50",
    "email": None,
    "mobileNumber": None,
    "addressWithCountry": "Austin, Texas, United States",
    "linkedinUrl": "https://www.linkedin.com/in/jane-miller/",
    "about": None,
    "experiences": [{"title": "Head of Operations"}],
}
# people finders, snake case
PERSON_SNAKE: dict[str, Any] = {
    "full_name": "Jane Miller",
    "job_title": "Head of Operations",
    "current_company": {"name": "Northwind Robotics"},
    "profile_url": "https://www.linkedin.com/in/jane-miller",
    "location": "Austin",
    "work_email": "jane@northwind.com",
}


def test_a_place_with_nulls_is_read_by_its_other_names() -> None:
    assert facts_of(place_facts, PLACE) == {
        "address": "12 Dock Rd",
        "phone": "+15125550100",
        "industry": "Robotics company",
        "website_url": "http://www.northwind.com/?utm=gmb",
    }
    assert facts_of(place_facts, PLACE | {"permanentlyClosed": True}) == {}
    assert facts_of(place_facts, PLACE | {"title": None, "website": None}) == {}


def facts_of(read: Any, item: dict[str, Any]) -> dict[str, str]:
    return {fact.field: fact.value for fact in read(item, item_text(item), JANE, "US")}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"emails": [{"value": "jane.miller@northwind.com"}], "phones": [{"value": "+15125550100"}]},
        {"emails": "jane.miller@northwind.com", "phones": "+15125550100"},
        {"linkedIns": None, "linkedins": ["https://www.linkedin.com/in/jane-miller-1b2"]},
        {
            "twitters": [{"value": "https://x.com/northwind"}],
            "emails": [None, 7, "jane.miller@northwind.com"],
        },
    ],
)
def test_contacts_are_read_in_each_of_their_shapes(changes: dict[str, Any]) -> None:
    assert facts_of(contact_facts, CONTACTS | changes) == {
        "email": "jane.miller@northwind.com",
        "phone": "+15125550100",
        "linkedin_url": "https://www.linkedin.com/in/jane-miller-1b2",
        "twitter_url": "https://x.com/northwind",
    }


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        (
            COMPANY_NESTED,
            {
                "company_description": "Robots for docks.",
                "industry": "Automation Machinery",
                "employees": "48",
                "founded": "2012",
                "phone": "+1 512 555 0100",
                "website_url": "https://northwind.com",
            },
        ),
        (
            COMPANY_FLAT,
            {
                "industry": "Automation Machinery",
                "employees": "48",
                "founded": "2012",
                "address": "Austin",
                "website_url": "https://www.northwind.com",
            },
        ),
    ],
)
def test_a_companys_profile_is_read_in_each_of_its_shapes(
    item: dict[str, Any], facts: dict[str, str]
) -> None:
    assert facts_of(profile_facts, item) == facts


def test_the_profiles_own_address_is_not_the_companys_site() -> None:
    jane = Subject(name="Jane Miller", company="Northwind Robotics")
    facts = {
        fact.field: fact.value for fact in profile_facts(COMPANY_SNAKE, item_text(COMPANY_SNAKE), jane, None)
    }
    assert facts == {
        "company_description": "Builds robots.",
        "employees": "11-50 employees",
        "founded": "2012",
        "address": "Austin, TX",
    }


def test_a_long_description_is_cut_after_a_sentence_and_still_stands_in_the_item() -> None:
    item = COMPANY_NESTED | {"description": "Northwind builds robots for docks and yards. " * 40}
    facts = facts_of(profile_facts, item)
    assert facts["company_description"].endswith("yards.") and 200 < len(facts["company_description"]) <= 400


@pytest.mark.parametrize("item", [PERSON_NESTED, PERSON_FLAT, PERSON_SNAKE])
def test_a_person_is_read_in_each_of_the_shapes(item: dict[str, Any]) -> None:
    facts = facts_of(people_facts, item)
    assert facts["title"] == "Head of Operations"
    assert facts["location"].startswith("Austin")
    assert "linkedin.com/in/jane-miller" in facts["linkedin_url"]
    assert facts.get("email", "jane@northwind.com") == "jane@northwind.com"


def test_a_namesake_without_a_word_of_the_company_is_nobody_we_know() -> None:
    bare = {"fullName": "Jane Miller", "headline": "Painter", "companyName": None}
    assert facts_of(people_facts, bare) == {}
    assert facts_of(people_facts, bare | {"headline": "Painter at Northwind Robotics"})["title"]
    assert facts_of(people_facts, PERSON_NESTED | {"currentPosition": [{"companyName": "Acme"}]}) == {}


@pytest.mark.parametrize("read", [contact_facts, place_facts, profile_facts, people_facts])
@pytest.mark.parametrize(
    "item",
    [
        {},
        {"emails": {}, "phones": 3, "title": [], "name": {"a": 1}, "website": ["https://northwind.com"]},
        {
            "name": ["Northwind Robotics"],
            "website": True,
            "location": [[["x"]]],
            "industries": [None, {"name": None}],
        },
        {"error": "not found", "inputUrl": "https://northwind.com", "#error": True},
    ],
)
def test_odd_items_break_nothing(read: Any, item: dict[str, Any]) -> None:
    assert isinstance(facts_of(read, item), dict)
