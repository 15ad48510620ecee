"""Azure Red Hat OpenShift: offline validation, and clients for sync and asyncio code."""

from aro._aio import AsyncClient, AsyncPoller
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
