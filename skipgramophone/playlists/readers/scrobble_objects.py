"""Finds the scrobbles in a JSON document of Last.fm without decoding them, and decodes many of them at once.

This module follows the same rules as `lastfm_json`. It is imported only where scrobbles are decoded, because importing
msgspec takes time.
"""

from __future__ import annotations

import re
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
Raws = list[msgspec.Raw]
# The start of a list of pages. A list whose first page begins with another key is recognized too, but read twice.
PAGES = re.compile(rb'\s*\[\s*\{\s*"(?:track|recenttracks)"')


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


class Tracks(msgspec.Struct, gc=False):
    """An object with scrobbles."""

    track: Raws | msgspec.UnsetType = UNSET


class Page(Tracks, gc=False):
    """A page of scrobbles as the API of Last.fm returns it."""

    recenttracks: Tracks | msgspec.UnsetType = UNSET

    @property
    def scrobbles_of_page(self) -> Raws:
        """The texts of the scrobbles.

        Raises:
            DecodeError: there is no list of scrobbles.
        """
        found = self.track if self.recenttracks is UNSET else self.recenttracks.track
        if found is UNSET:
            raise msgspec.DecodeError("a page without tracks")
        return found


class Document(Page, gc=False):
    """A page of scrobbles, or a file of lastfmstats.com."""

    username: msgspec.Raw = msgspec.Raw(b'""')
    scrobbles: Raws | msgspec.UnsetType = UNSET


_SCROBBLES, _RAWS = msgspec.json.Decoder(list[Scrobble]), msgspec.json.Decoder(Raws)
_PAGES, _DOCUMENT = msgspec.json.Decoder(list[Page]), msgspec.json.Decoder(Document)


def raw_scrobbles(data: bytes) -> tuple[Raws, str] | None:
    """Return the texts of the scrobbles in a document, and the listener; None if `lastfm_json` must decode it.

    The result contains the same scrobbles that `lastfm_json` would find. Not every scrobble is checked, but only the
    form of each page or, in a list of scrobbles, the form of the first scrobble. If this form is unusual, the result is
    None.
    """
    try:
        return _in_object(data) if data.lstrip()[:1] == b"{" else (_in_list(data), "")
    except (msgspec.DecodeError, RecursionError):
        return None


def _in_object(data: bytes) -> tuple[Raws, str]:
    """Return the scrobbles of an object, and the listener."""
    document = _DOCUMENT.decode(data)
    user = msgspec.json.decode(document.username)
    found = document.scrobbles_of_page if document.scrobbles is UNSET else document.scrobbles
    return found, user if isinstance(user, str) else ""


def _in_list(data: bytes) -> Raws:
    """Return the scrobbles in a list of pages or of scrobbles."""
    if PAGES.match(data):
        return _in_pages(data)
    values = _RAWS.decode(data)
    first = msgspec.json.decode(values[0], type=dict[str, msgspec.Raw]) if values else {}
    if {"track", "recenttracks"} & first.keys():
        return _in_pages(data)
    if not ({"artist", "name"} <= first.keys() and {"date", "@attr"} & first.keys()):
        raise msgspec.DecodeError("neither pages nor scrobbles of the API")
    if msgspec.json.decode(first["artist"], type=Named).own is None:
        raise msgspec.DecodeError("an artist without a name")
    return values


def _in_pages(data: bytes) -> Raws:
    """Return the scrobbles in a list of pages."""
    return [scrobble for page in _PAGES.decode(data) for scrobble in page.scrobbles_of_page]


def windows(scrobbles: Raws, size: int) -> Iterator[tuple[int, int, bytes]]:
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
