"""What a caller may do, from the permissions that Azure lists for a resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

VNET_ACTIONS = (
    "Microsoft.Network/virtualNetworks/join/action",
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/write",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Network/virtualNetworks/subnets/write",
)
ROUTE_TABLE_ACTIONS = (
    "Microsoft.Network/routeTables/join/action",
    "Microsoft.Network/routeTables/read",
    "Microsoft.Network/routeTables/write",
)
IDENTITY_DELETE = ("Microsoft.ManagedIdentity/userAssignedIdentities/delete",)

Permission = Mapping[str, Any]
"""actions and notActions, where `*` stands for any text."""


def lacking(permissions: Sequence[Permission], actions: Iterable[str]) -> list[str]:
    """Those of the actions that no permission allows."""
    return [action for action in actions if not any(_allows(one, action) for one in permissions)]


def _allows(permission: Permission, action: str) -> bool:
    return _matches(permission.get("actions"), action) and not _matches(permission.get("notActions"), action)


def _matches(patterns: Sequence[str] | None, action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE) for pattern in patterns or ()
    )
