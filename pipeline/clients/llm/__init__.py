"""The way to a language model: `open_llm` for the main one with its fallback, `open_gemini` for the other."""

from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.chat import ChatLlm
from pipeline.clients.llm.connection import Connection
from pipeline.clients.llm.fallback import WithFallback
from pipeline.clients.llm.responses import ResponsesLlm
from pipeline.clients.llm.schema import strict_schema
from pipeline.clients.llm.stand_in import ArmWriter
from pipeline.clients.llm.usage import LlmUsage, Metered, OnUsage
from pipeline.clock import Clock
from pipeline.settings import Settings

__all__ = ["ArmWriter", "LlmUsage", "OnUsage", "open_gemini", "open_llm", "strict_schema"]


def open_llm(settings: Settings, clock: Clock, *, on_usage: OnUsage | None = None) -> Llm:
    """The model of the settings, in their dialect; with the fallback model where that is another one.

    Opens no connection until first used. `on_usage` is told of every call, of each model.
    """
    connection = Connection(
        settings.openai_base_url, settings.openai_api_key.get_secret_value(), "OPENAI_API_KEY"
    )

    def model(name: str) -> Llm:
        if settings.openai_api_style == "responses":
            return _metered(ResponsesLlm(connection, name), clock, on_usage, "openai", "responses")
        return _metered(ChatLlm(connection, name), clock, on_usage, "openai", "chat.completions")

    first = model(settings.openai_model)
    if settings.openai_fallback_model in ("", settings.openai_model):
        return first
    return WithFallback(first, model(settings.openai_fallback_model))


def open_gemini(settings: Settings, clock: Clock, *, on_usage: OnUsage | None = None) -> Llm | None:
    """Gemini by its compatible address, or None where GOOGLE_AI_API_KEY is not set."""
    if settings.google_ai_api_key is None:
        return None
    key = settings.google_ai_api_key.get_secret_value()
    connection = Connection(settings.gemini_base_url, key, "GOOGLE_AI_API_KEY")
    return _metered(ChatLlm(connection, settings.gemini_model), clock, on_usage, "gemini", "chat.completions")


def _metered(llm: Llm, clock: Clock, on_usage: OnUsage | None, service: str, endpoint: str) -> Llm:
    return llm if on_usage is None else Metered(llm, clock, on_usage, service=service, endpoint=endpoint)
