"""What should be remembered across threads, and help."""

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.help import COMMANDS, SENTENCES
from db.queries import member_context
from db.types import Effect
from pipeline.errors import UserError

MOST_NOTES = 30


class Remember(Arguments):
    note: str = Field(description="what to remember, in the person's words")


@tool(effect=Effect.WRITE, label="Remembering")
async def remember(ctx: ToolContext, args: Remember) -> Result:
    """Remember a goal, preference or fact this person told you, for later conversations."""
    note = args.note.strip()[:500]
    if not note:
        raise UserError("What should I remember?")
    context = await member_context.get(ctx.tx.session, ctx.workspace_id, ctx.user_id)
    goals = [goal for goal in context.get("current_goals", []) if goal != note]
    await member_context.merge(
        ctx.tx.session,
        ctx.workspace_id,
        ctx.user_id,
        {"current_goals": [*goals, note][-MOST_NOTES:]},
        now=ctx.now,
    )
    await ctx.record("note.remembered", "member", payload={"note": note})
    return Result(summary=f"I'll remember: “{note}”.")


class HelpMe(Arguments):
    topic: str | None


class Help(Result):
    commands: list[str]
    examples: list[str]


@tool(effect=Effect.READ, label="Looking up what I can do")
async def help_me(ctx: ToolContext, args: HelpMe) -> Help:
    """What this assistant can do: its commands and example sentences."""
    commands = [f"{command}: {what}" for command, what in COMMANDS]
    return Help(
        summary="I research leads, write drafts for approval, send what was approved, and report.",
        commands=commands,
        examples=list(SENTENCES),
    )
