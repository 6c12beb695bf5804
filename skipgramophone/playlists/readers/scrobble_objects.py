"""Finds the scrobbles in a JSON document of Last.fm without decoding them, and decodes many of them at once.

This module follows the same rules as `lastfm_json`. It is imported only where scrobbles are decoded, because importing
msgspec takes time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.identifier_columns import joined_encoded
from skipgramophone.playlists.readers.json_columns import WINDOW
from skipgramophone.playlists.readers.ordering import seconds_of_all
from skipgramophone.playlists.readers.play_columns import PlayTable, Records, stated
from skipgramophone.playlists.readers.play_objects import Text
from skipgramophone.playlists.readers.rows import ALBUM, DICTIONARY, IDENTIFIERS, dictionary_of

UNSET = msgspec.UNSET
Fields = dict[str, msgspec.Raw]
_RAWS, _FIELDS = msgspec.json.Decoder(list[msgspec.Raw]), msgspec.json.Decoder(Fields)


class Named(msgspec.Struct, gc=False):
    """The artist or album of a scrobble."""

    text: Text | msgspec.UnsetType = msgspec.field(name="#text", default=UNSET)
    name: Text = None

    @property
    def own(self) -> str | None:
        """The name of the artist or album."""
        return self.name if self.text is UNSET else self.text


class Date(msgspec.Struct, gc=False):
    """The time of a scrobble."""

    uts: str | int | None = None


class Scrobble(msgspec.Struct, gc=False):
    """A scrobble as the API of Last.fm or lastfmstats.com returns it."""

    artist: Named | str | None = None
    album: Named | str | None = None
    name: Text | msgspec.UnsetType = UNSET
    track: Text = None
    mbid: Text = None
    date: Date | str | int | None = None


_SCROBBLES = msgspec.json.Decoder(list[Scrobble])


def raw_scrobbles(data: bytes) -> tuple[list[msgspec.Raw], str] | None:
    """Return the texts of the scrobbles in a document, and the listener; None if `lastfm_json` must decode it.

    The result contains the same scrobbles that `lastfm_json` would find. Not every scrobble is checked, but only the
    form of each page or, in a list of scrobbles, the form of the first scrobble. If this form is unusual, the result is
    None.
    """
    try:
        return _listed(_FIELDS.decode(data)) if data.lstrip()[:1] == b"{" else (_in_list(_RAWS.decode(data)), "")
    except (msgspec.DecodeError, RecursionError):
        return None


def _listed(document: Fields) -> tuple[list[msgspec.Raw], str]:
    """Return the scrobbles of an object, and the listener."""
    user = msgspec.json.decode(document["username"]) if "username" in document else ""
    listener = user if isinstance(user, str) else ""
    if "scrobbles" in document:
        return _RAWS.decode(document["scrobbles"]), listener
    return _of_page(document), listener


def _in_list(values: list[msgspec.Raw]) -> list[msgspec.Raw]:
    """Return the scrobbles in a list of pages or of scrobbles."""
    first = _FIELDS.decode(values[0]) if values else {}
    if {"track", "recenttracks"} & first.keys():
        return [scrobble for value in values for scrobble in _of_page(_FIELDS.decode(value))]
    is_scrobble = {"artist", "name"} <= first.keys() and {"date", "@attr"} & first.keys()
    if not is_scrobble or {"track", "recenttracks"} & first.keys():
        raise msgspec.DecodeError("neither pages nor scrobbles of the API")
    if msgspec.json.decode(first["artist"], type=Named).own is None:
        raise msgspec.DecodeError("an artist without a name")
    return values


def _of_page(page: Fields) -> list[msgspec.Raw]:
    """Return the scrobbles of a page."""
    inner = _FIELDS.decode(page["recenttracks"]) if "recenttracks" in page else page
    if "track" not in inner:
        raise msgspec.DecodeError("a page without tracks")
    return _RAWS.decode(inner["track"])


def windows(scrobbles: Sequence[msgspec.Raw], size: int) -> Iterator[tuple[int, int, bytes]]:
    """Split scrobbles into arrays of about `WINDOW` bytes; yield the bounds and the text of each.

    Args:
        scrobbles: the texts of the scrobbles.
        size: number of bytes of the document that contains them.
    """
    number = max(1, len(scrobbles) * WINDOW // max(1, size))
    for start in range(0, len(scrobbles), number):
        some = scrobbles[start : start + number]
        yield start, start + len(some), b"[" + b",".join(some) + b"]"


def decode_scrobbles(data: bytes) -> list[Scrobble] | None:
    """Decode an array of scrobbles; return None if msgspec refuses it."""
    try:
        return _SCROBBLES.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None


def play_table(scrobbles: Sequence[Scrobble], listener: str, records: Records) -> PlayTable:
    """Convert scrobbles to a `PlayTable`; `records` reads scrobbles one by one."""
    dates = [each.date.uts if type(each.date) is Date else each.date for each in scrobbles]
    ended = seconds_of_all(pa.array(["" if date is None else str(date) for date in dates], TEXT))
    titles = [(each.track if each.name is UNSET else each.name) or "" for each in scrobbles]
    columns: dict[str, pa.Array] = {
        "owner": dictionary_of(listener, len(scrobbles)),
        "artist": pa.array([_name_of(each.artist) or "" for each in scrobbles], DICTIONARY),
        "title": pa.array(titles, DICTIONARY),
        "uri": dictionary_of(None, len(scrobbles)),
    }
    ids = joined_encoded([("mbid", pa.array([each.mbid or None for each in scrobbles], DICTIONARY))])
    albums = pa.array([_name_of(each.album) or None for each in scrobbles], DICTIONARY)
    columns |= stated({IDENTIFIERS: ids, ALBUM: albums})
    return PlayTable(columns, ended, ended, usual=~np.isnan(ended), records=records)


def _name_of(value: Named | str | None) -> str | None:
    """Return the name of an artist or album."""
    return value.own if isinstance(value, Named) else value
