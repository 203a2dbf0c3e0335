"""The scripted writer's own sentences, in English. They state nothing of the lead: what is said of them is a fact.

`{first}`, `{company}`, `{sender}`, `{ours}` (the sender's company), `{link}` and `{value}` are filled in; a
sentence whose word is missing is not used.
"""
# ruff: noqa: E501 (sentences are easier to read whole)

import re
from dataclasses import dataclass

SPAM = (
    "click here",
    "act now",
    "free money",
    "guaranteed",
    "limited time",
    "buy now",
    "risk-free",
    "urgent",
    "100% free",
)
_WORD = re.compile(r"\S*\w\S*")


def word_count(text: str) -> int:
    return len(_WORD.findall(text))


@dataclass(frozen=True)
class StepTexts:
    """For one kind of email: subjects, what opens it, what fills it, what asks, what is left to say."""

    subjects: tuple[str, ...]
    opening: tuple[str, ...]
    filling: tuple[str, ...]
    asking: tuple[str, ...]
    ps: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    greetings: tuple[str, ...]
    formal_greetings: tuple[str, ...]
    hooks: dict[str, tuple[str, ...]]  # by field of the fact; "" for any other
    offers: tuple[str, ...]
    proofs: tuple[str, ...]
    booking: tuple[str, ...]
    steps: dict[str, StepTexts]


HOOKS = {
    "news": (
        "I saw the news “{value}” and thought of you.",
        "“{value}”: that headline is why I'm writing to you today.",
        "The headline “{value}” caught my eye this week.",
    ),
    "post": ("I came across “{value}” and it stayed with me.", "“{value}” is the reason I looked you up."),
    "quote": (
        "You said “{value}”, and that line stayed with me.",
        "Your words “{value}” are why I'm writing.",
    ),
    "achievement": (
        "I read this about you and your team: “{value}”.",
        "This line made me curious: “{value}”.",
    ),
    "interest": ("One line about you made me smile: “{value}”.", "I also read this about you: “{value}”."),
    "job_post": ("I noticed the opening “{value}” on your site.", "Your search for “{value}” caught my eye."),
    "hiring": ("On your site I read: “{value}”.",),
    "product": ("I had a look at “{value}” before writing.", "“{value}” is what made me look closer."),
    "pain_point": (
        "I read that this is on your list: “{value}”.",
        "One thing on your list caught my eye: “{value}”.",
    ),
    "company_description": (
        "On your site I read: “{value}”.",
        "This is how I understood your work: “{value}”.",
    ),
    "": ("While reading up I found this: “{value}”.", "One detail stayed with me: “{value}”."),
}

ENGLISH = Language(
    greetings=("Hi {first},",),
    formal_greetings=("Hello {first},",),
    hooks=HOOKS,
    offers=("In a line, this is what we do: {offer}", "What we do is simple to say: {offer}"),
    proofs=("One thing I can point to: {proof}", "To make it concrete: {proof}"),
    booking=("You can pick a time here: {link}", "My calendar is here: {link}"),
    steps={
        "introduction": StepTexts(
            subjects=("{first}, a thought for {company}", "A question about {company}", "{company}: a question for {first}", "{first}, a short question"),
            opening=("I'm {sender} from {ours}.", "My name is {sender}, and I work at {ours}."),
            filling=(
                "That is why I wanted to write to you myself rather than send a brochure.",
                "I don't know yet whether this is something you are looking into, so I would rather ask than guess.",
                "If it is, a few minutes are enough to find out whether there is something in it for you.",
                "If it isn't, no harm done, and I won't take up more of your day.",
            ),
            asking=("Would a short call make sense?", "Is that worth a short conversation?", "Shall we talk about it for a few minutes?"),
            ps=("If somebody else looks after this, I'm glad to be pointed their way.", "A one-line answer is plenty; I read every reply myself."),
        ),
        "value_proposition": StepTexts(
            subjects=("What this could mean for {company}", "Less work where it hurts", "Where we would start"),
            opening=("I wanted to add to my first note with what it could mean in practice.", "Following up on my first note with something more useful than a reminder."),
            filling=(
                "The people we work with usually come to us with the same wish: less time lost on work that nobody enjoys, and more on what moves things forward.",
                "We start small, with one thing that hurts, and look together at whether it got better.",
                "If it did not, we stop there, and you have lost an afternoon rather than a quarter.",
                "You would need no long project for it, and nothing has to be torn down first.",
                "What you get at the end is a plain before and after, in your own figures and not in ours.",
                "Most of the effort is on our side; from you it takes one person who knows how things run today.",
                "I would rather show you one small thing that works than promise you many.",
            ),
            asking=("Is this on your list at the moment?", "Would it help if I sketched how that could look for you?", "Which part of this would be most useful to you?"),
            ps=("If the timing is wrong, tell me when to come back and I will.", "I can send a single page to read first, if you prefer that to a call."),
        ),
        "case_study": StepTexts(
            subjects=("How a first step usually looks", "From the first week to the first result", "{first}, an example instead of a pitch"),
            opening=("Instead of another pitch, here is how working with us usually begins.", "Rather than repeat myself, let me describe how a first step with us looks."),
            filling=(
                "First we listen: what takes too long, what goes wrong, what has been tried before.",
                "Then we pick a single problem small enough to judge honestly.",
                "After that we work on it together and compare before with after.",
                "What people tell us they like is that each step can be the last one, so nobody is locked in and every next step has to earn its place.",
                "The part that surprises most of them is how much becomes visible once somebody writes down how the work is really done.",
                "It also means that you can show the result to your colleagues without having to defend a big decision first.",
                "None of that needs a new system, only a little patience in the first days.",
            ),
            asking=("Shall I sketch what that could look like for you?", "Would an example closer to your own work help?", "Could something like this work on your side?"),
            ps=("A plain no is a fine answer too; it helps me not to take up your time.", "If reading is easier than talking, I can put it on a single page."),
        ),
        "soft_reminder": StepTexts(
            subjects=("Still worth a look?", "{first}, in case this got buried", "Quick one, {first}"),
            opening=("Just bringing this back to the top in case it got buried; I know how full an inbox can be.", "I'll keep this short: my last note may have arrived on a busy day."),
            filling=(
                "There is no hurry from my side, and a single line is plenty.",
                "If it helps, I can also send the whole thing as three short points.",
                "Nothing has changed on my side, the idea is still the same small one.",
            ),
            asking=("Is it worth a quick look, or better left for later?", "Should I keep it open or close it?"),
            ps=("If you tell me it's not for you, I won't write about it again.", "A yes, a no or a later is all I need."),
        ),
        "breakup": StepTexts(
            subjects=("Closing the loop", "My last note, {first}", "I'll leave it here, {first}"),
            opening=("I haven't heard back, which usually means that the timing is off or that this isn't for you.", "As I haven't heard from you, I take it that this isn't the right moment."),
            filling=(
                "Both are fine, and I won't keep writing.",
                "This is my last note about it.",
                "Should things change, a short answer to this email is enough and I will pick it up again from there.",
                "Thank you for reading this far; I know that every note takes a little of your time.",
            ),
            asking=("Is there anything you would like me to keep in mind for later?", "Would you rather I came back to it another time?"),
            ps=("I wish you and your team all the best until then.", "If a colleague would find it useful, feel free to pass it on."),
        ),
    },
)  # fmt: skip
