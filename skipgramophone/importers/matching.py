"""Match imported vectors to the tracks of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.embeddings import Embeddings, Matrix
from skipgramophone.importers.vectors import NamedVectors
from skipgramophone.names.normalization import full_name, identity

NO_TRACK = "no track has this uri or this artist and title"
TAKEN = "another vector of the file belongs to the same track"


@dataclass(frozen=True, slots=True)
class Matching:
    """The result of matching: the track of each vector.

    Attributes:
        row: catalogue row of each vector's track, int64 (vectors,); -1 for a vector without a track.
        unused: a dict from the index of each vector that is not used to the reason.
        by_uri: number of vectors matched by uri; the other matched vectors were matched by artist and title, or by full
            name.
        namesakes: number of vectors whose name matches several tracks; each of them is matched to the most frequent of
            these tracks.
    """

    row: npt.NDArray[np.int64]
    unused: dict[int, str]
    by_uri: int
    namesakes: int

    def place(self, vectors: NamedVectors, tracks: int) -> Embeddings:
        """Return the vectors in row order of a catalogue of `tracks` tracks; a track without a vector gets zeros."""

        def spread(matrix: Matrix | None, like: Matrix) -> Matrix:
            found = self.row >= 0
            rows = np.zeros((tracks, *like.shape[1:]), np.float32)
            if matrix is not None:
                rows[self.row[found]] = matrix[found]
            return rows

        centre = vectors.centre
        return Embeddings(
            spread(centre, centre), spread(vectors.context, centre), spread(vectors.context_bias, centre[:, 0])
        )


def match(vectors: NamedVectors, catalogue: Catalogue) -> Matching:
    """Find the track of each vector.

    A vector is matched by its uri if the catalogue contains this uri. If a vector has a title but no artist, the title
    is also tried as a uri. Otherwise, the vector is matched by artist and title or, if no track has these, by full
    name. Names are compared as in `extract`: case, surrounding spaces and Unicode form are ignored. If a vector has a
    uri that is not in the catalogue, its name can match only a track that has no uri. If several vectors match a track,
    the first is used.
    """
    names = _Names(catalogue)
    row = np.full(len(vectors), -1, np.int64)
    taken: set[int] = set()
    unused: dict[int, str] = {}
    by_uri = namesakes = 0
    for at, (artist, title, uri) in enumerate(zip(vectors.artist, vectors.title, vectors.uri, strict=True)):
        found = names.by_uri.get(uri or (title if not artist else ""))
        known_by_uri = found is not None
        alike: list[int] = []
        if found is None:
            alike = [near for near in names.alike(artist, title) if not uri or near not in names.with_uri]
            found = alike[0] if alike else None
        if found is None or found in taken:
            unused[at] = NO_TRACK if found is None else TAKEN
            continue
        row[at] = found
        taken.add(found)
        by_uri += known_by_uri
        namesakes += len(alike) > 1
    return Matching(row, unused, by_uri, namesakes)


class _Names:
    """Finds the row numbers of a catalogue by uri and by name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.by_uri: dict[str, int] = {}
        self.with_uri: set[int] = set()
        self._by_name: dict[str | tuple[str, str], list[int]] = {}
        # The tracks are in order of count, so each list of rows with the same name is, too.
        for track in catalogue.tracks(catalogue.by_count()):
            if track.uri:
                self.by_uri.setdefault(track.uri, track.row)
                self.with_uri.add(track.row)
            pair = (identity(track.artist), identity(track.title))
            self._by_name.setdefault(pair, []).append(track.row)
            self._by_name.setdefault(identity(full_name(track.artist, track.title)), []).append(track.row)

        for uri, row in catalogue.all_uris():
            self.by_uri.setdefault(uri, row)
            self.with_uri.add(row)

    def alike(self, artist: str, title: str) -> list[int]:
        """Return the rows of the tracks that have the given artist and title, most frequent first.

        If no track has both, return the rows of tracks whose full name is "artist - title".
        """
        pair = self._by_name.get((identity(artist), identity(title)))
        return pair or self._by_name.get(identity(full_name(artist, title)), [])
