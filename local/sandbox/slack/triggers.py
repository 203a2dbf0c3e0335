"""Trigger ids: what lets an app open a modal for three seconds after a person did something."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from local.sandbox.slack.refusal import Refused

LIFE_SECONDS = 3.0
_KEEP_SECONDS = 600.0  # a trigger is remembered this long, to tell an expired one from an invalid one


@dataclass
class Trigger:
    user: str
    made: float
    view: str | None  # the modal it was made in
    used: bool = False


class Triggers:
    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._known: dict[str, Trigger] = {}

    def make(self, user: str, view: str | None = None) -> str:
        now = self._wall()
        for key in [k for k, t in self._known.items() if now - t.made > _KEEP_SECONDS]:
            del self._known[key]
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._known[trigger_id] = Trigger(user, now, view)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """The trigger, used up; refused where it is unknown, too old or used before."""
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if self._wall() - trigger.made > LIFE_SECONDS:
            raise Refused("expired_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        trigger.used = True
        return trigger
