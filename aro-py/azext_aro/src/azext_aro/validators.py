"""Hands the arguments that az parsed to the checks, and puts back what was meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from azure.cli.core.commands.client_factory import get_subscription_id

from azext_aro import arguments
from azext_aro.cli import refused
from azext_aro.refusals import Refusal

Validator = Callable[..., None]


def value(name: str, flag: str, check: Callable[[str, Any], Any]) -> Validator:
    """Of an argument that stands for itself; one that was not given is not looked at."""

    def validate(namespace: Any) -> None:
        given = getattr(namespace, name, None)
        if given is not None:
            setattr(namespace, name, _checked(lambda: check(flag, given)))

    return validate


def rules(*checks: Callable[[Any], None]) -> Validator:
    """Of arguments against each other."""

    def validate(namespace: Any) -> None:
        for check in checks:
            _checked(partial(check, namespace))

    return validate


def subnet(name: str, flag: str) -> Validator:
    """Of a subnet, by name in the network of --vnet or by id."""

    def validate(cmd: Any, namespace: Any) -> None:
        subscription = get_subscription_id(cmd.cli_ctx)
        vnet = _vnet(namespace, subscription)
        meant = _checked(lambda: arguments.subnet(flag, getattr(namespace, name), vnet, subscription))
        setattr(namespace, name, meant)

    return validate


def vnet(cmd: Any, namespace: Any) -> None:
    """Of the network, by name or id."""
    namespace.vnet = _vnet(namespace, get_subscription_id(cmd.cli_ctx))


def _vnet(namespace: Any, subscription: str) -> Any:
    # The order in which az validates is not ours, so each validator may find the name or the id.
    if not namespace.vnet:
        return None
    group = namespace.vnet_resource_group_name or namespace.resource_group_name
    return _checked(lambda: arguments.vnet(namespace.vnet, subscription, group))


def identity(name: str, flag: str, check: Callable[[str, Any, str, str], Any]) -> Validator:
    """Of identities, by name in the cluster's resource group or by id."""

    def validate(cmd: Any, namespace: Any) -> None:
        given = getattr(namespace, name)
        if given is not None:
            subscription = get_subscription_id(cmd.cli_ctx)
            setattr(namespace, name, _checked(lambda: check(flag, given, subscription, namespace.resource_group_name)))

    return validate


def _checked(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except Refusal as refusal:
        refused(refusal)
