"""`/leads help`, and "what can you do?"."""

from bot.views.blocks import Rendered, context, section
from bot.views.home import quick_actions

COMMANDS = (
    ("/leads", "the newest leads"),
    ("/leads add", "a form; or `/leads add Maria Silva, maria@acme.example, Acme`"),
    ("/leads import", "many at once, from a CSV file; or drop the file into our DM"),
    ("/leads show Maria", "all facts of a lead, with sources"),
    ("/leads research Maria", "research her now; `quick` or `deep` at the end changes the depth"),
    ("/leads stats", "numbers of today, the week, the month"),
    ("/leads briefing", "the briefing now"),
    ("/leads drafts", "the drafts that wait for approval, one after the other; `mine` for only yours"),
    ("/leads approvers", "who may approve drafts"),
    ("/leads suppress", "whom never to write to; `/leads never acme.com` adds somebody"),
    ("/leads experiment", "how the A/B test stands"),
    ("/leads templates", "your own email templates: write, edit, preview with a lead"),
    (
        "/leads campaign",
        "plan a campaign in a form; `/leads campaign source:google, not_contacted` fills in the leads",
    ),
    ("/leads campaigns", "all campaigns: pause, resume, cancel, add leads, rehearse"),
    ("/leads stop", "stop all sending; `/leads start` starts it again"),
    ("/leads setup", "the checklist; `/leads doctor` looks at every credential"),
    ("/leads help", "this"),
)
SENTENCES = (
    "Find 20 plumbing companies in Austin with more than 10 people",
    "How many leads replied this week?",
    "Which leads from Google haven't been contacted yet?",
    "Research the latest 10 leads in depth",
    "How did you research Maria?",
    "Schedule a follow-up campaign for all replied leads tomorrow at 10am",
    "Start a drip campaign for leads from Google not contacted, 5 a day",
    "Add Dana Reyes to the spring campaign",
    "Rehearse the spring campaign",
    "Pause all campaigns for leads from Microsoft",
    "Cancel the spring campaign",
    "Compare OpenAI with Gemini",
    "How is the experiment going?",
    "Show our email templates",
    "What should I focus on today?",
)


def help_card() -> Rendered:
    commands = "\n".join(f"`{command}` — {what}" for command, what in COMMANDS)
    sentences = "\n".join(f"• “{sentence}”" for sentence in SENTENCES)
    return Rendered(
        "What I can do",
        [
            section(f"*Commands*\n{commands}"),
            section(f"*Or in your own words, here in my DM or by mentioning me*\n{sentences}"),
            quick_actions(),
            context("I never send anything that one of you has not approved."),
        ],
    )
