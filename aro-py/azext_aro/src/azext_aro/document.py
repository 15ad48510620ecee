"""The documents that are sent: the whole cluster to create one, its changed members to update one."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from aro.types import Cluster, ClusterProperties, NetworkProfile
from azext_aro import resource_id

WORKERS = "worker"
"""The name of the workers' profile."""
INGRESS = "default"
"""The name of the ingress profile."""


def random_name(random: random.Random) -> str:
    """A letter and seven letters or digits, for what the user did not name."""
    letters = string.ascii_lowercase
    return random.choice(letters) + "".join(random.choices(letters + string.digits, k=7))


@dataclass(frozen=True)
class Wish:
    """What was asked for, with the defaults for what was not said."""

    location: str
    master_subnet: str
    worker_subnet: str
    domain: str
    cluster_resource_group: str
    tags: Mapping[str, str] | None = None
    pull_secret: str = ""
    version: str = ""
    fips_validated_modules: bool = False
    pod_cidr: str = "10.128.0.0/14"
    service_cidr: str = "172.30.0.0/16"
    outbound_type: str = ""
    enable_preconfigured_nsg: bool = False
    disk_encryption_set: str | None = None
    master_encryption_at_host: bool = False
    master_vm_size: str = "Standard_D8s_v5"
    worker_encryption_at_host: bool = False
    worker_vm_size: str = "Standard_D4s_v5"
    worker_vm_disk_size_gb: int = 128
    worker_count: int = 3
    apiserver_visibility: str = "Public"
    ingress_visibility: str = "Public"
    load_balancer_managed_outbound_ip_count: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], name: str) -> Wish:
        """From arguments, of which those that were not given are None; `name` stands in for names."""
        known = {field.name for field in fields(cls)}
        said = {key: value for key, value in given.items() if key in known and value is not None}
        return cls(**{"domain": name, "cluster_resource_group": f"aro-{name}"} | said)

    def document(self, subscription: str, caller: Mapping[str, Any]) -> Cluster:
        """The body of the PUT; `caller` is what `service_principal` or `managed_identities` made."""
        network: NetworkProfile = {
            "podCidr": self.pod_cidr,
            "serviceCidr": self.service_cidr,
            "outboundType": self.outbound_type,
            "preconfiguredNSG": _switch(self.enable_preconfigured_nsg),
        }
        if self.load_balancer_managed_outbound_ip_count is not None:
            network["loadBalancerProfile"] = _outbound_ips(self.load_balancer_managed_outbound_ip_count)
        properties: ClusterProperties = {
            "clusterProfile": {
                "pullSecret": self.pull_secret,
                "domain": self.domain,
                "resourceGroupId": resource_id.group_id(subscription, self.cluster_resource_group),
                "fipsValidatedModules": _switch(self.fips_validated_modules),
                "version": self.version,
            },
            "networkProfile": network,
            "masterProfile": {
                "vmSize": self.master_vm_size,
                "subnetId": self.master_subnet,
                "encryptionAtHost": _switch(self.master_encryption_at_host),
            },
            "workerProfiles": [
                {
                    "name": WORKERS,
                    "vmSize": self.worker_vm_size,
                    "diskSizeGB": self.worker_vm_disk_size_gb,
                    "subnetId": self.worker_subnet,
                    "count": self.worker_count,
                    "encryptionAtHost": _switch(self.worker_encryption_at_host),
                }
            ],
            "apiserverProfile": {"visibility": self.apiserver_visibility},
            "ingressProfiles": [{"name": INGRESS, "visibility": self.ingress_visibility}],
        }
        if self.disk_encryption_set is not None:
            for profile in (properties["masterProfile"], *properties["workerProfiles"]):
                profile["diskEncryptionSetId"] = self.disk_encryption_set
        whole: dict[str, Any] = {"location": self.location, "tags": dict(self.tags or {}), "properties": properties}
        return merged(whole, caller)  # type: ignore[return-value]


def service_principal(client_id: str | None, client_secret: str | None) -> dict[str, Any]:
    """The part of a document that names a service principal; what is not given is not changed."""
    both = {"clientId": client_id, "clientSecret": client_secret}
    said = {key: value for key, value in both.items() if value is not None}
    return {"properties": {"servicePrincipalProfile": said}} if said else {}


def managed_identities(cluster: str | None, operators: Mapping[str, str] | None) -> dict[str, Any]:
    """The part of a document that names identities; what is not given is not changed."""
    part: dict[str, Any] = {}
    if cluster is not None:
        part["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {cluster: {}}}
    if operators is not None:
        identities = {operator: {"resourceId": identity} for operator, identity in operators.items()}
        part["properties"] = {"platformWorkloadIdentityProfile": {"platformWorkloadIdentities": identities}}
    return part


def upgradeable_to(version: str | None) -> dict[str, Any]:
    """The part of an update that says how far the cluster may be upgraded."""
    if version is None:
        return {}
    return {"properties": {"platformWorkloadIdentityProfile": {"upgradeableTo": version}}}


def outbound_ips(count: int | None) -> dict[str, Any]:
    """The part of an update that says how many addresses the load balancer has."""
    if count is None:
        return {}
    return {"properties": {"networkProfile": {"loadBalancerProfile": _outbound_ips(count)}}}


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """One document of several parts."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            present = whole.get(key)
            whole[key] = merged(present, value) if isinstance(present, dict) and isinstance(value, dict) else value
    return whole


def _outbound_ips(count: int) -> Any:
    return {"managedOutboundIps": {"count": count}}


def _switch(on: bool) -> str:
    return "Enabled" if on else "Disabled"
