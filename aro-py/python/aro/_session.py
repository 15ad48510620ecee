"""What both clients share: who calls, where, how patiently."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from aro import _native
from aro._errors import InvalidArgumentError
from aro._offline import LATEST
from aro.types import OperationStatus

if TYPE_CHECKING:
    from aro._native import Poller as NativePoller

PUBLIC_CLOUD = "https://management.azure.com"

Result = TypeVar("Result")
Progress = Callable[[OperationStatus], object]
"""Is told each status of an operation while somebody waits for its end."""


@dataclass(frozen=True)
class ClientSecret:
    """A service principal and its secret, which is never shown."""

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    authority: str = "https://login.microsoftonline.com"


class AccessToken(Protocol):
    """A token with its end, in seconds since 1970, as azure-identity gives it."""

    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> float: ...


TokenCallable = Callable[[str], "str | AccessToken"]
"""Takes a scope and gives a token. A bare text is asked for with every call: whoever gives it caches it."""

Credential = ClientSecret | TokenCallable


class Session:
    """One subscription at one endpoint, as one caller.

    `endpoint` is Azure Resource Manager, `scope` what tokens are asked for, `ca_file` a PEM file with the only
    authorities to trust. A call is tried `attempts` times, each for at most `timeout` seconds, with pauses from
    `base_delay` to `max_delay` seconds between them.
    """

    def __init__(
        self,
        subscription: str,
        credential: Credential,
        *,
        api_version: str = LATEST,
        endpoint: str = PUBLIC_CLOUD,
        scope: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        attempts: int = 4,
        base_delay: float = 2.0,
        max_delay: float = 60.0,
        timeout: float = 120.0,
    ) -> None:
        if api_version not in {version["name"] for version in _native.versions()}:
            raise InvalidArgumentError(f"The api-version '{api_version}' is not known. aro.versions() lists those that are.")
        secret = token = None
        if isinstance(credential, ClientSecret):
            secret = (credential.authority, credential.tenant, credential.client_id, credential.client_secret)
        elif callable(credential):
            token = credential
        else:
            raise InvalidArgumentError("The credential is neither a ClientSecret nor a callable that gives tokens.")
        self._calls = _native.Client(
            subscription,
            api_version,
            endpoint,
            scope,
            ca_file,
            secret,
            token,
            attempts,
            base_delay,
            max_delay,
            timeout,
        )


class Operation(Generic[Result]):
    """An operation that was accepted."""

    def __init__(self, native: NativePoller[Result]) -> None:
        self._native = native

    @property
    def url(self) -> str | None:
        """Where its status is: what a client's `resume` takes. None where there was nothing to do."""
        return self._native.url
