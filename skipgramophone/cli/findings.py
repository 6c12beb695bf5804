"""Prints the findings of an inspection: each problem with examples, effect and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skipgramophone.cli import render

if TYPE_CHECKING:
    from skipgramophone.inspection.findings import Finding

NONE = "no problems found"


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings on standard output, numbered."""
    render.text("")
    if not findings:
        render.text(NONE)
    for number, finding in enumerate(findings, 1):
        examples = [("   examples", "; ".join(finding.examples))] if finding.examples else []
        rows = [*examples, ("   effect", finding.effect), ("   remedy", finding.remedy)]
        render.facts(f"{number}. {finding.what}", rows)
