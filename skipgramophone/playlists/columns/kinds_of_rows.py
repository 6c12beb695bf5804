"""Find rows of a table that are not tracks, according to a column such as "Type": saved albums, films or podcasts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.values import Table, values_of

KIND = re.compile(r"(type|typ|tipo|kind|art|entity)$")  # the end of the name of such a column
NAMES_OF_TRACKS = (
    "track tracks song songs music audio recording recordings titel morceau chanson cancion canzone brano musica "
    "playlist playlists favorite favorites favourite favourites liked"
)
NAMES_OF_OTHERS = (
    "album albums artist artists movie movies film films episode episodes podcast podcasts show shows audiobook "
    "audiobooks kunstler artiste artista interpret horbuch folge series station stations radio clip"
)
TRACKS, OTHERS = (frozenset(names.split()) for names in (NAMES_OF_TRACKS, NAMES_OF_OTHERS))


def rows_that_are_no_tracks(rows: Table, unused: Sequence[str]) -> tuple[str, str] | None:
    """Return a column of kinds, and the kind of rows that are not tracks; None if all rows may be tracks.

    Some rows must be tracks according to the column: a table of albums or films is meant as it is.

    >>> rows = [["Title", "Type"], ["Rain", "Track"], ["Gold", "Album"]]
    >>> rows_that_are_no_tracks(rows, ["Type"]), rows_that_are_no_tracks([rows[0], rows[2]], ["Type"])
    (('Type', 'Album'), None)
    """
    for name in unused:
        if not KIND.search(normalized(name)) or rows[0].count(name) > 1:
            continue
        kinds = {normalized(value): value for value in values_of(rows, name)}
        others = [value for kind, value in kinds.items() if kind in OTHERS]
        if others and kinds.keys() & TRACKS:
            return name, others[0]
    return None
