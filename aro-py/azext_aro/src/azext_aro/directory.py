"""Applications and service principals of the tenant, through az's client of Microsoft Graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from azure.cli.command_modules.role import GraphError, graph_client_factory
from knack.log import get_logger

from azext_aro.refusals import Invalid, NotAllowed, NotFound

logger = get_logger(__name__)
Answer = TypeVar("Answer")

SERVICE_APPLICATION = "f1dd0a37-89c6-4e07-bcd1-ffd3d43d8875"
"""The application id of the resource provider in Azure's public cloud."""
ATTEMPTS = 4
PAUSE = 10.0
"""Seconds between two attempts to make a service principal: a new application is not known everywhere at once."""


class Directory:
    """Microsoft Graph as far as clusters need it."""

    def __init__(self, cli_ctx: Any) -> None:
        self._graph = graph_client_factory(cli_ctx)

    @cached_property
    def service_principal(self) -> str:
        """The object id of the resource provider's own service principal."""
        found = self.principal(SERVICE_APPLICATION)
        if found is None:
            raise NotFound(
                "The tenant has no service principal of Azure Red Hat OpenShift.",
                "`az provider register -n Microsoft.RedHatOpenShift --wait` makes it.",
            )
        return found

    def principal(self, client_id: str) -> str | None:
        """The object id of an application's service principal."""
        found = self._ask(
            "look for a service principal", lambda: self._graph.service_principal_list(f"appId eq '{client_id}'")
        )
        return found[0]["id"] if found else None

    def application(self, client_id: str) -> str | None:
        """The object id of an application of this tenant."""
        found = self._ask("look for an application", lambda: self._graph.application_list(f"appId eq '{client_id}'"))
        return found[0]["id"] if found else None

    def create_application(self, display_name: str) -> tuple[str, str]:
        """Client id and secret of a new one."""
        made = self._ask("create an application", lambda: self._graph.application_create({"displayName": display_name}))
        return made["appId"], self.add_secret(made["id"])

    def add_secret(self, application: str) -> str:
        """A new secret of the application with this object id; those it has stay valid."""
        added = self._ask(
            "add a secret to the application", lambda: self._graph.application_add_password(application, {})
        )
        secret: str = added["secretText"]
        return secret

    def ensured_principal(self, client_id: str) -> str:
        """The object id of an application's service principal, made where there is none."""
        found = self.principal(client_id)
        if found is not None:
            return found
        # Not waited for: an application that this tenant has not, and was not just made, will not come.
        if self.application(client_id) is None:
            raise Invalid(
                f"Invalid --client-id '{client_id}': the tenant has no such application.",
                "`az ad app list --show-mine -o table` shows yours; without --client-id one is made.",
            )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                made: str = self._graph.service_principal_create({"appId": client_id})["id"]
                return made
            except GraphError as error:
                if attempt == ATTEMPTS:
                    raise _refused("create a service principal", error) from error
                logger.warning("%s; attempt %d of %d", error, attempt + 1, ATTEMPTS)
                time.sleep(PAUSE)
        raise AssertionError("the last attempt returns or raises")

    @staticmethod
    def _ask(what: str, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except GraphError as error:
            raise _refused(what, error) from error


def _refused(what: str, error: GraphError) -> NotAllowed:
    return NotAllowed(
        f"Microsoft Entra ID refused to {what}: {error}",
        "Ask an administrator of the tenant, or give --client-id and --client-secret of an application that exists.",
    )
