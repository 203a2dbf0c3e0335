"""What numbers say: intervals, and when a campaign or the list of leads needs a person's attention."""

import math
from dataclasses import dataclass

# Health bands from providers' published limits: complaints and bounces beyond these cost the domain its name.
BOUNCE_WATCH = 0.05
BOUNCE_FLOOR = 20  # sent emails below which one bounce says nothing
REPLY_LOW = 0.01
REPLY_FLOOR = 100
Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson(successes: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Wilson score interval of a rate (E. B. Wilson, JASA 1927); (0, 1) without trials.

    Raises ValueError unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError("successes must lie between 0 and trials")
    if trials == 0:
        return 0.0, 1.0
    rate = successes / trials
    center = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)


def accuracy_in_words(right: int, judged: int) -> str:
    """How often people agreed with the verdict on a lead, with the interval that so few or many allow."""
    if not judged:
        return "Nobody has pressed “Good fit” or “Not a fit” yet, so how often the verdicts are right is not known."
    low, high = wilson(right, judged)
    return (
        f"People agreed with {right} of {judged} verdicts on leads: {right / judged:.0%} "
        f"(95 % interval {low:.0%} to {high:.0%})."
    )


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    name: str
    sent: int
    replied: int
    bounced: int


@dataclass(frozen=True, slots=True)
class Attention:
    kind: str
    recommendation: str


def campaign_attention(facts: CampaignFacts) -> Attention | None:
    """What is wrong with a campaign, if its numbers are enough to say so."""
    if facts.sent >= BOUNCE_FLOOR and facts.bounced / facts.sent >= BOUNCE_WATCH:
        return Attention(
            "campaign_bounces",
            f"Campaign “{facts.name}”: {facts.bounced} of {facts.sent} emails bounced "
            f"({facts.bounced / facts.sent:.0%}). Pause it and check where its addresses come from.",
        )
    low, high = wilson(facts.replied, facts.sent)
    if facts.sent >= REPLY_FLOOR and high < REPLY_LOW * 3 and facts.replied / facts.sent < REPLY_LOW:
        return Attention(
            "campaign_replies",
            f"Campaign “{facts.name}”: {facts.replied} replies to {facts.sent} emails "
            f"({low:.1%} to {high:.1%}). Try another approach or narrower leads.",
        )
    return None


def leads_attention(*, unresearched: int, sequences_waiting: int) -> Attention | None:
    """What the list of leads waits for, the nearest to an email first."""
    if sequences_waiting >= 5:
        return Attention("drafts_waiting", f"{sequences_waiting} sequences wait for approval.")
    if unresearched >= 5:
        return Attention(
            "leads_unresearched",
            f"{unresearched} leads are not researched yet. Say “Research the latest 10 leads in depth”.",
        )
    return None
