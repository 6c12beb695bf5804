"""Extracting: sources become the files of a corpus stage, and every row is accounted for in a report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skipgramophone.errors import SettingError, SourceError
from skipgramophone.experiment.corpus import ASIDE, REJECTS
from skipgramophone.experiment.experiment import write_lines
from skipgramophone.experiment.playlist_table import PLAYLISTS
from skipgramophone.experiment.postings import postings
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.pipeline.reports import ExtractReport, Reading, Writing
from skipgramophone.settings import ExtractSettings
from skipgramophone.training.vocabulary import ranks_by_count

if TYPE_CHECKING:
    from skipgramophone.inspection.findings import Finding
    from skipgramophone.pipeline.append import Before
    from skipgramophone.playlists.encoding import EncodedPlaylists
    from skipgramophone.playlists.readers.rows import Reader
    from skipgramophone.playlists.sources import Sources


def source_paths(sources: Sequence[Path | str] | Path | str, sample: bool) -> list[Path]:
    """The sources to read; none, if it is the sample."""
    paths = [Path(sources)] if isinstance(sources, Path | str) else [Path(source) for source in sources]
    if sample == bool(paths):
        raise SettingError(
            "give either a SOURCE or --sample, not both"
            if sample
            else "give a SOURCE to read, or --sample for the built-in sample"
        )
    return paths


def extracted(
    name: str,
    paths: Sequence[Path],
    settings: ExtractSettings,
    sample: bool,
    held_out: Path | None,
    before: Before | None,
    again: bool,
    progress: Callable[[Reading | Writing], None] | None,
) -> tuple[EncodedPlaylists, ExtractReport]:
    """Read and encode the sources, after what there is before them, and count what was found.

    Sources that were read before are refused, unless they are to be read `again`.
    """
    from skipgramophone.evaluation.holdout import set_aside
    from skipgramophone.parallel import beside

    found = _sources(paths, settings, sample, progress)
    with beside() as thread:  # while they are read, so that they come from the disk once
        files = {reader.file.path for reader in found.readers if reader.file}
        hashes = {path: thread.submit(file_sha256, path) for path in sorted(files)}

        def described() -> list[dict[str, Any]]:
            return _described(found.readers, {path: hashed.result() for path, hashed in hashes.items()})

        if before and not again:
            before.require_new_sources(described())
        encoded, replaced = _read(found.readers, settings, before, progress)
    encoded = set_aside(encoded, settings, held_out, before)
    report = _report(name, described(), found.passed_over, encoded, replaced)
    return encoded, before.reported(report, encoded) if before else report


def findings_of(encoded: EncodedPlaylists, report: ExtractReport) -> tuple[Finding, ...]:
    """What an inspection finds in what was read."""
    from skipgramophone.inspection.report import findings
    from skipgramophone.pipeline.inspecting import contents_of_sources

    return findings(contents_of_sources(encoded), asdict(report))


def timed(report: ExtractReport, started: float) -> ExtractReport:
    """A report with the time that has passed."""
    seconds, read = time.perf_counter() - started, (report.added or report).rows_read
    return replace(report, seconds=round(seconds, 3), rows_per_second=round(read / seconds))


def _sources(
    paths: Sequence[Path],
    settings: ExtractSettings,
    sample: bool,
    progress: Callable[[Reading | Writing], None] | None,
) -> Sources:
    """Open each source; standard input is received as a whole first, however slowly it comes."""
    from skipgramophone.playlists.sources import SampleReader, Sources, open_sources

    def received(size: int) -> None:
        if progress:
            progress(Reading(size, 0, 0))

    return Sources([SampleReader(settings.num_rows)], []) if sample else open_sources(paths, settings, received)


def _read(
    readers: Sequence[Reader],
    settings: ExtractSettings,
    before: Before | None,
    progress: Callable[[Reading | Writing], None] | None,
) -> tuple[EncodedPlaylists, int]:
    """Read and encode all sources, telling how far it has come; also say how many letters stand for bad bytes."""
    from skipgramophone.playlists.encoding import PlaylistEncoder
    from skipgramophone.playlists.reject_limit import Tolerance

    total = sum(reader.file.size for reader in readers if reader.file)
    encoder, done, rows, replaced = PlaylistEncoder(settings), 0, 0, 0
    if before:
        encoder.begin_with(before.rows())
    for reader in readers:
        tolerance, bad = Tolerance(settings), 0
        for block in reader.blocks():
            tolerance.take(block)
            encoder.add(block)
            rows += block.used + len(block.rejects)
            bad = max(bad, block.replaced)  # blocks that are made ahead may not know of all so far
            if progress:
                progress(Reading(done + block.bytes_read, total, rows))
        tolerance.judge()
        done, replaced = done + (reader.file.size if reader.file else 0), replaced + bad
    if rows == len(encoder.rejects):
        first = next(iter(encoder.rejects), None)
        if first is None:
            raise SourceError("the sources hold no row")
        raise SourceError(f"{first.file}: no row could be used; line {first.line}: {first.reason}")
    encoded = encoder.encode()
    if not len(encoded.track_ids):
        told = ", ".join(f"{count:,} {reason}" for reason, count in encoded.left_out.items())
        raise SourceError(f"no row is left: {told}")
    return before.grown(encoded) if before else encoded, replaced


def write_corpus(
    directory: Path,
    encoded: EncodedPlaylists,
    before: Before | None,
    progress: Callable[[Reading | Writing], None] | None,
) -> None:
    """Write the files of the corpus stage, telling how far it has come."""
    import pyarrow.parquet as pq

    from skipgramophone.experiment.catalogue_writer import write_catalogue
    from skipgramophone.parallel import beside

    ranks = ranks_by_count(encoded.tracks["count"].to_numpy()) if before else None
    with beside() as thread:
        numbers = thread.submit(_write_numbers, directory, encoded)
        tracks = encoded.tracks.num_rows
        written = (lambda some: progress(Writing(some, tracks))) if progress else None
        write_catalogue(directory, encoded.tracks, encoded.spellings, encoded.uris, ranks, written)
        numbers.result()
    pq.write_table(encoded.playlists, directory / PLAYLISTS)
    if encoded.held_out:
        playlists, aside = encoded.held_out
        aside.write(directory, ASIDE)
        pq.write_table(playlists, directory / f"{ASIDE}{PLAYLISTS}")
    write_lines(directory / REJECTS, [asdict(reject) for reject in encoded.rejects], before.rejects if before else None)


def _write_numbers(directory: Path, encoded: EncodedPlaylists) -> None:
    """Write the playlists as row numbers, and the postings of the tracks."""
    encoded.corpus.write(directory)
    postings(encoded.corpus, encoded.tracks.num_rows).write(directory)


def _report(
    name: str,
    sources: list[dict[str, Any]],
    passed_over: Sequence[tuple[str, str]],
    encoded: EncodedPlaylists,
    replaced: int,
) -> ExtractReport:
    """Count what was found."""
    import pyarrow.compute as pc

    corpus = encoded.corpus
    aside = encoded.held_out[1] if encoded.held_out else None
    used = corpus.occurrences + (aside.occurrences if aside else 0)
    rejected, left_out = len(encoded.rejects), sum(encoded.left_out.values())
    return ExtractReport(
        experiment=name,
        sources=sources,
        passed_over=[{"file": file, "reason": reason} for file, reason in passed_over],
        rows_read=used + rejected + left_out,
        rows_used=used,
        rows_rejected=rejected,
        rejected=dict(Counter(reject.reason for reject in encoded.rejects)),
        rows_left_out=left_out,
        left_out=encoded.left_out,
        letters_replaced=replaced,
        owners=pc.count_distinct(encoded.playlists["owner"]).as_py(),
        playlists=len(corpus),
        tracks=encoded.tracks.num_rows,
        occurrences=corpus.occurrences,
        held_out_playlists=len(aside) if aside else 0,
        held_out_occurrences=aside.occurrences if aside else 0,
        longest_playlist=int(corpus.lengths().max()),
        repeats=encoded.repeats,
        without_artist=encoded.without_artist,
        namesakes=encoded.namesakes,
        most_namesakes=encoded.most_namesakes,
        same_tracks=encoded.same_tracks,
        split=encoded.split,
        welded=encoded.welded,
        sorted_by_title=encoded.sorted_by_title,
        sortable=encoded.sortable,
        seconds=0.0,
        rows_per_second=0,
    )


def _described(readers: Sequence[Reader], hashes: Mapping[Path, str]) -> list[dict[str, Any]]:
    """What is kept of each file: its name, format, size and hash, not where it lay; of an archive, once."""
    known: dict[Path | None, dict[str, Any]] = {}
    for reader in readers:
        file = reader.file
        if file is None:
            known[None] = {"file": None, "format": reader.format, "bytes": 0, "sha256": None}
        elif file.path not in known:
            name = file.name.removesuffix(f"/{file.member}")
            size = file.path.stat().st_size
            known[file.path] = {"file": name, "format": reader.format, "bytes": size, "sha256": hashes[file.path]}
    return list(known.values())
