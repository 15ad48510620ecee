"""The commands that change nothing."""

from __future__ import annotations

import os
from typing import Any

from azext_aro import shown
from azext_aro.azure_session import Session
from azext_aro.cli import command
from azext_aro.refusals import FileInTheWay


@command("show")
def show(session: Session, resource_group_name: str, resource_name: str) -> dict[str, Any]:
    return shown.cluster(session.clusters.get(resource_group_name, resource_name))


def state(cmd: Any, resource_group_name: str, resource_name: str) -> dict[str, Any]:
    """For `az aro wait`, which knows the errors of azure-core itself."""
    return shown.cluster(Session(cmd.cli_ctx).clusters.get(resource_group_name, resource_name))


@command("list")
def list_(session: Session, resource_group_name: str | None = None) -> list[dict[str, Any]]:
    return [shown.cluster(one) for one in session.clusters.all(resource_group_name)]


@command("list-credentials")
def list_credentials(session: Session, resource_group_name: str, resource_name: str) -> Any:
    return session.clusters.credentials(resource_group_name, resource_name)


@command("get-admin-kubeconfig")
def get_admin_kubeconfig(
    session: Session, resource_group_name: str, resource_name: str, file: str = "kubeconfig"
) -> None:
    in_the_way = FileInTheWay(f"File {file} already exists.", "Give another name with --file.")
    # Before the credentials travel for nothing; what decides is the flag below.
    if os.path.lexists(file):
        raise in_the_way
    content = session.clusters.kubeconfig(resource_group_name, resource_name)
    try:
        # Whoever can read the file owns the cluster.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise in_the_way from error
    except OSError as error:
        raise FileInTheWay(
            f"File {file} cannot be written: {error.strerror}.", "Give another place with --file."
        ) from error
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)


@command("get-versions")
def get_versions(session: Session, location: str) -> list[str]:
    return session.clusters.versions(location)
