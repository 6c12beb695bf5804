"""Adds sources to a corpus, by encoding the rows of the corpus and the added rows together.

The rules of the first extraction therefore apply to added rows too. An existing playlist gains the tracks that it does
not contain yet. Added rows with tracks that the playlist already contains are left out and counted. Nothing is removed,
and existing tracks keep their row numbers in the catalogue. New tracks get the next row numbers, most frequent first.

If few rows are added, only the tracks and playlists that they may change are encoded again; see `growth`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.errors import ExperimentError, SettingError, SourceError, reason_of
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import FACT_TYPES, SPELLINGS, URIS
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, Corpus, read_corpus, read_held_out_corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.imported import has_corpus_of_names
from skipgramophone.experiment.manifest import Manifest
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.pipeline.reports import Added, ExtractReport
from skipgramophone.playlists.encoding.cleaning import dropped_by_cleaning
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.encoding.known_rows import KnownRows
from skipgramophone.playlists.named_ids import NamedIds
from skipgramophone.playlists.readers.rows import IDENTIFIERS
from skipgramophone.settings import LASTING, ExtractSettings
from skipgramophone.wording import Names, plural


def again(named: Names) -> str:
    """Return what the user can do if a corpus cannot grow."""
    return f"extract all sources again, into a new experiment or into this one with {named('force', True)}"


FACTS: dict[str, type] = dict.fromkeys(
    ("rows_read", "rows_used", "rows_rejected", "rows_left_out", "letters_replaced"), int
)
NAMES = {"artist": TEXT, "title": TEXT, "uri": TEXT}
FACTS |= dict.fromkeys(("playlists", "tracks", "occurrences"), int)
FACTS |= {"rejected": dict, "left_out": dict, "sources": list, "passed_over": list}


@dataclass(frozen=True, slots=True)
class CatalogueNames:
    """The content of a catalogue as tables.

    Attributes:
        tracks: one row per track, in row order. Columns: artist, title, uri and first_place (the number of the source
            row in which the track first occurs). If the corpus has locations, durations or identifiers, they are
            columns too, as text.
        spellings: other spellings of the names of tracks. Columns: row (of the track), artist, title, count.
        uris: other uris of the tracks. Columns: uri, row (of the track).
    """

    tracks: pa.Table
    spellings: pa.Table
    uris: pa.Table


@dataclass(frozen=True)
class Before:
    """The corpus before it grows.

    Attributes:
        manifest: manifest of the corpus.
        experiment: name of the experiment.
        directory: directory of the corpus stage.
        corpus: all playlists; held-out playlists come last.
        held_out: bool (playlists,), whether each playlist is held out.
        playlists: owner, name and key of the playlists.
        number_of_tracks: number of tracks in the catalogue.
        can_grow: whether the catalogue can grow (`Catalogue.can_grow`).
        has_identifiers: whether the corpus has identifiers of tracks.
    """

    manifest: Manifest
    experiment: str
    directory: Path
    corpus: Corpus
    held_out: npt.NDArray[np.bool_]
    playlists: pa.Table
    number_of_tracks: int
    can_grow: bool
    has_identifiers: bool

    @cached_property
    def names(self) -> CatalogueNames:
        """The whole content of the catalogue, which is read when it is first needed."""
        return read_names(self.directory, self.experiment)

    @property
    def lasting(self) -> dict[str, Any]:
        """The settings of the corpus that cannot be changed when sources are added."""
        made_with = asdict(ExtractSettings()) | self.manifest.settings
        return {name: made_with[name] for name in LASTING}

    @property
    def former(self) -> list[dict[str, Any]]:
        """A record for each version of the corpus so far, oldest first; the last one is the corpus before it grows."""
        facts = self.manifest.facts
        own = {name: facts[name] for name in ("tracks", "playlists", "occurrences")}
        own |= {"digest": self.manifest.digest, "created": self.manifest.created, "settings": self.manifest.settings}
        return [*self.manifest.former.values(), own | {"sources": len(facts["sources"])}]

    def require_settings(self, settings: ExtractSettings) -> None:
        """Verify that the given settings do not change settings of the corpus that must stay the same.

        Raises:
            SettingError: a setting differs.
        """
        for name, value in self.lasting.items():
            given = getattr(settings, name)
            if json.dumps(given) != json.dumps(value):  # manifests store tuples as lists
                raise _differs(name, value, given)

    def require_new_sources(self, described: Sequence[Mapping[str, Any]]) -> None:
        """Refuse sources that the corpus already contains.

        Raises:
            SourceError: the corpus contains one of them.
        """
        known = {source["sha256"] for source in self.manifest.facts["sources"]}
        again = [source["file"] or "the built-in sample" for source in described if source["sha256"] in known]
        if again:
            more = f" and {plural(len(again) - 1, 'more source')} are" if len(again) > 1 else " is"
            raise SourceError.naming(
                lambda named: (
                    f"{again[0]}{more} already in the corpus: leave it out, "
                    f"or add {named('force', True)} to read it again"
                )
            )

    def rows(self) -> KnownRows:
        """Return the content of the corpus as rows, in the form that the encoder needs."""
        names = self.names
        return KnownRows(names.tracks, self.playlists, self.corpus, spellings=names.spellings, uris=names.uris)

    def playlist_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the playlist number of each row, int64 (rows,), or -1 for an added row."""
        return playlist_of(self.corpus, rows)

    def added_places(self, places: npt.NDArray[np.int64], rows: int) -> npt.NDArray[np.int64]:
        """For each new track, return the number of the input row in which it first occurs, int64 (tracks,).

        Input rows are numbered from the first extraction on, including those that cleaning has dropped.

        Args:
            places: for each new track, the number of the encoded row in which it first occurs, counted from 1.
            rows: number of encoded rows that come from the existing corpus.
        """
        facts = self.manifest.facts
        ever_used: int = facts["rows_used"] + dropped_by_cleaning(facts["left_out"])
        return places - rows + ever_used

    def grown(self, encoded: EncodedPlaylists) -> EncodedPlaylists:
        """Renumber the encoded tracks, so that tracks of the earlier corpus keep their row numbers.

        They also keep `first_place`, the number of the source row in which they occurred first.

        Raises:
            ExperimentError: the encoder has merged two tracks of the corpus into one.
        """
        first, old = encoded.tracks["first_place"].to_numpy() - 1, self.number_of_tracks
        known = first < self.corpus.occurrences
        require_distinct(known, old)
        row = np.empty(len(first), np.int64)
        row[known] = self.corpus.track_ids[first[known]]
        row[~known] = np.arange(old, len(row))
        encoded = encoded.renumbered(row)
        added = self.added_places(encoded.tracks["first_place"].to_numpy()[old:], self.corpus.occurrences)
        places = np.concatenate([self.names.tracks["first_place"].to_numpy(), added])
        tracks = encoded.tracks.set_column(4, "first_place", pa.array(places))
        uris = pa.concat_tables([self.names.uris, encoded.uris]).group_by(["uri", "row"]).aggregate([])
        return replace(encoded, tracks=tracks, spellings=_summed(self.names.spellings, encoded.spellings), uris=uris)

    def reported(
        self, report: ExtractReport, encoded: EncodedPlaylists, known: Corpus | None = None, tracks: int | None = None
    ) -> ExtractReport:
        """Convert the report on the encoded rows to a report on the whole corpus, including the added sources.

        Args:
            report: report on the encoded rows.
            encoded: the encoded rows.
            known: the playlists of the existing corpus that were encoded again (default: all).
            tracks: number of tracks in these playlists (default: all tracks of the corpus).
        """
        facts, rows = self.manifest.facts, (known or self.corpus).occurrences
        begun, ended = encoded.first_rows < rows, encoded.last_rows < rows
        used = report.rows_used - rows
        added = Added(
            rows_read=report.rows_read - rows,
            rows_used=used,
            rows_rejected=report.rows_rejected,
            rejected=report.rejected,
            rows_left_out=report.rows_left_out,
            left_out=report.left_out,
            sources=len(report.sources),
            playlists=int(np.count_nonzero(~begun)),
            grown=int(np.count_nonzero(begun & ~ended)),
            tracks=report.tracks - (self.number_of_tracks if tracks is None else tracks),
            letters_replaced=report.letters_replaced,
            passed_over=len(report.passed_over),
            guessed_columns=len(report.guessed_columns),
            names=len(report.names),
            doubts=len(report.doubts),
        )
        return replace(
            report,
            sources=[*facts["sources"], *report.sources],
            passed_over=[*facts["passed_over"], *report.passed_over],
            guessed_columns=[*facts.get("guessed_columns", []), *report.guessed_columns],
            names=[*(NamedIds(**known) for known in facts.get("names", [])), *report.names],
            doubts=[*facts.get("doubts", []), *report.doubts],
            rows_read=facts["rows_read"] + added.rows_read,
            rows_used=facts["rows_used"] + used,
            rows_rejected=facts["rows_rejected"] + report.rows_rejected,
            rejected=dict(Counter(facts["rejected"]) + Counter(report.rejected)),
            rows_left_out=facts["rows_left_out"] + report.rows_left_out,
            left_out=dict(Counter(facts["left_out"]) + Counter(report.left_out)),
            letters_replaced=facts["letters_replaced"] + report.letters_replaced,
            welded=facts.get("welded", 0) + report.welded,
            added=added,
            former=self.former,
        )


def read_before(experiment: Experiment) -> Before:
    """Read the corpus of an experiment before it grows.

    Raises:
        ExperimentError: there is no corpus, it is damaged, or it cannot grow. A corpus cannot grow if it was made from
            imported vectors, or by an earlier version that did not store the keys of playlists.
    """
    manifest, directory = experiment.manifest("corpus"), experiment.directory("corpus")
    if has_corpus_of_names(experiment):
        raise ExperimentError(
            f"the corpus of '{experiment.name}' was made from imported vectors and has no playlists: "
            "extract into another experiment"
        )
    corpus, aside = read_corpus(directory), read_held_out_corpus(directory)
    held_out = np.zeros(len(corpus), np.bool_)
    playlists = read_playlist_table(directory, len(corpus))
    if aside is not None:
        corpus, held_out = corpus.joined_with(aside), np.append(held_out, np.ones(len(aside), np.bool_))
        playlists = pa.concat_tables([playlists, read_playlist_table(directory, len(aside), HELD_OUT_PREFIX)])
    if "key" not in playlists.column_names:
        raise ExperimentError.naming(
            lambda named: (
                f"the corpus of '{experiment.name}' was made by an earlier version, which did not store the keys "
                f"that distinguish playlists of the same name: {again(named)}"
            )
        )
    with closing(Catalogue(directory)) as catalogue:
        tracks, can_grow, has_identifiers = len(catalogue), catalogue.can_grow, catalogue.has_identifiers
    fits = len(corpus) == playlists.num_rows and corpus.has_valid_ids(tracks)
    if not fits or not all(isinstance(manifest.facts.get(name), kind) for name, kind in FACTS.items()):
        raise ExperimentError.naming(
            lambda named: (
                f"the corpus of '{experiment.name}' is damaged: its files contradict each other; {again(named)}"
            )
        )
    return Before(
        manifest=manifest,
        experiment=experiment.name,
        directory=directory,
        corpus=corpus,
        held_out=held_out,
        playlists=playlists,
        number_of_tracks=tracks,
        can_grow=can_grow,
        has_identifiers=has_identifiers,
    )


def read_names(directory: Path, experiment: str) -> CatalogueNames:
    """Read the whole content of the catalogue of a corpus.

    Args:
        directory: directory of the corpus stage.
        experiment: name of the experiment, for error messages.

    Raises:
        ExperimentError: the catalogue is damaged.
    """
    with closing(Catalogue(directory)) as catalogue:
        try:
            places = pa.array(catalogue.first_places(), pa.int64())
            tracks = pa.concat_tables(
                [_table(some, NAMES) for some in chain(catalogue.batches("artist, title, uri"), [[]])]
            )
            spellings = _table(catalogue.all_spellings(), SPELLINGS)
            uris = _table(catalogue.all_uris(), URIS)
            for name in catalogue.facts:
                facts = _table(catalogue.stated(name), {name: FACT_TYPES[name]})
                tracks = tracks.append_column(name, facts[name].cast(TEXT))  # as text, like the columns of readers
            if catalogue.has_identifiers:
                identifiers = _table(catalogue.identifiers(), {IDENTIFIERS: TEXT})
                tracks = tracks.append_column(IDENTIFIERS, identifiers[IDENTIFIERS])
            return CatalogueNames(tracks.append_column("first_place", places), spellings, uris)
        except (pa.ArrowException, UnicodeError, OverflowError) as error:
            problem = f"the catalogue of '{experiment}' is damaged: {reason_of(error)}"
            raise ExperimentError.naming(lambda named: f"{problem}; {again(named)}") from error


def playlist_of(corpus: Corpus, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the playlist number of each row, int64 (rows,); -1 if the corpus has no row of this number."""
    found = np.searchsorted(corpus.offsets, rows, side="right") - 1
    return np.where(rows < corpus.occurrences, found, -1)


def require_distinct(known: npt.NDArray[np.bool_], tracks: int) -> None:
    """Verify that no two existing tracks were merged when they were encoded again.

    Args:
        known: bool, whether each encoded track exists in the corpus.
        tracks: number of existing tracks.

    Raises:
        ExperimentError: two tracks of the corpus have been merged into one.
    """
    if np.count_nonzero(known) != tracks:
        raise ExperimentError.naming(
            lambda named: (
                "another version of sgp wrote this corpus, and used other rules to decide which rows are the same "
                f"track: {again(named)}"
            )
        )


def _table(rows: Sequence[tuple[Any, ...]], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Return rows as a table with columns of the given types."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in types)
    return pa.table({name: pa.array(column, types[name]) for name, column in zip(types, columns, strict=True)})


def _summed(before: pa.Table, added: pa.Table) -> pa.Table:
    """Merge two tables of spellings: add the counts of equal spellings, and sort by catalogue row, then by name."""
    both = pa.concat_tables([before, added.cast(before.schema)])
    keys = ["row", "artist", "title"]
    summed = both.group_by(keys).aggregate([("count", "sum")]).rename_columns([*keys, "count"])
    return summed.sort_by([(key, "ascending") for key in keys])


def _differs(name: str, value: object, given: object) -> SettingError:
    """Return the error for a setting that differs from the one with which the corpus was made."""
    return SettingError.naming(
        lambda named: (
            f"{named.either(name, name.replace('_', '-'))} is {value} in this corpus, and must be the same for added "
            f"sources, not {given}: leave this {named.either('setting', 'option')} out, or extract all sources into "
            "another experiment"
        )
    )
