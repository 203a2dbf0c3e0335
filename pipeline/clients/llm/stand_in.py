"""The model of an experiment's arm, with another to stand in, and the note that it did."""

from collections.abc import AsyncIterator, Callable, Sequence

from pipeline.clients.llm.base import Item, Llm, Parsed, StreamEvent, T, ToolSchema
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger

log = get_logger(__name__)


class ArmWriter:
    """Asks `own`; from its first failure on, `stand_in`, where there is one. `stood_in` says whether anything but
    `own` had to answer: that sequence says nothing about the arm.

    `is_own`: whether a model that answered, by its name, is the arm's (it may have a fallback inside).
    """

    def __init__(
        self,
        own: Llm | None,
        stand_in: Llm | None,
        *,
        is_own: Callable[[str], bool] = lambda _: True,
        stood_in: bool = False,
    ) -> None:
        self._own, self._stand_in, self._is_own = own, stand_in, is_own
        self.stood_in = stood_in or own is None
        self.model = self._now.model

    @property
    def _now(self) -> Llm:
        chosen = self._stand_in if self.stood_in and self._stand_in is not None else self._own
        if chosen is None:
            raise Permanent("No model is connected for this arm.")
        return chosen

    def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        return self._now.stream(instructions=instructions, items=items, tools=tools)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        asked = self._now
        try:
            parsed = await asked.parse(
                instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
            )
        except (Transient, Permanent) as error:
            self.stood_in = True
            if self._now is asked:
                raise
            log.warning("arm_stood_in_for", model=asked.model, by=self._now.model, reason=str(error))
            return await self._now.parse(
                instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
            )
        if asked is self._own and not self._is_own(parsed.model):
            self.stood_in = True
        return parsed
