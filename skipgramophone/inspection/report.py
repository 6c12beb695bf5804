"""The report of an inspection: statistics of a corpus, its problems, and the context that `-wsz auto` chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc

from skipgramophone.evaluation.window_choice import ContextChoice
from skipgramophone.inspection.contents import Contents, Ids
from skipgramophone.inspection.distribution import Distribution, distribution
from skipgramophone.inspection.dominant_owner import inspect_dominant_owner
from skipgramophone.inspection.findings import ADVICE, KINDS, Finding, make_finding, percent
from skipgramophone.inspection.held_out_split import adapt_to_split
from skipgramophone.inspection.names import inspect_names
from skipgramophone.inspection.playlists import inspect_playlists
from skipgramophone.inspection.proposal import Proposal, Target, propose
from skipgramophone.inspection.tracks import inspect_tracks
from skipgramophone.playlists.named_ids import NamedIds
from skipgramophone.playlists.readers.kept_rows import KEPT_BY
from skipgramophone.settings import Thresholds
from skipgramophone.utf8 import NOT_UTF8, give_encoding
from skipgramophone.wording import COMMAND_LINE

SCHEMA = 1  # version of the JSON format; raised when a field is removed or changes its meaning
HEAD = 0.01  # the head consists of this share of all tracks, the most frequent ones
SHOWN_FREQUENT = 3


@dataclass(frozen=True, slots=True)
class FrequentTrack:
    """One of the most frequent tracks."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """The report of an inspection.

    Attributes:
        schema: version of the JSON format.
        kind: "experiment" or "sources".
        inspected: name of the experiment, or the sources as they were given.
        sources: for sources, a record per file with its format; empty for an experiment.
        guessed_columns: for sources, a record per table whose columns were guessed.
        doubts: for sources, a record per doubt about a table, as in `extract`.
        names: for sources, the table from which names of tracks were taken, if any.
        playlists: number of playlists.
        owners: number of owners; 1 if no owner is known.
        tracks: number of tracks.
        occurrences: total length of all playlists.
        lengths: distribution of the playlist lengths.
        counts: distribution of the track counts.
        once: number of tracks that occur only once.
        half: how many of the most frequent tracks make up half of all occurrences.
        head_share: share of all occurrences that are occurrences of the most frequent 1 % of the tracks.
        most_frequent: the most frequent tracks.
        findings: the problems that were found, sorted by kind; the order of the kinds is always the same.
        command: the command that applies the advice of the findings.
        order: whether the order of tracks matters: the context that `sgp train -wsz auto` would choose, and the
            measurements on which this choice is based.
        seconds: duration of the inspection.
    """

    schema: int
    kind: Literal["experiment", "sources"]
    inspected: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    guessed_columns: tuple[dict[str, Any], ...]
    doubts: tuple[dict[str, str], ...]
    names: tuple[NamedIds, ...]
    playlists: int
    owners: int
    tracks: int
    occurrences: int
    lengths: Distribution
    counts: Distribution
    once: int
    half: int
    head_share: float
    most_frequent: tuple[FrequentTrack, ...]
    findings: tuple[Finding, ...]
    command: Proposal
    order: ContextChoice
    seconds: float


def inspection(
    kind: Literal["experiment", "sources"],
    inspected: Sequence[str],
    contents: Contents,
    *,
    facts: Mapping[str, Any],
    target: Target,
    order: ContextChoice,
    seconds: float,
) -> Inspection:
    """Compute the report of a corpus.

    Args:
        kind: "experiment" or "sources".
        inspected: name of the experiment, or the sources as the user gave them.
        contents: the playlists and names.
        facts: the counts that the extraction reported.
        target: the experiment or sources for the proposed command.
        order: the context that `-wsz auto` chooses.
        seconds: duration so far.
    """
    found = adapt_to_split(findings(contents, facts), target)
    counts = np.sort(contents.counts)[::-1]
    reached = np.cumsum(counts)
    most = np.argsort(-contents.counts, kind="stable")[:SHOWN_FREQUENT]
    names = contents.track_names(most)
    return Inspection(
        schema=SCHEMA,
        kind=kind,
        inspected=tuple(inspected),
        sources=tuple(facts["sources"]) if kind == "sources" else (),
        guessed_columns=tuple(facts["guessed_columns"]) if kind == "sources" else (),
        doubts=tuple(facts["doubts"]) if kind == "sources" else (),
        names=tuple(NamedIds(**table) for table in facts["names"]) if kind == "sources" else (),
        playlists=len(contents.corpus),
        owners=pc.count_distinct(contents.playlists["owner"]).as_py(),
        tracks=len(counts),
        occurrences=contents.corpus.occurrences,
        lengths=distribution(contents.lengths),
        counts=distribution(counts),
        once=int(np.count_nonzero(counts == 1)),
        half=int(np.searchsorted(reached, reached[-1] / 2)) + 1,
        head_share=round(float(reached[_head(counts) - 1] / reached[-1]), 6),
        most_frequent=tuple(
            FrequentTrack(name, int(contents.counts[at])) for name, at in zip(names, most, strict=True)
        ),
        findings=found,
        command=propose(found, target),
        order=order,
        seconds=round(seconds, 2),
    )


def findings(contents: Contents, facts: Mapping[str, Any], thresholds: Thresholds | None = None) -> tuple[Finding, ...]:
    """Return all findings about a corpus, in the order of `KINDS`."""
    thresholds = thresholds or Thresholds()
    every = [
        *_inspect_extraction(facts, thresholds),
        *inspect_playlists(contents, thresholds),
        *inspect_dominant_owner(contents, thresholds),
        *inspect_tracks(contents, thresholds),
        *inspect_names(contents, thresholds),
    ]
    return tuple(sorted(every, key=lambda finding: KINDS.index(finding.kind)))


def _inspect_extraction(facts: Mapping[str, Any], thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings from the counts of the extraction: rejected rows and merged playlists."""
    rejected, read = facts.get("rows_rejected", 0), facts.get("rows_read", 0)
    if rejected > thresholds.rejected * read:
        reasons = sorted(facts.get("rejected", {}).items(), key=lambda counted: -counted[1])
        examples = [f"{number:,} × {reason}" for reason, number in reasons[:3]]
        what = f"{rejected:,} of {read:,} rows ({percent(rejected, read)}) were rejected"
        remedy = _remedy_for(facts.get("rejected", {}))
        yield make_finding(
            "rejected-rows", what, count=rejected, of=read, unit="rows", examples=examples, remedy=remedy
        )
    merged, playlists = facts.get("welded", 0), facts.get("playlists", 0)
    if merged:
        of = merged + playlists
        what = f"{merged:,} of {of:,} playlists ({percent(merged, of)})"
        what += " were merged with another owner's playlist of the same name"
        yield make_finding("welded-by-name", what, count=merged, of=of, unit="playlists", examples=())


def _remedy_for(rejected: Collection[str]) -> str:
    """Return the remedy for rejected rows, given the reasons for which rows were rejected."""
    general = ADVICE["rejected-rows"].remedy
    if NOT_UTF8 in rejected:
        return f"{give_encoding(COMMAND_LINE)}; {general}"
    kinds = sorted({KEPT_BY[reason] for reason in rejected if reason in KEPT_BY})
    if kinds and all(reason in KEPT_BY for reason in rejected):
        options = " ".join(COMMAND_LINE("keep", kind) for kind in kinds)
        return f"nothing, if you do not want to train on such rows; to keep them, use {options}"
    return general


def _head(counts: Ids) -> int:
    """Return the number of tracks in the head, the most frequent 1 % of all tracks; at least 1."""
    return max(1, round(HEAD * len(counts)))
