"""What the scripted model decides to do about a sentence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.sandbox.openai.memory import Memory

Outputs = dict[str, dict[str, Any]]  # tool name to what it returned, of this turn


@dataclass(frozen=True)
class Step:
    """One tool call to make."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Words to begin with, calls to make together, and what may follow from their outputs.

    A plan without steps is a plain answer.
    """

    says: str
    steps: tuple[Step, ...] = ()
    then: Callable[[Outputs], tuple[Step, ...]] | None = None
    closing: str = ""  # a line of advice after the answer
    advises: bool = False  # whether two or three things to do, drawn from the numbers, follow


@dataclass(frozen=True)
class Sentence:
    """A cleaned sentence and what was spoken of before it."""

    text: str  # without greeting and politeness
    whole: str  # cleaned only
    memory: Memory
