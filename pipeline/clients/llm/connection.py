"""One server a dialect talks to: its client, opened on first use, and what it turned out not to take."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.clients.llm.wire import Unsupported, load_sdk, open_client, refused

if TYPE_CHECKING:
    import openai

R = TypeVar("R")

# A parameter some servers don't know: the words of their refusal, and what to do without from then on.
# Structured output is given up in two steps: first the schema, then JSON mode.
DOUBTFUL = (
    (("stream_options",), ("stream_options",)),
    (("max_completion_tokens",), ("max_completion_tokens",)),
    (("response_format", "json_schema", "text.format", "structured output"), ("json_schema", "json_mode")),
    (("strict",), ("strict",)),
    (("store",), ("store",)),
)


@dataclass
class Connection:
    base_url: str
    api_key: str = field(repr=False)
    setting: str  # the name of the key's setting, for sentences
    refused: set[str] = field(default_factory=set[str])

    @cached_property
    def client(self) -> "openai.AsyncOpenAI":
        return open_client(self.base_url, self.api_key)

    async def answer(self, path: str, **body: Any) -> Any:
        """The JSON of one whole answer: the SDK's call with its errors, but without its types. They cost more than
        all the rest of the call, and tens of milliseconds for the tools of each request."""
        read: object = await self.client.post(path, body=body, cast_to=object)
        return json.loads(read) if isinstance(read, str) else read  # a server that does not call its JSON so

    async def events(self, path: str, **body: Any) -> "openai.AsyncStream[object]":
        """The same, as it comes."""
        import openai

        return await self.client.post(
            path,
            body=body | {"stream": True},
            cast_to=object,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    def takes(self, feature: str) -> bool:
        return feature not in self.refused

    async def negotiated(self, ask: Callable[[], Awaitable[R]]) -> R:
        """`ask()`, again without each doubtful parameter the server refuses; for the rest raises Permanent."""
        if "client" not in vars(self):
            await asyncio.to_thread(load_sdk)  # half a second in which others shall not wait
        while True:
            try:
                return await ask()
            except Unsupported as error:
                if not self._learn(error):
                    raise refused(error) from error

    def _learn(self, error: Unsupported) -> bool:
        for words, features in DOUBTFUL:
            if any(word in error.text for word in words):
                for feature in features:
                    if feature not in self.refused:
                        self.refused.add(feature)
                        return True
        return False


def tool_choice(tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Servers refuse an empty list of tools: say nothing of them then."""
    return {"tools": tools} if tools else {}
