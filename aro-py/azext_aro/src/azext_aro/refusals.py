"""What the extension itself refuses, before or beside the service. The edge (`cli.py`) makes exit codes of it."""

from __future__ import annotations


class Refusal(Exception):
    """Something cannot be done: what is wrong, and what to do about it."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class Invalid(Refusal):
    """The value of an argument is malformed, or names something that does not exist."""


class Missing(Refusal):
    """An argument needs another one."""


class Exclusive(Refusal):
    """Two arguments cannot be given together."""


class NotAllowed(Refusal):
    """The caller, or the subscription, may not do this yet."""


class NotFound(Refusal):
    """Something that must exist in the tenant does not."""


class Unsound(Refusal):
    """The cluster would not work, or the service would refuse it."""


class FileInTheWay(Refusal):
    """A file cannot be written."""
