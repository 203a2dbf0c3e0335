"""What is taken from the items of actors that somebody chose for profiles."""

from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_items import item_text, people_facts, profile_facts

JANE = Subject(name="Jane Miller", company="Northwind Robotics", domain="northwind.com")


def test_a_profile_counts_only_where_it_is_the_companys() -> None:
    item = {
        "name": "Northwind",
        "website": "https://www.northwind.com/",
        "employeeCount": 42,
        "industry": "Robots",
    }
    facts = profile_facts(item, item_text(item), JANE, None)
    assert {fact.field: fact.value for fact in facts} == {
        "employees": "42",
        "industry": "Robots",
        "website_url": "https://www.northwind.com/",
    }
    other = item | {"name": "Northwind Robotics", "website": "https://northwind-bakery.com"}
    assert profile_facts(other, item_text(other), JANE, None) == []


def test_of_a_companys_people_only_the_lead_is_taken() -> None:
    item = {
        "firstName": "Jane",
        "lastName": "Miller",
        "jobTitle": "Head of Operations",
        "email": "jane@northwind.com",
        "companyName": "Northwind Robotics GmbH",
    }
    facts = people_facts(item, item_text(item), JANE, None)
    assert {fact.field: fact.value for fact in facts} == {
        "title": "Head of Operations",
        "email": "jane@northwind.com",
    }
    for other in (item | {"firstName": "Ann"}, item | {"companyName": "Acme"}):
        assert people_facts(other, item_text(other), JANE, None) == []
