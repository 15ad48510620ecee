"""`az aro validate` and `az aro create`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from azext_aro import access, arguments, document, identities, offline, prerequisites, shown
from azext_aro.azure_session import Session
from azext_aro.cli import command
from azext_aro.document import Wish
from azext_aro.networks import Subnet
from azext_aro.prerequisites import Plan
from azext_aro.remedies import Place

UNKNOWN_CLIENT = "00000000-0000-0000-0000-000000000000"
"""Stands in for an application that is made only once everything else is known to be right."""


@command("validate")
def validate(
    session: Session,
    resource_group_name: str,
    resource_name: str,
    master_subnet: str,
    worker_subnet: str,
    vnet: str | None = None,
    vnet_resource_group_name: str | None = None,
    enable_preconfigured_nsg: bool | None = None,
    location: str | None = None,
    cluster_resource_group: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    pod_cidr: str | None = None,
    service_cidr: str | None = None,
    disk_encryption_set: str | None = None,
    enable_managed_identity: bool | None = None,
    platform_workload_identities: Mapping[str, str] | None = None,
    mi_user_assigned: str | None = None,
    version: str | None = None,
) -> None:
    given = dict(locals())
    plan, _ = _planned(given)
    subnets = prerequisites.named(session, plan)
    principals = _principals(session, client_id) if not enable_managed_identity else []
    report = prerequisites.check(session, plan, subnets, principals)
    session.done()
    prerequisites.tell(report, warnings_as_text=False)


@command("create")
def create(
    session: Session,
    resource_group_name: str,
    resource_name: str,
    master_subnet: str,
    worker_subnet: str,
    vnet: str | None = None,
    vnet_resource_group_name: str | None = None,
    enable_preconfigured_nsg: bool | None = None,
    location: str | None = None,
    pull_secret: str | None = None,
    domain: str | None = None,
    cluster_resource_group: str | None = None,
    fips_validated_modules: bool | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    pod_cidr: str | None = None,
    service_cidr: str | None = None,
    outbound_type: str | None = None,
    disk_encryption_set: str | None = None,
    master_encryption_at_host: bool | None = None,
    master_vm_size: str | None = None,
    worker_encryption_at_host: bool | None = None,
    worker_vm_size: str | None = None,
    worker_vm_disk_size_gb: int | None = None,
    worker_count: int | None = None,
    apiserver_visibility: str | None = None,
    ingress_visibility: str | None = None,
    load_balancer_managed_outbound_ip_count: int | None = None,
    enable_managed_identity: bool | None = None,
    platform_workload_identities: Mapping[str, str] | None = None,
    mi_user_assigned: str | None = None,
    tags: Mapping[str, str] | None = None,
    version: str | None = None,
    no_wait: bool = False,
) -> Any:
    given = dict(locals())
    plan, wish = _planned(given)
    prerequisites.registered(session)
    arguments.together(master_subnet, worker_subnet)
    subnets = prerequisites.named(session, plan)

    requirements = None
    if enable_managed_identity:
        if mi_user_assigned is None:
            requirements = identities.of_version(session, plan, subnets)
            cluster, operators = identities.planned(session, resource_group_name, requirements)
        else:
            cluster, operators = mi_user_assigned, dict(platform_workload_identities or {})
        caller = document.managed_identities(cluster, operators)
    else:
        caller = document.service_principal(client_id or UNKNOWN_CLIENT, client_secret or UNKNOWN_CLIENT)
    # Nothing has been made yet: what is wrong costs nothing.
    cluster_id = session.clusters.id(resource_group_name, resource_name)
    place = Place(resource_group_name, resource_name)
    wanted = wish.document(session.subscription, caller)
    offline.check(wanted, "create", cluster_id, place, versions=[version] if version else [])
    principals = [] if enable_managed_identity else _principals(session, client_id)
    report = prerequisites.check(session, plan, subnets, principals)
    session.done()
    prerequisites.tell(report, warnings_as_text=True)

    if requirements is not None:
        identities.make(session, resource_group_name, wish.location, requirements)
    elif not enable_managed_identity:
        if client_id is None:
            session.tell("Creating an application")
            client_id, client_secret = session.directory.create_application(wish.cluster_resource_group)
        _give_roles(session, plan, subnets, client_id)
        caller = document.service_principal(client_id, client_secret)
    session.tell("Asking for the cluster")
    wanted = wish.document(session.subscription, caller)
    operation = session.clusters.create(resource_group_name, resource_name, wanted)
    return None if no_wait else shown.cluster(session.wait(operation))


def _planned(given: Mapping[str, Any]) -> tuple[Plan, Wish]:
    known = {field.name for field in fields(Plan)}
    wish = Wish.of(given, document.random_name(random.SystemRandom()))
    said = {name: value for name, value in given.items() if name in known and value is not None}
    return Plan(**{"pod_cidr": wish.pod_cidr, "service_cidr": wish.service_cidr} | said), wish


def _principals(session: Session, client_id: str | None) -> list[str]:
    """Those that exist already: the resource provider's, and the cluster's."""
    found = [session.directory.service_principal]
    if client_id is not None and (cluster := session.directory.principal(client_id)):
        found.append(cluster)
    return found


def _give_roles(session: Session, plan: Plan, subnets: tuple[Subnet, Subnet], client_id: str) -> None:
    principals = [session.directory.ensured_principal(client_id), session.directory.service_principal]
    access.ensure(session, prerequisites.grants(plan, subnets), principals, strict=True)
