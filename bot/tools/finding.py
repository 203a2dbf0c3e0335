"""Finding new leads by what their companies do, where, and how large they are."""

from dataclasses import asdict

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from db.queries import finding
from db.queries.finding import NewSearch
from db.types import Effect
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.messages import SearchProgressed
from pipeline.rules.finding import MOST_WANTED, Criteria

LONGEST = 120
MOST_OTHERS = 5


class FindLeads(Arguments):
    kind: str = Field(
        description="what the companies do, in the person's words, spelled right: plumbing companies"
    )
    place: str | None = Field(description="town, region or country; null for anywhere")
    role: str | None = Field(
        description="whom to write to there, e.g. operations manager; null for who decides"
    )
    least_people: int | None = Field(description="more than 10 people is 11; null when nothing was said")
    most_people: int | None
    founded_from: int | None = Field(description="founded after 2015 is 2016; null when nothing was said")
    founded_to: int | None = Field(description="founded before 2015 is 2014")
    others: list[str] | None = Field(
        description="any other condition, each in few words of the person's: family-owned; null when there is none"
    )
    count: int = Field(description="how many companies, at most 50")


class SearchBegun(Result):
    search_id: str


@tool(effect=Effect.WRITE, label="Looking for {kind} {place}")
async def find_leads(ctx: ToolContext, args: FindLeads) -> SearchBegun:
    """Find new leads that are not in the database yet: companies of a kind, in a place, of a size, each with a named
    person. It runs in the background; a card in this thread shows candidates to add or dismiss."""
    kind, place = args.kind.strip(), (args.place or "").strip()
    if not 2 <= len(kind) <= LONGEST or len(place) > LONGEST:
        raise UserError("What kind of companies? For example: plumbing companies in Austin.")
    least, most = args.least_people, args.most_people
    if (least is not None and least < 1) or (most is not None and most < 1):
        raise UserError("A company has at least one person.")
    if least is not None and most is not None and least > most:
        raise UserError(f"At least {least} and at most {most} people: no company can be both.")
    since, until = args.founded_from, args.founded_to
    if since is not None and until is not None and since > until:
        raise UserError(f"Founded from {since} to {until}: no company can be both.")
    others = [one.strip() for one in args.others or () if one.strip()]
    if len(others) > MOST_OTHERS or any(len(one) > LONGEST for one in others):
        raise UserError(f"At most {MOST_OTHERS} other conditions, each in few words.")
    criteria = Criteria(
        kind=kind,
        place=place or None,
        role=(args.role or "").strip() or None,
        least_people=least,
        most_people=most,
        founded_from=since,
        founded_to=until,
        others=others,
    )
    wanted = max(1, min(args.count, MOST_WANTED))
    new = NewSearch(
        request=criteria.in_words,
        criteria=asdict(criteria),
        wanted=wanted,
        requested_by=ctx.user_id,
        channel_id=ctx.channel_id,
        thread_ts=ctx.thread_ts or None,
        cost_cap_cents=ctx.deps.settings.find_cents,
    )
    search_id = await finding.start(ctx.tx.session, ctx.workspace_id, new, now=ctx.now)
    ctx.tx.enqueue(Wake.FIND_LEADS, search_id=search_id)
    await ctx.record("search.begun", "search", search_id, {"request": criteria.in_words, "wanted": wanted})
    await ctx.deps.notifier.tell(ctx.tx, SearchProgressed(search_id))
    most = f" {MOST_WANTED} are the most at once." if args.count > MOST_WANTED else ""
    said = f"Looking for {wanted} {criteria.in_words}.{most} The card in this thread shows who is found."
    return SearchBegun(summary=said, search_id=str(search_id))
