"""What the checks before a creation find, and how it is told."""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

WIDTH = 160
"""Characters after which a cell of the report is wrapped."""


class Severity(enum.Enum):
    """Whether a cluster can be made all the same."""

    WARNING = "Warning"
    ERROR = "Error"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    kind: str
    name: str
    description: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Report:
    """All that was found."""

    findings: Sequence[Finding]

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.findings if one.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.severity is Severity.WARNING]


def table(findings: Sequence[Finding]) -> str:
    """The findings as a grid."""
    rows = [
        [textwrap.fill(text, width=WIDTH) for text in (one.kind, one.name, one.severity.value, one.description)]
        for one in findings
    ]
    grid: str = tabulate(rows, headers=["Type", "Name", "Severity", "Description"], tablefmt="grid")
    return grid
