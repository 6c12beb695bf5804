"""Read AOTM-2011, the mixes of Art of the Mix (McFee and Lanckriet, 2012): one JSON array.

    [{"mix_id": 1234, "user": {"name": "someone", ...}, "category": "Mixed Genre",
      "playlist": [[["nell quay", "paper boats"], ["TRAAA", "SOAAA"]], [["the lanyards", "salt & rope"], null]],
      "filtered_lists": [...]}, ...

A mix is a playlist. The same id in different files means the same mix. The id is also the name of the playlist, because
mixes have no titles. The second id of a track, its song id in the Million Song Dataset, is used as uri. The field
"filtered_lists" is not read, because it repeats parts of the mix. For a rejected track, the "line" is the number of the
track in the file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.documents import raw_record, read_document
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings


def is_aotm(value: Any) -> bool:
    """Whether the start of a JSON document has the form of AOTM-2011."""
    mix = value[0] if isinstance(value, list) and value else None
    return isinstance(mix, dict) and {"mix_id", "playlist"} <= set(mix)


def read_aotm(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each mix.

    Raises:
        SourceError: the file is not a list of mixes.
    """
    mixes = read_document(stream, "a file of AOTM-2011")
    if not isinstance(mixes, list):
        raise FormatError(f"{stream.file.display_name} is not a file of AOTM-2011: it is not a list of mixes")
    number = 0
    for mix in mixes:
        tracks = mix.get("playlist") if isinstance(mix, dict) else None
        if not isinstance(tracks, list) or not isinstance(mix.get("mix_id"), int | str):
            number += 1
            yield number, raw_record(mix), "a mix without mix_id or playlist"
            continue
        user = mix.get("user")
        owner = user.get("name") if isinstance(user, dict) else None
        for track in tracks:
            number += 1
            found = _names(track)
            if not isinstance(found, str):
                artist, title, uri = found
                name = owner if isinstance(owner, str) else ""
                row = Row(name, str(mix["mix_id"]), f"mix {mix['mix_id']}", artist=artist, title=title, uri=uri)
            yield number, raw_record(track), found if isinstance(found, str) else row


def _names(track: Any) -> tuple[str, str, str | None] | str:
    """Return artist, title and uri of a track, or the reason for rejecting it."""
    if not isinstance(track, list) or len(track) != 2 or not isinstance(track[0], list) or len(track[0]) != 2:
        return "a track that is not a pair of names and ids"
    artist, title = track[0]
    ids = track[1]
    uri = ids[1] if isinstance(ids, list) and len(ids) == 2 else None
    if not (isinstance(artist, str) and isinstance(title, str) and isinstance(uri, str | None)):
        return NAME_NOT_TEXT
    return artist, title, uri or None
