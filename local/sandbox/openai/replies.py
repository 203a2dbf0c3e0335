"""ProposedAnswer: what to answer to a reply, from the sender's profile and nothing invented."""
# ruff: noqa: E501 (sentences are easier to read whole)

import re
from typing import Any

from local.sandbox.openai.sections import Sections

_ENGLISH = {
    "interested": ("Hi {first},", "Thank you for the quick answer, I'm glad this is of interest.", "I would be glad to find a time that suits you."),
    "question": ("Hi {first},", "Thank you for asking, that is a fair question.", "I would rather answer it properly than in a hurry, because it depends on how you work today."),
    "not_now": ("Hi {first},", "Thank you for letting me know, that is perfectly fine.", "I'll come back to you when you said the time is better."),
    "not_interested": ("Hi {first},", "Thank you for the clear answer, I appreciate it.", "I won't write to you about this again. All the best to you and your team."),
    "opt_out": ("Hi {first},", "Understood, I have taken you off the list and you won't hear from me again.", "I'm sorry for the interruption."),
    "other": ("Hi {first},", "Thank you for your answer.", "I want to be sure that I understand you well before I say more."),
}  # fmt: skip
_GERMAN = {
    "interested": ("Guten Tag {name},", "vielen Dank für die schnelle Antwort, das freut mich.", "Lassen Sie uns einen Termin finden, der Ihnen passt."),
    "question": ("Guten Tag {name},", "vielen Dank für die Nachfrage, sie ist berechtigt.", "Ich möchte sie lieber gründlich als eilig beantworten, denn es hängt davon ab, wie Sie heute arbeiten."),
    "not_now": ("Guten Tag {name},", "vielen Dank für die Rückmeldung, das ist völlig in Ordnung.", "Ich melde mich wieder, wenn es besser passt."),
    "not_interested": ("Guten Tag {name},", "vielen Dank für die klare Antwort.", "Ich schreibe Ihnen dazu nicht weiter und wünsche Ihnen alles Gute."),
    "opt_out": ("Guten Tag {name},", "verstanden, Sie hören dazu nichts mehr von mir.", "Bitte entschuldigen Sie die Störung."),
    "other": ("Guten Tag {name},", "vielen Dank für Ihre Antwort.", "Ich möchte sicher sein, dass ich Sie richtig verstehe."),
}  # fmt: skip
_WORDS = {
    "en": (_ENGLISH, "You can pick a time here: {link}", "Which day this week or next would work for you?", "Would a short call be the easiest way to go through it?", "{offer}", "Could you tell me a little more about what you have in mind?"),
    "de": (_GERMAN, "Hier können Sie einen Termin wählen: {link}", "Welcher Tag passt Ihnen in dieser oder der nächsten Woche?", "Wäre ein kurzes Gespräch der einfachste Weg?", "{offer}", "Mögen Sie mir etwas mehr dazu sagen?"),
}  # fmt: skip
_GERMAN_WORDS = re.compile(r"\b(?:und|nicht|Sie|wir|für|vielen|danke|bitte|Ihre|haben|gern)\b")


def proposed_answer(sections: Sections, _: str) -> dict[str, Any]:
    lead, sender = sections.object("lead"), sections.object("sender")
    sentiment = str(sections.object("reading").get("sentiment") or "other")
    language = "de" if len(_GERMAN_WORDS.findall(sections.text("reply"))) > 2 else "en"
    pool, booking, ask_day, ask_call, offered, ask_more = _WORDS[language]
    lines = list(pool.get(sentiment, pool["other"]))
    link = str(sender.get("booking_link") or "")
    if sentiment == "interested":
        lines.append(booking if link else ask_day)
    elif sentiment == "question":
        lines += [offered if _offer(sender) else "", ask_call, booking if link else ""]
    elif sentiment == "other":
        lines.append(ask_more)
    name = str(lead.get("name") or lead.get("first_name") or "")
    first = str(lead.get("first_name") or name.split(" ")[0])
    filled = [line.format(first=first, name=name, link=link, offer=_offer(sender)) for line in lines if line]
    if re.search(r"\b(?:shorter|short|brief|kürzer)\b", sections.text("instruction").lower()):
        filled = [filled[0], *filled[2:]]
    greeting, *rest = filled
    return {"body": "\n\n".join([greeting, " ".join(rest)]), "claims": []}


def _offer(sender: dict[str, Any]) -> str:
    text = re.split(r"(?<=[.!?])\s", " ".join(str(sender.get("offer") or "").split()))[0].rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text and "?" not in text and len(text.split()) <= 30 else ""
