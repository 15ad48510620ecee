"""The native half of this package. Use what `aro` offers."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, final

from aro.types import (
    AdminCredentials,
    ApiVersion,
    Cluster,
    Credentials,
    Finding,
    OpenShiftVersion,
    OperationStatus,
    ProviderOperation,
    RoleSet,
    VmSize,
)

__all__ = [
    "Call",
    "Client",
    "Pages",
    "Poller",
    "Task",
    "Watch",
    "__version__",
    "convert",
    "validate",
    "versions",
    "vm_sizes",
]
__version__: str

def validate(
    document: Mapping[str, Any],
    api_version: str,
    operation: str,
    current: Mapping[str, Any] | None,
    resource_id: str | None,
    location: str | None,
    domain: str | None,
    versions: list[str],
) -> list[Finding]: ...
def convert(document: Mapping[str, Any], from_version: str, to_version: str) -> dict[str, Any]: ...
def versions() -> list[ApiVersion]: ...
def vm_sizes() -> list[VmSize]: ...

_Answer = TypeVar("_Answer")
_Result = TypeVar("_Result")

@final
class Task:
    def cancel(self) -> None: ...

@final
class Call(Generic[_Answer]):
    def wait(self) -> _Answer: ...
    def start(self, done: Callable[[_Answer | None, BaseException | None], None]) -> Task: ...

@final
class Pages(Generic[_Answer]):
    def next(self) -> Call[list[_Answer] | None]: ...

@final
class Watch:
    def next(self) -> Call[OperationStatus | None]: ...

@final
class Poller(Generic[_Result]):
    @property
    def url(self) -> str | None: ...
    def look(self) -> Call[OperationStatus]: ...
    def done(self) -> Call[bool]: ...
    def watch(self, timeout: float | None = None) -> Watch: ...
    def result(self) -> Call[_Result]: ...

@final
class Client:
    def __new__(
        cls,
        subscription: str,
        api_version: str,
        endpoint: str,
        scope: str | None,
        ca_file: str | os.PathLike[str] | None,
        secret: tuple[str, str, str, str] | None,
        token: Callable[[str], Any] | None,
        attempts: int,
        base_delay: float,
        max_delay: float,
        timeout: float,
    ) -> Client: ...
    def get(self, group: str, name: str) -> Call[Cluster]: ...
    def list(self, group: str | None = None) -> Pages[Cluster]: ...
    def create_or_update(self, group: str, name: str, document: Mapping[str, Any]) -> Call[Poller[Cluster]]: ...
    def update(self, group: str, name: str, document: Mapping[str, Any]) -> Call[Poller[Cluster]]: ...
    def delete(self, group: str, name: str) -> Call[Poller[None]]: ...
    def resume(self, url: str) -> Poller[Cluster | None]: ...
    def credentials(self, group: str, name: str) -> Call[Credentials]: ...
    def admin_credentials(self, group: str, name: str) -> Call[AdminCredentials]: ...
    def openshift_versions(self, location: str) -> Pages[OpenShiftVersion]: ...
    def openshift_version(self, location: str, name: str) -> Call[OpenShiftVersion]: ...
    def role_sets(self, location: str) -> Pages[RoleSet]: ...
    def role_set(self, location: str, name: str) -> Call[RoleSet]: ...
    def operations(self) -> Pages[ProviderOperation]: ...
