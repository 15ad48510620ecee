"""Azure Red Hat OpenShift: offline validation, and clients for sync and asyncio code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aro._client import Client, Poller
from aro._errors import (
    AroError,
    AuthenticationError,
    InvalidArgumentError,
    NotFoundError,
    OperationFailedError,
    ServiceError,
    TransportError,
    WaitTimeoutError,
)
from aro._native import __version__
from aro._offline import convert, validate, versions, vm_sizes
from aro._session import AccessToken, ClientSecret
from aro.types import OperationStatus

if TYPE_CHECKING:
    from aro._aio import AsyncClient, AsyncPoller

__all__ = [
    "AccessToken",
    "AroError",
    "AsyncClient",
    "AsyncPoller",
    "AuthenticationError",
    "Client",
    "ClientSecret",
    "InvalidArgumentError",
    "NotFoundError",
    "OperationFailedError",
    "OperationStatus",
    "Poller",
    "ServiceError",
    "TransportError",
    "WaitTimeoutError",
    "__version__",
    "convert",
    "validate",
    "versions",
    "vm_sizes",
]


def __getattr__(name: str) -> Any:
    # asyncio is half the time of an import; who needs none does not wait for it.
    if name in ("AsyncClient", "AsyncPoller"):
        from aro import _aio

        return getattr(_aio, name)
    raise AttributeError(f"module 'aro' has no attribute '{name}'")
