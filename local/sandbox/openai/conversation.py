"""A request to the scripted model and its answer, apart from the dialect they travel in."""

from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any


@dataclass(frozen=True)
class Said:
    """Words of the person."""

    text: str


@dataclass(frozen=True)
class Answered:
    """Words of the model."""

    text: str


@dataclass(frozen=True)
class Called:
    call_id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Returned:
    call_id: str
    output: str


Turn = Said | Answered | Called | Returned


@dataclass(frozen=True)
class Tool:
    name: str
    parameters: dict[str, Any]

    def filled(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as the tool's own schema wants them: unknown ones left out, the rest null."""
        properties = self.parameters.get("properties")
        if not properties:
            return arguments
        required = self.parameters.get("required", list(properties))
        known = {name: value for name, value in arguments.items() if name in properties}
        return {name: known.get(name) for name in properties if name in known or name in required}


@dataclass(frozen=True)
class Request:
    model: str
    instructions: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    schema_name: str = ""  # of the structured output asked for; empty: free text
    schema: dict[str, Any] = field(default_factory=dict)
    json_mode: bool = False
    stream: bool = False
    counts_usage: bool = True  # in a stream of the chat dialect only when asked for
    max_tokens: int | None = None

    @property
    def question(self) -> str:
        """What the person said last."""
        return next((turn.text for turn in reversed(self.turns) if isinstance(turn, Said)), "")

    @property
    def since(self) -> tuple[Turn, ...]:
        """What happened after it: the model's own words and calls, and what the tools gave back."""
        last = max((at for at, turn in enumerate(self.turns) if isinstance(turn, Said)), default=-1)
        return self.turns[last + 1 :]

    def tool(self, name: str) -> Tool | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    @property
    def everything(self) -> str:
        """All text the model can read, for the obedient mode and for counting."""
        return "\n".join([self.instructions, *(_text(turn) for turn in self.turns)])


def _text(turn: Turn) -> str:
    if isinstance(turn, Called):
        return f"{turn.name} {turn.arguments}"
    return turn.output if isinstance(turn, Returned) else turn.text


@dataclass(frozen=True)
class Call:
    name: str
    arguments: str
    call_id: str = field(default_factory=lambda: f"call_{token_hex(12)}")


@dataclass(frozen=True)
class Answer:
    text: str = ""
    calls: tuple[Call, ...] = ()
    refusal: str = ""
    truncated: bool = False


def words(text: str) -> int:
    """A rough count of tokens: four for three words."""
    return len(text.split()) * 4 // 3 + 1


def pieces(text: str) -> list[str]:
    """A text as a model streams it, a word at a time, spaces kept; together they are the text."""
    found: list[str] = []
    for line in text.splitlines(keepends=True):
        for at, word in enumerate(line.split(" ")):
            found.append(word if at == 0 else f" {word}")
    return [piece for piece in found if piece]


def clipped(text: str, limit: int | None) -> tuple[str, bool]:
    """The text within the limit of tokens, and whether something was cut off."""
    if limit is None or words(text) <= limit:
        return text, False
    return "".join(pieces(text)[: max(1, limit * 3 // 4)]), True
