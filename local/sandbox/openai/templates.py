"""Plans for email templates: looking at them, and saving one that is given in quotation marks."""

import re

from local.sandbox.openai.plans import Plan, Sentence, Step

Match = re.Match[str]
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]", re.DOTALL)
_STEPS = (
    ("introduction", r"\bintro(?:duction)?\b|\bfirst (?:step|e-?mail)\b"),
    ("value_proposition", r"\bvalue[ _]proposition\b|\bsecond (?:step|e-?mail)\b"),
    ("case_study", r"\bcase[ _]study\b|\bthird (?:step|e-?mail)\b"),
    ("soft_reminder", r"\breminder\b|\bfourth (?:step|e-?mail)\b"),
    ("breakup", r"\bbreak[ -]?up\b|\b(?:last|fifth) (?:step|e-?mail)\b"),
)


def listed(said: Sentence, _: Match) -> Plan:
    return Plan("Let me look at your templates.", (Step("list_email_templates", {}),))


def save(said: Sentence, _: Match) -> Plan:
    """“Save the template "Friendly" for the introduction: "subject" "body"”."""
    quoted = _QUOTED.findall(said.whole)
    step = next((name for name, words in _STEPS if re.search(words, said.text, re.IGNORECASE)), None)
    if len(quoted) < 3 or step is None:
        return Plan(
            "Say it with the step and three things in quotation marks: Save the template “name” for the "
            "introduction with the subject “…” and the body “…”. Or use the form: `/leads templates`."
        )
    name, subject, body = quoted[:3]
    given = {"name": name, "step": step, "language": None, "subject": subject, "body": body}
    return Plan("I'll check it and save it.", (Step("save_email_template", given),))
