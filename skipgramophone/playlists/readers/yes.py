"""Read radio playlists of Yes.com: train.txt or test.txt with song numbers, and song_hash.txt with song names.

0 1 2 3          train.txt: the numbers of all songs
7 5 2 1          how often each song occurs
0 3 1            from here on, one playlist per line

0 <tab> Gucci Time (w\\/ Swizz Beatz) <tab> Gucci Mane          song_hash.txt: number, title, artist
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError, SourceError
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ExtractSettings

NAMES = "song_hash.txt"
PLAYLISTS = re.compile(r"(?:.*/)?(?:train|test)\.txt$")
HEADER_LINES = 2


def has_song_names(file: SourceFile) -> bool:
    """Whether a file is called train.txt or test.txt, and song_hash.txt is in the same directory."""
    return PLAYLISTS.match(file.name) is not None and file.sibling(NAMES) is not None


def holds_song_names(file: SourceFile) -> bool:
    """Whether a file is called song_hash.txt, and train.txt or test.txt is in the same directory."""
    return PurePosixPath(file.name).name == NAMES and any(file.sibling(name) for name in ("train.txt", "test.txt"))


def read_yes(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield one row per song of each playlist; a playlist is named by its line number.

    Raises:
        SourceError: the file with the song names is missing or damaged.
    """
    names_file = stream.file.sibling(NAMES)
    if names_file is None:
        raise FormatError(f"{stream.file.display_name} needs {NAMES} with the names of its songs in the same directory")
    with names_file.open(settings.encoding, settings.bad_bytes == "replace") as names:
        songs = dict(_songs(names))
    lines = numbered_lines(stream)
    head = list(islice(lines, HEADER_LINES))
    begun = starts_with_counts([line for _, line, _ in head])
    for number, line, fault in chain(() if begun else head, lines):
        numbers = line.split()
        if fault or not numbers:
            yield number, line, fault or "blank line"
        for song in numbers if not fault else ():
            named = songs.get(song)
            yield (
                number,
                line,
                f"song {song} has no name" if named is None else Row("", str(number), stream.file.place, *named),
            )


def starts_with_counts(lines: Sequence[str]) -> bool:
    """Whether the first line has the song numbers 0, 1, 2 and so on, and the second line has one count per song."""
    songs, *counts = [line.split() for line in lines[:HEADER_LINES]] or [[]]
    return songs == [str(at) for at in range(len(songs))] and [len(line) for line in counts] == [len(songs)]


def _songs(stream: OpenFile) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the number of each song, and the pair of its artist and title."""
    for number, line, fault in numbered_lines(stream):
        fields = [field.strip().replace("\\/", "/") for field in line.split("\t")]
        if fault or len(fields) != 3:
            raise SourceError(
                f"{stream.file.display_name}, line {number}: {fault or 'expected a number, a title and an artist'}"
            )
        yield fields[0], (fields[2], fields[1])
