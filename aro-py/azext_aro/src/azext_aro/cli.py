"""The edge to az: refusals and errors become its exceptions, whose kind decides the exit code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from azure.cli.core import azclierror
from azure.cli.core.util import get_error_type_by_status_code
from azure.core.exceptions import HttpResponseError

import aro
from azext_aro import refusals, remedies
from azext_aro.azure_session import Session
from azext_aro.operation import OperationFailed
from azext_aro.refusals import Refusal
from azext_aro.remedies import Place

KINDS: dict[type[Refusal], type[azclierror.AzCLIError]] = {
    refusals.Invalid: azclierror.InvalidArgumentValueError,
    refusals.Missing: azclierror.RequiredArgumentMissingError,
    refusals.Exclusive: azclierror.MutuallyExclusiveArgumentError,
    refusals.NotAllowed: azclierror.UnauthorizedError,
    refusals.NotFound: azclierror.ResourceNotFoundError,
    refusals.Unsound: azclierror.ValidationError,
    refusals.FileInTheWay: azclierror.FileOperationError,
}

Command = TypeVar("Command", bound=Callable[..., Any])


def command(operation: str) -> Callable[[Command], Command]:
    """Makes a command of a function that takes a session and the arguments; `operation` says what fails."""

    def decorate(run: Command) -> Command:
        @functools.wraps(run)
        def wrapped(cmd: Any, **arguments: Any) -> Any:
            session = Session(cmd.cli_ctx)
            place = Place(arguments.get("resource_group_name") or "GROUP", arguments.get("resource_name") or "NAME")
            try:
                return run(session, **arguments)
            except KeyboardInterrupt:
                if session.waits:
                    session.done()
                    _interrupted(place)
                raise
            except (Refusal, OperationFailed, HttpResponseError, aro.AroError) as error:
                session.done()
                _raise(error, operation, place)
            finally:
                session.done()

        # az takes the arguments of a command from its signature, and gives `cmd` to those that ask for it.
        signature = inspect.signature(run)
        first = inspect.Parameter("cmd", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        others = list(signature.parameters.values())[1:]
        wrapped.__signature__ = signature.replace(parameters=[first, *others])  # type: ignore[attr-defined]
        return cast(Command, wrapped)

    return decorate


def refused(refusal: Refusal) -> NoReturn:
    """Raises what az prints for it."""
    raise KINDS[type(refusal)](refusal.message, refusal.advice) from refusal


def _raise(error: Exception, operation: str, place: Place) -> NoReturn:
    if isinstance(error, Refusal):
        refused(error)
    if isinstance(error, OperationFailed):
        told = error.error
        raise azclierror.AzureResponseError(_text(told), remedies.of_failure(_code(told), operation, place)) from told
    if isinstance(error, HttpResponseError):
        kind = get_error_type_by_status_code(str(error.status_code or ""))
        advice = remedies.of_refusal(_code(error), _target(error), place)
        raise kind(_text(error), advice) from error
    raise azclierror.ClientRequestError(str(error)) from error


def _interrupted(place: Place) -> NoReturn:
    raise azclierror.ManualInterrupt(
        "Interrupted. The operation goes on.",
        f"`az aro wait -g {place.group} -n {place.name} --updated` waits for its end.",
    )


def _text(error: HttpResponseError) -> str:
    # azure-core prints the parts of an error on lines of their own.
    return str(error.error) if error.error else error.message


def _code(error: HttpResponseError) -> str:
    return getattr(error.error, "code", None) or ""


def _target(error: HttpResponseError) -> str:
    return getattr(error.error, "target", None) or ""
