"""`az aro identity`."""

from __future__ import annotations

from typing import Any

from knack.log import get_logger

from azext_aro import arguments, identities
from azext_aro.azure_session import Session
from azext_aro.cli import command
from azext_aro.identities import Requirements
from azext_aro.network_state import both
from azext_aro.prerequisites import Plan

logger = get_logger(__name__)


@command("identity get-required")
def get_required(
    session: Session,
    resource_group_name: str,
    location: str,
    version: str,
    master_subnet: str,
    worker_subnet: str,
    vnet: str | None = None,
    vnet_resource_group_name: str | None = None,
    disk_encryption_set: str | None = None,
) -> None:
    requirements = _requirements(session, location, version, master_subnet, worker_subnet, disk_encryption_set)
    lines = list(identities.instructions(session, resource_group_name, location, requirements))
    session.done()
    for line in lines:
        logger.warning(line)


@command("identity create-required")
def create_required(
    session: Session,
    resource_group_name: str,
    location: str,
    version: str,
    master_subnet: str,
    worker_subnet: str,
    vnet: str | None = None,
    vnet_resource_group_name: str | None = None,
    disk_encryption_set: str | None = None,
) -> list[dict[str, Any]]:
    requirements = _requirements(session, location, version, master_subnet, worker_subnet, disk_encryption_set)
    made = identities.make(session, resource_group_name, location, requirements)
    session.done()
    logger.warning("The identities have their roles. Give their ids, or names, to `az aro create`.")
    return [{**{key: value for key, value in one.items() if key != "properties"}, **one["properties"]} for one in made]


def _requirements(
    session: Session, location: str, version: str, master: str, worker: str, disk_encryption_set: str | None
) -> Requirements:
    arguments.together(master, worker)
    plan = Plan(location, master, worker, version=version, disk_encryption_set=disk_encryption_set)
    return identities.of_version(session, plan, both(session, master, worker))
