"""Joins columns with identifiers (ISRCs, MusicBrainz ids, uris) into one column, like `names.identifiers.joined`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.identifiers import ISRC, MBID, SEPARATOR
from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.readers.rows import null_for_empty

OF_RECORDINGS = ("recordingmbid", "trackmbid")  # normalized names of columns with MusicBrainz ids


def joined_columns(columns: Iterable[tuple[str, pa.Array]]) -> pa.Array | None:
    """Join the identifiers of each row; rows without identifiers get null. Return None if no row has identifiers.

    Args:
        columns: for each column, its kind ("isrc", "mbid", or "" for uris of services) and its values ("": no value).
    """
    stated = [(kind, values) for kind, values in columns if pc.max(pc.binary_length(values)).as_py()]
    parts = [_part(f"{kind}:" if kind else "", values) for kind, values in stated]
    return null_for_empty(reduce(_both, parts)) if parts else None


def joined_encoded(columns: Iterable[tuple[str, pa.DictionaryArray]]) -> pa.Array | None:
    """Join identifiers like `joined_columns`; the values are dictionary-encoded, and null means that there is none."""
    stated = [(kind, values) for kind, values in columns if values.null_count < len(values)]
    if len(stated) != 1:
        return joined_columns((kind, values.cast(TEXT).fill_null("")) for kind, values in stated)
    ((kind, values),) = stated
    return pa.DictionaryArray.from_arrays(values.indices, _part(f"{kind}:" if kind else "", values.dictionary))


def table_identifiers(columns: Mapping[str, pa.Array], roles: Mapping[str, str]) -> pa.Array | None:
    """Return the identifiers in the rows of a table, or None if no column has identifiers.

    The column with the role "uri" is included if its name shows that it contains ISRCs or MusicBrainz ids.

    Args:
        columns: role -> values.
        roles: role -> name of its column.
    """
    chosen = [(kind, columns[kind]) for kind in (ISRC, MBID) if kind in columns]
    name = normalized(roles.get("uri", ""))
    kind = ISRC if name == ISRC else MBID if name in OF_RECORDINGS else None
    if kind and kind not in columns:
        chosen.append((kind, columns["uri"]))
    return joined_columns(chosen)


def _part(prefix: str, values: pa.Array) -> pa.Array:
    """Put `prefix` before each value; an empty value stays empty."""
    nothing = pa.scalar("", TEXT)
    return pc.if_else(
        pc.equal(values, ""), nothing, pc.binary_join_element_wise(pa.scalar(prefix, TEXT), values, nothing)
    )


def _both(first: pa.Array, second: pa.Array) -> pa.Array:
    """Join two columns of strings, with a separator if both strings are not empty."""
    both = pc.and_(pc.not_equal(first, ""), pc.not_equal(second, ""))
    between = pc.if_else(both, pa.scalar(SEPARATOR, TEXT), pa.scalar("", TEXT))
    return pc.binary_join_element_wise(first, second, between)
