"""Resolves the names of tracks, and the tracks of a playlist file, to the tracks of a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import AmbiguousTrackError, SettingError, TrackNameError, UnknownTrackError
from skipgramophone.lookup.match_remarks import ArtistForm, artist_advice, artist_option, remarks_about
from skipgramophone.lookup.mixed_query import Part, seeds_of
from skipgramophone.lookup.results import Asked, Fallback, Missing, Seed
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.playlist_file import NamedTrack, read_listing
from skipgramophone.utf8 import NOT_UTF8
from skipgramophone.wording import COMMAND_LINE, plural

if TYPE_CHECKING:
    from skipgramophone.lookup.fallback import Replacement
    from skipgramophone.lookup.lookup import Lookup

Choose = Callable[[str, AmbiguousTrackError], int]  # returns the index of the candidate that is meant
SHOWN_MISSING = 5  # maximum number of left-out names that a note lists
SHOWN_REASONS = 3  # maximum number of reasons for left-out records that a note lists


def track_part(
    lookup: Lookup,
    name: str,
    weight: float = 1.0,
    *,
    choose: Choose | None = None,
    fallback: bool | None = False,
    artist_form: ArtistForm | None = artist_option,
) -> tuple[Part, list[str]]:
    """Find the track that a name means, and return it together with notes for the user.

    If the track is unknown or has no vector, and `fallback` is true, the tracks that replace it are returned.

    Args:
        lookup: the opened experiment.
        name: the name.
        weight: weight of the track in the query.
        choose: called to choose one of several tracks that match the name.
        fallback: replace a track that is unknown or has no vector (see `fallback`). If `fallback` is False, errors
            suggest --fallback. If it is None, they do not.
        artist_form: function that returns the text of a query by artist. If the name is also the name of an artist,
            this text is suggested. If `artist_form` is None, no query by artist is suggested.

    Raises:
        UnknownTrackError: no track matches, or the match has no vector.
        AmbiguousTrackError: several tracks match.
        SettingError: a fallback is requested, but names are strict (--strict-names).
    """
    by_artist = artist_advice(lookup.catalogue, name, artist_form) if artist_form and weight > 0 else None
    if lookup.names.is_strict:
        if fallback:
            raise SettingError.naming(
                lambda named: (
                    f"{named('strict_names')} cannot be combined with {named('fallback')}: leave out one of them"
                )
            )
        fallback = None
    from skipgramophone.lookup import fallback as fallbacks  # imported here because most look-ups do not need it

    remarks: list[str] = []
    try:
        match = lookup.resolve(name)
    except AmbiguousTrackError as error:
        error.advise(by_artist or "")
        if choose is None:
            raise
        track = error.tracks[choose(name, error)]
    except UnknownTrackError as error:
        found = None if fallback is None else fallbacks.replace_unknown(lookup, name, weight)
        return _replaced(found, error, f"{name!r} is not in the corpus", fallback)
    else:
        track, remarks = match.track, remarks_about(name, match)
        remarks += [f"{name!r} is also the name of an artist. {by_artist(COMMAND_LINE)}"] if by_artist else []
        doubtful = fallback and not fallbacks.is_meant(name, track)
        if doubtful and (found := fallbacks.replace_unknown(lookup, name, weight)):
            return found.part, [f"{name!r} is not in the corpus; using {found.words} instead, not '{track.name}'"]
    try:
        lookup.search.vector(track)
    except UnknownTrackError as error:
        found = None if fallback is None else fallbacks.replace_track(lookup, track, weight)
        part, notes = _replaced(found, error, f"'{track.name}' has no vector", fallback)
        return part, [*remarks, *notes]
    return Seed(track, weight), remarks


def _replaced(
    found: Replacement | None, error: UnknownTrackError, problem: str, fallback: bool | None
) -> tuple[Part, list[str]]:
    """Return the tracks of the replacement `found`, and a note that says why the name is replaced, and by what.

    If `found` is None, raise `error`, which says why the name has no track or no vector. Also raise it if `fallback` is
    false; the error then suggests --fallback.
    """
    if found is None or not fallback:
        words = found.words if found else ""
        error.advise((lambda named: f"To use {words} instead, add {named('fallback', True)}") if found else "")
        raise error
    return found.part, [f"{problem}; using {found.words} instead"]


def resolve_names(
    lookup: Lookup,
    names: Sequence[tuple[str, float]],
    *,
    leave_out: bool,
    choose: Choose | None = None,
    fallback: bool | None = False,
    artist_form: ArtistForm | None = artist_option,
) -> Asked:
    """Find the tracks for names with weights.

    If two names with the same weight match the same track, the track counts only once.
    """
    seeds: dict[tuple[int, float, Fallback | None], Seed] = {}
    notes: list[str] = []
    missing: list[Missing] = []
    for name, weight in names:
        offered = fallback if fallback or len(missing) < SHOWN_MISSING else None
        try:
            part, remarks = track_part(lookup, name, weight, choose=choose, fallback=offered, artist_form=artist_form)
        except TrackNameError as error:
            if not leave_out:
                raise
            missing.append(Missing(name, error))
            continue
        seeds |= {(seed.track.row, seed.weight, seed.fallback): seed for seed in seeds_of(part)}
        notes += remarks
    # Names with the same message have one note. Notes name options, because they do not know who reads them.
    shown = list(Counter(each.error.on_command_line for each in missing).items())[:SHOWN_MISSING]
    notes += [f"left out{f' {number:,} names' if number > 1 else ''}: {why}" for why, number in shown]
    if more := len(missing) - sum(number for _, number in shown):
        notes.append(f"{more:,} more of the {len(names):,} names were left out")
    return Asked(tuple(seeds.values()), tuple(notes), tuple(missing))


def resolve_file(lookup: Lookup, file: Path, fallback: bool | None = False) -> Asked:
    """Find the tracks of a playlist file.

    A track is found by its uri if the catalogue contains the uri, otherwise by its name. If the file contains only its
    title and the path of its audio file, a directory in the path may be its artist.
    """
    listing = read_listing(file, lookup.names.is_whole_name)
    names = [(_name_with_directory(lookup, track) or lookup.known_as(track), 1.0) for track in listing.tracks]
    asked = resolve_names(lookup, names, leave_out=True, fallback=fallback, artist_form=None)
    notes = [_about_rejected(listing.rejected, file)] if listing.rejected else []
    if listing.playlists > 1:
        notes.append(f"{file} contains {listing.playlists:,} playlists: using the tracks of all")
    return Asked(asked.seeds, (*notes, *asked.notes), asked.missing)


def _name_with_directory(lookup: Lookup, track: NamedTrack) -> str | None:
    """Return "artist - title" for a track of which only the title is known, if a directory of its file is the artist.

    This is the case if the corpus contains a track with this artist and title. Return None if no directory, or more
    than one, is such an artist.
    """
    names = (full_name(directory, track.name) for directory in dict.fromkeys(track.directories) if directory.strip())
    known = [name for name in names if lookup.names.is_whole_name(name)]
    return known[0] if len(known) == 1 else None


def _about_rejected(rejected: Mapping[str, int], file: Path) -> str:
    """Return a note about the records of a file that cannot be used, given the number of records for each reason."""
    shown = sorted(rejected.items(), key=lambda each: -each[1])[:SHOWN_REASONS]
    reasons = [f"{number:,} × {reason}" for reason, number in shown]
    if others := len(rejected) - len(shown):
        reasons.append(f"and {plural(others, 'more reason')}")
    advice = f". To use the records that are {NOT_UTF8}, save the file as UTF-8" if NOT_UTF8 in rejected else ""
    return f"left out {plural(sum(rejected.values()), 'record')} of {file}: {', '.join(reasons)}{advice}"
