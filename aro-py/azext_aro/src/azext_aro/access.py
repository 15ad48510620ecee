"""Permissions of the caller, and roles of the principals of a cluster, over single resources."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from knack.log import get_logger

from azext_aro import permissions, roles
from azext_aro.azure_session import Session

logger = get_logger(__name__)

PERMISSIONS_API_VERSION = "2022-04-01"
API_VERSION = "2022-04-01"
_AUTHORIZATION = "providers/Microsoft.Authorization"


@dataclass(frozen=True)
class Grant:
    """A role over a resource, for some principal."""

    role: str
    scope: str


def lacking(session: Session, resource: str, actions: Iterable[str]) -> list[str]:
    """Those of the actions that the caller may not do with the resource."""
    found = session.arm.collection(f"{resource}/{_AUTHORIZATION}/permissions", PERMISSIONS_API_VERSION)
    return permissions.lacking(list(found), actions)


def missing(session: Session, grants: Iterable[Grant], principals: Sequence[str]) -> list[tuple[Grant, str]]:
    """Which principal lacks which role."""
    found = []
    for grant in grants:
        assignments = list(session.arm.collection(f"{grant.scope}/{_AUTHORIZATION}/roleAssignments", API_VERSION))
        found += [(grant, one) for one in principals if not roles.is_given(assignments, grant.role, one)]
    return found


def ensure(session: Session, grants: Iterable[Grant], principals: Sequence[str], *, strict: bool) -> None:
    """Gives the roles that are missing. Where that is not `strict`, a refusal is only written to the log: the service
    says what it lacks, and what else the command does may need none of it."""
    for grant in grants:
        try:
            for _, principal in missing(session, [grant], principals):
                assign(session, grant, principal)
        except HttpResponseError as error:
            if strict:
                raise
            logger.info("The roles over %s are left as they are: %s", grant.scope, error.message)


def assign(session: Session, grant: Grant, principal: str) -> None:
    """Gives a role; one that is given already is as good."""
    session.tell(f"Assigning {roles.NAMES.get(grant.role, 'a role')} over {grant.scope.rsplit('/', 1)[-1]}")
    document = {
        "properties": {
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": roles.definition_id(grant.role, session.subscription),
        }
    }
    try:
        session.arm.put(f"{grant.scope}/{_AUTHORIZATION}/roleAssignments/{uuid.uuid4()}", API_VERSION, document)
    except HttpResponseError as error:
        if error.status_code != 409:
            raise
        logger.warning("Principal %s has role %s over %s already.", principal, grant.role, grant.scope)


def scopes_of_role(session: Session, role: str) -> list[roles.Scope]:
    """Over what a role of an operator has to be given, from its definition."""
    name = role.rstrip("/").rsplit("/", 1)[-1]
    return roles.scopes_of(session.arm.get(f"/{_AUTHORIZATION}/roleDefinitions/{name}", API_VERSION))


def is_deletable(session: Session, identity: str) -> bool:
    """Whether the caller may delete the identity; one that is gone needs nobody's leave."""
    try:
        return not lacking(session, identity, permissions.IDENTITY_DELETE)
    except ResourceNotFoundError:
        return True
