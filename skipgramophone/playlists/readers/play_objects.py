"""The JSON objects of listening histories as msgspec decodes them; fields that are not listed here are skipped.

Importing msgspec takes time, so this module is imported only where objects are decoded.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Text = str | None


class ExtendedPlay(msgspec.Struct, gc=False):
    """A play in the extended streaming history of Spotify."""

    time: Text = msgspec.field(name="ts", default=None)
    lasted: Int64 | None = msgspec.field(name="ms_played", default=None)
    artist: Text = msgspec.field(name="master_metadata_album_artist_name", default=None)
    title: Text = msgspec.field(name="master_metadata_track_name", default=None)
    uri: Text = msgspec.field(name="spotify_track_uri", default=None)
    album: Text = msgspec.field(name="master_metadata_album_album_name", default=None)
    episode: Text = msgspec.field(name="episode_name", default=None)


class ShortPlay(msgspec.Struct, gc=False):
    """A play in the short streaming history of Spotify."""

    time: Text = msgspec.field(name="endTime", default=None)
    lasted: Int64 | None = msgspec.field(name="msPlayed", default=None)
    artist: Text = msgspec.field(name="artistName", default=None)
    title: Text = msgspec.field(name="trackName", default=None)
    uri: Text = msgspec.field(name="trackUri", default=None)
    ts: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # only in extended histories


class Info(msgspec.Struct, gc=False):
    """Identifiers that the player submitted together with a listen."""

    recording_mbid: Text = None
    isrc: Text = None
    spotify_id: Text = None


class Mapping(msgspec.Struct, gc=False):
    """The recording to which ListenBrainz maps a listen."""

    recording_mbid: Text = None


class TrackMetadata(msgspec.Struct, gc=False):
    """The track of a listen."""

    artist_name: Text = None
    track_name: Text = None
    release_name: Text = None
    additional_info: Info | None = None
    mbid_mapping: Mapping | None = None


class Listen(msgspec.Struct, gc=False):
    """A listen of ListenBrainz."""

    listened_at: Int64 | None = None
    user_name: Text = None
    track_metadata: TrackMetadata | None = None


_EXTENDED, _SHORT, _LISTENS = (
    msgspec.json.Decoder(list[ExtendedPlay]),
    msgspec.json.Decoder(list[ShortPlay]),
    msgspec.json.Decoder(list[Listen]),
)
_LISTEN = msgspec.json.Decoder(Listen)


def decode_plays(data: bytes) -> list[Any] | None:
    """Decode an array of plays of Spotify, all short or all extended; return None if msgspec refuses it."""
    try:
        if b'"ts"' in data:
            return _EXTENDED.decode(data)
        plays = _SHORT.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if any(play.ts is not msgspec.UNSET for play in plays) else plays


def decode_listens(data: bytes) -> list[Any] | None:
    """Decode an array of listens; return None if msgspec refuses it."""
    try:
        return _LISTENS.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None


def decode_lines_of_listens(data: bytes) -> list[Any] | None:
    """Decode lines with one listen each; return None if msgspec refuses a line."""
    try:
        return _LISTEN.decode_lines(data)
    except (msgspec.DecodeError, RecursionError):
        return None
