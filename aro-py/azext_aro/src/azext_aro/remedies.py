"""What to do about an error of the service: its messages say what is wrong and where, this says which command helps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FLAGS = {
    "properties.clusterProfile.domain": "--domain",
    "properties.clusterProfile.fipsValidatedModules": "--fips-validated-modules",
    "properties.clusterProfile.pullSecret": "--pull-secret",
    "properties.clusterProfile.resourceGroupId": "--cluster-resource-group",
    "properties.clusterProfile.version": "--version",
    "properties.servicePrincipalProfile": "--client-id and --client-secret",
    "properties.servicePrincipalProfile.clientId": "--client-id",
    "properties.servicePrincipalProfile.clientSecret": "--client-secret",
    "properties.networkProfile.podCidr": "--pod-cidr",
    "properties.networkProfile.serviceCidr": "--service-cidr",
    "properties.networkProfile.outboundType": "--outbound-type",
    "properties.networkProfile.preconfiguredNSG": "--enable-preconfigured-nsg",
    "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count": "--lb-ip-count",
    "properties.masterProfile.vmSize": "--master-vm-size",
    "properties.masterProfile.subnetId": "--master-subnet",
    "properties.masterProfile.encryptionAtHost": "--master-encryption-at-host",
    "properties.masterProfile.diskEncryptionSetId": "--disk-encryption-set",
    "properties.workerProfiles.vmSize": "--worker-vm-size",
    "properties.workerProfiles.count": "--worker-count",
    "properties.workerProfiles.diskSizeGB": "--worker-vm-disk-size-gb",
    "properties.workerProfiles.subnetId": "--worker-subnet",
    "properties.workerProfiles.encryptionAtHost": "--worker-encryption-at-host",
    "properties.workerProfiles.diskEncryptionSetId": "--disk-encryption-set",
    "properties.apiserverProfile.visibility": "--apiserver-visibility",
    "properties.ingressProfiles.visibility": "--ingress-visibility",
    "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities": "--assign-platform-workload-identity",
    "properties.platformWorkloadIdentityProfile.upgradeableTo": "--upgradeable-to",
    "identity": "--assign-cluster-identity",
    "location": "--location",
}
"""The argument that fills each member of a document."""

REFUSED_WORDS = {
    "ResourceNotFound": "`az aro list -o table` shows the clusters that exist.",
    "ResourceGroupNotFound": "Create the resource group first: `az group create`.",
    "InvalidLocation": "`az account list-locations -o table` shows the locations; not all of them offer clusters.",
    "InvalidServicePrincipalCredentials": (
        "Give valid credentials: `az aro update -g {group} -n {name} --client-id ID --client-secret SECRET`, or "
        "let new ones be made: `az aro update -g {group} -n {name} --refresh-credentials`."
    ),
    "QuotaExceeded": "`az vm list-usage -l LOCATION -o table` shows what is used; ask for more, or choose smaller.",
    "ResourceProviderNotRegistered": "`az provider register -n Microsoft.RedHatOpenShift --wait`",
    "AuthorizationFailed": "`az role assignment list --assignee YOU --all` shows what you may do.",
    "RequestNotAllowed": (
        "Wait for the operation that runs: `az aro wait -g {group} -n {name} --updated`. A cluster whose creation "
        "failed can only be deleted."
    ),
}
FAILED_CREATE = (
    "The cluster that was begun can only be deleted: `az aro delete -g {group} -n {name}`. Then create it again."
)
"""After the operation of a creation has failed."""
RETRY_UPDATE = "Once the cause is gone, `az aro update -g {group} -n {name}` tries again."
"""After the operation of an update has failed."""


@dataclass(frozen=True)
class Place:
    """The cluster a command is about."""

    group: str
    name: str


def flag_of(target: str) -> str | None:
    """The argument behind a target; elements of lists and of maps are all alike."""
    plain = re.sub(r"\[[^]]*\]", "", target)
    while plain:
        if plain in FLAGS:
            return FLAGS[plain]
        plain = plain.rpartition(".")[0]
    return None


def of_refusal(code: str, target: str, place: Place) -> list[str]:
    """About a request that was refused, or would be."""
    advice = []
    if flag := flag_of(target):
        advice.append(f"Change {flag}.")
    if words := REFUSED_WORDS.get(code):
        advice.append(words.format(group=place.group, name=place.name))
    return advice


def of_failure(code: str, operation: str, place: Place) -> list[str]:
    """About an operation that was accepted and has failed."""
    words = FAILED_CREATE if operation == "create" else RETRY_UPDATE if operation == "update" else None
    # A cluster whose creation failed cannot be updated, so what an update mends is said only where there can be one.
    mended = REFUSED_WORDS.get(code) if operation != "create" else None
    return [text.format(group=place.group, name=place.name) for text in (mended, words) if text]


def block(error: Mapping[str, Any]) -> str:
    """An error in the lines in which az prints those of the service."""
    lines = [f"({error['code']}) {error['message']}", f"Code: {error['code']}", f"Message: {error['message']}"]
    if error.get("target"):
        lines.append(f"Target: {error['target']}")
    return "\n".join(lines)


def blocks(errors: Sequence[Mapping[str, Any]]) -> str:
    """Several."""
    return "\n\n".join(block(one) for one in errors)
