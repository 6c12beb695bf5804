"""Resolves names, playlist files, artists and albums to the parts of a mixed query (see `mixed_query`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import AmbiguousTrackError, TrackNameError
from skipgramophone.experiment.groups import GroupKind
from skipgramophone.lookup.artist_seeds import group_seeds
from skipgramophone.lookup.mixed_query import MixedQuery, Part, SeedGroup, mixed_query
from skipgramophone.lookup.query_groups import resolve_group
from skipgramophone.lookup.query_tracks import Choose, track_part
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
        artists: names of artists, as `ArtistSearch.resolve` finds them.
        albums: names of albums, as `AlbumSearch.resolve` finds them.
        choose: called to choose one of several tracks, artists or albums that match a name.
        fallback: replace tracks that are unknown or have no vector (see `fallback`).

    Raises:
        UnknownTrackError: nothing matches a name.
        AmbiguousTrackError: several tracks, artists or albums match a name.
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
    for group, remarks in (
        *(group_part(lookup, "artist", artist, choose=choose) for artist in artists),
        *(group_part(lookup, "album", album, choose=choose) for album in albums),
    ):
        parts.append(group)
        notes += remarks
    is_file = file is not None and not (names or artists or albums)
    return replace(mixed_query(lookup.search, parts, notes), is_file=is_file)


def named_part(
    lookup: Lookup, name: str, weight: float, *, choose: Choose | None = None, fallback: bool = False
) -> tuple[Part, list[str]]:
    """Resolve a name to an artist or a track; return it as a part of a query, and remarks about the match.

    If the name is the whole name of an artist, it is resolved to the artist, and otherwise to a track. If it matches
    neither, an artist is used whose name contains it, or whose name it may misspell.
    """
    if lookup.catalogue.of_artist(name):
        group, remarks = group_part(lookup, "artist", name, weight)
        tracks = plural(len(group.seeds), "track")
        note = f"{name!r} is the name of an artist: using {tracks}. If you mean a track, give 'artist - title'"
        return group, [note, *remarks]
    try:
        return track_part(lookup, name, weight, fallback=fallback)
    except TrackNameError as error:
        if not lookup.names.is_strict and _means_artist(lookup, name):
            return group_part(lookup, "artist", name, weight, choose=choose)
        if choose is None or not isinstance(error, AmbiguousTrackError):
            raise
    return track_part(lookup, name, weight, choose=choose, fallback=fallback)


def _means_artist(lookup: Lookup, name: str) -> bool:
    """Return whether a name matches no track, but is a part or a misspelling of the names of artists."""
    from skipgramophone.names import typos  # imported here because only few look-ups need it

    try:
        lookup.resolve(name)
    except TrackNameError as error:
        is_ambiguous = isinstance(error, AmbiguousTrackError)
        if is_ambiguous and not all(typos.contains_each_word(name, track.artist) for track in error.tracks):
            return False
    else:
        return False
    try:
        lookup.artists.resolve(name)
    except TrackNameError as error:
        return isinstance(error, AmbiguousTrackError)
    return True


def group_part(
    lookup: Lookup, kind: GroupKind, name: str, weight: float = 1.0, *, choose: Choose | None = None
) -> tuple[SeedGroup, list[str]]:
    """Return the tracks of an artist or an album as one part of a query, and remarks about the match."""
    group = resolve_group(lookup, kind, name, choose)
    asked = group_seeds(lookup, kind, group)
    return SeedGroup(group.name, asked.seeds, weight, of=kind), list(asked.notes)
