"""The first run's checklist: what is done, and the surface in a person's DM that shows it."""

from bot.posting import Poster
from bot.views import home
from db.cards import Setup
from db.queries import mailbox, outbox, workspace
from db.session import Tx
from db.types import MailboxState
from pipeline.deps import Deps


async def load_setup(tx: Tx) -> Setup:
    """Which items are done, from the rows themselves."""
    ours = await workspace.get(tx.session, tx.workspace_id)
    boxes = await mailbox.listing(tx.session, tx.workspace_id)
    return Setup(
        approvers=bool(await workspace.approvers(tx.session, tx.workspace_id)),
        company=bool(ours.company_name and ours.company_offer),
        sender=bool(ours.sender_name and ours.postal_address),
        mailbox=any(box.state == MailboxState.ACTIVE for box in boxes),
        window=ours.window_confirmed,
        channels=bool(ours.briefing_channel and ours.drafts_channel and ours.alerts_channel),
        booking=bool(ours.booking_link),
        once_complete=ours.setup_completed_at is not None,
    )


async def show_checklist(deps: Deps, tx: Tx, poster: Poster, user_id: str) -> None:
    """The checklist in the person's DM, in place; whoever completes it becomes the first admin."""
    now = deps.clock.now()
    state = await load_setup(tx)
    ours = await workspace.get(tx.session, tx.workspace_id)
    if state.complete and ours.setup_completed_at is None:
        await workspace.make_first_admin(tx.session, tx.workspace_id, user_id, now=now)
        await workspace.update_settings(tx.session, tx.workspace_id, now=now, setup_completed_at=now)
    await outbox.put(
        tx.session,
        tx.workspace_id,
        key=f"setup:{user_id}",
        channel=user_id,
        payload=home.checklist(state, sandbox="slack" in deps.settings.stand_in_names).payload(),
        now=now,
    )
    poster.nudge()
