"""Which address of a lead is right, and writing to them once it is known."""

from dataclasses import dataclass

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.tools.leads import one_lead
from bot.views.lead import write_offer
from db.models.lead import Lead
from db.queries import campaign, enrollment, lead_card, outbox
from db.queries import lead as leads
from db.types import Effect, EmailStatus, EnrollmentId, LeadId, LeadStatus
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.jobs.addressing import address_settled
from pipeline.jobs.rescoring import rescore
from pipeline.rules.qualification import validate_lead

_UNSURE = (EmailStatus.GUESSED, EmailStatus.INVALID, EmailStatus.MISSING)
_OPEN = (LeadStatus.NEW, LeadStatus.RESEARCHING, LeadStatus.RESEARCHED)


@dataclass(frozen=True, slots=True)
class Confirmed:
    lead: Lead
    address: str
    may_write: bool  # worth writing to, and nobody has begun

    @property
    def sentence(self) -> str:
        worth = " They are worth writing to now." if self.may_write else ""
        return f"{self.address} is {self.lead.name}'s address.{worth}"


class ConfirmEmail(Arguments):
    lead: str = Field(description="a name, an email address or an id")
    email: str | None = Field(description="the right address; null: the guessed one is right")


@tool(effect=Effect.WRITE, label="Noting the address of {lead}")
async def confirm_email(ctx: ToolContext, args: ConfirmEmail) -> Result:
    """Note that a lead's email address is right, or what the right one is, because the person you talk to said so.
    A guessed address counts as none until then; the lead is scored anew. Where the lead is worth writing to, a button
    that begins a sequence is shown; you can't begin it."""
    done = await confirm(ctx, await one_lead(ctx, args.lead), args.email)
    if done.may_write:
        await outbox.put(
            ctx.tx.session,
            ctx.workspace_id,
            key=f"write:{done.lead.id}:{ctx.thread_ts}",
            channel=ctx.channel_id,
            thread_ts=ctx.thread_ts or None,
            payload=write_offer(lead_card.line(done.lead), done.sentence).payload(),
            now=ctx.now,
        )
    return Result(summary=done.sentence)


async def confirm(ctx: ToolContext, lead: Lead, email: str | None) -> Confirmed:
    """`email` None: the address that is known is right. Raises UserError, FieldErrors."""
    address = validate_lead(name=lead.name, email=email).email or lead.email
    if address is None:
        raise UserError(f"No address of {lead.name} is known. What is it?")
    if lead.email_status == EmailStatus.INVALID and address == lead.email:
        raise UserError(f"{address} bounced, so it can't be right. Do you know another address?")
    holder = await leads.find_by_email(ctx.tx.session, ctx.workspace_id, address)
    if holder is not None and holder.id != lead.id:
        raise UserError(f"{address} is the address of {holder.name} already.")
    status = EmailStatus.CONFIRMED if address == lead.email else EmailStatus.GIVEN
    changes = {"email": address, "email_status": status.value, "email_note": None}
    await leads.update(ctx.tx.session, ctx.workspace_id, lead.id, changes, now=ctx.now)
    await rescore(ctx.tx, lead.id, now=ctx.now)
    await address_settled(ctx.deps, ctx.tx, lead.id, address, now=ctx.now)
    await ctx.record("lead.email_confirmed", "lead", lead.id, {"email": address})
    await ctx.tx.session.refresh(lead)
    return Confirmed(lead, address, await may_write(ctx, lead))


async def may_write(ctx: ToolContext, lead: Lead) -> bool:
    """Whether a person may begin a sequence to the lead: worth it, an address that is no guess, none begun."""
    if not lead.qualified or lead.email_status in _UNSURE or lead.status not in _OPEN:
        return False
    newest = await enrollment.newest_of_lead(ctx.tx.session, ctx.workspace_id, lead.id)
    return newest is None or newest.state not in enrollment.RUNNING


async def write_to(ctx: ToolContext, lead: Lead) -> EnrollmentId:
    """Enrol the lead and have the drafts written; a person approves them. Raises UserError where it can't be."""
    if await campaign.answer_waits(ctx.tx.session, ctx.workspace_id, lead.id):
        raise UserError(
            f"{lead.name} wrote to us, and the answer to them still waits for an approval. Decide about it first: "
            "/leads drafts shows it."
        )
    begun = None
    if await may_write(ctx, lead):
        begun = await campaign.enroll(
            ctx.tx.session,
            ctx.workspace_id,
            lead_id=LeadId(lead.id),
            campaign_id=None,
            owner_user_id=ctx.user_id,
            channel_id=ctx.channel_id or None,
            thread_ts=ctx.thread_ts or None,
            now=ctx.now,
        )
    if begun is None:
        raise UserError(f"{lead.name} is in a sequence already, has had one, or is not to be written to now.")
    ctx.tx.enqueue(Wake.WRITE_SEQUENCE, enrollment_id=begun)
    await ctx.record("sequence.begun", "lead", lead.id, {"enrollment": str(begun)})
    return begun
