"""The native half of this package. Use what `aro` offers."""

import os
from collections.abc import Callable, Mapping
from typing import Any, final

from aro.types import ApiVersion, Finding, VmSize

__all__ = ["Connection", "Task", "__version__", "convert", "validate", "versions", "vm_sizes"]
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

_Reply = tuple[int, Any, str | None, str | None, float | None]

@final
class Connection:
    def __new__(
        cls,
        endpoint: str,
        scope: str,
        ca_file: str | os.PathLike[str] | None,
        secret: tuple[str, str, str, str] | None,
        token: Callable[[str], Any] | None,
        attempts: int,
        base_delay: float,
        max_delay: float,
        timeout: float,
    ) -> Connection: ...
    def call(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> _Reply: ...
    def start(
        self,
        done: Callable[[_Reply | None, BaseException | None], None],
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
    ) -> Task: ...

@final
class Task:
    def cancel(self) -> None: ...
