"""Detects a name of several words that was typed without quotes, so that each word was read as a separate name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from skipgramophone.errors import AmbiguousTrackError, TrackNameError
from skipgramophone.experiment.condition import Condition
from skipgramophone.names.normalization import fold_name, words_of
from skipgramophone.wording import shell_word

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup

NO_TRACK = -1  # returned instead of the row of a track if the name is the name of an artist
Meaning = Callable[[str], int | TrackNameError]


def notes_on_quotes(lookup: Lookup, names: Sequence[str], command: str, *, artists: bool = False) -> list[str]:
    """Return a note if the given single words are together the name of a track.

    If each word is also the name of a track, the words are a valid query of several tracks. In this case, the note
    shows how to quote the words, so that they are looked up as one track.

    Args:
        lookup: the opened experiment.
        names: the names, one per argument of the command line.
        command: the command line before the names, such as "sgp similar demo".
        artists: whether a name may also be the name of an artist.

    Raises:
        UnknownTrackError: the words together are the name of a track, but one of them alone matches no track.
        AmbiguousTrackError: the words together are the name of a track, but one of them alone matches several tracks.
    """
    # The results are cached, because finding a name may take a long time.
    meaning = cache(partial(_meaning, lookup, artists=artists))
    together = _one_name(lookup, names, meaning, artists=artists)
    if together is None:
        return []
    quoted, rows = f"{command} {shell_word(together)}", set()
    for name in names:
        found = meaning(name)
        if isinstance(found, TrackNameError):
            matches = "several tracks match" if isinstance(found, AmbiguousTrackError) else "no track matches"
            raise type(found)(f"{matches} {name!r}; did you mean one name? Quote all of its words: {quoted}") from found
        rows.add(found)
    if len(rows) == 1:
        return []
    return [f"each word was used as the name of a track; for one track, quote all of its words: {quoted}"]


def _meaning(lookup: Lookup, name: str, *, artists: bool) -> int | TrackNameError:
    """Return the row of the track that a name means. If it does not mean exactly one track, return the error.

    If `artists` is true and the name is the name of an artist, return `NO_TRACK`.
    """
    if artists and lookup.catalogue.of_artist(name):
        return NO_TRACK
    try:
        return lookup.resolve(name).track.row
    except TrackNameError as error:
        return error


def _one_name(lookup: Lookup, names: Sequence[str], meaning: Meaning, *, artists: bool) -> str | None:
    """Return the words as one name if they are probably a single name, otherwise None.

    All names must be single words, and at least two of these words must be different. The words together must match a
    track, exactly or with typos, or an artist if `artists` is true. If each word alone is a whole name or title, the
    words together must be a whole name or title too. There is one exception: if one of the words by itself matches
    several tracks, the words together need not be a whole name or title. It is then sufficient that the name of a track
    contains the words in this order.
    """
    together = " ".join(names)
    if any(len(name.split()) != 1 for name in names) or len(set(words_of(together))) < 2:
        return None
    if _is_whole(lookup, together) or (artists and lookup.catalogue.of_artist(together)):
        return together
    if all(_is_whole(lookup, name) for name in names):
        if not any(isinstance(meaning(name), AmbiguousTrackError) for name in names):
            return None
        phrase = fold_name(together)
        return together if any(phrase in fold_name(track.name) for track in lookup.names.find(together)[0]) else None
    found = lookup.names.find(together, 1)[0] or lookup.names.misspelt(together)[0]
    return together if found else None


def _is_whole(lookup: Lookup, name: str) -> bool:
    """Whether a text is the uri, the whole name or the whole title of a track."""
    if lookup.names.is_whole_name(name):
        return True
    return bool(lookup.catalogue.matching(Condition("title_folded = ?", [fold_name(name)]), 1))
