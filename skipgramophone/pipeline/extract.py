"""Extracts playlists: reads, encodes, splits and counts them, and publishes the corpus stage.

The steps, in order: `open_readers` finds a reader for each file, `read_playlists` reads and encodes the rows,
`hold_out` holds out playlists for evaluation, `report_of` makes the report, and `write_corpus` writes the files.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from skipgramophone.errors import FormatError, SettingError, SourceError, named_format
from skipgramophone.evaluation.holdout import playlist_groups, split_playlists
from skipgramophone.evaluation.splits import HeldOutNames
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.inspection.names import encoding_findings
from skipgramophone.inspection.report import findings
from skipgramophone.parallel import background_thread
from skipgramophone.pipeline.append import Before, read_before
from skipgramophone.pipeline.corpus_files import Progress, write_corpus
from skipgramophone.pipeline.extract_report import (
    SourceFacts,
    contents_of,
    describe_doubts,
    describe_guesses,
    describe_names,
    describe_sources,
    report_of,
    with_examples_only,
)
from skipgramophone.pipeline.growth import GrowingEncoder, Growth
from skipgramophone.pipeline.reports import ExtractReport, Reading
from skipgramophone.pipeline.source_hashes import SourceHashes
from skipgramophone.pipeline.stages import package_versions
from skipgramophone.playlists.encoding.block_merging import BlockMerger
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.encoding.encoder import PlaylistEncoder
from skipgramophone.playlists.left_out import counted
from skipgramophone.playlists.name_table import read_name_table
from skipgramophone.playlists.readers.rows import Reader, Reject, RowBlock
from skipgramophone.playlists.reject_limit import RejectLimit, explained
from skipgramophone.playlists.sources import SampleReader, Sources, open_sources
from skipgramophone.playlists.track_namer import TrackNamer
from skipgramophone.settings import ExtractSettings, Thresholds, check_arguments
from skipgramophone.wording import Wording

Encoded = TypeVar("Encoded", covariant=True)


class Encoder(Protocol[Encoded]):
    """Protocol: collects blocks of rows, then encodes all of them together."""

    rejects: list[Reject]
    left_out: Counter[str]

    def add(self, block: RowBlock) -> None:
        """Add a block."""

    def encode(self) -> Encoded:
        """Encode all rows that were added."""


@check_arguments()
def extract(
    name: str,
    sources: Sequence[Path | str] | Path | str = (),
    settings: ExtractSettings | None = None,
    *,
    sample: bool = False,
    held_out: Path | str | None = None,
    append: bool = False,
    force: bool = False,
    dry_run: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Progress | None = None,
) -> ExtractReport:
    """Read sources of playlists into the corpus of an experiment.

    Args:
        name: name of the experiment.
        sources: a file, directory or archive to read, or a sequence of them.
        settings: settings of the extraction; with `append`, None means the settings of the existing corpus.
        sample: read the built-in sample instead of files.
        held_out: file that lists the playlists to hold out, one per line. Each line is the name of a playlist, or its
            owner, a tab and its name. If `settings.group`, a regex, is set, a line is not the name of a playlist, but
            the text that the regex matches at the start of an owner's name. Such a line selects all playlists of these
            owners. A line with owner, tab and name is accepted too.
        append: add to the existing corpus, whose tracks keep their row numbers.
        force: replace an existing corpus; with `append`, re-read sources that the corpus already contains.
        dry_run: read and count, but write nothing.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        progress: called with the progress of reading, then of writing.

    Raises:
        SettingError: the sources and the sample are both given, or both missing; or the settings contradict those of
            the corpus.
        EvaluationError: there are too few playlists for a split, or a line of `held_out` matches no playlist.
        SourceError: a source cannot be read, contains no usable row, or is already part of the corpus.
        ExperimentError: the experiment already has a corpus; or `append` is true, and there is no corpus that can grow;
            or the name of the experiment is not valid.
        StorageError: the disk failed or is full.
    """
    paths, to_hold_out = source_paths(sources, sample), None if held_out is None else Path(held_out)
    started = time.perf_counter()
    with ExitStack() as until_done:
        experiment, before = None, None
        if append:
            experiment = open_experiment(name, experiments_dir)
            if not dry_run:
                until_done.enter_context(experiment.writing("extract"))
            before = read_before(experiment)
        elif not dry_run:
            experiment = until_done.enter_context(new_experiment(name, experiments_dir))
            experiment.require_new("corpus", force)
        settings = _checked_settings(settings, before, to_hold_out)
        readers = open_readers(paths, settings, sample, progress)
        encoder = GrowingEncoder(settings, before, only_read=dry_run) if before else PlaylistEncoder(settings)
        allowed = None if force or before is None else before.require_new_sources
        encoded, source_facts = read_playlists(readers, settings, encoder, allowed=allowed, progress=progress)
        named = None
        if not isinstance(encoded, Growth):
            encoded, named = hold_out(encoded, settings, to_hold_out, before)
        reported = partial(
            _reported, name, encoded, source_facts, settings=settings, named=named, before=before, dry_run=dry_run
        )
        report = None
        if experiment is None or dry_run or before:
            report = reported()
            if experiment is None or dry_run or (report.added and not report.added.rows_used):
                return _with_time(report, started)
        with experiment.publishing("corpus", settings.recorded) as draft:
            if isinstance(encoded, Growth):
                encoded.write(draft.path, progress)
            else:
                write_corpus(draft.path, encoded, before, progress)
            # The report of a new corpus contains counts that a thread computes while the corpus is written.
            report = _with_time(report or reported(), started)
            draft.facts |= asdict(report) | {"versions": package_versions("pyarrow", "pandas", "numpy")}
            # These objects keep files of the replaced corpus memory-mapped. NFS cannot remove such files, so the
            # objects are released before the corpus is replaced.
            del encoded, encoder, allowed, before, reported
    return report


def corpus_settings(name: str, experiments_dir: Path | str | None = None) -> dict[str, Any]:
    """Return the settings of an experiment's corpus that must be the same for added sources.

    Raises:
        ExperimentError: the experiment has no corpus, or the corpus is damaged.
    """
    return read_before(open_experiment(name, experiments_dir)).lasting


def source_paths(sources: Sequence[Path | str] | Path | str, sample: bool) -> list[Path]:
    """Return the sources as paths, or an empty list for the sample.

    Raises:
        SettingError: the sources and the sample are both given, or both missing.
    """
    paths = [Path(sources)] if isinstance(sources, os.PathLike | str) else [Path(source) for source in sources]
    if sample and paths:
        raise SettingError.naming(
            lambda named: f"give either {named.either('sources or sample=True', 'a SOURCE or --sample')}, not both"
        )
    if not sample and not paths:
        raise SettingError.naming(
            lambda named: (
                f"give {named.either('sources to read, or sample=True', 'a SOURCE to read, or --sample')} "
                "for the built-in sample"
            )
        )
    return paths


def open_readers(paths: Sequence[Path], settings: ExtractSettings, sample: bool, progress: Progress | None) -> Sources:
    """Find a reader for each file; standard input is first read to its end.

    Raises:
        SettingError: the settings select a period (since, until), but the sample has no times.
        SourceError: a path cannot be read, or is not in a known format.
        StorageError: the file system failed.
    """

    if sample and settings.period:
        raise SettingError.naming(
            lambda named: f"the sample has no times: leave out {named('since')} and {named('until')}"
        )

    def received(size: int) -> None:
        if progress:
            progress(Reading(size, 0, 0))

    return Sources([SampleReader(settings.num_rows)], []) if sample else open_sources(paths, settings, received)


def read_playlists(
    sources: Sources,
    settings: ExtractSettings,
    encoder: Encoder[Encoded],
    *,
    allowed: Callable[[Sequence[dict[str, Any]]], None] | None = None,
    progress: Progress | None = None,
) -> tuple[Encoded, SourceFacts]:
    """Read and encode all sources.

    Args:
        sources: the readers, and the files without a reader.
        settings: settings for reading and cleaning.
        encoder: encodes the rows.
        allowed: called before reading with the descriptions of all sources; it may raise an error.
        progress: called with the progress of reading.

    Raises:
        SourceError: a source or the table of names cannot be read, no row can be used, or the table of names has no
            name for any track.
        ExperimentError: because of the added rows, two tracks of the existing corpus would become one.
    """
    with background_thread() as thread:  # hash large files while they are read, so that the disk is read only once
        hashes = SourceHashes(sources.readers, thread)

        def described() -> list[dict[str, Any]]:
            return describe_sources(sources.readers, hashes.of)

        if allowed:
            allowed(described())
        namer = None if settings.names is None else TrackNamer(read_name_table(Path(settings.names), settings))
        with named_format(settings.format):
            encoded, replaced = _encode(sources.readers, settings, encoder, namer, progress=progress)
        return encoded, SourceFacts(
            described(),
            sources.passed_over,
            letters_replaced=replaced,
            guessed_columns=describe_guesses(sources.readers),
            names=describe_names(namer) if namer else None,
            doubts=describe_doubts(sources.readers),
        )


def hold_out(
    encoded: EncodedPlaylists, settings: ExtractSettings, named: Path | None, before: Before | None
) -> tuple[EncodedPlaylists, HeldOutNames | None]:
    """Hold out playlists from training, if the settings or the file `named` ask for it.

    Also return how many playlists match the names in the file. If sources are added to a corpus, its held-out playlists
    stay held out. A new playlist is held out only if it is in the same group as a held-out playlist of the corpus (see
    `playlist_groups`).

    Raises:
        EvaluationError: there are too few playlists, or a line of the file `named` matches no playlist.
    """
    if before and before.held_out.any():
        groups = playlist_groups(encoded.corpus, encoded.playlists, settings.group, settings.random_seed)
        old = before.playlist_of(encoded.first_rows)
        held_out = (old >= 0) & before.held_out[old]
        return encoded.set_aside(held_out | (old < 0) & np.isin(groups, groups[held_out])), None
    if before or (settings.holdout is None and named is None):
        return encoded, None
    split = split_playlists(
        encoded.corpus,
        encoded.playlists,
        share=settings.holdout or 0.0,
        group=settings.group,
        seed=settings.random_seed,
        named=named,
    )
    # Row numbers are in order of count. Only the playlists that are not held out are counted.
    counts = encoded.corpus.playlists(np.flatnonzero(~split.held_out)).counts(encoded.tracks.num_rows)
    row = np.empty(len(counts), np.int64)
    row[np.lexsort((encoded.tracks["first_place"].to_numpy(), -counts))] = np.arange(len(counts))
    return encoded.renumbered(row).set_aside(split.held_out), split.names


def _reported(
    name: str,
    encoded: EncodedPlaylists | Growth,
    sources: SourceFacts,
    *,
    settings: ExtractSettings,
    named: HeldOutNames | None,
    before: Before | None,
    dry_run: bool,
) -> ExtractReport:
    """Make the report of an extraction.

    `named` tells how many playlists match the names in the file of playlists to hold out, if there is such a file.
    `before` is the corpus before it grows. The report of a dry run contains all findings.
    """
    if isinstance(encoded, Growth):
        return encoded.reported(report_of(name, encoded.encoded, sources))
    report = replace(report_of(name, encoded, sources), held_out_names=named)
    report = before.reported(report, encoded) if before else report
    if dry_run:
        return replace(report, findings=findings(contents_of(encoded), asdict(report)))
    report = with_examples_only(report)
    if settings.encoding != ExtractSettings().encoding:
        found = encoding_findings(contents_of(encoded), Thresholds())
        report = replace(report, findings=found or None)
    return report


def _checked_settings(
    settings: ExtractSettings | None, before: Before | None, held_out: Path | None
) -> ExtractSettings:
    """Check that settings fit each other and the existing corpus, and return them with defaults filled in."""
    if before:
        settings = settings or ExtractSettings(**before.lasting)
        before.require_settings(settings)
        if held_out:
            raise SettingError.naming(
                lambda named: (
                    f"{named.either('held_out', '--holdout FILE')} can be used only for a new corpus, not together "
                    f"with {named('append', True)}: leave out {named.either('held_out', '--holdout')}"
                )
            )
    settings = settings or ExtractSettings()
    if settings.holdout is not None and held_out:
        raise SettingError("hold out either a share of the playlists, or the playlists listed in a file, not both")
    if settings.group is not None and settings.holdout is None and not held_out and not before:
        raise SettingError.naming(
            lambda named: f"{named('group')} has an effect only on held-out playlists: add {named('holdout')}"
        )
    return settings


def _encode(
    readers: Sequence[Reader],
    settings: ExtractSettings,
    encoder: Encoder[Encoded],
    namer: TrackNamer | None,
    *,
    progress: Progress | None,
) -> tuple[Encoded, int]:
    """Encode the rows of all readers; return them and the number of characters that replace undecodable bytes.

    If there is a table of names, `namer` takes the names of tracks from it.
    """
    total = sum(reader.file.size for reader in readers if reader.file)
    merger = BlockMerger((lambda block: encoder.add(namer.with_names(block))) if namer else encoder.add)
    done, rows, replaced = 0, 0, 0
    for reader in readers:
        reject_limit, replaced_here = RejectLimit(settings), 0
        for block in reader.blocks():
            reject_limit.add(block)
            merger.add(block)
            rows += block.used + len(block.rejects) + sum(block.left_out.values())
            # Each block contains the total of its file so far. A block may arrive with a smaller total than an earlier
            # one, so the largest total is kept.
            replaced_here = max(replaced_here, block.replaced)
            if progress:
                progress(Reading(done + block.bytes_read, total, rows))
        reject_limit.check()
        done, replaced = done + (reader.file.size if reader.file else 0), replaced + replaced_here
    merger.finish()
    if rows == len(encoder.rejects) + sum(encoder.left_out.values()):
        reason = _why_unused(encoder.rejects, encoder.left_out)
        raise SourceError.naming(reason) if encoder.left_out else FormatError.naming(reason)
    if namer:
        namer.require_names()
    encoded = encoder.encode()
    if isinstance(encoded, EncodedPlaylists) and not len(encoded.track_ids):
        raise SourceError(f"cleaning left out all rows: {_counts(encoded.left_out)}")
    return encoded, replaced


def _why_unused(rejects: Sequence[Reject], left_out: Mapping[str, int]) -> Wording:
    """Return an error message that explains why no row of the sources can be used."""
    also = f"; left out: {_counts(left_out)}" if left_out else ""
    if rejects:
        first = rejects[0]
        return lambda named: f"{first.file}: no row could be used; line {first.line}: {explained(first, named)}{also}"
    return lambda _named: f"no row of the sources can be used{also}" if left_out else "the sources contain no rows"


def _counts(left_out: Mapping[str, int]) -> str:
    """Format the numbers of rows that were left out, with the reasons."""
    return ", ".join(counted(count, reason) for reason, count in left_out.items())


def _with_time(report: ExtractReport, started: float) -> ExtractReport:
    """Add the seconds since `started` and the rows per second to a report."""
    seconds, rows = time.perf_counter() - started, (report.added or report).rows_read
    return replace(report, seconds=round(seconds, 3), rows_per_second=round(rows / seconds))
