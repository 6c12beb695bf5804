"""Filters the tracks of an answer by lists: tracks to leave out, the only tracks to list, and albums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError, storage_errors
from skipgramophone.experiment.album_search import AlbumSearch
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.lookup.track_list import TrackList, find_tracks
from skipgramophone.settings import SimilarSettings

Given = Sequence[str] | Path
Version = tuple[int, ...]  # what changes if a file is written again


class RowFilter:
    """The tracks that the settings `only`, `exclude` and `only_album` of a look-up allow."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: dict[str, tuple[Given, Version, TrackList]] = {}  # the list that each setting named last

    def require(self, settings: SimilarSettings) -> None:
        """Read the lists of the settings.

        Raises:
            SettingError: `only` names no track of the corpus.
            SourceError: a file is not a text file.
            StorageError: a file cannot be read.
        """
        for setting, listed in self._lists(settings):
            if setting == "only" and not len(listed.rows):
                raise SettingError(self._why_nothing(listed))

    def remarks(self, settings: SimilarSettings) -> list[str]:
        """Return remarks about entries of the lists that match no track."""
        return [remark for _, listed in self._lists(settings) for remark in listed.remarks()]

    def allowed(self, rows: Rows, settings: SimilarSettings) -> npt.NDArray[np.bool_] | slice:
        """Return which of some rows the settings allow, as an index into `rows`: bool (rows,), or a slice of all."""
        allowed: npt.NDArray[np.bool_] | None = None
        if settings.only_album:
            allowed = np.isin(rows, AlbumSearch(self._catalogue).rows(settings.only_album))
        for setting, listed in self._lists(settings):
            passing = np.isin(rows, listed.rows, invert=setting == "exclude")
            allowed = passing if allowed is None else allowed & passing
        return slice(None) if allowed is None else allowed

    def _lists(self, settings: SimilarSettings) -> Iterator[tuple[str, TrackList]]:
        """Yield the name of each setting that names tracks, and these tracks."""
        for setting in ("only", "exclude"):
            given: Given | None = getattr(settings, setting)
            if given is not None:
                yield setting, self._list(setting, given)

    def _list(self, setting: str, given: Given) -> TrackList:
        """Return the tracks that a setting names. A file is read again only if it was written again."""
        version = _version(given) if isinstance(given, Path) else ()
        known = self._kept.get(setting)
        if known is None or known[:2] != (given, version):
            known = self._kept[setting] = given, version, find_tracks(self._catalogue, given, setting)
        return known[2]

    def _why_nothing(self, listed: TrackList) -> str:
        """Return the error for a list of the only tracks to list that names no track."""
        track = self._catalogue.track(self._catalogue.by_count(1)[0])
        problem = f"no {listed.unit} of {listed.source} matches a track" if listed.size else f"{listed.source} is empty"
        example = f" (for example {listed.unknown[0]!r})" if listed.unknown else ""
        form = f"each {listed.unit} must be a whole name, a uri or an id, such as {track.uri or track.name!r}"
        return f"{problem}{example}: {form}"


def _version(path: Path) -> Version:
    """Return numbers that change if a file is written again."""
    with storage_errors(path, "read"):
        there = path.stat()
    return there.st_ino, there.st_size, there.st_mtime_ns
