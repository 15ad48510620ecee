"""How far an operation is, in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def line(status: Mapping[str, Any]) -> str:
    """From the status of an operation: `Creating: 42 %, step 7 of 19: attach network security groups`."""
    text = str(status.get("status") or "Running")
    steps = status.get("properties") or {}
    said = []
    if (percent := status.get("percentComplete")) is not None:
        said.append(f"{percent:g} %")
    if (done := steps.get("stepsDone")) is not None and (total := steps.get("stepsTotal")):
        said.append(f"step {min(done + 1, total)} of {total}")
    if said:
        text += f": {', '.join(said)}"
    if step := steps.get("step"):
        text += f": {step}"
    return text
