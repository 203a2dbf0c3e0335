"""Plans for experiments: comparing two ways of writing, how it stands, ending it."""

import re

from local.sandbox.openai.plans import Plan, Sentence, Step

Match = re.Match[str]
MODELS = re.compile(r"\b(openai|gpt[\w.-]*|gemini[\w.-]*|google)\b", re.IGNORECASE)
JOINING = {"with", "and", "against", "versus", "vs", "to", "or", "versions"}
QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
PERCENT = r"(\d+(?:[.,]\d+)?)\s*(?:%|percent)"


def start(said: Sentence, _: Match) -> Plan | None:
    """ "Compare OpenAI with Gemini"; None where nothing is named that could be compared."""
    dimension, arms = _what(said.text)
    if dimension is None:
        return Plan(
            "What shall I compare? Say “Compare OpenAI with Gemini”, “Compare prompt 1 with prompt 2”, or two "
            "approaches in quotation marks."
        )
    arguments: dict[str, object] = {"dimension": dimension, "arms": arms}
    if rates := re.search(rf"\bfrom {PERCENT} to {PERCENT}", said.text):
        low, high = (float(one.replace(",", ".")) for one in rates.groups())
        arguments |= {"expected_reply_percent": low, "worth_seeing_percent": high}
    return Plan("I'll set that up.", (Step("start_experiment", arguments),))


def _what(text: str) -> tuple[str | None, list[str] | None]:
    if models := [_model(one) for one in MODELS.findall(text)]:
        return "model", list(dict.fromkeys(models)) if len(set(models)) > 1 else None
    if len(quoted := QUOTED.findall(text)) > 1:
        return "approach", [one.strip() for one in quoted]
    if re.search(r"\bprompts?\b", text, re.IGNORECASE):
        named = re.findall(r"\bprompts? (\w+)|\b(?:with|and|against|vs\.?|to) (\d+)\b", text, re.IGNORECASE)
        versions = [one or other for one, other in named if (one or other).lower() not in JOINING]
        return "prompt", list(dict.fromkeys(versions)) or None
    return None, None


def _model(word: str) -> str:
    return "gemini" if word.lower().startswith(("gemini", "google")) else "openai"


def results(said: Sentence, _: Match) -> Plan:
    return Plan("Let me count the replies.", (Step("experiment_results", {"experiment": None}),))


def end(said: Sentence, _: Match) -> Plan:
    return Plan("I'll end it.", (Step("end_experiment", {"experiment": None}),))
