"""One small tree of errors. They are translated at four boundaries only: the Slack listener, the tool
runner, the job wrapper, the web middleware."""

from datetime import timedelta


class RainmakerError(Exception):
    """Base of what this code raises on purpose."""


class UserError(RainmakerError):
    """A person can mend this; the message is a full sentence and is shown to them as it is."""


class FieldErrors(UserError):
    """Wrong input in a form: field name to a sentence that says what is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class Transient(RainmakerError):
    """The outside failed for now; try again after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(RainmakerError):
    """The outside refused for good; trying again changes nothing. The message says what to do."""


class Unknown(RainmakerError):
    """Whether the outside did it can't be known; a person has to decide."""


class Blocked(Permanent):
    """The egress guard, robots.txt or the site itself refuses this page; the message says which."""


class BadSettings(RainmakerError):
    """A setting is missing or wrong; the message names it. The process stops at start."""
