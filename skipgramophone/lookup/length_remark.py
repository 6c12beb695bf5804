"""The remark on an answer that lists fewer results than the user asked for."""

from __future__ import annotations

import numpy as np

from skipgramophone.experiment.arrays import Rows
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.settings import Listed, SimilarSettings


def remark_on_length(listed: int, settings: SimilarSettings, of: Listed, why: str = "") -> str:
    """Return the remark that an answer lists fewer results than the settings ask for.

    Args:
        listed: number of results.
        settings: settings of the look-up, with the wanted number of results.
        of: what the answer lists, such as "tracks".
        why: why there are no more results, if this is known. If it is empty and the settings have filters, the remark
            names the filters as the reason.
    """
    why = why or (f"there are no more {of}" if settings.takes_all else f"no more {of} pass the filters")
    return f"only {listed} of {settings.number} results: {why}"


def reason_without_filters(listed: int, query: Rows, opened: Snapshot) -> str:
    """Return why an answer cannot list more tracks, or "" if filters are the reason: they left out other tracks.

    Args:
        listed: number of tracks in the answer, including the left-out versions that a note mentions.
        query: rows of the tracks of the query, which the answer must not list, int64.
        opened: the opened experiment.
    """
    in_query, with_vector = len(np.unique(query)), opened.tracks_with_vector
    if in_query == with_vector:
        which = "of the corpus" if with_vector == len(opened.catalogue) else "with a vector"
        return f"all {with_vector:,} tracks {which} are already in the query"
    return "there are no more tracks" if listed + in_query == with_vector else ""
