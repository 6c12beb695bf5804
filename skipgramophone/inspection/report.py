"""An inspection: what a corpus is like, what is wrong with it, and which context its order speaks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc

from skipgramophone.evaluation.window_choice import ContextChoice
from skipgramophone.inspection.contents import Contents, Ids
from skipgramophone.inspection.distribution import Distribution, distribution
from skipgramophone.inspection.findings import KINDS, Finding, found, percent
from skipgramophone.inspection.names import faults_of_names
from skipgramophone.inspection.playlists import faults_of_playlists
from skipgramophone.inspection.tracks import faults_of_tracks
from skipgramophone.settings import Thresholds

SCHEMA = 1  # of the JSON; it is raised when a field changes its meaning or goes away
HEAD = 0.01  # share of the tracks that is called the head
SHOWN_FREQUENT = 3


@dataclass(frozen=True, slots=True)
class Frequent:
    """One of the most frequent tracks."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an inspection found out.

    Attributes:
        schema: of this record.
        kind: "experiment" or "sources".
        inspected: the experiment's name, or the sources as they were named.
        playlists: how many there are.
        owners: how many owners of playlists there are; one where none is named.
        tracks: how many there are.
        occurrences: places of all playlists together.
        lengths: of the playlists.
        counts: of the tracks.
        once: tracks that occur a single time.
        half: so many of the most frequent tracks hold half of all occurrences.
        head_share: share of all occurrences that the most frequent hundredth of the tracks holds.
        most_frequent: tracks.
        findings: what should be known before training, in the order of `KINDS`.
        order: what `-wsz auto` chooses, and by what.
        seconds: that it took.
    """

    schema: int
    kind: Literal["experiment", "sources"]
    inspected: tuple[str, ...]
    playlists: int
    owners: int
    tracks: int
    occurrences: int
    lengths: Distribution
    counts: Distribution
    once: int
    half: int
    head_share: float
    most_frequent: tuple[Frequent, ...]
    findings: tuple[Finding, ...]
    order: ContextChoice
    seconds: float


def inspection(
    kind: Literal["experiment", "sources"],
    inspected: Sequence[str],
    contents: Contents,
    facts: Mapping[str, Any],
    order: ContextChoice,
    seconds: float,
) -> Inspection:
    """Put together what there is to say of a corpus; `facts` are those of its extraction."""
    counts = np.sort(contents.counts)[::-1]
    reached = np.cumsum(counts)
    most = np.argsort(-contents.counts, kind="stable")[:SHOWN_FREQUENT]
    names = contents.track_names(most)
    return Inspection(
        schema=SCHEMA,
        kind=kind,
        inspected=tuple(inspected),
        playlists=len(contents.corpus),
        owners=pc.count_distinct(contents.playlists["owner"]).as_py(),
        tracks=len(counts),
        occurrences=contents.corpus.occurrences,
        lengths=distribution(contents.lengths),
        counts=distribution(counts),
        once=int(np.count_nonzero(counts == 1)),
        half=int(np.searchsorted(reached, reached[-1] / 2)) + 1,
        head_share=round(float(reached[_head(counts) - 1] / reached[-1]), 6),
        most_frequent=tuple(Frequent(name, int(contents.counts[at])) for name, at in zip(names, most, strict=True)),
        findings=findings(contents, facts),
        order=order,
        seconds=round(seconds, 2),
    )


def findings(contents: Contents, facts: Mapping[str, Any], thresholds: Thresholds | None = None) -> tuple[Finding, ...]:
    """Everything that is found about a corpus, in the order of `KINDS`."""
    thresholds = thresholds or Thresholds()
    every = [
        *_of_rows(facts, thresholds),
        *faults_of_playlists(contents, thresholds),
        *faults_of_tracks(contents, thresholds),
        *faults_of_names(contents, thresholds),
    ]
    return tuple(sorted(every, key=lambda finding: KINDS.index(finding.kind)))


def _of_rows(facts: Mapping[str, Any], thresholds: Thresholds) -> Iterator[Finding]:
    """What extraction itself has counted: rows that it rejected, playlists that it welded."""
    rejected, read = facts.get("rows_rejected", 0), facts.get("rows_read", 0)
    if rejected > thresholds.rejected * read:
        reasons = sorted(facts.get("rejected", {}).items(), key=lambda counted: -counted[1])
        said = f"{rejected:,} of {read:,} rows ({percent(rejected, read)}) were rejected"
        yield found("rejected-rows", said, rejected, read, "rows", [f"{n:,} × {reason}" for reason, n in reasons[:3]])
    welded, playlists = facts.get("welded", 0), facts.get("playlists", 0)
    if welded:
        of = welded + playlists
        said = f"{welded:,} of {of:,} playlists ({percent(welded, of)}) went into another owner's of the same name"
        yield found("welded-by-name", said, welded, of, "playlists", ())


def _head(counts: Ids) -> int:
    """How many tracks are the head."""
    return max(1, round(HEAD * len(counts)))
