"""Verify the name index of a catalogue: make it again from the names, and compare."""

from __future__ import annotations

import numpy as np

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.name_index import TrigramIndex
from skipgramophone.experiment.name_index_writer import NameIndexWriter, places_by_count


def require_sound_name_index(catalogue: Catalogue) -> None:
    """Verify that the name index of a catalogue matches its names.

    Earlier versions of sgp stored the name index in the catalogue file itself.

    Raises:
        ExperimentError: the index does not match the names.
    """
    index = catalogue.name_index
    if not isinstance(index, TrigramIndex):
        return
    names = NameIndexWriter()
    for batch in catalogue.batches("name_folded"):
        names.add("".join(f"{name}\n" for (name,) in batch).encode(), len(batch))
    merged = names.merged()
    same = np.array_equal(merged.trigrams, index.trigrams) and np.array_equal(merged.offsets, index.offsets)
    start = 0
    for rows in merged.rows() if same else ():
        same = same and np.array_equal(rows, index.all_rows[start : start + len(rows)])
        start += len(rows)
    if same and index.places is not None:
        same = np.array_equal(index.places, places_by_count(np.array(catalogue.by_count(), np.int64)))
    if not same:
        raise catalogue.damage("the name index does not match the names")
