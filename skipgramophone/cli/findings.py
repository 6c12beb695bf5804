"""How findings are shown: what was found, a few examples, what it does, what helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skipgramophone.cli import render

if TYPE_CHECKING:
    from skipgramophone.inspection.findings import Finding

NONE = "nothing was found that should be known before training"


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings on stdout, numbered."""
    render.text("")
    if not findings:
        render.text(NONE)
    for number, finding in enumerate(findings, 1):
        examples = [("   as in", "; ".join(finding.examples))] if finding.examples else []
        rows = [*examples, ("   effect", finding.effect), ("   help", finding.remedy)]
        render.facts(f"{number}. {finding.what}", rows)
