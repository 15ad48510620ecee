"""`az aro delete`."""

from __future__ import annotations

from knack.log import get_logger

from aro.types import Cluster
from azext_aro import access, identities, permissions
from azext_aro.azure_session import Session
from azext_aro.cli import command
from azext_aro.refusals import Invalid, NotAllowed, Refusal
from azext_aro.resource_id import known
from azext_aro.update import mend_roles

logger = get_logger(__name__)


@command("delete")
def delete(
    session: Session,
    resource_group_name: str,
    resource_name: str,
    delete_identities: bool | None = None,
    no_wait: bool = False,
) -> None:
    current = session.clusters.get(resource_group_name, resource_name)
    used = _identities(current)
    if delete_identities and not current["properties"].get("platformWorkloadIdentityProfile"):
        raise Invalid(
            "Cannot delete managed identities for a non-managed identity cluster.", "Leave out --delete-identities."
        )
    if delete_identities:
        session.tell("Validating Managed Identity Delete Permissions")
        kept = [one for one in used if not access.is_deletable(session, one)]
        if kept:
            lines = "\n".join(f"- {permissions.IDENTITY_DELETE[0]} permission is missing over {one}" for one in kept)
            raise NotAllowed(
                f"Pre-delete validation failed with the following issues:\n{lines}",
                "Leave out --delete-identities, and let somebody who may delete them.",
            )
    session.done()
    _tell(used, bool(delete_identities))
    # Customers take roles away from the service; without them it could not clean up.
    try:
        mend_roles(session, current, [session.directory.service_principal], strict=False)
    except Refusal as error:
        logger.info("The roles of the service are left as they are: %s", error)
    session.tell("Asking for the deletion")
    operation = session.clusters.delete(resource_group_name, resource_name)
    if no_wait:
        return
    session.wait(operation)
    if delete_identities:
        for identity in used:
            identities.delete(session, identity)
            logger.warning("Deleted managed identity %s", identity)


def _identities(current: Cluster) -> list[str]:
    operators = current["properties"].get("platformWorkloadIdentityProfile", {}).get("platformWorkloadIdentities", {})
    cluster = current.get("identity", {}).get("userAssignedIdentities", {})
    return [*cluster, *(one["resourceId"] for one in operators.values())]


def _tell(used: list[str], deleted: bool) -> None:
    """Before anything happens: once the cluster is gone, nothing else names its identities."""
    if not used:
        return
    if deleted:
        logger.warning(
            "Once the cluster is deleted, so are its managed identities:\n%s", "\n".join(f"- {one}" for one in used)
        )
        return
    commands = (f"- az identity delete -g {known(one).group} -n {known(one).name}" for one in used)
    logger.warning(
        "The managed identities of the cluster stay. To delete them once it is gone:\n%s", "\n".join(commands)
    )
