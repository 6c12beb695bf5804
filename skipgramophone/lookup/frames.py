"""Tracks and answers as data frames, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from skipgramophone.experiment.catalogue import Catalogue
    from skipgramophone.lookup.results import Answer

OF_TRACK = ("artist", "title", "uri", "count", "row")
OPTIONAL = ("shared", "score", "album", "stable")  # columns of answers


def frame_of_tracks(catalogue: Catalogue) -> pd.DataFrame:
    """Return all tracks, indexed by row, with artist, title, uri, count, first_place and, if it is known, the album."""
    import pandas as pd

    columns = ["row", "artist", "title", "uri", "count", "first_place"]
    columns += ["album"] if "album" in catalogue.facts else []
    rows = [tuple(getattr(track, name) for name in columns) for track in catalogue.all_tracks()]
    return pd.DataFrame.from_records(rows, columns=columns).set_index("row")


def frame_of_answer(answer: Answer) -> pd.DataFrame:
    """Return the tracks of an answer, indexed by rank; columns without any value are left out (see `OPTIONAL`)."""
    import pandas as pd

    rows = (
        (near.rank, near.similarity, *(getattr(near.track, name) for name in OF_TRACK), *optional)
        for near in answer.neighbours
        for optional in ((near.shared, near.score, near.track.album, near.stable),)
    )
    columns = ["rank", "similarity", *OF_TRACK, *OPTIONAL]
    frame = pd.DataFrame.from_records(list(rows), columns=columns).set_index("rank")
    absent = [name for name in OPTIONAL if frame[name].isna().all()]
    return frame.drop(columns=absent)
