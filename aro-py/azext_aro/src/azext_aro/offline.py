"""The service's static rules, applied before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import aro
from azext_aro import remedies
from azext_aro.refusals import Unsound
from azext_aro.remedies import Place


def check(
    document: Mapping[str, Any],
    operation: Literal["create", "update"],
    cluster_id: str,
    place: Place,
    *,
    current: Mapping[str, Any] | None = None,
    versions: Sequence[str] = (),
) -> None:
    """Refuses what the service would refuse, with everything that is wrong; `versions` are taken to be offered."""
    found = aro.validate(
        document, operation=operation, current=current, resource_id=cluster_id, openshift_versions=versions
    )
    if found:
        advice = [text for one in found for text in remedies.of_refusal(one["code"], one["target"], place)]
        raise Unsound(remedies.blocks(found), "\n".join(dict.fromkeys(advice)) or None)
