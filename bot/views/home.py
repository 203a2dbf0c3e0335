"""The greeting, the quick actions, the first-run checklist, and App Home."""

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    context,
    counted,
    divider,
    escape,
    fields,
    header,
    section,
)
from db.cards import Numbers, Setup

# The seeds' quick actions: label and the words they send.
QUICK_ACTIONS = (
    ("📊 Today's Performance", "Show me today's campaign performance"),
    ("🔍 Find New Leads", "Find new leads to research"),
    ("📧 Schedule Campaign", "Schedule a campaign for replied leads"),
    ("✅ Today's Tasks", "What tasks do I have today?"),
)
EXAMPLES = (
    "Research Maria Silva at Acme, maria@acme.example",
    "Show me the top performing campaigns",
    "Why hasn't the email to Maria been sent?",
    "Send me a daily report every morning at 9am",
)
CHECKLIST: tuple[tuple[str, str, Action, str], ...] = (
    ("approvers", "Who may approve drafts", Action.SETUP_APPROVERS, "Choose people"),
    ("company", "Company, offer, proof points, voice", Action.SETUP_COMPANY, "Tell me"),
    ("sender", "Sender name and postal address", Action.SETUP_SENDER, "Fill in"),
    ("mailbox", "Mailbox to send from", Action.SETUP_MAILBOX, "Connect"),
    ("window", "Send window, time zone, daily limits", Action.SETUP_WINDOW, "Choose"),
    ("channels", "Channels for briefings, drafts, alerts", Action.SETUP_CHANNELS, "Choose"),
    ("booking", "Booking link", Action.SETUP_BOOKING, "Add"),
)


def greeting(name: str) -> Rendered:
    """What the assistant can do, in five lines, with the quick actions as buttons."""
    hello = f"Hi{' ' + escape(name) if name else ''}! I'm Rainmaker, your lead-generation colleague."
    can = (
        "I research leads and prove every fact with its source, write personal emails, "
        "send only what one of you approved, follow up, stop when somebody answers, and brief you each morning.\n"
        "Write to me as to a colleague, use `/leads`, or press a button:"
    )
    return Rendered(hello, [section(f"*{hello}*\n{can}"), quick_actions(), context(_examples())])


def quick_actions() -> Block:
    return actions(
        [button(label, f"{Action.PROMPT}:{n}", words) for n, (label, words) in enumerate(QUICK_ACTIONS)]
    )


def _examples() -> str:
    return "For example: " + " · ".join(f"“{example}”" for example in EXAMPLES[:2])


def checklist(setup: Setup, *, sandbox: bool, to_change: bool = False) -> Rendered:
    """The first-run checklist; each item is a button until it is green. `to_change`: with what is green, too."""
    if setup.complete:
        said = "*✅ Everything is set up.*"
        if to_change:
            return Rendered("Everything is set up.", [section(said), *_items(setup)])
        return Rendered(
            "Everything is set up.", [section(f"{said} You can change any of it in my Home tab.")]
        )
    blocks: list[Block] = [
        section(
            f"*Before the {'next' if setup.once_complete else 'first'} email goes out* · "
            f"{setup.done} of {len(CHECKLIST)} done"
        )
    ]
    blocks += _items(setup)
    if sandbox and not setup.once_complete:
        blocks.append(actions([button("Use the example company", Action.SETUP_EXAMPLE, style="primary")]))
        blocks.append(
            context("The example fills in everything at once, so that you can watch a whole campaign.")
        )
    return Rendered(f"First-run checklist: {setup.done} of {len(CHECKLIST)} done", blocks)


def _items(setup: Setup) -> list[Block]:
    return [_item(setup, *item) for item in CHECKLIST]


def _item(setup: Setup, name: str, label: str, action: Action, verb: str) -> Block:
    done = bool(getattr(setup, name))
    text = f"{'✅' if done else '⬜'} {label}"
    return section(text, button("Change" if done else verb, action, "edit"))


def home(
    setup: Setup, numbers: Numbers, by_status: dict[str, int], *, sandbox: bool, stopped_by: str | None
) -> Block:
    """App Home: state at a glance, quick actions, the checklist, and the switch that stops all sending."""
    total = sum(by_status.values())
    blocks: list[Block] = [header("At a glance"), quick_actions()]
    if stopped_by:
        blocks.append(
            section(
                f"⏹️ *All sending is stopped* by <@{stopped_by}>.",
                button("Start again", Action.RESUME_ALL, style="primary"),
            )
        )
    blocks.append(divider())
    if total:
        blocks.append(fields(_at_a_glance(numbers, by_status, total)))
        if numbers.drafts_waiting:
            label = f"Review {counted(numbers.drafts_waiting, 'draft')}"
            blocks.append(actions([button(label, Action.DRAFTS_LIST, "all", style="primary")]))
    else:
        blocks.append(
            section(
                "*No leads yet.* Write to me: `Research Maria Silva at Acme, maria@acme.example`",
                button("Add a lead", Action.LEAD_ADD_OPEN),
            )
        )
    blocks.append(divider())
    if setup.complete:
        blocks += [section("*✅ Everything is set up*"), *_items(setup)]
    else:
        blocks += checklist(setup, sandbox=sandbox).blocks
    if not stopped_by:
        blocks += [
            divider(),
            actions(
                [
                    button("Briefing now", Action.BRIEFING_NOW),
                    button("Stop all sending", Action.STOP_ALL, style="danger"),
                ]
            ),
        ]
    return {"type": "home", "blocks": blocks[:100]}


def _at_a_glance(numbers: Numbers, by_status: dict[str, int], total: int) -> list[tuple[str, str]]:
    reply_rate = numbers.rate(numbers.replied)
    return [
        ("Leads", str(total)),
        ("Replied", str(by_status.get("replied", 0))),
        (f"Sent {numbers.label}", str(numbers.sent)),
        ("Reply rate", f"{reply_rate:.0%}" if reply_rate is not None else "no emails yet"),
        ("Drafts waiting", str(numbers.drafts_waiting)),
        (f"Cost {numbers.label}", f"{numbers.cents:.1f} ¢"),
    ]
