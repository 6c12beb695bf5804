"""Advice for experiments in which `sgp extract --holdout` has already held out playlists.

It concerns snapshots: playlists that are states of one list at different times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from skipgramophone.inspection.findings import Finding
from skipgramophone.inspection.proposal import Target
from skipgramophone.settings import EVALUATED_SHARE


def adapt_to_split(findings: Iterable[Finding], target: Target) -> tuple[Finding, ...]:
    """Return findings whose advice on evaluation takes into account that sgp extract has held out playlists.

    `sgp evaluate` uses the held-out playlists of `sgp extract`. It accepts --group only together with --share, which
    makes a new split.
    """
    if not target.holds_out:
        return tuple(findings)
    return tuple(_adapted(finding, target.group) if finding.kind == "snapshots" else finding for finding in findings)


def _adapted(finding: Finding, group_of_extract: str | None) -> Finding:
    """Return the finding on snapshots with advice for experiments in which sgp extract has held out playlists.

    The advice depends on whether sgp extract has already used the --group that the finding suggests.
    """
    _, group = finding.apply["evaluate"]
    if group == group_of_extract:
        return replace(
            finding,
            what=finding.what.partition("; to keep them together")[0],
            remedy="sgp extract has already kept the snapshots of each list together, held out or not, and sgp "
            "evaluate uses these held-out playlists: evaluate without --group",
            apply={"evaluate": ()},
        )
    return replace(
        finding,
        remedy="sgp extract held out playlists without this --group: either make a new split (evaluate with --share "
        "and --group), or extract again with --holdout and --group",
        flags=("evaluate --share", *finding.flags),
        apply={"evaluate": ("--share", f"{EVALUATED_SHARE:g}", "--group", group)},
    )
