"""`az aro update`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from azure.core.exceptions import HttpResponseError
from knack.log import get_logger

from aro.types import Cluster
from azext_aro import access, document, identities, network_state, offline, prerequisites, shown
from azext_aro.azure_session import Session
from azext_aro.cli import command
from azext_aro.networks import Subnet
from azext_aro.prerequisites import Plan
from azext_aro.refusals import Invalid, Refusal
from azext_aro.remedies import Place

logger = get_logger(__name__)


@command("update")
def update(
    session: Session,
    resource_group_name: str,
    resource_name: str,
    refresh_cluster_credentials: bool | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    mi_user_assigned: str | None = None,
    platform_workload_identities: Mapping[str, str] | None = None,
    load_balancer_managed_outbound_ip_count: int | None = None,
    upgradeable_to: str | None = None,
    no_wait: bool = False,
) -> Any:
    current = session.clusters.get(resource_group_name, resource_name)
    has_identities = bool(current["properties"].get("platformWorkloadIdentityProfile"))
    _fitting(
        has_identities,
        secrets=bool(client_id or client_secret or refresh_cluster_credentials),
        identities_given=bool(mi_user_assigned or platform_workload_identities or upgradeable_to),
    )
    if has_identities:
        operators = dict(platform_workload_identities) if platform_workload_identities else None
        parts = [document.managed_identities(mi_user_assigned, operators), document.upgradeable_to(upgradeable_to)]
        if upgradeable_to and operators is None and mi_user_assigned is None:
            parts.append(_with_new_operators(session, resource_group_name, current, upgradeable_to))
    else:
        parts = [_credentials(session, current, client_id, client_secret, bool(refresh_cluster_credentials))]
    change = document.merged(*parts, document.outbound_ips(load_balancer_managed_outbound_ip_count))
    cluster_id = session.clusters.id(resource_group_name, resource_name)
    place = Place(resource_group_name, resource_name)
    offline.check(change, "update", cluster_id, place, current=current)
    session.tell("Asking for the change")
    operation = session.clusters.update(resource_group_name, resource_name, change)
    return None if no_wait else shown.cluster(session.wait(operation))


def _fitting(has_identities: bool, *, secrets: bool, identities_given: bool) -> None:
    if identities_given and not has_identities:
        raise Invalid(
            "Cannot assign platform workload identities or a cluster identity, nor use --upgradeable-to: "
            "the cluster has a service principal."
        )
    if secrets and has_identities:
        raise Invalid(
            "Cannot set --client-id or --client-secret, nor refresh credentials: the cluster has managed identities.",
            "They have no secrets that could expire.",
        )


# === service principals ===


def _credentials(
    session: Session, current: Cluster, client_id: str | None, client_secret: str | None, refresh: bool
) -> dict[str, Any]:
    """Mends what the cluster's principals lack. Whoever gives credentials is expected to be allowed to; for other
    changes it is done as far as it can be."""
    strict = refresh or client_id is not None or client_secret is not None
    used = client_id or current["properties"]["servicePrincipalProfile"]["clientId"]
    principals = []
    try:
        principals.append(session.directory.service_principal)
        if refresh:
            session.tell("Making a new secret")
            application = session.directory.application(used)
            if application is None:
                group = current["properties"]["clusterProfile"]["resourceGroupId"].rsplit("/", 1)[-1]
                client_id, client_secret = session.directory.create_application(group)
                used = client_id
            else:
                client_secret = session.directory.add_secret(application)
        found = session.directory.ensured_principal(used) if strict else session.directory.principal(used)
        if found:
            principals.append(found)
    except Refusal:
        if strict:
            raise
    mend_roles(session, current, principals, strict=strict)
    return document.service_principal(client_id, client_secret)


def mend_roles(session: Session, current: Cluster, principals: Sequence[str], *, strict: bool) -> None:
    """Gives roles that a cluster's principals had and lost."""
    if not principals:
        return
    try:
        plan, subnets = _as_it_is(session, current, None)
    except HttpResponseError as error:
        if strict:
            raise
        logger.info("The roles over the networks are left as they are: %s", error.message)
        return
    access.ensure(session, prerequisites.grants(plan, subnets), principals, strict=strict)


def _as_it_is(session: Session, current: Cluster, version: str | None) -> tuple[Plan, list[Subnet]]:
    """The networks of a cluster that exists, as far as they still do."""
    properties = current["properties"]
    master = properties["masterProfile"]
    workers = [*properties.get("workerProfiles", []), *properties.get("workerProfilesStatus", [])]
    named = [one["subnetId"] for one in workers if one.get("subnetId")]
    plan = Plan(
        location=current["location"],
        master_subnet=master["subnetId"],
        worker_subnet=named[0] if named else master["subnetId"],
        enable_preconfigured_nsg=properties.get("networkProfile", {}).get("preconfiguredNSG") == "Enabled",
        disk_encryption_set=master.get("diskEncryptionSetId") or None,
        version=version,
    )
    return plan, network_state.present(session, [master["subnetId"], *named])


# === managed identities ===


def _with_new_operators(session: Session, group: str, current: Cluster, version: str) -> dict[str, Any]:
    """What the cluster has, and identities for the operators that the newer version brings."""
    present = current["properties"]["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
    operators = {operator: identity["resourceId"] for operator, identity in present.items()}
    requirements = identities.of_role_set(session, *_as_it_is(session, current, version))
    (cluster,) = current["identity"]["userAssignedIdentities"]
    missing = [role for role in requirements.roles if role["operatorName"] not in operators]
    # Asked for where it is kept: the cluster shows its principal only at times.
    principal = identities.principal(session, cluster) if missing else ""
    for role in missing:
        made = identities.make_operator(session, group, current["location"], requirements, role, principal)
        operators[role["operatorName"]] = made["id"]
    return document.managed_identities(cluster, operators)
