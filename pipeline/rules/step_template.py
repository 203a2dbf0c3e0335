"""What a template of a step is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepTemplate:
    subject: str
    body: str
    cta: str
    ps: str

    @property
    def source(self) -> str:
        """Body, call to action and P.S. as one text, as a person edits it."""
        return f"{self.body}\n\n{self.cta}\n\nP.S. {self.ps}"


def or_link(with_link: str, without: str) -> str:
    """A call to action that offers the booking link where there is one."""
    return f"{{% if booking_link %}}{with_link} {{{{ booking_link }}}}{{% else %}}{without}{{% endif %}}"
