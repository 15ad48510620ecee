"""Ids of Azure resources in a resource group, taken apart and put together."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/(?P<namespace>[^/]+)(?P<rest>(?:/[^/]+/[^/]+)+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ResourceId:
    """/subscriptions/S/resourceGroups/G/providers/N/type/name[/child type/child name]…"""

    subscription: str
    group: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> ResourceId | None:
        """None where the text is no such id."""
        found = _FORM.fullmatch(text.rstrip("/"))
        if found is None:
            return None
        parts = found["rest"].split("/")[1:]
        return cls(found["subscription"], found["group"], found["namespace"], tuple(parts[::2]), tuple(parts[1::2]))

    def __str__(self) -> str:
        rest = "".join(f"/{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{self.namespace}{rest}"

    @property
    def kind(self) -> str:
        """The type with its namespace, as Azure spells it in roles."""
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def parent(self) -> ResourceId:
        """What this is a child of; a resource that is no child is its own."""
        if len(self.types) == 1:
            return self
        return ResourceId(self.subscription, self.group, self.namespace, self.types[:-1], self.names[:-1])

    def is_a(self, kind: str) -> bool:
        """Whether it is of this type; Azure does not mind case."""
        return self.kind.lower() == kind.lower()


VNET = "Microsoft.Network/virtualNetworks"
SUBNET = f"{VNET}/subnets"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
DISK_ENCRYPTION_SET = "Microsoft.Compute/diskEncryptionSets"


def known(text: str) -> ResourceId:
    """Of an id that Azure, or a check before, has made."""
    found = ResourceId.parse(text)
    if found is None:
        raise ValueError(f"{text} is no id of a resource")
    return found


def made(subscription: str, group: str, kind: str, name: str) -> str:
    """The id of a resource of this type."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"


def group_id(subscription: str, group: str) -> str:
    """The id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"
