"""Clusters as az prints them: properties beside id and name, and every member there, null where there is none."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from aro.types import Cluster, ClusterProperties
from azext_aro.resource_id import known


class _Marker:
    """Stands for Required and NotRequired, which Python 3.10 does not have."""

    def __class_getitem__(cls, item: Any) -> Any:
        return item


_NAMES = {"Required": _Marker, "NotRequired": _Marker}


def cluster(wire: Mapping[str, Any]) -> dict[str, Any]:
    """One cluster."""
    flat: dict[str, Any] = _whole(Cluster, {key: value for key, value in wire.items() if key != "properties"})
    del flat["properties"]
    return dict(sorted((flat | _whole(ClusterProperties, wire.get("properties") or {})).items()))


def _whole(kind: Any, value: Any) -> Any:
    """The value with all the members that its type has."""
    if value is None:
        return None
    if typing.is_typeddict(kind):
        members = typing.get_type_hints(kind, localns=_NAMES)
        return {_spelled(name): _whole(member, value.get(name)) for name, member in sorted(members.items())}
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return [_whole(item, one) for one in value]
    if typing.get_origin(kind) is dict:
        _, item = typing.get_args(kind)
        return {key: _whole(item, one) for key, one in value.items()}
    return value


def _spelled(name: str) -> str:
    """As az spells it since its first version: diskSizeGb."""
    return re.sub("[A-Z]{2,}", lambda capitals: capitals[0].capitalize(), name)


def row(shown: Mapping[str, Any]) -> dict[str, Any]:
    """One cluster as a row of a table."""
    workers = shown["workerProfilesStatus"] or shown["workerProfiles"] or []
    return {
        "Name": shown["name"],
        "ResourceGroup": known(shown["id"]).group,
        "Location": shown["location"],
        "ProvisioningState": shown["provisioningState"],
        "WorkerCount": sum(worker["count"] or 0 for worker in workers),
        "URL": (shown["consoleProfile"] or {}).get("url"),
    }


def rows(shown: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Several."""
    return [row(one) for one in shown]


def version_rows(versions: Iterable[str]) -> list[dict[str, Any]]:
    """Versions of OpenShift as rows of a table."""
    return [{"Version": version} for version in versions]
