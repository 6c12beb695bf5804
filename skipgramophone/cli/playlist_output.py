"""Writes answers as playlists: selects the tracks, finds their files, and reports missing ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.cli import render
from skipgramophone.errors import SettingError, SourceError
from skipgramophone.playlists.file_paths import ADDRESS, is_missing, relocated
from skipgramophone.playlists.playlist_formats import WITH_PATHS, WITH_TITLE, WRITERS, Entry, breaks_lines
from skipgramophone.wording import plural, visible

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.results import Answer
    from skipgramophone.playlists.music_library import MusicLibrary

PLAYLISTS = (*WRITERS, "plain")


@dataclass(frozen=True, slots=True)
class Playlist:
    """Options for writing an answer as a playlist.

    Attributes:
        title: title of the playlist, if any.
        with_seeds: whether the playlist begins with the tracks of the query.
        files_from: directory of the extracted source (default: the current directory).
        directory: directory of the playlist (default: the current directory).
        library: directory with audio files; tracks without a file there are left out.
        seconds: maximum duration of the playlist; needs a library.
    """

    title: str | None = None
    with_seeds: bool = False
    files_from: Path | None = None
    directory: Path | None = None
    library: Path | None = None
    seconds: float | None = None

    def require_format(self, format: str) -> None:
        """Refuse a format that does not support these options.

        Raises:
            SettingError: the format is not a playlist format, or two options cannot be combined.
        """
        if self.title is not None and format not in WITH_TITLE:
            raise SettingError(f"--title is for {', '.join(WITH_TITLE)}, not for {format}: add --format m3u8")
        for name, given in (("--files-from", self.files_from), ("--library", self.library)):
            if given is not None and format not in WITH_PATHS:
                raise SettingError(f"{name} is for {', '.join(WITH_PATHS)}, not for {format}: add --format m3u8")
        if self.files_from is not None and self.library is not None:
            raise SettingError("--library finds the files itself: leave out --files-from")
        if self.files_from is not None and not self.files_from.is_dir():
            raise SettingError(f"--files-from {self.files_from} is not a directory")
        if self.with_seeds and format not in PLAYLISTS:
            raise SettingError(f"--include-seeds is for playlists, not for {format}: add --format m3u8 or plain")

    def tracks(self, answer: Answer) -> list[Track]:
        """Return the tracks of the answer; if `with_seeds` is set, put the query tracks before them.

        Query tracks with a negative weight are left out. Tracks that `--fallback` has used instead of a query track are
        left out too.
        """
        listed = [near.track for near in answer.neighbours]
        # A track of --from or --to is a query track and also in the list, so it must not be added again.
        rows = {track.row for track in listed}
        given = (seed for seed in answer.seeds if seed.weight > 0 and seed.fallback is None)
        seeds = [seed.track for seed in given if seed.track.row not in rows]
        return [*(seeds if self.with_seeds else []), *listed]

    def write(self, answer: Answer, format: str, quiet: bool) -> int:
        """Print an answer in a playlist format, and return the number of tracks written.

        Raises:
            SettingError: the format is a list of uris, and no track has one.
            SourceError: no file of the library has usable tags, or none belongs to a track of the answer.
            StorageError: the library cannot be read.
        """
        tracks = self.tracks(answer)
        if format == "uris":
            _require_uris(tracks, quiet)
        entries = self._from_library(tracks, quiet) if self.library else self._with_locations(tracks)
        if format in WITH_PATHS and not self.library:
            self._note_missing(entries, quiet)
        if format == "m3u8":
            _note_unwritable(entries, quiet)
            _note_unplayable(entries, quiet)
        render.print_data(WRITERS[format](entries, self.title or ""))
        return len(entries)

    def _with_locations(self, tracks: Sequence[Track]) -> list[Entry]:
        """Return the entries to write, with file locations that a player can resolve."""
        base, directory = self.files_from or Path(), self.directory or Path()
        located = [relocated(track.location, base, directory) if track.location else None for track in tracks]
        return [
            replace(_entry(track), location=place, seconds=track.seconds)
            for track, place in zip(tracks, located, strict=True)
        ]

    def _from_library(self, tracks: Sequence[Track], quiet: bool) -> list[Entry]:
        """Return entries for the tracks that have a file in the library."""
        from skipgramophone.lookup.playing_time import fitting, remark_on_time
        from skipgramophone.playlists.music_library import read_library

        assert self.library is not None
        library = read_library(self.library, durations=self.seconds is not None)
        _note_passed_over(library, quiet)
        found = [(track, library.file_of(track.artist, track.title, track.identifiers)) for track in tracks]
        missing = [track for track, file in found if file is None]
        if missing:
            count = f"{len(missing):,} of {plural(len(tracks), 'track')}"
            render.note(f"left out {count} without a file in {self.library}:", quiet)
            for track in missing:
                render.note(f"  {visible(track.name)}", quiet)
        there = [(track, file) for track, file in found if file is not None]
        if tracks and not there:
            raise SourceError(f"{self.library} has no file for any of the {plural(len(tracks), 'track')} of the answer")
        if self.seconds is not None:
            fit = fitting(there, [file.seconds for _, file in there], self.seconds)
            there = fit.kept
            duration = sum(file.seconds or 0 for _, file in there)
            for remark in (*fit.remarks, remark_on_time(duration, self.seconds, fit.is_cut)):
                render.note(remark, quiet)
        directory = (self.directory or Path()).resolve()
        return [
            replace(_entry(track), location=os.path.relpath(file.path.resolve(), directory)) for track, file in there
        ]

    def _note_missing(self, entries: Sequence[Entry], quiet: bool) -> None:
        """Print a note with the number of files that do not exist at their location, and with the likely remedy."""
        located = [entry.location for entry in entries if entry.location]
        missing = [path for path in located if is_missing(path, self.directory or Path())]
        if missing:
            count = f"{len(missing):,} of {plural(len(located), 'file')} not found, such as '{visible(missing[0])}'"
            if self.files_from is None:
                cure = "use --files-from to name the directory that contains the extracted source"
            elif len(missing) == len(located):
                named = f"{self.files_from} (--files-from)"
                cure = f"check whether {named} is the directory that contains the extracted source"
            else:
                cure = "they may have been moved or removed; --library DIR finds files by their tags"
            render.note(f"{count}: {cure}", quiet)


def _entry(track: Track) -> Entry:
    """Return the playlist entry of a track, without a file."""
    return Entry(track.artist, track.title, track.uri, identifiers=track.identifiers, album=track.album or "")


def _note_unwritable(entries: Sequence[Entry], quiet: bool) -> None:
    """Print a note with the number of files whose names an M3U playlist cannot contain."""
    names = [entry.location for entry in entries if entry.location and breaks_lines(entry.location)]
    if names:
        count = f"m3u8 cannot contain the name of {plural(len(names), 'file')}, such as '{visible(names[0])}'"
        render.note(f"{count}, so the playlist lists their tracks without files: choose --format xspf or jspf", quiet)


def _note_unplayable(entries: Sequence[Entry], quiet: bool) -> None:
    """Print a note with the number of tracks for which a player finds neither a file nor a web address."""
    without = sum(not entry.location and not ADDRESS.match(entry.uri or "") for entry in entries)
    if without:
        count = f"{without:,} of {plural(len(entries), 'track')} without a file or web address"
        render.note(f"{count}: most players skip them; --library DIR finds your files", quiet)


def _note_passed_over(library: MusicLibrary, quiet: bool) -> None:
    """Print notes about the files of a library that cannot match a track, with the reasons."""
    for files, problem in (
        (library.damaged, "damaged tags"),
        (library.untagged, "no artist or title"),
        (library.outside, "links to places outside the library"),
    ):
        if files:
            passed_over = f"skipped {plural(len(files), 'file')} ({problem})"
            render.note(f"{passed_over}, such as {visible(str(files[0]))}", quiet)


def _require_uris(tracks: Sequence[Track], quiet: bool) -> None:
    """Print a note with the number of tracks that have no uri.

    Raises:
        SettingError: no track has a uri.
    """
    without = sum(track.uri is None for track in tracks)
    if without and without == len(tracks):
        raise SettingError("no track of the answer has a uri: give another --format, such as plain")
    if without:
        render.note(f"left out {plural(without, 'track')} without a uri", quiet)
