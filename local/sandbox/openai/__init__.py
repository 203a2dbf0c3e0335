"""The sandbox's language model: scripted, deterministic, reached as OpenAI and as Gemini.

It understands the documented sentences and their ordinary variations, answers from what tools return, and
fills the product's schemas from what it is given. It is no language model, and says so.
"""

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.openai.server import Server

# The vendor's methods that are served, and where.
COVERAGE = {
    "responses.create": ("POST", "/openai/v1/responses"),
    "chat.completions.create": ("POST", "/openai/v1/chat/completions"),
    "models.list": ("GET", "/openai/v1/models"),
    "models.retrieve": ("GET", "/openai/v1/models/{name}"),
    "gemini.chat.completions.create": ("POST", "/gemini/v1beta/openai/chat/completions"),
    "gemini.models.list": ("GET", "/gemini/v1beta/openai/models"),
    "gemini.models.retrieve": ("GET", "/gemini/v1beta/openai/models/{name}"),
}


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    server = Server(box)
    handlers = {"responses": server.responses, "completions": server.completions}
    return [
        web.post(COVERAGE["responses.create"][1], handlers["responses"]),
        web.post(COVERAGE["chat.completions.create"][1], handlers["completions"]),
        web.get(COVERAGE["models.list"][1], server.models),
        web.get(COVERAGE["models.retrieve"][1], server.model),
        web.post(COVERAGE["gemini.chat.completions.create"][1], handlers["completions"]),
        web.get(COVERAGE["gemini.models.list"][1], server.models),
        web.get(COVERAGE["gemini.models.retrieve"][1], server.model),
    ]
