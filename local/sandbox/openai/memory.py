"""What was spoken of before: leads and campaigns that tools returned earlier in this conversation."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local.sandbox.openai.conversation import Called, Request, Returned
from local.sandbox.openai.phrases import count


@dataclass
class Memory:
    leads: list[dict[str, Any]] = field(default_factory=list)  # of the last output that held any
    campaign: str = ""  # the name of the campaign last spoken of
    last_tool: str = ""

    def refs(self) -> list[str]:
        return [ref for ref in (reference(lead) for lead in self.leads) if ref]

    def chosen(self, text: str) -> list[str]:
        """ "those leads", "the first two", "him": the leads of the last list that are meant."""
        refs = self.refs()
        if first := re.search(r"\bfirst\b(.*)", text, re.IGNORECASE):
            return refs[: count(first.group(1)) or 1]
        if re.search(r"\blast (?:one|lead)\b", text, re.IGNORECASE):
            return refs[-1:]
        if re.search(
            r"\b(?:him|her|he|she|it|that (?:lead|one|person)|this (?:lead|one|person))\b",
            text,
            re.IGNORECASE,
        ):
            return refs[:1]
        return refs


REFERRING = re.compile(
    r"\b(?:those|these|them|they|all of them|both|him|her|(?:that|this) (?:lead|person|one)|"
    r"the (?:first|last)|the same leads)\b",
    re.IGNORECASE,
)


def recall(request: Request) -> Memory:
    """From every output of the conversation, the latest winning."""
    memory = Memory()
    names = {turn.call_id: turn.name for turn in request.turns if isinstance(turn, Called)}
    for turn in request.turns:
        if isinstance(turn, Called):
            memory.last_tool = turn.name
        if isinstance(turn, Returned):
            _take(memory, parsed(turn.output), names.get(turn.call_id, ""))
    return memory


def _take(memory: Memory, output: dict[str, Any], tool: str) -> None:
    found = list(_leads(output))
    if found:
        memory.leads = found
    campaigns = [output.get("campaign"), *as_list(output.get("campaigns"))]
    named = [label(campaign) for campaign in campaigns if campaign]
    if named and named[0]:
        memory.campaign = named[0]


def _leads(output: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for lead in [output.get("lead"), *as_list(output.get("leads"))]:
        if isinstance(lead, dict) and (lead.get("id") or lead.get("name")):
            yield lead
        elif isinstance(lead, str) and lead:
            yield {"name": lead}


def reference(lead: dict[str, Any]) -> str:
    """How a tool is told which lead: its id, or what is known of it."""
    return str(lead.get("id") or lead.get("lead_id") or lead.get("email") or lead.get("name") or "")


def label(thing: Any) -> str:
    return str(thing.get("name") or thing.get("title") or "") if isinstance(thing, dict) else str(thing or "")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def parsed(output: str) -> dict[str, Any]:
    """A tool's output as an object; text that is no JSON counts as its summary."""
    try:
        value = json.loads(output)
    except ValueError:
        return _torn(output)
    return value if isinstance(value, dict) else {"ok": True, "summary": str(value)}


def _torn(output: str) -> dict[str, Any]:
    """Of JSON that was cut off, the sentence it begins with; other text counts as that sentence."""
    if not output.lstrip().startswith("{"):
        return {"ok": True, "summary": output}
    sentence = re.search(r'"(summary|error)":\s*("(?:[^"\\]|\\.)*")', output)
    if sentence is None:
        return {"ok": True, "summary": ""}
    return {"ok": sentence[1] == "summary", sentence[1]: json.loads(sentence[2])}
