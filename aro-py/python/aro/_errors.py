"""Exceptions. They are seen as classes of the module aro."""

from __future__ import annotations

from typing import Any

from aro.types import ErrorBody, OperationStatus


class AroError(Exception):
    """Whatever goes wrong in this module."""

    message: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # The arguments of the classes below are keywords, which pickling by itself does not keep.
        return _restore, (type(self), self.message, self.__dict__)


class InvalidArgumentError(AroError, ValueError):
    """The call makes no sense: an unknown version, a malformed URL, a document that cannot be read."""


class ServiceError(AroError):
    """The service answered with an error."""

    code: str
    target: str
    details: list[ErrorBody]
    status_code: int | None
    request_id: str | None

    def __init__(
        self,
        code: str,
        message: str,
        target: str = "",
        details: list[ErrorBody] | None = None,
        status_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.target = target
        self.details = details or []
        self.status_code = status_code
        self.request_id = request_id

    def __str__(self) -> str:
        lines = [": ".join(part for part in (self.code, self.target, self.message) if part)]
        lines += [f"{detail.get('code', '')}: {detail.get('message', '')}" for detail in self.details]
        return "\n  ".join(lines)


class NotFoundError(ServiceError):
    """The service answered 404."""


class OperationFailedError(ServiceError):
    """An operation was accepted and ended badly."""

    status: OperationStatus

    def __init__(self, status: OperationStatus) -> None:
        error = status.get("error", {})
        super().__init__(
            error.get("code", status["status"]),
            error.get("message", f"The operation ended {status['status']}."),
            error.get("target", ""),
            error.get("details"),
        )
        self.status = status


class AuthenticationError(AroError):
    """No token could be had."""

    code: str
    status_code: int | None

    def __init__(self, message: str, code: str = "", status_code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status_code = status_code

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


class TransportError(AroError):
    """There was no answer, or none that could be understood."""

    url: str | None

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url

    def __str__(self) -> str:
        return f"{self.message} ({self.url})" if self.url else self.message


class WaitTimeoutError(AroError, TimeoutError):
    """An operation has not ended in the given time. It goes on; `url` resumes it."""

    url: str

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url = url


def _restore(kind: type[AroError], message: str, state: dict[str, Any]) -> AroError:
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(state)
    return error


for _kind in (
    AroError,
    InvalidArgumentError,
    ServiceError,
    NotFoundError,
    OperationFailedError,
    AuthenticationError,
    TransportError,
    WaitTimeoutError,
):
    _kind.__module__ = "aro"
