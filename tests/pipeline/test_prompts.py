"""A prompt's version says which text wrote an email: the text never changes under it."""

import pytest

from pipeline.jobs.prompt import FOLDER, prompt
from tests.pipeline.prompt_versions import digests, recorded

HOW = "raise `version` in the file's first line, then run `python -m tests.pipeline.prompt_versions`"


def test_no_text_changed_under_its_version() -> None:
    known = recorded()
    for version, digest in digests().items():
        assert known.get(version) == digest, f"{version}: {HOW}"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.md")))
def test_each_file_says_its_version_and_the_model_does_not_read_it(name: str) -> None:
    one = prompt(name)
    assert one.version == f"{name}/{one.number}" and one.number.isdigit()
    assert not one.text.startswith(("version", "---")) and len(one.text) > 100


def test_the_writer_is_told_what_the_documents_demand() -> None:
    told = " ".join(prompt("write_email").text.split())
    for demand in (
        "expert B2B sales copywriter specializing in personalized outreach",
        "at most 50 characters, personal",
        "value",
        "genuine connection",
        "conversational",
        "One specific detail from `facts`",
        "one clear call to action that fits the campaign's goal",
        "additional value",
        "`previous_emails`",
        "sequence of up to five",
        "rejected_lately",
    ):
        assert demand in told, demand
