"""What has to be true in Azure before a cluster can be made: everything that is wrong is found, not the first alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knack.log import get_logger

from azext_aro import access, findings, networks, permissions, resource_id, roles
from azext_aro.access import Grant
from azext_aro.azure_session import Session
from azext_aro.findings import Finding, Report, Severity
from azext_aro.network_state import both, vnet_of
from azext_aro.networks import Subnet
from azext_aro.refusals import Invalid, NotAllowed, Unsound

logger = get_logger(__name__)

RESOURCES_API_VERSION = "2021-04-01"
DISK_ENCRYPTION_SETS_API_VERSION = "2023-04-02"


@dataclass(frozen=True)
class Plan:
    """What the checks look at."""

    location: str
    master_subnet: str
    worker_subnet: str
    pod_cidr: str | None = None
    service_cidr: str | None = None
    enable_preconfigured_nsg: bool = False
    disk_encryption_set: str | None = None
    cluster_resource_group: str | None = None
    version: str | None = None

    @property
    def network(self) -> str:
        return vnet_of(self.master_subnet)


def registered(session: Session) -> None:
    """Whether the subscription may have clusters at all."""
    shown = session.arm.get(
        f"/subscriptions/{session.subscription}/providers/Microsoft.RedHatOpenShift", RESOURCES_API_VERSION
    )
    if shown.get("registrationState") != "Registered":
        raise NotAllowed(
            "Microsoft.RedHatOpenShift provider is not registered.",
            "Run `az provider register -n Microsoft.RedHatOpenShift --wait`.",
        )


def named(session: Session, plan: Plan) -> tuple[Subnet, Subnet]:
    """What the arguments name: the subnets, which must exist, the cluster's resource group, which must not, and the
    disk encryption set."""
    if plan.cluster_resource_group is not None:
        group = resource_id.group_id(session.subscription, plan.cluster_resource_group)
        if session.arm.exists(group, RESOURCES_API_VERSION):
            raise Invalid(
                f"Invalid --cluster-resource-group '{plan.cluster_resource_group}': resource group must not exist.",
                "The service makes it, and deletes it with the cluster; choose a name that is free.",
            )
    encryption_set = plan.disk_encryption_set
    if encryption_set is not None and session.arm.find(encryption_set, DISK_ENCRYPTION_SETS_API_VERSION) is None:
        raise Invalid(f"Invalid --disk-encryption-set, error when getting '{encryption_set}': it does not exist.")
    return both(session, plan.master_subnet, plan.worker_subnet)


def grants(plan: Plan, subnets: Sequence[Subnet]) -> list[Grant]:
    """What the principals of a cluster with a service principal need."""
    needed = [plan.network, *networks.attached(subnets, plan.enable_preconfigured_nsg)]
    reads = [Grant(roles.READER, plan.disk_encryption_set)] if plan.disk_encryption_set else []
    return [Grant(roles.NETWORK_CONTRIBUTOR, scope) for scope in needed] + reads


def check(session: Session, plan: Plan, subnets: tuple[Subnet, Subnet], principals: Sequence[str]) -> Report:
    """All checks; `principals` are the service principals of the cluster that exist already."""
    return Report(list(_all(session, plan, subnets, principals)))


def _all(session: Session, plan: Plan, subnets: tuple[Subnet, Subnet], principals: Sequence[str]) -> Iterator[Finding]:
    session.tell("Validating Virtual Network Permissions")
    yield from _lacking(session, "vnet", plan.network, permissions.VNET_ACTIONS)
    for subnet in subnets:
        key = subnet.flag.removeprefix("--")
        session.tell(f"Validating {key} permissions")
        if subnet.route_table:
            yield from _lacking(session, f"{key} route table", subnet.route_table, permissions.ROUTE_TABLE_ACTIONS)
    yield from networks.guards(subnets, plan.enable_preconfigured_nsg)
    session.tell("Validating no overlapping CIDR Ranges on subnets")
    yield from networks.ranges(plan.pod_cidr, plan.service_cidr, [subnets[1], subnets[0]])
    session.tell("Validating resource permissions")
    for grant, principal in access.missing(session, grants(plan, subnets), principals):
        resource = resource_id.known(grant.scope)
        text = (
            f"Resource {resource.name} is missing role assignment {grant.role} ({roles.NAMES[grant.role]}) for service "
            f"principal {principal} (These roles will be automatically added during cluster creation)"
        )
        yield Finding("Resource Permissions", resource.types[-1], text, Severity.WARNING)
    if plan.version is not None:
        session.tell("Validating OpenShift Version")
        offered = session.clusters.versions(plan.location)
        if plan.version not in offered:
            text = f"{plan.version} is not a valid version, valid versions are {', '.join(offered)}"
            yield Finding("OpenShift Version", plan.version, text)


def _lacking(session: Session, kind: str, resource: str, actions: Sequence[str]) -> Iterator[Finding]:
    for action in access.lacking(session, resource, actions):
        yield Finding(kind, resource_id.known(resource).name, f"{action} permission is missing")


def tell(report: Report, *, warnings_as_text: bool) -> None:
    """Warnings to the log; refuses where there are errors."""
    if report.warnings:
        if warnings_as_text and not report.errors:
            logger.warning("\n".join(one.description for one in report.warnings))
        else:
            grid = findings.table(report.warnings)
            logger.warning("The following issues will have a minor impact on cluster creation:\n%s", grid)
    if report.errors:
        grid = findings.table(report.errors)
        raise Unsound(f"The following errors are fatal and will block cluster creation:\n{grid}")
    if not report.findings:
        logger.info("No validation errors or warnings")
