"""What both clients share: who calls, where, and how requests look."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from aro import _native
from aro._errors import InvalidArgumentError, OperationFailedError, TransportError
from aro._offline import LATEST
from aro.types import OperationStatus

PROVIDER = "providers/Microsoft.RedHatOpenShift"
PUBLIC_CLOUD = "https://management.azure.com"
DEFAULT_PAUSE = 10.0
"""Seconds between two looks at an operation where the service names none."""
LONGEST_PAUSE = 60.0


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


class Request(NamedTuple):
    """What is sent."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


class Session:
    """One subscription at one endpoint, as one caller."""

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
        self.subscription = subscription
        self.api_version = api_version
        self.connection = _native.Connection(
            endpoint,
            scope or f"{endpoint.rstrip('/')}/.default",
            ca_file,
            secret,
            token,
            attempts,
            base_delay,
            max_delay,
            timeout,
        )

    # === requests ===

    def _versioned(self, path: str) -> str:
        return f"{path}?api-version={self.api_version}"

    def _of_subscription(self, path: str) -> str:
        return self._versioned(f"/subscriptions/{_segment(self.subscription)}/{path}")

    def clusters(self, group: str | None) -> str:
        scope = f"resourceGroups/{_segment(group)}/" if group is not None else ""
        return self._of_subscription(f"{scope}{PROVIDER}/openShiftClusters")

    def cluster(self, group: str, name: str, action: str = "") -> str:
        path = f"resourceGroups/{_segment(group)}/{PROVIDER}/openShiftClusters/{_segment(name)}"
        return self._of_subscription(f"{path}/{action}" if action else path)

    def at_location(self, location: str, kind: str, name: str | None = None) -> str:
        path = f"{PROVIDER}/locations/{_segment(location)}/{kind}"
        return self._of_subscription(path if name is None else f"{path}/{_segment(name)}")

    def operations(self) -> str:
        return self._versioned(f"/{PROVIDER}/operations")


def _segment(text: str) -> str:
    if not text or text in (".", ".."):
        raise InvalidArgumentError("A name in the path of the resource is empty.")
    return quote(text, safe="")


# === operations ===

ENDED_BADLY = ("failed", "canceled", "cancelled")


def ended(status: OperationStatus) -> bool:
    """Whether the operation has ended well; raises where it has ended badly."""
    word = status["status"].lower()
    if word in ENDED_BADLY:
        raise OperationFailedError(status)
    return word == "succeeded"


def checked_status(body: Any, url: str) -> OperationStatus:
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        raise TransportError("The reply is no status of an operation.", url)
    status: OperationStatus = body  # type: ignore[assignment]
    return status


def result_url(url: str) -> str:
    """Where the service keeps the result of the operation whose status is at `url`."""
    path, mark, query = url.partition("?")
    scope, found, operation = path.rpartition("/operationsstatus/")
    if not found or not operation:
        raise InvalidArgumentError("The URL is none of an operation's status. Use the url of a poller.")
    return f"{scope}/operationresults/{operation}{mark}{query}"


def pause(wanted: float | None) -> float:
    return min(DEFAULT_PAUSE if wanted is None else wanted, LONGEST_PAUSE)
