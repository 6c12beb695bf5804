"""Fallbacks: if a query track is unknown or has no vector, other tracks replace it.

The most frequent other version of the song replaces the track. If this version is rare, or no other version has a
vector, the tracks of the artist replace the track instead, provided that they are not rare. These tracks are weighted
by count, and together they weigh as much as one track. Unlike query tracks, they may themselves be listed in the
answer.

A version is rare if it occurs fewer than `RARE` times. The tracks of an artist are rare if the sum of their counts is
below `RARE`. Rare tracks of an artist are never used as the replacement. A rare version of the song is used only if the
tracks of the artist cannot be used.

A track that is not in the corpus can be replaced only if its name has the form "artist - title". If the corpus has a
track with a similar name, the tracks of the artist are not used, because the query may mean that track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipgramophone.lookup.artist_seeds import artist_seeds, with_vector
from skipgramophone.lookup.mixed_query import Part, SeedGroup, seeds_of
from skipgramophone.lookup.results import Fallback, Seed
from skipgramophone.lookup.search import RARE
from skipgramophone.names.credited_artists import ALWAYS, MAYBE, MOST_PARTS, spelling
from skipgramophone.names.normalization import SEPARATOR, fold_name, split_name
from skipgramophone.names.song_versions import artist_without_guests, song_key, song_title
from skipgramophone.names.various_artists import is_nobody
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup

MOST_VERSIONS = 1000  # maximum number of tracks that are compared to find versions of a song


@dataclass(frozen=True, slots=True)
class Replacement:
    """The tracks that replace a query track, and a description of them, such as "97 tracks by 'Queen'".

    Together, the tracks are one part of the query, like a single track.
    """

    part: Part
    words: str


def replace_unknown(lookup: Lookup, name: str, weight: float) -> Replacement | None:
    """Return the tracks that replace an unknown track, or None if there are no suitable ones."""
    artist, title = split_name(name)
    if not fold_name(artist) or not fold_name(title):
        return None
    found = replacement(lookup, artist, title, name=name, weight=weight)
    is_similar = found and isinstance(found.part, SeedGroup) and _has_similar_name(lookup, name)
    return None if is_similar else found


def replace_track(lookup: Lookup, track: Track, weight: float) -> Replacement | None:
    """Return the tracks that replace a track without a vector, or None if there are no suitable ones."""
    if not track.artist:
        return None
    return replacement(lookup, track.artist, track.title, name=track.name, weight=weight)


def replacement(lookup: Lookup, artist: str, title: str, *, name: str, weight: float) -> Replacement | None:
    """Return another version of a song, or the tracks of its artist if no version is frequent enough.

    If the tracks of the artist cannot be used, a rare version is returned. If there is none, the result is None.
    """
    version = other_version(lookup, artist, title, name=name, weight=weight)
    if version and _are_frequent(lookup, seeds_of(version.part)):
        return version
    return artist_tracks(lookup, artist, name, weight) or version


def _are_frequent(lookup: Lookup, seeds: Sequence[Seed]) -> bool:
    """Whether tracks together occur often enough to replace a track; true if the counts are unknown."""
    is_counted = len(lookup.corpus) > 0  # vectors may have been imported without counts
    return not is_counted or sum(seed.track.count for seed in seeds) >= RARE


def is_meant(name: str, track: Track) -> bool:
    """Whether a track that was found by a part of its name, or with typos, is probably the track that `name` means.

    If `name` has the form "artist - title" or "title - artist", its artist must be similar to the artist of the track.
    If `name` contains a word that is not in the name of the track, the titles must be similar, too.
    """
    from skipgramophone.names import typos  # imported here because most look-ups do not need it

    folded, found = fold_name(name), fold_name(track.name)
    splits = _splits(name)
    if folded in (found, fold_name(track.title)) or not splits or not track.artist:
        return True
    has_all_words = all(word in found for word in folded.split())
    pairs = [pair for one, other in splits for pair in ((one, other), (other, one))]
    asked = ((artist, track.title if has_all_words else title) for artist, title in pairs)
    return any(typos.may_mean(pair, (track.artist, track.title)) for pair in asked)


def _has_similar_name(lookup: Lookup, name: str) -> bool:
    """Whether the corpus has a song that is not the song in `name`, but has a similar artist and title."""
    from skipgramophone.names import typos  # imported here because most look-ups do not need it

    song = song_key(*split_name(name))
    near = (track for tracks in lookup.names.misspelt(name) for track in tracks)
    found = [(track.artist, track.title) for track in near if song_key(track.artist, track.title) != song]
    return any(typos.may_mean(asked, known) for known in found for asked in _splits(name))


def _splits(name: str) -> list[tuple[str, str]]:
    """Return all ways to split a name at a " - ". There are several if the artist or the title contains " - "."""
    parts = name.split(SEPARATOR)
    return [(SEPARATOR.join(parts[:at]), SEPARATOR.join(parts[at:])) for at in range(1, min(len(parts), MOST_PARTS))]


def other_version(lookup: Lookup, artist: str, title: str, *, name: str, weight: float) -> Replacement | None:
    """Return the most frequent of those versions of a song that have a vector, or None if none has one."""
    key, words = song_key(artist, title), f"{fold_name(artist_without_guests(artist))} {song_title(title)}"
    found = lookup.catalogue.matching(lookup.names.containing(words), MOST_VERSIONS)
    versions = [track for track in found if song_key(track.artist, track.title) == key]
    for track in with_vector(versions, lookup.embeddings.centre)[:1]:
        return Replacement(Seed(track, weight, Fallback(name, "version")), f"its version '{track.name}'")
    return None


def artist_tracks(lookup: Lookup, credit: str, name: str, weight: float) -> Replacement | None:
    """Check the artists in a credit in order, and return the tracks of the first one whose tracks are not rare."""
    parts = [credit, artist_without_guests(credit), *ALWAYS.split(credit), *MAYBE.split(credit)]
    for artist in list(dict.fromkeys(map(fold_name, parts)))[:MOST_PARTS]:
        tracks = [] if is_nobody(artist) else lookup.artists.find(artist)
        seeds = artist_seeds(tracks, lookup.embeddings.centre, artist).seeds
        if seeds and _are_frequent(lookup, seeds):
            spelt = spelling(artist, seeds[0].track.artist)
            group = SeedGroup(spelt, seeds, weight, fallback=Fallback(name, "artist"))
            return Replacement(group, f"{plural(len(seeds), 'track')} by '{spelt}'")
    return None
