"""Finds the tracks that a list names: a text file with one name, uri or id per line, or names from Python.

A list filters an answer, so it must not select the wrong tracks: a line must be the uri, an identifier or the whole
name of a track. Part of a name, or a name with typos, matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skipgramophone.errors import SourceError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.condition import Condition, in_parts, marks
from skipgramophone.experiment.name_search import same_accents
from skipgramophone.experiment.track_links import uris_of
from skipgramophone.names.normalization import fold_name
from skipgramophone.playlists.playlist_file import names_in, unescaped
from skipgramophone.utf8 import is_utf8
from skipgramophone.wording import plural

SHOWN_UNKNOWN = 3  # maximum number of unknown lines that a note shows
BY_URI = (  # tables with a uri or an identifier and the row of its track
    "SELECT uri, row FROM tracks WHERE uri IN ({})",
    "SELECT uri, row FROM uris WHERE uri IN ({})",
    "SELECT identifier, row FROM identifiers WHERE identifier IN ({})",
)


@dataclass(frozen=True, slots=True)
class TrackList:
    """The tracks that a list names.

    Attributes:
        source: the file, or the name of the setting if the list was given in Python.
        unit: what an entry is called in messages: "line" or "name".
        size: number of different entries.
        rows: rows of the tracks, sorted, int64. A name that several tracks have means all of them.
        unknown: the entries that match no track.
    """

    source: str
    unit: str
    size: int
    rows: Rows
    unknown: tuple[str, ...]

    def remarks(self) -> list[str]:
        """Return a remark if the list is empty, or if entries match no track."""
        if not self.size:
            return [f"{self.source} lists no tracks"]
        if not self.unknown:
            return []
        such = ", ".join(map(repr, self.unknown[:SHOWN_UNKNOWN]))
        match = "matches" if len(self.unknown) == 1 else "match"
        of_all = f"{len(self.unknown):,} of {plural(self.size, self.unit)}"
        return [f"{self.source}: {of_all} {match} no track, such as {such}"]


def find_tracks(catalogue: Catalogue, given: Sequence[str] | Path, setting: str) -> TrackList:
    """Find the tracks that a file or a list of names lists.

    Args:
        catalogue: the tracks of the corpus.
        given: the file, or the names.
        setting: name of the setting, for messages.

    Raises:
        SourceError: the file is too large, or is not a text file.
        StorageError: the file cannot be read.
    """
    names = _read(given) if isinstance(given, Path) else [name.strip() for name in given]
    names = list(dict.fromkeys(filter(None, names)))
    rows, unknown = set[int](), []
    for some in in_parts(names):
        for name, found in zip(some, _find(catalogue, some), strict=True):
            rows.update(found)
            if not found:
                unknown.append(name)
    source, unit = (str(given), "line") if isinstance(given, Path) else (setting, "name")
    found_rows = np.array(sorted(rows), np.int64)
    return TrackList(source, unit, size=len(names), rows=found_rows, unknown=tuple(unknown))


def _read(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty."""
    from skipgramophone.playlists.name_list import read_name_list  # imported here because few look-ups need it

    content = read_name_list(path)
    if b"\0" in content:
        raise SourceError(f"{path} is not a text file: give a file with one name, uri or id per line")
    return names_in(content.decode("utf-8", "replace"))


def _find(catalogue: Catalogue, names: Sequence[str]) -> Iterator[set[int]]:
    """Yield the rows of the tracks that each name means; an empty set for a name that matches no track."""
    forms = [[form for form in uris_of(name) if is_utf8(form)] for name in names]
    of_uri: dict[str, set[int]] = {}
    for some in in_parts({form for each in forms for form in each}):
        for statement in BY_URI:
            for uri, row in catalogue.query(statement.format(marks(some)), some):
                of_uri.setdefault(uri, set()).add(row)
    left = [name for name, uris in zip(names, forms, strict=True) if not any(uri in of_uri for uri in uris)]
    called: dict[str, list[Track]] = {}
    for some in in_parts({fold_name(text) for name in left for text in _texts(name)}):
        for track in catalogue.matching(Condition(f"tracks.name_folded IN ({marks(some)})", some)):
            called.setdefault(fold_name(track.name), []).append(track)
    for name, uris in zip(names, forms, strict=True):
        by_uri = next((of_uri[uri] for uri in uris if uri in of_uri), None)
        tracks = [track for text in _texts(name) for track in same_accents(called.get(fold_name(text), []), text)]
        yield by_uri or {track.row for track in tracks}


def _texts(name: str) -> list[str]:
    """Return a name as it is given, and without the escapes that `--format plain` writes for control characters."""
    return [text for text in dict.fromkeys((name, unescaped(name))) if fold_name(text) and is_utf8(text)]
