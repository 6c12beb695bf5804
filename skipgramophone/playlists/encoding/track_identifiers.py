"""Collects all identifiers in the rows of each track, such as ISRCs, in their canonical form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.identifiers import IDENTIFIERS
from skipgramophone.experiment.postings import sorted_unique
from skipgramophone.names.identifiers import CANONICAL, NAMES, SEPARATOR, is_blank, read_identifier
from skipgramophone.playlists.encoding.numbering import Codes, row_slices
from skipgramophone.playlists.readers.track_uris import service_uri

CODE_BITS = 32  # a (row, code) pair is packed into 64 bits: row << CODE_BITS | code
SHOWN_MALFORMED = 3


@dataclass(frozen=True, slots=True)
class TrackIdentifiers:
    """The identifiers of tracks.

    Attributes:
        table: row of the track and identifier, sorted by both; without repeats.
        malformed: number of distinct identifiers that were dropped because they are not valid.
        examples: the first malformed identifiers.
    """

    table: pa.Table
    malformed: int = 0
    examples: tuple[str, ...] = ()

    def renumbered(self, row: npt.NDArray[np.int64]) -> TrackIdentifiers:
        """Return the identifiers with other row numbers; `row` is a permutation: old number -> new number."""
        if not self.table.num_rows:
            return self
        return replace(self, table=_sorted(pa.array(row[self.table["row"].to_numpy()]), self.table["identifier"]))

    def counts(self) -> dict[str, int]:
        """Return the number of tracks with each kind of identifier: isrc, mbid and uri (further uris of services)."""
        rows, texts = self.table["row"], self.table["identifier"]
        kinds = {name: pc.starts_with(texts, f"{name}:") for name in NAMES}
        known = pc.or_(*kinds.values())
        kinds["uri"] = pc.invert(known)
        counts = {name: pc.count_distinct(rows.filter(marked)).as_py() for name, marked in kinds.items()}
        return {name: number for name, number in counts.items() if number}

    def sharing(self) -> int:
        """Return the number of tracks that share an ISRC or a MusicBrainz id with another track."""
        texts = self.table["identifier"].combine_chunks()
        of_recordings = pc.or_(*(pc.starts_with(texts, f"{name}:") for name in NAMES)).to_numpy(zero_copy_only=False)
        codes = texts.dictionary_encode().indices.to_numpy()
        several = np.bincount(codes)[codes] > 1 if len(codes) else of_recordings
        rows = self.table["row"].to_numpy()[several & of_recordings]
        return len(sorted_unique(rows))


def track_identifiers(codes: Codes, values: pa.Array, row: Codes) -> TrackIdentifiers:
    """Return the identifiers in the rows of each track.

    Args:
        codes: for each row, the index of its joined identifiers in `values` (-1: none).
        values: strings of joined identifiers.
        row: the track of each row.
    """
    found = [np.empty(0, np.int64)]
    for part in row_slices(len(row)) if len(values) else ():
        code = codes[part]
        there = code >= 0
        found.append(sorted_unique(row[part][there].astype(np.int64) << CODE_BITS | code[there]))
    pairs = sorted_unique(np.concatenate(found))
    return stated(pairs >> CODE_BITS, pairs & ((1 << CODE_BITS) - 1), values)


def stated(row: npt.NDArray[np.int64], code: npt.NDArray[np.int64], values: pa.Array) -> TrackIdentifiers:
    """Parse joined identifiers; the string `values[code[i]]` contains the identifiers of the track `row[i]`."""
    if not len(row):
        return TrackIdentifiers(pa.table({name: pa.array([], kind) for name, kind in IDENTIFIERS.items()}))
    lists = pc.split_pattern(values.take(pa.array(code)), SEPARATOR)
    texts = pc.list_flatten(lists).dictionary_encode()
    canonical, malformed = _canonical(texts.dictionary)
    identifiers = canonical.take(texts.indices)
    rows = pa.array(row).take(pc.list_parent_indices(lists))
    known = identifiers.is_valid()
    table = _sorted(rows.filter(known), identifiers.filter(known))
    return TrackIdentifiers(table, len(malformed), tuple(malformed[:SHOWN_MALFORMED]))


def _canonical(texts: pa.Array) -> tuple[pa.Array, list[str]]:
    """Return the canonical form of each identifier, with null for invalid ones, and a list of the invalid ones."""
    usual = pc.match_substring_regex(texts, CANONICAL)
    others = texts.filter(pc.invert(usual)).to_pylist()
    forms = [read_identifier(text) or service_uri(text) for text in others]
    malformed = [text for text, form in zip(others, forms, strict=True) if form is None and not is_blank(text)]
    return pc.replace_with_mask(texts, pc.invert(usual), pa.array(forms, TEXT)), malformed


def _sorted(rows: pa.Array, identifiers: pa.Array) -> pa.Table:
    """Return the distinct pairs of row and identifier, sorted."""
    table = pa.table({"row": rows, "identifier": identifiers}).group_by(list(IDENTIFIERS)).aggregate([])
    return table.sort_by([(name, "ascending") for name in IDENTIFIERS])
