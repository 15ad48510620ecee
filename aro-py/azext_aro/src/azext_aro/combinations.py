"""What arguments say about each other. Each function takes the arguments as az parsed them."""

from __future__ import annotations

from typing import Any, Protocol

from azext_aro.refusals import Exclusive, Invalid, Missing

IDENTITY_FLAG = "--enable-managed-identity/--enable-mi"
OPERATORS_FLAG = "--assign-platform-workload-identity/--assign-platform-wi"
CLUSTER_IDENTITY_FLAG = "--assign-cluster-identity/--mi-user-assigned"
SECRETS = (("client_id", "--client-id"), ("client_secret", "--client-secret"))


class Arguments(Protocol):
    """A namespace of parsed arguments."""

    def __getattr__(self, name: str) -> Any: ...


def of_create(given: Arguments) -> None:
    """For create and validate: a service principal, or managed identities, and all that belongs to them."""
    for name, flag in SECRETS:
        if getattr(given, name) is None:
            continue
        if given.enable_managed_identity:
            raise Exclusive(f"Must not specify {flag} when {IDENTITY_FLAG} is True.")
        if given.platform_workload_identities is not None:
            raise Exclusive(f"Must not specify {flag} when {OPERATORS_FLAG} is used.")
    if given.client_id and not given.client_secret:
        raise Missing("Must specify --client-secret with --client-id.")
    if given.client_secret and not given.client_id:
        raise Missing("Must specify --client-id with --client-secret.")
    operators, cluster = given.platform_workload_identities, given.mi_user_assigned
    if not given.enable_managed_identity:
        for value, flag in ((operators, OPERATORS_FLAG), (cluster, CLUSTER_IDENTITY_FLAG)):
            if value is not None:
                raise Missing(f"Must set {IDENTITY_FLAG} with {flag}.")
        return
    if operators and not cluster:
        raise Missing(f"Must specify {CLUSTER_IDENTITY_FLAG} with {OPERATORS_FLAG}.")
    if cluster and not operators:
        raise Missing(f"Must specify {OPERATORS_FLAG} with {CLUSTER_IDENTITY_FLAG}.")
    if not cluster and not given.version:
        raise Missing(
            f"{IDENTITY_FLAG} without {CLUSTER_IDENTITY_FLAG} and {OPERATORS_FLAG} requires --version.",
            "The identities that are created depend on it; `az aro get-versions` lists the versions.",
        )


def of_routing(given: Arguments) -> None:
    """A cluster whose routes are the customer's has no public address."""
    public = [
        flag
        for value, flag in (
            (given.apiserver_visibility, "--apiserver-visibility"),
            (given.ingress_visibility, "--ingress-visibility"),
        )
        if value != "Private"
    ]
    if given.outbound_type == "UserDefinedRouting" and public:
        raise Invalid(
            "Invalid --outbound-type: cannot use UserDefinedRouting when "
            f"{' or '.join(public)} is Public or not defined.",
            "Add --apiserver-visibility Private --ingress-visibility Private.",
        )


def of_update(given: Arguments) -> None:
    """One kind of credentials at a time."""
    secrets = [flag for name, flag in SECRETS if getattr(given, name) is not None]
    if given.client_id and not given.client_secret:
        raise Missing("Must specify --client-secret with --client-id.")
    for flag in secrets:
        if given.platform_workload_identities is not None:
            raise Exclusive(f"Must not specify {flag} when {OPERATORS_FLAG} is used.")
        if given.upgradeable_to is not None:
            raise Exclusive(f"Must not specify {flag} when --upgradeable-to is used.")
    if not given.refresh_cluster_credentials:
        return
    if secrets:
        raise Missing(f"{' and '.join(secrets)} must be not set with --refresh-credentials.")
    if given.platform_workload_identities is not None:
        raise Exclusive(f"{OPERATORS_FLAG} must be not set with --refresh-credentials.")
    if given.upgradeable_to is not None:
        raise Exclusive("Must not specify --refresh-credentials when --upgradeable-to is used.")


def of_delete(given: Arguments) -> None:
    """Identities can be deleted only once the cluster is gone, so somebody has to wait."""
    if given.delete_identities and given.no_wait:
        raise Exclusive("Must not specify --no-wait when --delete-identities is used.")
