"""Makes the report of an extraction. Each input row is counted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.inspection.contents import Contents
from skipgramophone.pipeline.reports import ExtractReport, Identified, Matched
from skipgramophone.playlists.columns.doubts import is_one_list_per_owner
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.named_ids import NamedIds
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.readers.file_version import require_version, version_of
from skipgramophone.playlists.readers.rows import Reader
from skipgramophone.playlists.track_namer import TrackNamer
from skipgramophone.settings import ExtractSettings
from skipgramophone.wording import COMMAND_LINE

# A report lists at most this many identifiers that merged tracks, and at most this many with conflicts. The report of a
# dry run lists all.
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Information about the sources, apart from their rows.

    Attributes:
        described: one record per file, made by `describe_sources`.
        passed_over: name of each file that was skipped, and the reason.
        letters_replaced: number of characters that replace undecodable bytes.
        guessed_columns: one record per table whose columns were guessed, made by `describe_guesses`.
        names: the table of names that was used, if any.
        doubts: one record per doubt about a table, made by `describe_doubts`.
    """

    described: list[dict[str, Any]]
    passed_over: Sequence[tuple[str, str]]
    letters_replaced: int
    guessed_columns: list[dict[str, Any]] = field(default_factory=list)
    names: NamedIds | None = None
    doubts: list[dict[str, str]] = field(default_factory=list)


def contents_of(encoded: EncodedPlaylists) -> Contents:
    """Return encoded playlists in the form that the inspection needs."""
    return Contents.of_playlists(Corpus(encoded.track_ids, encoded.offsets), encoded.tracks, encoded.playlists)


def report_of(name: str, encoded: EncodedPlaylists, sources: SourceFacts) -> ExtractReport:
    """Make the report from the encoded playlists and the sources; `seconds` and `rows_per_second` are set later."""
    corpus = encoded.corpus
    aside = encoded.held_out[1] if encoded.held_out else None
    used = corpus.occurrences + (aside.occurrences if aside else 0)
    rejected, left_out = len(encoded.rejects), sum(encoded.left_out.values())
    counts = encoded.counts.result()
    return ExtractReport(
        experiment=name,
        sources=sources.described,
        passed_over=[{"file": file, "reason": reason} for file, reason in sources.passed_over],
        rows_read=used + rejected + left_out,
        rows_used=used,
        rows_rejected=rejected,
        rejected=dict(Counter(reject.reason for reject in encoded.rejects)),
        rows_left_out=left_out,
        left_out=encoded.left_out,
        letters_replaced=sources.letters_replaced,
        owners=pc.count_distinct(encoded.playlists["owner"]).as_py(),
        playlists=len(corpus),
        tracks=encoded.tracks.num_rows,
        occurrences=corpus.occurrences,
        held_out_playlists=len(aside) if aside else 0,
        held_out_occurrences=aside.occurrences if aside else 0,
        longest_playlist=int(corpus.lengths().max()),
        repeats=counts.repeats,
        without_artist=encoded.without_artist,
        namesakes=encoded.namesakes,
        most_namesakes=encoded.most_namesakes,
        same_tracks=counts.same_tracks,
        split=encoded.split,
        welded=encoded.welded,
        sorted_by_title=counts.sorted_by_title,
        sortable=counts.sortable,
        seconds=0.0,
        rows_per_second=0,
        guessed_columns=sources.guessed_columns,
        identifiers=_identified(encoded),
        albums=known_albums(encoded.tracks),
        matching=_matched(encoded),
        names=[sources.names] if sources.names else [],
        doubts=sources.doubts,
    )


def known_albums(tracks: pa.Table) -> int:
    """Return the number of tracks whose album is known."""
    return len(tracks) - tracks["album"].null_count if "album" in tracks.column_names else 0


def _identified(encoded: EncodedPlaylists) -> Identified | None:
    """Return how many tracks have identifiers, and how many identifiers are invalid; None if the sources have none."""
    found = encoded.identifiers
    if not found.table.num_rows and not found.malformed:
        return None
    return Identified(found.counts(), found.sharing(), found.malformed, examples=found.examples)


def _matched(encoded: EncodedPlaylists) -> Matched | None:
    """Return which tracks were merged because they share an identifier.

    The result is None if tracks were not matched by identifiers.
    """
    found = encoded.matching
    if found is None:
        return None
    return Matched(
        merged=found.merged,
        merges=tuple(found.merges),
        conflicts=len(found.conflicts),
        conflicting=tuple(found.conflicts),
        kept_apart=len(found.known),
    )


def with_examples_only(report: ExtractReport) -> ExtractReport:
    """Shorten the lists of merged tracks and of conflicts, which may be long, to a few examples."""
    found = report.matching
    if found is None:
        return report
    few = replace(found, merges=found.merges[:EXAMPLES], conflicting=found.conflicting[:EXAMPLES])
    return replace(report, matching=few)


def describe_guesses(readers: Sequence[Reader]) -> list[dict[str, Any]]:
    """Return a record per table whose columns were guessed: file, `columns` as in `--columns`, and unused columns.

    If the rows of each owner form one playlist, the record also has `session_gap`, which is "none".
    """
    guessed = [reader for reader in readers if isinstance(reader, ColumnsReader) and reader.unused is not None]
    return [
        {"file": reader.file.name, "columns": reader.settings.columns, "unused": list(reader.unused or ())}
        | ({"session_gap": "none"} if _is_without_sessions(reader.settings) else {})
        for reader in guessed
    ]


def describe_doubts(readers: Sequence[Reader]) -> list[dict[str, str]]:
    """Return a record per doubt about a table: its file, and the doubt (see `ColumnsReader`)."""
    tables = [reader for reader in readers if isinstance(reader, ColumnsReader)]
    return [{"file": table.file.name, "doubt": doubt(COMMAND_LINE)} for table in tables for doubt in table.doubts]


def _is_without_sessions(settings: ExtractSettings) -> bool:
    """Whether the rows of each owner in a table form one playlist, in order of time."""
    return settings.session_gap == "none" and is_one_list_per_owner(settings.roles)


def describe_names(namer: TrackNamer) -> NamedIds:
    """Return the record of the table of names for reports and the manifest.

    Raises:
        SourceError: another program has changed the table since it was found.
        StorageError: the table has been removed.
    """
    table, unnamed = namer.table, list(namer.unnamed)
    (described,) = describe_sources([table.reader], file_sha256)
    return NamedIds(
        **described,
        columns=table.columns,
        unused=None if table.unused is None else tuple(table.unused),
        rejected=table.rejected,
        ids=len(table.ids),
        named=namer.named,
        unnamed=len(unnamed),
        unnamed_examples=tuple(unnamed[:EXAMPLES]),
        several=table.several,
        several_examples=table.examples,
    )


def describe_sources(readers: Sequence[Reader], hash_of: Callable[[Path], str]) -> list[dict[str, Any]]:
    """Return one record per file or archive, for the manifest: name (without directories), format, size and hash.

    `hash_of` returns the SHA-256 hash of a file in hexadecimal.

    Raises:
        SourceError: another program has changed a file since it was found.
        StorageError: a file has been removed.
    """
    known: dict[Path | None, dict[str, Any]] = {}
    for reader in readers:
        file = reader.file
        if file is None:
            known[None] = {"file": None, "format": reader.format, "bytes": 0, "sha256": None}
        elif file.path not in known:
            version = file.version or version_of(file.path)
            # If the file had changed, the hash would not belong to the rows that were read.
            require_version(file.path, version, file.display_name)
            name, size = file.name.removesuffix(f"/{file.member}"), version.size
            known[file.path] = {"file": name, "format": reader.format, "bytes": size, "sha256": hash_of(file.path)}
    return list(known.values())
