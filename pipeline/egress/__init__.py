"""The egress guard: everything that reaches a place named by a stranger leaves through here.

Resolve once, every address public, connect to that very address, again for each redirect. `Guard` decides,
`GuardedConnector` obeys it for aiohttp, `SocksProxy` for Chromium.
"""

from pipeline.egress.connector import GuardedConnector
from pipeline.egress.guard import Guard, Route, open_guard
from pipeline.egress.socks import SocksProxy

__all__ = ["Guard", "GuardedConnector", "Route", "SocksProxy", "open_guard"]
