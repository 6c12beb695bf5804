"""Fallbacks: other tracks that replace a track of a query, because it is unknown or has no vector.

The most frequent other version of the song replaces the track. If no other version has a vector, the tracks of the
artist replace it. They are weighted by count, count as one track of the query, and an answer may list them.

The name of an unknown track must be "artist - title". The tracks of the artist do not replace it if a track has a
similar name, because that track may be meant. They are not used either if they occur fewer than `RARE` times in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipgramophone.lookup.artist_seeds import artist_seeds, with_vector
from skipgramophone.lookup.mixed_query import Part, SeedGroup
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
    """What replaces a track: a part of a query, and a description such as "97 tracks by 'Queen'"."""

    part: Part
    words: str


def replace_unknown(lookup: Lookup, name: str, weight: float) -> Replacement | None:
    """Return what replaces an unknown track, or None if nothing does."""
    artist, title = split_name(name)
    if not fold_name(artist) or not fold_name(title):
        return None
    if version := other_version(lookup, artist, title, name=name, weight=weight):
        return version
    found = artist_tracks(lookup, artist, name, weight)
    return None if found and _has_similar_name(lookup, name) else found


def replace_track(lookup: Lookup, track: Track, weight: float) -> Replacement | None:
    """Return what replaces a track that has no vector, or None if nothing does."""
    if not track.artist:
        return None
    version = other_version(lookup, track.artist, track.title, name=track.name, weight=weight)
    return version or artist_tracks(lookup, track.artist, track.name, weight)


def is_meant(name: str, track: Track) -> bool:
    """Whether a track that was found by part of its name, or with typos, is likely to be the track that a name means.

    For a name such as "artist - title" or "title - artist", the artists must be similar and, if a word of the name is
    not in the name of the track, the titles too.
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
    """Whether the artist and the title of some track are similar to those in a name."""
    from skipgramophone.names import typos  # imported here because most look-ups do not need it

    found = [track for tracks in lookup.names.misspelt(name) for track in tracks]
    pairs = ((asked, (track.artist, track.title)) for track in found for asked in _splits(name))
    return any(typos.may_mean(asked, known) for asked, known in pairs)


def _splits(name: str) -> list[tuple[str, str]]:
    """Split a name at each " - "; there are several splits if the artist or the title contains " - "."""
    parts = name.split(SEPARATOR)
    return [(SEPARATOR.join(parts[:at]), SEPARATOR.join(parts[at:])) for at in range(1, min(len(parts), MOST_PARTS))]


def other_version(lookup: Lookup, artist: str, title: str, *, name: str, weight: float) -> Replacement | None:
    """Return the most frequent version of a song that has a vector."""
    key, words = song_key(artist, title), f"{fold_name(artist_without_guests(artist))} {song_title(title)}"
    found = lookup.catalogue.matching(lookup.names.containing(words), MOST_VERSIONS)
    versions = [track for track in found if song_key(track.artist, track.title) == key]
    for track in with_vector(versions, lookup.embeddings.centre)[:1]:
        return Replacement(Seed(track, weight, Fallback(name, "version")), f"its version '{track.name}'")
    return None


def artist_tracks(lookup: Lookup, credit: str, name: str, weight: float) -> Replacement | None:
    """Return the tracks of the first artist in a credit whose tracks with a vector are frequent enough."""
    parts = [credit, artist_without_guests(credit), *ALWAYS.split(credit), *MAYBE.split(credit)]
    for artist in list(dict.fromkeys(map(fold_name, parts)))[:MOST_PARTS]:
        tracks = [] if is_nobody(artist) else lookup.artists.find(artist)
        seeds = artist_seeds(tracks, lookup.embeddings.centre, artist).seeds
        occurrences = sum(seed.track.count for seed in seeds)
        if seeds and (occurrences >= RARE or not len(lookup.corpus)):  # imported vectors come without counts
            spelt = spelling(artist, seeds[0].track.artist)
            group = SeedGroup(spelt, seeds, weight, fallback=Fallback(name, "artist"))
            return Replacement(group, f"{plural(len(seeds), 'track')} by '{spelt}'")
    return None
