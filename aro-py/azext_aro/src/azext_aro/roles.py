"""Roles that clusters need, and over what."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from aro.types import PlatformWorkloadIdentityRole, RoleSet
from azext_aro.arguments import minor_version
from azext_aro.refusals import Invalid

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
FEDERATED_CREDENTIAL = "ef318e2a-8334-4a05-9e4a-295a196c6a6e"
"""Of the cluster's identity, over each identity of an operator."""
SERVICE_NETWORK = "42f3c60f-e7b1-46d7-ba56-6de681664342"
"""Of the resource provider, over the network of a cluster with managed identities."""
NAMES = {NETWORK_CONTRIBUTOR: "Network Contributor", READER: "Reader"}

CLUSTER_IDENTITY = "aro-cluster"
"""What the identity of a cluster is called where this extension makes it; the others are called as their operators."""


def definition_id(role: str, subscription: str) -> str:
    """The id of a role definition, given by its UUID or by its id in any spelling."""
    name = role.rstrip("/").rsplit("/", 1)[-1]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{name}"


def is_given(assignments: Iterable[Mapping[str, Any]], role: str, principal: str) -> bool:
    """Whether one of the role assignments gives this role to this principal."""
    for assignment in assignments:
        given = assignment["properties"]
        same_role = given["roleDefinitionId"].rsplit("/", 1)[-1].lower() == role.rsplit("/", 1)[-1].lower()
        if same_role and given["principalId"].lower() == principal.lower():
            return True
    return False


class Scope(enum.Enum):
    """Over what the identity of an operator gets its role."""

    DISK_ENCRYPTION_SET = enum.auto()
    MASTER_SUBNET = enum.auto()
    NAT_GATEWAY = enum.auto()
    NETWORK_SECURITY_GROUP = enum.auto()
    ROUTE_TABLE = enum.auto()
    VNET = enum.auto()
    WORKER_SUBNET = enum.auto()


_BY_PREFIX = (
    ("microsoft.compute/diskencryptionsets/", (Scope.DISK_ENCRYPTION_SET,)),
    ("microsoft.network/virtualnetworks/subnets/", (Scope.MASTER_SUBNET, Scope.WORKER_SUBNET)),
    ("microsoft.network/virtualnetworks/", (Scope.VNET,)),
    ("microsoft.network/natgateways/", (Scope.NAT_GATEWAY,)),
    ("microsoft.network/networksecuritygroups/", (Scope.NETWORK_SECURITY_GROUP,)),
    ("microsoft.network/routetables/", (Scope.ROUTE_TABLE,)),
)


def scopes_of(definition: Mapping[str, Any]) -> list[Scope]:
    """Over what a role has to be given, from the actions that it allows; the network includes its subnets."""
    properties = definition.get("properties", definition)
    found: set[Scope] = set()
    for permission in properties.get("permissions") or ():
        for action in permission.get("actions") or ():
            # The first that fits: the prefix of subnets is longer than that of networks.
            found.update(next((scopes for prefix, scopes in _BY_PREFIX if action.lower().startswith(prefix)), ()))
    if Scope.VNET in found:
        found -= {Scope.MASTER_SUBNET, Scope.WORKER_SUBNET}
    return sorted(found, key=lambda scope: scope.value)


def for_version(role_sets: Iterable[RoleSet], version: str) -> list[PlatformWorkloadIdentityRole]:
    """The roles that the operators of this version of OpenShift need."""
    for one in role_sets:
        properties = one["properties"]
        if minor_version(properties["openShiftVersion"]) == minor_version(version):
            return properties["platformWorkloadIdentityRoles"]
    raise Invalid(
        f"Could not find identity requirements for OpenShift version {version}.",
        "Managed identities are not offered for it in this location; `az aro get-versions` lists the versions.",
    )
