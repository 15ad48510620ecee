"""What can be said without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from aro import _native
from aro.types import ApiVersion, Cluster, Finding, VmSize

LATEST = _native.versions()[-1]["name"]
"""The newest api-version."""

ASSUMED_OPENSHIFT = "4.19.0"
"""What a document without a version is taken to wish for, where the caller does not say what is offered."""


def validate(
    document: Mapping[str, Any],
    api_version: str = LATEST,
    operation: Literal["create", "replace", "update"] = "create",
    current: Mapping[str, Any] | None = None,
    *,
    resource_id: str | None = None,
    location: str | None = None,
    domain: str | None = None,
    openshift_versions: Sequence[str] = (),
) -> list[Finding]:
    """Everything the service's static rules have against a document, in their order; the first is what the service says.

    `current` is the cluster as the service shows it, for the operations "replace" (PUT) and "update" (PATCH).
    `openshift_versions` are those that can be installed, the default first. What else the service would know is
    taken from the documents where it is not given: the resource id, the location, the domain of the service.
    """
    offered = list(openshift_versions) or [ASSUMED_OPENSHIFT]
    return _native.validate(document, api_version, operation, current, resource_id, location, domain, offered)


def convert(document: Mapping[str, Any], from_version: str, to_version: str = LATEST) -> Cluster:
    """The cluster that `document` describes in one api-version, as another shows it. Secrets are never shown."""
    return cast(Cluster, _native.convert(document, from_version, to_version))


def versions() -> list[ApiVersion]:
    """The api-versions, oldest first."""
    return _native.versions()


def vm_sizes() -> list[VmSize]:
    """The sizes of virtual machines that clusters may use, and for what."""
    return _native.vm_sizes()
