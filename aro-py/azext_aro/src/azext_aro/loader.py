"""Which function is which command. What az itself brings of the same names is replaced."""

from __future__ import annotations

from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType
from azure.cli.core.commands.command_operation import WaitCommandOperation
from knack.util import CLIError

from azext_aro import shown
from azext_aro.help import load as load_help


class Loader(AzCommandsLoader):
    """What az loads of an extension."""

    # az's index of commands remembers by it which package to load, and takes it for the extension's.
    __module__ = "azext_aro"

    def __init__(self, cli_ctx: Any = None) -> None:
        load_help()
        super().__init__(cli_ctx=cli_ctx)

    def load_command_table(self, args: Any) -> Any:
        def of(module: str) -> CliCommandType:
            return CliCommandType(operations_tmpl=f"azext_aro.{module}#{{}}")

        read, create, update, delete, identity = map(of, ("read", "create", "update", "delete", "identity"))
        with self.command_group("aro", read) as group:
            group.command("list", "list_", table_transformer=shown.rows)
            group.show_command("show", "show", table_transformer=shown.row)
            group.command("list-credentials", "list_credentials")
            group.command("get-admin-kubeconfig", "get_admin_kubeconfig")
            group.command("get-versions", "get_versions", table_transformer=shown.version_rows)
        with self.command_group("aro", create) as group:
            group.command("create", "create", supports_no_wait=True)
            group.command("validate", "validate")
        with self.command_group("aro", update) as group:
            group.command("update", "update", supports_no_wait=True)
        with self.command_group("aro", delete) as group:
            group.command("delete", "delete", supports_no_wait=True, confirmation=True)
        with self.command_group("aro identity", identity) as group:
            question = "Identities will be created, and roles given to them. Proceed?"
            group.command("create-required", "create_required", confirmation=question)
            group.command("get-required", "get_required")
        wait = Wait(command_loader=self, op_path="azext_aro.read#state")
        self.add_cli_command("aro wait", command_operation=wait)
        return self.command_table

    def load_arguments(self, command: str) -> None:
        from azext_aro.parameters import load

        load(self)


class Wait(WaitCommandOperation):
    """az's own, but where it is in vain it says so instead of printing an empty object."""

    def handler(self, command_args: Any) -> None:
        outcome = super().handler(command_args)
        if isinstance(outcome, CLIError):
            raise outcome
