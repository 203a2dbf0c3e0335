"""What a run of research imports on its way, imported before the first one waits for it: over a second in all."""

from importlib import import_module

from pipeline.clients.llm.wire import load_sdk
from pipeline.rules.extraction import read_page
from pipeline.settings import Settings

# A page of each kind of content, since readers load what they need when they meet it.
_PAGE = """<html lang="en"><head><title>Example</title>
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Organization"}</script>
<script type="application/ld+json">{"@type": "Organization", // not quite JSON
}</script></head>
<body itemscope itemtype="https://schema.org/WebPage">
<p>Example Ltd, 1 High Street, London. Call +44 20 7946 0018.</p></body></html>"""


def load(settings: Settings) -> None:
    """Takes its time: not for the event loop."""
    load_sdk()
    read_page(_PAGE, "https://example.com/")
    if settings.apify_api_token is not None:
        import_module("apify_client")
    if settings.google_search_api_key is not None:
        import_module("googleapiclient.discovery")
