"""Resolves the names of artists and albums in a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.groups import GroupKind
from skipgramophone.lookup.match_remarks import remarks_about_group

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.query_tracks import Choose


@dataclass(frozen=True, slots=True)
class ResolvedGroup:
    """The artist or the album that a name means: its full name, its tracks, and remarks for the user."""

    name: str
    tracks: list[Track]
    remarks: tuple[str, ...] = ()


def resolve_group(lookup: Lookup, kind: GroupKind, name: str, choose: Choose | None = None) -> ResolvedGroup:
    """Find the artist or the album that a name means; if several match and none dominates, `choose` selects one.

    Raises:
        UnknownTrackError: nothing matches.
        AmbiguousTrackError: several artists or albums match, none dominates, and `choose` is None.
        SettingError: the catalogue has no albums.
    """
    search = lookup.artists if kind == "artist" else lookup.albums
    try:
        match = search.resolve(name)
    except AmbiguousTrackError as error:
        if choose is None:
            raise
        chosen = error.groups[choose(name, error)].name
        return ResolvedGroup(chosen, search.tracks(chosen))
    tracks = list(match.tracks) or search.tracks(match.group.name)
    return ResolvedGroup(match.group.name, tracks, tuple(remarks_about_group(name, match)))
