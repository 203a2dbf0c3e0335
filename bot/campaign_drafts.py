"""The drafts of a campaign with many leads: one message for all of them, where each lead's own card would bury a
channel. The queue shows them one by one."""

from bot.views.blocks import Rendered
from bot.views.campaigns import drafts_card
from db.cards import ApprovalCard
from db.queries import campaign, outbox
from db.session import Tx
from db.types import EmailKind

MOST_CARDS = 5  # leads of a campaign that get a card each


def key_of(card: ApprovalCard) -> str:
    return f"campaign-drafts:{card.campaign_id}"


async def shared_card(tx: Tx, card: ApprovalCard) -> Rendered | None:
    """What to show instead of the lead's own card; None where it has, or gets, one of its own."""
    if card.kind != EmailKind.SEQUENCE or card.campaign_id is None:
        return None
    if not await campaign.was_given_more_than(tx.session, tx.workspace_id, card.campaign_id, MOST_CARDS):
        return None
    if await outbox.by_key(tx.session, f"approval:{card.id}") is not None:
        return None
    row = await campaign.by_id(tx.session, tx.workspace_id, card.campaign_id)
    return drafts_card(row) if row else None
