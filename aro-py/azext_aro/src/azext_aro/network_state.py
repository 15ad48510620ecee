"""What Azure says about the networks of a cluster: read once for each command."""

from __future__ import annotations

from collections.abc import Iterable

from azure.core.exceptions import ResourceNotFoundError

from azext_aro import resource_id
from azext_aro.azure_session import Session
from azext_aro.networks import Subnet
from azext_aro.refusals import Invalid

API_VERSION = "2022-01-01"


def subnet(session: Session, flag: str, subnet_id: str) -> Subnet:
    """A subnet that must exist."""
    try:
        shown = session.arm.get(subnet_id, API_VERSION)
    except ResourceNotFoundError as error:
        raise Invalid(
            f"Invalid {flag}, error when getting '{subnet_id}': {error.message}",
            "`az network vnet subnet list` shows the subnets of a network.",
        ) from error
    return Subnet.of(flag, subnet_id, shown)


def both(session: Session, master_subnet: str, worker_subnet: str) -> tuple[Subnet, Subnet]:
    """The subnets of a cluster that is to be made."""
    return subnet(session, "--master-subnet", master_subnet), subnet(session, "--worker-subnet", worker_subnet)


def present(session: Session, subnet_ids: Iterable[str]) -> list[Subnet]:
    """Those that still exist, in a fixed order."""
    found = []
    for one in sorted(set(subnet_ids)):
        shown = session.arm.find(one, API_VERSION)
        if shown is not None:
            found.append(Subnet.of("", one, shown))
    return found


def vnet_of(subnet_id: str) -> str:
    """The id of the network of a subnet."""
    return str(resource_id.known(subnet_id).parent)
