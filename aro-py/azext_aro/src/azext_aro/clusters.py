"""The resource provider's own resources, in the newest api-version that the module aro knows."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

import aro
from aro.types import Cluster, RoleSet
from azext_aro.arguments import version_order
from azext_aro.arm import Arm
from azext_aro.operation import Operation
from azext_aro.refusals import Unsound

NAMESPACE = "Microsoft.RedHatOpenShift"
API_VERSION = aro.versions()[-1]["name"]


class Clusters:
    """Clusters of one subscription."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._subscription = f"/subscriptions/{arm.subscription}"

    def id(self, group: str, name: str) -> str:
        return f"{self._subscription}/resourceGroups/{group}/providers/{NAMESPACE}/openShiftClusters/{name}"

    def get(self, group: str, name: str) -> Cluster:
        found: Cluster = self._arm.get(self.id(group, name), API_VERSION)
        return found

    def all(self, group: str | None) -> Iterator[Cluster]:
        scope = self._subscription if group is None else f"{self._subscription}/resourceGroups/{group}"
        return self._arm.collection(f"{scope}/providers/{NAMESPACE}/openShiftClusters", API_VERSION)

    def create(self, group: str, name: str, document: Mapping[str, Any]) -> Operation:
        return self._begin("PUT", group, name, document)

    def update(self, group: str, name: str, document: Mapping[str, Any]) -> Operation:
        return self._begin("PATCH", group, name, document)

    def delete(self, group: str, name: str) -> Operation:
        return self._begin("DELETE", group, name, None)

    def credentials(self, group: str, name: str) -> Any:
        """Name and password of kubeadmin."""
        return self._arm.post(f"{self.id(group, name)}/listCredentials", API_VERSION)

    def kubeconfig(self, group: str, name: str) -> bytes:
        """That of the administrator."""
        answer = self._arm.post(f"{self.id(group, name)}/listAdminCredentials", API_VERSION)
        try:
            return base64.b64decode((answer or {}).get("kubeconfig") or "", validate=True)
        except binascii.Error as error:
            raise Unsound("The kubeconfig that the service sent cannot be read.", "Try again later.") from error

    def versions(self, location: str) -> list[str]:
        """What can be installed, oldest first."""
        found = self._arm.collection(self._at(location, "openShiftVersions"), API_VERSION)
        return sorted((one["properties"]["version"] for one in found), key=version_order)

    def role_sets(self, location: str) -> Iterator[RoleSet]:
        """The roles of the operators, a set for each minor version of OpenShift."""
        return self._arm.collection(self._at(location, "platformWorkloadIdentityRoleSets"), API_VERSION)

    def _at(self, location: str, kind: str) -> str:
        return f"{self._subscription}/providers/{NAMESPACE}/locations/{location}/{kind}"

    def _begin(self, method: str, group: str, name: str, document: Mapping[str, Any] | None) -> Operation:
        reply = self._arm.send(method, self.id(group, name), API_VERSION, document)
        return Operation(self._arm.pipeline, reply)
