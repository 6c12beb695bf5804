"""Resolves names, playlist files, artists and albums to the parts of a mixed query (see `mixed_query`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.lookup.mixed_query import MixedQuery, Part, SeedGroup, mixed_query
from skipgramophone.lookup.query_tracks import Choose, track_part
from skipgramophone.names.credited_artists import spelling
from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup


def resolve_parts(
    lookup: Lookup,
    names: Sequence[tuple[str, float]] = (),
    *,
    file: Path | None = None,
    artists: Sequence[str] = (),
    albums: Sequence[str] = (),
    choose: Choose | None = None,
    fallback: bool = False,
) -> MixedQuery:
    """Make a mixed query from weighted names, the tracks of a playlist file, artists and albums.

    A name means an artist if it is the whole artist credit of some track; any other name means a track.

    Args:
        lookup: the opened experiment.
        names: names of tracks or artists, with weights.
        file: a playlist file, as in `Lookup.asked`. Unknown names are left out.
        artists: names of artists, as `ArtistSearch.tracks` finds them.
        albums: names of albums, as `AlbumSearch.tracks` finds them.
        choose: called to choose one of several tracks that match a name.
        fallback: replace tracks that are unknown or have no vector (see `fallback`).

    Raises:
        UnknownTrackError: nothing matches a name.
        AmbiguousTrackError: several tracks match.
        SourceError: the file cannot be read.
        SettingError: nothing was given, or the weighted vectors cancel out.
    """
    parts: list[Part] = []
    notes: list[str] = []
    for name, weight in names:
        part, remarks = named_part(lookup, name, weight, choose=choose, fallback=fallback)
        parts.append(part)
        notes += remarks
    if file is not None:
        asked = lookup.asked(file=file, fallback=fallback)
        parts += asked.seeds
        notes += asked.notes
    for artist in artists:
        group, remarks = artist_group(lookup, artist)
        parts.append(group)
        notes += remarks
    parts += [album_group(lookup, album) for album in albums]
    return mixed_query(lookup.search, parts, notes)


def named_part(
    lookup: Lookup, name: str, weight: float, *, choose: Choose | None = None, fallback: bool = False
) -> tuple[Part, list[str]]:
    """Resolve a name to an artist or a track; return it as a part of a query, and remarks about the match."""
    if lookup.catalogue.of_artist(name):
        group, remarks = artist_group(lookup, name, weight)
        tracks = plural(len(group.seeds), "track")
        return group, [f"{name!r} is an artist: using {tracks}; for a track, give 'artist - title'", *remarks]
    return track_part(lookup, name, weight, choose=choose, fallback=fallback)


def artist_group(lookup: Lookup, name: str, weight: float = 1.0) -> tuple[SeedGroup, list[str]]:
    """Return the tracks of an artist as one part of a query, and remarks about the match."""
    asked = lookup.asked(artist=name)
    own = spelling(fold_name(name), asked.seeds[0].track.artist)
    return SeedGroup(own, asked.seeds, weight), list(asked.notes)


def album_group(lookup: Lookup, album: str, weight: float = 1.0) -> SeedGroup:
    """Return the tracks of an album as one part of a query."""
    return SeedGroup(album, lookup.asked(album=album).seeds, weight, of="album")
