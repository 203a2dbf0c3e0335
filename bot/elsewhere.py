"""Where a surface goes whose channel we can't post to: to a person's own messages, with a word about why.

The word is said once a channel and day; the channel's later surfaces then come without it.
"""

from datetime import datetime

from bot.slack import dig
from bot.views.problem import note
from db.queries import outbox, workspace
from db.queries.outbox import OutboxItem
from db.session import Tx
from db.types import LeaseToken

OWNER = "owner"  # in a payload: the person it concerns most
INVITE = "Invite me there: `/invite @Rainmaker`"
CHOOSE = "choose another channel: `/leads setup`"
WHY = {
    "not_in_channel": f"I am not a member of it. {INVITE}",
    "channel_not_found": f"I can't see it: it is private, or gone. {INVITE}, or {CHOOSE}",
    "is_archived": f"it is archived. Unarchive it, or {CHOOSE}",
    "user_not_in_channel": "you are not a member of it",
}


async def redirect(tx: Tx, item: OutboxItem, token: LeaseToken, error: str, *, now: datetime) -> bool:
    """Give the surface to a person instead: its reader, its owner, an admin or an approver. False where that
    can't help: another error, a direct message, or nobody is known. Raises LeaseLost."""
    if error not in WHY or not item.channel.startswith(("C", "G")):
        return False
    person = item.ephemeral_user or str(dig(item.payload, OWNER) or "") or await _somebody(tx)
    if not person:
        return False
    await outbox.redirect(tx.session, item.id, token, channel=person, now=now)
    key = f"unreachable:{item.channel}:{person}:{now.date()}"
    if await outbox.by_key(tx.session, key) is None:
        said = note(f"⚠️ I could not post in <#{item.channel}>, so it comes to you: {WHY[error]}.")
        payload = said.payload()
        await outbox.put(tx.session, tx.workspace_id, key=key, channel=person, payload=payload, now=now)
    return True


async def _somebody(tx: Tx) -> str | None:
    known = await workspace.members(tx.session, tx.workspace_id)
    chosen = [one for one in known if one.is_admin] or [one for one in known if one.is_approver]
    return chosen[0].slack_user_id if chosen else None
