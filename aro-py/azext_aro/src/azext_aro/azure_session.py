"""One command's view of Azure: as whom az is logged in, in which subscription, and where progress is told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from knack.log import get_logger

from azext_aro import progress
from azext_aro.arm import Arm
from azext_aro.clusters import Clusters

if TYPE_CHECKING:
    from azext_aro.directory import Directory
    from azext_aro.operation import Operation

logger = get_logger(__name__)


class Session:
    """Clients are made when they are first used."""

    def __init__(self, cli_ctx: Any) -> None:
        self.cli_ctx = cli_ctx
        quiet = cli_ctx.config.getboolean("core", "disable_progress_bar", False) or cli_ctx.only_show_errors
        self._view = None if quiet else cli_ctx.get_progress_controller()
        self._said = ""
        self.waits = False
        """Whether an operation runs that goes on without this command."""

    @cached_property
    def arm(self) -> Arm:
        from azure.cli.core.commands.client_factory import get_mgmt_service_client

        made: Arm = get_mgmt_service_client(self.cli_ctx, Arm)
        return made

    @cached_property
    def clusters(self) -> Clusters:
        return Clusters(self.arm)

    @cached_property
    def directory(self) -> Directory:
        from azext_aro.directory import Directory

        return Directory(self.cli_ctx)

    @property
    def subscription(self) -> str:
        return self.arm.subscription

    def tell(self, text: str) -> None:
        """What is being done. Each text once in the log of --verbose, and beside the spinner of a terminal."""
        if text != self._said:
            logger.info(text)
            self._said = text
        if self._view is not None:
            self._view.add(message=text)

    def done(self) -> None:
        """Takes the spinner away."""
        if self._view is not None and self._said:
            self._view.end()
            self._said = ""

    def wait(self, operation: Operation) -> Any:
        """For its end, telling how far it is."""

        def tell(status: Mapping[str, Any]) -> None:
            self.tell(progress.line(status))

        self.waits = True
        result = operation.wait(tell)
        self.waits = False
        return result
