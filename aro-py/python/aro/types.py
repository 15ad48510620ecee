"""The documents of the service, in the newest api-version. At run time they are plain dictionaries.

Words that the service may extend (sizes, states, visibility) are `str`; what it makes itself is marked read-only in the
comment behind it.
"""

from __future__ import annotations

import sys
from typing import TypedDict

if sys.version_info >= (3, 11):
    from typing import NotRequired, Required
else:
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from typing_extensions import NotRequired, Required
    else:
        # Annotations are not evaluated, so that nothing has to be installed for them.
        NotRequired = Required = None

class Finding(TypedDict):
    """One thing that is wrong with a document."""

    code: str
    target: str
    pointer: str
    message: str


class ApiVersion(TypedDict):
    """An api-version and what exists in it."""

    name: str
    preview: bool
    has_admin_credentials: bool
    has_versions: bool
    has_role_sets: bool


class VmSize(TypedDict):
    """A size of virtual machine that clusters may use."""

    name: str
    cores: int
    family: str
    master: bool
    worker: bool
    minimum_version: str | None


class ErrorBody(TypedDict, total=False):
    """An error as the service says it; they nest."""

    code: str
    message: str
    target: str
    details: list[ErrorBody]


class ClusterProfile(TypedDict, total=False):
    domain: str
    fipsValidatedModules: str
    oidcIssuer: str  # read-only
    pullSecret: str  # never returned
    resourceGroupId: str
    version: str


class ConsoleProfile(TypedDict, total=False):
    url: str  # read-only


class ServicePrincipalProfile(TypedDict, total=False):
    clientId: str
    clientSecret: str  # never returned


class PlatformWorkloadIdentity(TypedDict, total=False):
    clientId: str  # read-only
    objectId: str  # read-only
    resourceId: str


class PlatformWorkloadIdentityProfile(TypedDict, total=False):
    platformWorkloadIdentities: dict[str, PlatformWorkloadIdentity]
    upgradeableTo: str


class EffectiveOutboundIP(TypedDict, total=False):
    id: str


class ManagedOutboundIPs(TypedDict, total=False):
    count: int


class LoadBalancerProfile(TypedDict, total=False):
    effectiveOutboundIps: list[EffectiveOutboundIP]  # read-only
    managedOutboundIps: ManagedOutboundIPs


class NetworkProfile(TypedDict, total=False):
    loadBalancerProfile: LoadBalancerProfile
    outboundType: str
    podCidr: str
    preconfiguredNSG: str
    serviceCidr: str


class MasterProfile(TypedDict, total=False):
    diskEncryptionSetId: str
    encryptionAtHost: str
    subnetId: str
    vmSize: str


class WorkerProfile(TypedDict, total=False):
    count: int
    diskEncryptionSetId: str
    diskSizeGB: int
    encryptionAtHost: str
    name: str
    subnetId: str
    vmSize: str


class APIServerProfile(TypedDict, total=False):
    ip: str  # read-only
    url: str  # read-only
    visibility: str


class IngressProfile(TypedDict, total=False):
    ip: str  # read-only
    name: str
    visibility: str


class ClusterProperties(TypedDict, total=False):
    apiserverProfile: APIServerProfile
    clusterProfile: ClusterProfile
    consoleProfile: ConsoleProfile
    ingressProfiles: list[IngressProfile]
    masterProfile: MasterProfile
    networkProfile: NetworkProfile
    platformWorkloadIdentityProfile: PlatformWorkloadIdentityProfile
    provisioningState: str  # read-only
    servicePrincipalProfile: ServicePrincipalProfile
    workerProfiles: list[WorkerProfile]
    workerProfilesStatus: list[WorkerProfile]  # read-only


class UserAssignedIdentity(TypedDict, total=False):
    clientId: str  # read-only
    principalId: str  # read-only


class ManagedServiceIdentity(TypedDict, total=False):
    principalId: str  # read-only
    tenantId: str  # read-only
    type: Required[str]
    userAssignedIdentities: dict[str, UserAssignedIdentity]


class SystemData(TypedDict, total=False):
    createdAt: str
    createdBy: str
    createdByType: str
    lastModifiedAt: str
    lastModifiedBy: str
    lastModifiedByType: str


class Cluster(TypedDict, total=False):
    """An OpenShift cluster, sent and received."""

    id: str  # read-only
    identity: ManagedServiceIdentity
    location: str
    name: str  # read-only
    properties: ClusterProperties
    systemData: SystemData  # read-only
    tags: dict[str, str]
    type: str  # read-only


class Credentials(TypedDict, total=False):
    """Who kubeadmin is."""

    kubeadminPassword: str
    kubeadminUsername: Required[str]


class AdminCredentials(TypedDict, total=False):
    """A kubeconfig, in base64."""

    kubeconfig: str


class OpenShiftVersionProperties(TypedDict, total=False):
    version: str


class OpenShiftVersion(TypedDict, total=False):
    """A version of OpenShift that can be installed."""

    id: str
    name: str
    properties: OpenShiftVersionProperties
    type: str


class PlatformWorkloadIdentityRole(TypedDict, total=False):
    operatorName: str
    roleDefinitionId: str
    roleDefinitionName: str


class RoleSetProperties(TypedDict, total=False):
    openShiftVersion: str
    platformWorkloadIdentityRoles: list[PlatformWorkloadIdentityRole]


class RoleSet(TypedDict, total=False):
    """The roles that the operators of an OpenShift minor version need."""

    id: str
    name: str
    properties: RoleSetProperties
    type: str


class ProviderOperationDisplay(TypedDict, total=False):
    description: str
    operation: str
    provider: str
    resource: str


class ProviderOperation(TypedDict, total=False):
    """Something that a role can allow."""

    display: ProviderOperationDisplay
    name: str
    origin: str


class OperationSteps(TypedDict, total=False):
    """Which step runs, and how many there are."""

    step: str
    stepsDone: int
    stepsTotal: int


class OperationStatus(TypedDict):
    """How far an operation is. `percentComplete` is there while it runs, and where it failed."""

    id: NotRequired[str]
    name: NotRequired[str]
    status: str
    startTime: NotRequired[str]
    endTime: NotRequired[str]
    percentComplete: NotRequired[int]
    properties: NotRequired[OperationSteps]
    error: NotRequired[ErrorBody]
