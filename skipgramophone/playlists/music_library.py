"""Matches tracks with the tagged audio files of a library.

A track matches a file if both have the same ISRC or MusicBrainz recording id and their names are similar. If there is
no such file, a file with the same artist and title matches. Artist and title are compared in up to three steps, until a
file matches. In the first step, case, outer spaces and the Unicode form are ignored; in the second step, also accents
and repeated spaces. In the third step, a typo is allowed (`typos.most_similar`). Files without an artist or a title in
their tags match nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skipgramophone.errors import SettingError, SourceError, StorageError, storage_errors
from skipgramophone.names.identifiers import labelled, read_identifier
from skipgramophone.names.normalization import fold_name, identity
from skipgramophone.names.typos import are_alike, most_similar
from skipgramophone.playlists.directory_walk import walk
from skipgramophone.wording import plural

SUFFIXES = {
    *(".mp3", ".mp2", ".flac", ".ogg", ".oga", ".opus", ".spx", ".m4a", ".m4b", ".mp4"),
    *(".wav", ".wma", ".aif", ".aiff", ".aifc"),
}
# Tags with identifiers: name -> kind. The tag for the recording id is called track id in most formats.
IDENTIFIERS = {"isrc": "isrc", "musicbrainz_trackid": "mbid", "musicbrainz track id": "mbid"}
Names = tuple[str, str]  # artist and title, normalized


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A tagged audio file; `seconds` is its duration, or None if it is unknown.

    `identifiers` are the identifiers in its tags, such as "isrc:USUM71703861".
    """

    path: Path
    artist: str
    title: str
    seconds: float | None
    identifiers: tuple[str, ...] = ()


@dataclass(slots=True)
class MusicLibrary:
    """The audio files below a directory.

    Attributes:
        directory: the directory.
        files: the files with artist and title, in order of their paths.
        untagged: files without an artist or a title.
        damaged: files whose tags cannot be read.
        outside: links to files that are not below the directory.
    """

    directory: Path
    files: list[AudioFile] = field(default_factory=list)
    untagged: list[Path] = field(default_factory=list)
    damaged: list[Path] = field(default_factory=list)
    outside: list[Path] = field(default_factory=list)
    _same: dict[Names, AudioFile] = field(default_factory=dict)
    _folded: dict[Names, AudioFile] = field(default_factory=dict)
    _identified: dict[str, AudioFile] = field(default_factory=dict)

    def add(self, file: AudioFile) -> None:
        """Add a file.

        If several files have the same artist and title, or the same identifier, tracks match the first of these files.
        """
        self.files.append(file)
        self._same.setdefault((identity(file.artist), identity(file.title)), file)
        self._folded.setdefault((fold_name(file.artist), fold_name(file.title)), file)
        for identifier in file.identifiers:
            self._identified.setdefault(identifier, file)

    def file_of(self, artist: str, title: str, identifiers: Iterable[str] = ()) -> AudioFile | None:
        """Return the file of a track, or None if no file matches it."""
        named = (self._identified.get(identifier) for identifier in identifiers)
        same = (file for file in named if file and are_alike((artist, title), (file.artist, file.title)))
        if identified := next(same, None):
            return identified
        folded = (fold_name(artist), fold_name(title))
        found = self._same.get((identity(artist), identity(title))) or self._folded.get(folded)
        if found or not all(folded):
            return found
        names = most_similar(folded, list(self._folded))
        return self._folded[names] if names else None


def read_library(directory: Path, durations: bool = False) -> MusicLibrary:
    """Read the tags of all audio files below a directory; links to directories are not followed.

    Args:
        directory: the directory.
        durations: also read durations, which takes longer for some formats.

    Raises:
        SettingError: the package that reads tags is not installed.
        SourceError: no audio file has an artist and a title in its tags.
        StorageError: the directory cannot be read.
    """
    try:
        from tinytag import TinyTag, TinyTagException
    except ImportError as error:
        raise SettingError("tinytag is not installed: pip install 'skipgramophone[library]'") from error
    library = MusicLibrary(directory)
    root = directory.resolve()
    for path in _audio_files(directory):
        if not path.resolve().is_relative_to(root):
            library.outside.append(path)
            continue
        try:
            tags = TinyTag.get(path, duration=durations)
        except (TinyTagException, OSError, ValueError):
            library.damaged.append(path)
            continue
        if tags.artist and tags.title:
            seconds = tags.duration if durations else None
            library.add(AudioFile(path, tags.artist, tags.title, seconds, identifiers=_identifiers(tags.other)))
        else:
            library.untagged.append(path)
    if not library.files:
        others = len(library.untagged) + len(library.damaged) + len(library.outside)
        also = f" ({plural(others, 'other audio file')} skipped)" if others else ""
        raise SourceError(f"{directory} has no audio file with artist and title{also}: give another directory")
    return library


def _identifiers(tags: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the valid identifiers in the tags of a file."""
    stated = (labelled(kind, text) for name, kind in IDENTIFIERS.items() for text in tags.get(name, ()))
    return tuple(filter(None, map(read_identifier, filter(None, stated))))


def _audio_files(directory: Path) -> Iterator[Path]:
    """Yield the audio files below a directory, ordered by path.

    Raises:
        StorageError: the directory or a directory below it cannot be read.
    """
    if not directory.is_dir():
        raise StorageError(f"cannot read {directory}: it is not a directory")

    with storage_errors(directory, "read"):
        for parent, directories, names in walk(directory):
            directories.sort()
            paths = (parent / name for name in sorted(names) if not name.startswith("."))
            yield from (path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file())
