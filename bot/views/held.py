"""A change that the assistant would make, and that waits for a person's click."""

from bot.action_ids import Action
from bot.views.blocks import Rendered, actions, button, clip, context, escape, section

WHY = (
    "I had just read text that strangers wrote, from web pages or replies. "
    "So that nobody but you tells me what to do, this waits for your click."
)
BY_RULE = "I never do this by myself, so it waits for your click."


def held(title: str, value: str, *, by_rule: bool = False) -> Rendered:
    """`title`: what would be done; `value`: which call of which turn; `by_rule`: it always asks."""
    asked = f"Shall I? {title}"
    return Rendered(
        asked,
        [
            section(f"*{escape(clip(asked, 300))}*"),
            actions(
                [
                    button("Do it", Action.HELD_DO.value, value, style="primary"),
                    button("Leave it", Action.HELD_LEAVE.value, value),
                ]
            ),
            context(BY_RULE if by_rule else WHY),
        ],
    )


def decided(title: str, summary: str | None, user_id: str) -> Rendered:
    """`summary`: what was done; None when it was left."""
    said = f"✅ {summary}" if summary else f"Left as it was: {title}"
    return Rendered(said, [section(escape(clip(said, 2000))), context(f"Decided by <@{user_id}>")])
