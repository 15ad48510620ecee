"""The managed identities of a cluster and of its operators: which there must be, and making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aro.types import PlatformWorkloadIdentityRole
from azext_aro import access, resource_id, roles
from azext_aro.access import Grant
from azext_aro.azure_session import Session
from azext_aro.directory import SERVICE_APPLICATION
from azext_aro.networks import Subnet
from azext_aro.prerequisites import Plan
from azext_aro.refusals import Invalid
from azext_aro.roles import Scope

API_VERSION = "2024-11-30"


@dataclass(frozen=True)
class Requirements:
    """The roles of the operators of one version, and what there is to have roles over."""

    roles: Sequence[PlatformWorkloadIdentityRole]
    scopes: Mapping[Scope, Sequence[str]]
    vnet: str
    disk_encryption_set: str | None

    def service_grants(self) -> list[Grant]:
        """What the resource provider's own principal needs."""
        found = [Grant(roles.SERVICE_NETWORK, self.vnet)]
        if self.disk_encryption_set:
            found.append(Grant(roles.READER, self.disk_encryption_set))
        return found

    def operator_grants(self, session: Session, role: PlatformWorkloadIdentityRole) -> list[Grant]:
        """What the identity of one operator needs over the network."""
        definition = role["roleDefinitionId"]
        wanted = access.scopes_of_role(session, definition)
        return [Grant(definition, resource) for scope in wanted for resource in self.scopes[scope]]


def of_version(session: Session, plan: Plan, subnets: tuple[Subnet, Subnet]) -> Requirements:
    """For a version that can be installed."""
    version = plan.version or ""
    session.tell("Validating OpenShift Version")
    offered = session.clusters.versions(plan.location)
    if version not in offered:
        raise Invalid(
            f"--version invalid: {version} is not offered in {plan.location}.", f"Choose one of {', '.join(offered)}."
        )
    return of_role_set(session, plan, subnets)


def of_role_set(session: Session, plan: Plan, subnets: Sequence[Subnet]) -> Requirements:
    """For a version that has a set of roles, whether it can be installed or only upgraded to."""

    def attached(member: str) -> list[str]:
        return sorted({found for subnet in subnets if (found := getattr(subnet, member))})

    scopes: dict[Scope, Sequence[str]] = {
        Scope.DISK_ENCRYPTION_SET: [plan.disk_encryption_set] if plan.disk_encryption_set else [],
        Scope.MASTER_SUBNET: [plan.master_subnet],
        Scope.NAT_GATEWAY: attached("nat_gateway"),
        # Otherwise they are the service's own, in a resource group where nobody else gives roles.
        Scope.NETWORK_SECURITY_GROUP: attached("network_security_group") if plan.enable_preconfigured_nsg else [],
        Scope.ROUTE_TABLE: attached("route_table"),
        Scope.VNET: [plan.network],
        Scope.WORKER_SUBNET: [plan.worker_subnet],
    }
    needed = roles.for_version(session.clusters.role_sets(plan.location), plan.version or "")
    return Requirements(needed, scopes, plan.network, plan.disk_encryption_set)


def planned(session: Session, group: str, requirements: Requirements) -> tuple[str, dict[str, str]]:
    """The ids that the identities have once `make` has made them: the cluster's, and those of the operators."""

    def named(name: str) -> str:
        return resource_id.made(session.subscription, group, resource_id.IDENTITY, name)

    operators = (role["operatorName"] for role in requirements.roles)
    return named(roles.CLUSTER_IDENTITY), {operator: named(operator) for operator in operators}


def make(session: Session, group: str, location: str, requirements: Requirements) -> list[dict[str, Any]]:
    """All identities with their roles, the cluster's first; what exists is kept."""
    cluster = _identity(session, group, location, roles.CLUSTER_IDENTITY)
    made = [cluster]
    for role in requirements.roles:
        made.append(make_operator(session, group, location, requirements, role, cluster["properties"]["principalId"]))
    service = session.directory.service_principal
    for grant in requirements.service_grants():
        access.assign(session, grant, service)
    return made


def make_operator(
    session: Session,
    group: str,
    location: str,
    requirements: Requirements,
    role: PlatformWorkloadIdentityRole,
    cluster_principal: str,
) -> dict[str, Any]:
    """The identity of one operator with its roles, and the cluster's role over it."""
    identity = _identity(session, group, location, role["operatorName"])
    for grant in requirements.operator_grants(session, role):
        access.assign(session, grant, identity["properties"]["principalId"])
    access.assign(session, Grant(roles.FEDERATED_CREDENTIAL, identity["id"]), cluster_principal)
    return identity


def principal(session: Session, identity: str) -> str:
    """The object id of an identity that exists."""
    found: str = session.arm.get(identity, API_VERSION)["properties"]["principalId"]
    return found


def delete(session: Session, identity: str) -> None:
    """One that is gone is deleted."""
    session.tell(f"Deleting identity {resource_id.known(identity).name}")
    session.arm.delete(identity, API_VERSION)


def _identity(session: Session, group: str, location: str, name: str) -> dict[str, Any]:
    session.tell(f"Creating {name} identity")
    path = resource_id.made(session.subscription, group, resource_id.IDENTITY, name)
    made: dict[str, Any] = session.arm.put(path, API_VERSION, {"location": location})
    return made


def instructions(session: Session, group: str, location: str, requirements: Requirements) -> Iterator[str]:
    """The commands that do what `make` does, in paragraphs."""
    operators = [role["operatorName"] for role in requirements.roles]
    yield "Create the managed identities:"
    for name in (roles.CLUSTER_IDENTITY, *operators):
        yield f"    az identity create -g '{group}' -n '{name}' -l '{location}'"
    yield "\nGive the identities of the operators their roles over the network:"
    for role in requirements.roles:
        for grant in requirements.operator_grants(session, role):
            yield _assignment(_shown(group, role["operatorName"], "principalId"), grant.role, grant.scope, session)
    yield "\nGive the cluster's identity its role over those of the operators:"
    for name in operators:
        principal = _shown(group, roles.CLUSTER_IDENTITY, "principalId")
        yield _assignment(principal, roles.FEDERATED_CREDENTIAL, _shown(group, name, "id"), session)
    yield "\nGive the resource provider its roles:"
    service = f"$(az ad sp show --id {SERVICE_APPLICATION} --query id -o tsv)"
    for grant in requirements.service_grants():
        yield _assignment(service, grant.role, grant.scope, session)


def _shown(group: str, name: str, member: str) -> str:
    return f"$(az identity show -g '{group}' -n '{name}' --query {member} -o tsv)"


def _assignment(principal: str, role: str, scope: str, session: Session) -> str:
    definition = roles.definition_id(role, session.subscription)
    return (
        f'    az role assignment create --assignee-object-id "{principal}" --assignee-principal-type ServicePrincipal'
        f" --role '{definition}' --scope \"{scope}\""
    )
