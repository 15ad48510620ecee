"""The arguments of the commands. Defaults are said from where they are applied."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import Any

from azure.cli.core.commands.parameters import (
    get_enum_type,
    get_three_state_flag,
    name_type,
    resource_group_name_type,
    tags_type,
)
from azure.cli.core.commands.validators import get_default_location_from_resource_group
from knack.log import get_logger

from azext_aro import arguments, combinations, validators
from azext_aro.document import Wish

logger = get_logger(__name__)

_DEFAULTS = {field.name: field.default for field in fields(Wish)}
GROUP = "Identity"


def load(loader: Any) -> None:
    """Into the registry of az."""
    with loader.argument_context("aro") as context:
        _what(context)
        _network(context)
        _credentials(context)
        _machines(context)
    with loader.argument_context("aro create") as context:
        rules = validators.rules(combinations.of_create, combinations.of_routing)
        context.argument("resource_name", name_type, help="Name of the cluster.", validator=rules)
    with loader.argument_context("aro validate") as context:
        rules = validators.rules(combinations.of_create)
        context.argument("resource_name", name_type, help="Name of the cluster.", validator=rules)
    with loader.argument_context("aro update") as context:
        _changes(context)
    with loader.argument_context("aro delete") as context:
        rules = validators.rules(combinations.of_delete)
        context.argument("resource_name", name_type, help="Name of the cluster.", validator=rules)
        context.argument(
            "delete_identities",
            arg_group=GROUP,
            arg_type=get_three_state_flag(),
            help="Delete the managed identities of the cluster once the cluster is deleted.",
        )
    with loader.argument_context("aro get-admin-kubeconfig") as context:
        context.argument("file", options_list=["--file", "-f"], help="File to write; it must not exist.")


def _default(name: str) -> str:
    value = _DEFAULTS[name]
    return f" [Default: {str(value).lower() if isinstance(value, bool) else value}]"


def _flag(context: Any, name: str, text: str, options: list[str] | None = None, **more: Any) -> None:
    named = {"options_list": options} if options else {}
    context.argument(name, arg_type=get_three_state_flag(), help=text, **named, **more)


def _what(context: Any) -> None:
    context.argument("resource_name", name_type, help="Name of the cluster.")
    context.argument("location", validator=get_default_location_from_resource_group)
    context.argument("tags", tags_type)
    context.argument("pull_secret", help="Pull secret of Red Hat: its file, or its text.", validator=_pull_secret)
    context.argument(
        "domain",
        help="Domain of the cluster, or its first label below the domain of the service. [Default: random]",
        validator=validators.value("domain", "--domain", arguments.domain),
    )
    context.argument(
        "cluster_resource_group",
        help="Resource group for what the cluster consists of. The service makes it. [Default: aro-<random>]",
    )
    _flag(
        context,
        "fips_validated_modules",
        "Use cryptography that is validated for FIPS." + _default("fips_validated_modules"),
        ["--fips-validated-modules", "--fips"],
    )
    context.argument(
        "version",
        options_list=["--version", context.deprecate(target="--install-version", redirect="--version", hide=True)],
        help="Version of OpenShift to install, X.Y.Z. [Default: chosen by the service]",
        validator=validators.value("version", "--version", arguments.version),
    )


def _pull_secret(namespace: Any) -> None:
    if namespace.pull_secret is None:
        logger.warning(
            "No --pull-secret provided: the cluster will not include samples, nor operators from Red Hat or certified "
            "partners."
        )
    validators.value("pull_secret", "--pull-secret", arguments.pull_secret)(namespace)


def _network(context: Any) -> None:
    for name, flag, what in (("pod_cidr", "--pod-cidr", "pods"), ("service_cidr", "--service-cidr", "services")):
        text = f"Network of the {what}, in CIDR notation." + _default(name)
        context.argument(name, help=text, validator=validators.value(name, flag, arguments.network))
    context.argument(
        "outbound_type",
        help=f"How the cluster reaches the internet: {' or '.join(arguments.OUTBOUND_TYPES)}. [Default: Loadbalancer]",
        validator=validators.value("outbound_type", "--outbound-type", partial(_one_of, arguments.OUTBOUND_TYPES)),
    )
    _flag(
        context,
        "enable_preconfigured_nsg",
        "Keep the network security groups of the subnets." + _default("enable_preconfigured_nsg"),
    )
    context.argument(
        "vnet_resource_group_name",
        resource_group_name_type,
        options_list=["--vnet-resource-group"],
        help="Resource group of the virtual network. [Default: that of the cluster]",
    )
    context.argument("vnet", help="Virtual network, by name or id.", validator=validators.vnet)
    for name, flag, what in (
        ("master_subnet", "--master-subnet", "control plane"),
        ("worker_subnet", "--worker-subnet", "workers"),
    ):
        text = f"Subnet of the {what}: its name in --vnet, or its id."
        context.argument(name, help=text, validator=validators.subnet(name, flag))
    for name, what in (("apiserver_visibility", "the API server"), ("ingress_visibility", "the ingress")):
        text = f"Who reaches {what}." + _default(name)
        context.argument(name, arg_type=get_enum_type(arguments.VISIBILITIES), help=text)
    context.argument(
        "load_balancer_managed_outbound_ip_count",
        type=int,
        options_list=["--load-balancer-managed-outbound-ip-count", "--lb-ip-count"],
        help="Number of outbound IPv4 addresses of the public load balancer, 1 to 20.",
        validator=validators.value(
            "load_balancer_managed_outbound_ip_count",
            "--load-balancer-managed-outbound-ip-count",
            partial(_between, 1, 20),
        ),
    )


def _one_of(words: tuple[str, ...], flag: str, text: str) -> str:
    return arguments.one_of(flag, words, text)


def _between(minimum: int, maximum: int, flag: str, value: int) -> int:
    return arguments.between(flag, minimum, maximum, value)


def _at_least(minimum: int, flag: str, value: int) -> int:
    return arguments.at_least(flag, minimum, value)


def _credentials(context: Any) -> None:
    context.argument(
        "client_id",
        help="Application (client) id of the cluster's service principal. [Default: one is made]",
        validator=validators.value("client_id", "--client-id", arguments.client_id),
    )
    context.argument("client_secret", help="Secret of the cluster's service principal.")
    _flag(
        context,
        "enable_managed_identity",
        "Use managed identities instead of a service principal.",
        ["--enable-managed-identity", "--enable-mi"],
        arg_group=GROUP,
    )
    context.argument(
        "platform_workload_identities",
        arg_group=GROUP,
        options_list=["--assign-platform-workload-identity", "--assign-platform-wi"],
        nargs="+",
        action="append",
        help="Name of an operator and the managed identity it uses, by name or id. Give it once for each operator.",
        validator=validators.identity(
            "platform_workload_identities", "--assign-platform-workload-identity", arguments.operator_identities
        ),
    )
    context.argument(
        "mi_user_assigned",
        arg_group=GROUP,
        options_list=["--mi-user-assigned", "--assign-cluster-identity"],
        help="Managed identity of the cluster itself, by name or id.",
        validator=validators.identity("mi_user_assigned", "--assign-cluster-identity", arguments.identity),
    )


def _machines(context: Any) -> None:
    context.argument(
        "disk_encryption_set",
        help="Id of the disk encryption set for the disks of all machines.",
        validator=validators.value("disk_encryption_set", "--disk-encryption-set", arguments.disk_encryption_set),
    )
    for role, what in (("master", "control plane"), ("worker", "workers")):
        name = f"{role}_encryption_at_host"
        text = f"Encrypt at the host what the machines of the {what} cache." + _default(name)
        _flag(context, name, text, [f"--{role}-encryption-at-host", f"--{role}-enc-host"])
        name = f"{role}_vm_size"
        context.argument(name, help=f"Size of the machines of the {what}." + _default(name))
    for name, flag, minimum, text in (
        ("worker_vm_disk_size_gb", "--worker-vm-disk-size-gb", 128, "Size of the disks of the workers, in GB."),
        ("worker_count", "--worker-count", 3, "Number of workers."),
    ):
        check = validators.value(name, flag, partial(_at_least, minimum))
        context.argument(name, type=int, help=text + _default(name), validator=check)


def _changes(context: Any) -> None:
    rules = validators.rules(combinations.of_update)
    context.argument("resource_name", name_type, help="Name of the cluster.", validator=rules)
    _flag(
        context,
        "refresh_cluster_credentials",
        "Make a new secret for the cluster's application, and use it.",
        ["--refresh-credentials"],
    )
    context.argument(
        "upgradeable_to",
        arg_group=GROUP,
        options_list=["--upgradeable-to"],
        help="Version of OpenShift, X.Y.Z, that the cluster is to be ready for. Identities that it needs are made.",
        validator=validators.value("upgradeable_to", "--upgradeable-to", arguments.upgradeable_to),
    )
