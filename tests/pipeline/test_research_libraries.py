"""What a run imports on its way is there before the first one."""

import subprocess
import sys

LOADED = """
import sys
from types import SimpleNamespace
from pipeline.jobs import research_libraries
needed = ("openai", "extruct", "apify_client", "googleapiclient.discovery")
before = [name for name in needed if name in sys.modules]
research_libraries.load(SimpleNamespace(apify_api_token="t", google_search_api_key=None))
print(before, [name for name in needed if name in sys.modules])
"""


def test_only_what_the_settings_ask_for_is_imported_and_nothing_of_it_earlier():
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[] ['openai', 'extruct', 'apify_client']"
