"""The values of single arguments: each function takes the flag and what was given, and returns what is meant."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from azext_aro import resource_id
from azext_aro.refusals import Invalid, Missing
from azext_aro.resource_id import ResourceId

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_VERSION = re.compile(r"[4-9]\.[0-9]{1,2}\.[0-9]{1,2}")
FIRST_MINOR_WITH_IDENTITIES = 14
"""OpenShift 4 minor version from which clusters can have managed identities."""
VISIBILITIES = ("Private", "Public")
OUTBOUND_TYPES = ("Loadbalancer", "UserDefinedRouting")


def network(flag: str, text: str) -> str:
    """A network in CIDR notation, with no bit set behind its prefix."""
    try:
        ipaddress.IPv4Network(text)
    except ValueError as error:
        raise Invalid(f"Invalid {flag} '{text}': {error}.", "Give a network like 10.128.0.0/14.") from error
    return text


def client_id(flag: str, text: str) -> str:
    """The id of an application."""
    try:
        uuid.UUID(text)
    except ValueError as error:
        raise Invalid(f"Invalid {flag} '{text}': it is no UUID.", "Give the application (client) id.") from error
    return text


def domain(flag: str, text: str) -> str:
    """A DNS name, or the first label of one."""
    if not _DOMAIN.fullmatch(text):
        raise Invalid(
            f"Invalid {flag} '{text}'.",
            "Give DNS labels: at most 63 small letters, digits and hyphens, with a letter or digit at both ends.",
        )
    return text


def version(flag: str, text: str) -> str:
    """A version of OpenShift."""
    if not _VERSION.fullmatch(text):
        raise Invalid(
            f"{flag} is invalid: '{text}' is not of the form X.Y.Z.",
            "`az aro get-versions` lists what can be installed.",
        )
    return text


def upgradeable_to(flag: str, text: str) -> str:
    """A version that a cluster with managed identities can be upgraded to."""
    if not _VERSION.fullmatch(text):
        raise Invalid(f"{flag} format is invalid: '{text}' is not of the form X.Y.Z.")
    major, minor = minor_version(text)
    if major == 4 and minor < FIRST_MINOR_WITH_IDENTITIES:
        raise Invalid(f"{flag} format is invalid: managed identities need 4.{FIRST_MINOR_WITH_IDENTITIES} or newer.")
    return text


def minor_version(text: str) -> tuple[int, int]:
    """The first two numbers of a version."""
    major, minor, *_ = text.split(".")
    return int(major), int(minor)


def version_order(text: str) -> tuple[int, ...]:
    """What to sort versions by: 4.9 is older than 4.10."""
    return tuple(int(part) for part in re.findall(r"[0-9]+", text))


def pull_secret(flag: str, given: str) -> str:
    """The text of a pull secret, given as it is or as the path of a file."""
    text = given
    # A document is no path, and may be too long to be asked for as one.
    if not given.lstrip().startswith("{"):
        try:
            text = Path(given).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            # The value is not repeated: it may be a secret after all.
            raise Invalid(f"Invalid {flag}: it is neither a JSON object nor a file that can be read.") from error
    try:
        is_object = isinstance(json.loads(text), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise Invalid(
            f"Invalid {flag}: it is no JSON object.", "Download it from console.redhat.com and give the file."
        )
    return text


def at_least(flag: str, minimum: int, value: int) -> int:
    """A number from `minimum` on."""
    if value < minimum:
        raise Invalid(f"{flag} must be greater than or equal to {minimum}.")
    return value


def between(flag: str, minimum: int, maximum: int, value: int) -> int:
    """A number in a range that includes both ends."""
    if not minimum <= value <= maximum:
        raise Invalid(f"{flag} must be between {minimum} and {maximum} (inclusive).")
    return value


def one_of(flag: str, words: Sequence[str], text: str) -> str:
    """One of some words, in their spelling."""
    for word in words:
        if word.lower() == text.lower():
            return word
    raise Invalid(f"Invalid {flag} '{text}': must be {' or '.join(words)}.")


def vnet(given: str, subscription: str, group: str) -> str:
    """The id of a virtual network, given as id or name."""
    if "/" not in given:
        return resource_id.made(subscription, group, resource_id.VNET, given)
    found = ResourceId.parse(given)
    if found is None or not found.is_a(resource_id.VNET):
        raise Invalid(f"Invalid --vnet '{given}': it is neither a name nor the id of a virtual network.")
    return given


def subnet(flag: str, given: str, vnet_id: str | None, subscription: str) -> str:
    """The id of a subnet in the cluster's subscription, given as id or as a name in a virtual network."""
    if "/" not in given:
        if not vnet_id:
            raise Missing(f"Must specify --vnet if {flag} is not an id.")
        given = f"{vnet_id}/subnets/{given}"
    found = ResourceId.parse(given)
    if found is None:
        raise Invalid(f"Invalid {flag} '{given}': it is neither a name nor the id of a subnet.")
    if found.subscription.lower() != subscription.lower():
        raise Invalid(f"{flag} subscription '{found.subscription}' must equal cluster subscription '{subscription}'.")
    if not found.is_a(resource_id.SUBNET):
        raise Invalid(f"{flag} '{given}' must be a {resource_id.SUBNET}, and is a {found.kind}.")
    return given


def together(master_subnet: str, worker_subnet: str) -> None:
    """The subnets of a cluster are two of one virtual network."""
    master, worker = resource_id.known(master_subnet), resource_id.known(worker_subnet)
    rows = (
        ("resource group", master.group, worker.group, True),
        ("vnet name", master.names[0], worker.names[0], True),
        ("name", master.name, worker.name, False),
    )
    for what, one, other, equal in rows:
        if (one.lower() == other.lower()) is not equal:
            must = "must equal" if equal else "must not equal"
            raise Invalid(f"--master-subnet {what} '{one}' {must} --worker-subnet {what} '{other}'.")


def identity(flag: str, given: str, subscription: str, group: str) -> str:
    """The id of a managed identity, given as id or as a name in the cluster's resource group."""
    if "/" not in given:
        return resource_id.made(subscription, group, resource_id.IDENTITY, given)
    found = ResourceId.parse(given)
    if found is None or not found.is_a(resource_id.IDENTITY):
        raise Invalid(f"Invalid {flag}: '{given}' is not a valid userAssignedIdentity, neither its name nor its id.")
    return given


def operator_identities(flag: str, pairs: Sequence[Sequence[str]], subscription: str, group: str) -> dict[str, str]:
    """Operator names with the ids of their identities."""
    for pair in pairs:
        if len(pair) != 2:
            raise Invalid(f"{flag} requires 2 values: OPERATOR_NAME IDENTITY, where the identity is a name or an id.")
    counted = Counter(operator for operator, _ in pairs)
    if twice := sorted(operator for operator, times in counted.items() if times > 1):
        raise Invalid(f"{flag} names {', '.join(twice)} multiple times.")
    return {operator: identity(flag, given, subscription, group) for operator, given in pairs}


def disk_encryption_set(flag: str, given: str) -> str:
    """The id of a disk encryption set."""
    found = ResourceId.parse(given)
    if found is None or not found.is_a(resource_id.DISK_ENCRYPTION_SET):
        raise Invalid(f"Invalid {flag} '{given}', has to be a resource ID of a disk encryption set.")
    return given
