"""Words in a page that are meant for a machine and not for a reader. They are no facts about anybody.

A last net and no wall: what reads pages has no tools, and what has tools changes nothing on their account.
Companies that sell assistants and agents write about them all day; only being spoken to, or ordered, counts.
"""

import re

_MACHINE = (
    r"(?:an? |the |any |all )?(?:ai|a\.i\.|llm|gpt|language model|chat ?bot|ki)"
    r"(?:[ -](?:assistants?|agents?|models?|systems?|bots?|assistenten?|agenten?))?"
)
_ORDERS = re.compile(
    "|".join(
        (
            rf"\bif you(?:'re| are) (?:reading this as )?{_MACHINE}\b",
            rf"\b(?:as|you are|you're) (?:now )?{_MACHINE}\b[^.]{{0,60}}\b(?:must|should|shall|will|please|need to)\b",
            rf"\b{_MACHINE} (?:reading|processing|parsing|summari[sz]ing) th(?:is|ese)\b",
            rf"\b(?:dear|hey|attention|note to(?: the)?|notice to(?: the)?|message (?:to|for)(?: the)?) {_MACHINE}\b",
            r"\bai (?:agents?|assistants?|models?) (?:must|should|shall|are (?:required|instructed) to)\b",
            r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}"
            r"(?:\b(?:previous|prior|earlier|above|your|system)\b.{0,20}\b(?:instructions?|prompts?|guidelines|rules)\b"
            r"|\b(?:instructions?|prompts?|guidelines|rules|everything|all) (?:above|before|so far)\b|\bthe above\b)",
            r"\b(?:your|the|full|hidden) system prompt\b",
            r"(?:^|\n|[.!?] )\s*(?:system|assistant|developer) ?: ",
            r"</?(?:untrusted|system|assistant|instructions?|tool_result|page)>",
            r"\"role\"\s*:\s*\"(?:system|assistant|developer)\"",
            r"\b(?:begin|end) (?:of )?(?:tool|system|assistant) (?:output|message|prompt|result)\b",
            r"\bignorier\w* (?:alle |sämtliche |bitte )*(?:vorherigen|bisherigen|obigen) (?:anweisungen|vorgaben)\b",
        )
    ),
    re.IGNORECASE,
)


def addresses_a_machine(text: str) -> bool:
    """Is a machine spoken to, or ordered about, in this text?"""
    return _ORDERS.search(text.replace("’", "'")) is not None
