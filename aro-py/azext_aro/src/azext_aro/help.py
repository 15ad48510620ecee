"""The help of the commands."""

from __future__ import annotations

from knack.help_files import helps

_NETWORK = "--vnet network --master-subnet master --worker-subnet worker"
_CLUSTER = "-g group -n cluster"

GROUPS = {
    "aro": "Manage Azure Red Hat OpenShift clusters.",
    "aro identity": "Manage the identities that clusters with managed identities need.",
}

COMMANDS: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "create": (
        "Create a cluster.",
        "Everything that can be checked beforehand is checked before anything is made: the arguments, the networks, "
        "the caller's permissions, the version. Takes more than half an hour in Azure.",
        [
            ("With a service principal that is made for it.", f"az aro create {_CLUSTER} {_NETWORK}"),
            (
                "With managed identities that are made for it.",
                f"az aro create {_CLUSTER} {_NETWORK} --enable-managed-identity --version 4.17.27",
            ),
            (
                "Reachable from the virtual network only, with five workers.",
                f"az aro create {_CLUSTER} {_NETWORK} --worker-count 5 --apiserver-visibility Private "
                "--ingress-visibility Private --pull-secret pull-secret.txt",
            ),
        ],
    ),
    "validate": (
        "Check whether a cluster can be created.",
        "Makes nothing. All that is wrong is said at once.",
        [("Before a creation.", f"az aro validate {_CLUSTER} {_NETWORK} --version 4.17.27")],
    ),
    "list": ("List clusters.", "", [("As a table.", "az aro list -o table")]),
    "show": ("Show a cluster.", "", [("One cluster.", f"az aro show {_CLUSTER}")]),
    "update": (
        "Change a cluster, or repair it.",
        "Without any change the service repairs what it finds broken.",
        [
            ("New credentials.", f"az aro update {_CLUSTER} --client-id ID --client-secret SECRET"),
            ("A new secret for the application that it uses.", f"az aro update {_CLUSTER} --refresh-credentials"),
            ("Three outbound addresses.", f"az aro update {_CLUSTER} --lb-ip-count 3"),
            ("Get the identities ready for an upgrade.", f"az aro update {_CLUSTER} --upgradeable-to 4.18.5"),
        ],
    ),
    "delete": (
        "Delete a cluster.",
        "",
        [
            ("A cluster.", f"az aro delete {_CLUSTER}"),
            ("With its managed identities.", f"az aro delete {_CLUSTER} --delete-identities"),
        ],
    ),
    "wait": (
        "Wait until a cluster is in some state.",
        "For operations that were begun with --no-wait, or interrupted.",
        [("For a creation.", f"az aro wait {_CLUSTER} --created")],
    ),
    "list-credentials": (
        "Show name and password of kubeadmin.",
        "",
        [("To sign in at the console.", f"az aro list-credentials {_CLUSTER}")],
    ),
    "get-admin-kubeconfig": (
        "Write the administrator's kubeconfig into a file.",
        "Only you can read the file. It must not exist.",
        [("For kubectl.", f"az aro get-admin-kubeconfig {_CLUSTER} -f admin.kubeconfig")],
    ),
    "get-versions": (
        "List the versions of OpenShift that can be installed.",
        "",
        [("In one location.", "az aro get-versions -l eastus")],
    ),
    "identity get-required": (
        "Show the commands that make the identities of a cluster.",
        "For those who may not, or would rather not, have them made. Makes nothing.",
        [("For one version.", f"az aro identity get-required -g group -l eastus --version 4.17.27 {_NETWORK}")],
    ),
    "identity create-required": (
        "Create the identities of a cluster, and give them their roles.",
        "The cluster's identity is the first of the list; the others are named as their operators.",
        [("For one version.", f"az aro identity create-required -g group -l eastus --version 4.17.27 {_NETWORK}")],
    ),
}


def load() -> None:
    """Into the registry of az."""
    for name, summary in GROUPS.items():
        helps[name] = f"type: group\nshort-summary: {_quoted(summary)}\n"
    for name, (summary, details, examples) in COMMANDS.items():
        lines = ["type: command", f"short-summary: {_quoted(summary)}"]
        if details:
            lines.append(f"long-summary: {_quoted(details)}")
        lines.append("examples:")
        for title, text in examples:
            lines += [f"- name: {_quoted(title)}", f"  text: {_quoted(text)}"]
        helps[f"aro {name}"] = "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A scalar of YAML, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
