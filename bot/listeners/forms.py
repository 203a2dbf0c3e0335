"""Submitted forms: their values, and errors shown at their fields. The answer of a form is its ack."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from slack_bolt.request.async_request import AsyncBoltRequest

from bot.listeners.base import Bot, Scene, scene_of
from bot.slack import dig
from bot.views.modals import message
from bot.views.problem import APOLOGY
from bot.words import storable
from db.errors import Unreachable
from db.queries import inbox
from db.session import Tx
from pipeline.errors import FieldErrors, Permanent, Transient, UserError
from pipeline.logs import get_logger

log = get_logger(__name__)
Form = dict[str, dict[str, Any]]  # block_id to the state of its one input
Save = Callable[[Bot, Tx, Scene, Form], Awaitable[None]]


def form(bot: Bot, save: Save) -> Callable[..., Awaitable[None]]:
    """A Bolt view listener around `save`, which runs in one transaction and commits before the form closes.

    The delivery ends in that transaction too, so a form that was saved is not saved again after a crash.
    """

    async def submit(ack: Callable[..., Awaitable[Any]], body: dict[str, Any], req: AsyncBoltRequest) -> None:
        scene = await scene_of(bot, body, req)
        if scene is None:
            await ack()
            return
        given = values(body)
        try:
            async with bot.deps.db.transaction(scene.workspace_id) as tx:
                if await inbox.finish_with(tx.session, scene.inbox_id, now=bot.deps.clock.now()):
                    await save(bot, tx, scene, given)
            await ack()
            bot.poster.nudge()
        except FieldErrors as error:
            await ack(response_action="errors", errors=_at_fields(error.errors, given))
        except (UserError, Permanent) as error:
            await ack(response_action="update", view=message("That didn't work", str(error)))
        except (Transient, Unreachable):
            raise
        except Exception:
            log.exception("form_failed", reference=uuid4().hex[:8])
            await ack(response_action="update", view=message("That didn't work", APOLOGY))

    submit.__name__ = save.__name__
    return submit


def values(body: dict[str, Any]) -> Form:
    state: dict[str, Form] = body["view"]["state"]["values"]
    return {block_id: next(iter(inputs.values()), dict[str, Any]()) for block_id, inputs in state.items()}


def text(given: Form, name: str) -> str:
    """What was typed, trimmed; empty where nothing was."""
    return storable(str(dig(given, name, "value") or "")).strip()


def choice(given: Form, name: str) -> str:
    return str(dig(given, name, "selected_option", "value") or "")


def users(given: Form, name: str) -> list[str]:
    return [str(user) for user in dig(given, name, "selected_users") or ()]


def _at_fields(errors: dict[str, str], given: Form) -> dict[str, str]:
    """Errors at the fields of this form; one without a field goes to the first."""
    first = next(iter(given), "")
    placed: dict[str, str] = {}
    for name, sentence in errors.items():
        placed[name if name in given else first] = sentence
    return placed
