"""An operation that the service has accepted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.polling.arm_polling import ARMPolling

Tell = Callable[[Mapping[str, Any]], None]
"""Is told the latest status, some times a second, so that a spinner can turn."""
PAUSE = 30.0
"""Seconds between two looks at an operation where the service names none."""
TURN = 0.2
"""Seconds between two turns of a spinner."""


class OperationFailed(Exception):
    """An operation was accepted and ended badly."""

    def __init__(self, error: HttpResponseError) -> None:
        super().__init__(str(error))
        self.error = error


class Operation:
    """Waits for its end when asked to."""

    def __init__(self, pipeline: ARMPipelineClient, accepted: PipelineResponse) -> None:
        self._pipeline = pipeline
        self._accepted = accepted

    def wait(self, tell: Tell) -> Any:
        """The resource as it is then; None after a delete.

        Raises OperationFailed where it ends badly, azure.core's HttpResponseError where its state cannot be had.
        """
        polling = _Told(tell)
        polling.initialize(self._pipeline, self._accepted, _document)
        try:
            polling.run()
        except HttpResponseError as error:
            if polling.status().lower() in ("failed", "canceled", "cancelled"):
                raise OperationFailed(error) from error
            raise
        return polling.resource()


class _Told(ARMPolling):
    def __init__(self, tell: Tell) -> None:
        super().__init__(timeout=PAUSE)
        self._tell = tell
        self._latest: Mapping[str, Any] = {}

    def update_status(self) -> None:
        super().update_status()
        body = _document(self._pipeline_response)
        self._latest = body if isinstance(body, dict) and "status" in body else {}
        self._tell(self._latest)

    def _sleep(self, delay: float) -> None:
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(TURN, left))
            self._tell(self._latest)


def _document(reply: PipelineResponse) -> Any:
    response = reply.http_response
    return response.json() if response.content else None
