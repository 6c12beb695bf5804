"""Values that programs write for a missing id, such as NaN (pandas), None (Python) and NULL (databases)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

MISSING = ("NULL", "null", "NA", "N/A", "<NA>", "NaN", "nan", "None", "\\N")


def are_missing(values: pa.Array) -> pa.BooleanArray:
    """Return for each text whether it is one of those that programs write for a missing value."""
    return pc.is_in(values, pa.array(MISSING, values.type))


def empty_if_missing(values: pa.Array) -> pa.Array:
    r"""Return a column of ids, with "" in place of blanks and of texts that mean a missing value.

    >>> empty_if_missing(pa.array(["7", "nan", " ", "\\N", "Nan"])).to_pylist()
    ['7', '', '', '', 'Nan']
    """
    missing = pc.is_in(pc.utf8_trim_whitespace(values), pa.array(["", *MISSING], values.type))
    return pc.if_else(missing, pa.scalar("", values.type), values) if pc.any(missing).as_py() else values
