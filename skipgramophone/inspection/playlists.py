"""What may be wrong with playlists: their number, their lengths, their order, and what stands in them again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from skipgramophone.experiment.corpus import count_descents
from skipgramophone.inspection.contents import EXAMPLES, LEAST_TELLING, Contents, Ids, Marks, numbered
from skipgramophone.inspection.findings import Finding, Kind, found, percent
from skipgramophone.playlists.cleaning import has_longer_near_duplicate
from skipgramophone.settings import Thresholds


def faults_of_playlists(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Everything that is found about the playlists of a corpus."""
    yield from _too_few(contents, thresholds)
    yield from _too_short(contents, thresholds)
    yield from _too_long(contents, thresholds)
    yield from _in_order(contents, thresholds)
    yield from _of_one_artist(contents, thresholds)
    yield from _with_repeats(contents, thresholds)
    yield from _nearly_the_same(contents, thresholds)


def _too_few(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Whether there are too few to learn from."""
    number = len(contents.corpus)
    if number < thresholds.playlists:
        yield found("few-playlists", f"there are only {number:,} playlists", number, number, "playlists", ())


def _too_short(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Playlists of a single track."""
    short = contents.distinct_tracks == 1
    if short.mean() > thresholds.of_one_track:
        yield _some(contents, "short-playlists", short, "hold a single track")


def _too_long(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Playlists that are libraries."""
    giant = contents.lengths > thresholds.giant_length
    held, all_places = int(contents.lengths[giant].sum()), contents.corpus.occurrences
    if held > thresholds.in_giants * all_places:
        said = f"are longer than {thresholds.giant_length:,} and hold {percent(held, all_places)} of all occurrences"
        yield _some(contents, "giant-playlists", giant, said)


def _in_order(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Playlists that are sorted by title or by artist, up or down, with or without regard to case.

    A name that stands there again says nothing, so that a playlist has to hold five different ones. Players disagree
    about accents and articles, and people add to lists that they have sorted: a few steps may lead back.
    """
    kinds: dict[str, Kind] = {"title": "title-order", "artist": "artist-order"}
    for role, kind in kinds.items():
        caseless = numbered(contents.titles if role == "title" else contents.artists)[contents.corpus.track_ids]
        as_written = numbered(contents.tracks[role].combine_chunks())[contents.corpus.track_ids]
        telling = contents.distinct(caseless) >= LEAST_TELLING
        fewest = np.minimum.reduce(
            [count_descents(by, contents.corpus.offsets) for by in (as_written, caseless, -caseless)]
        )
        in_order = fewest <= thresholds.out_of_order * (contents.lengths - 1)
        number, of = int(np.count_nonzero(telling & in_order)), int(np.count_nonzero(telling))
        if number > thresholds.in_order * of:
            named = f"of {of:,} playlists with {LEAST_TELLING} {role}s or more"
            said = f"{number:,} {named} ({percent(number, of)}) stand in the order of their {role}s, or nearly"
            yield found(kind, said, number, of, "playlists", _longest(contents, telling & in_order))


def _of_one_artist(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Playlists of one artist, as albums are."""
    if pc.all(pc.equal(contents.artists, "")).as_py():
        return
    telling = contents.distinct_tracks >= LEAST_TELLING
    alone = telling & (contents.distinct(numbered(contents.artists)[contents.corpus.track_ids]) == 1)
    number, of = int(np.count_nonzero(alone)), int(np.count_nonzero(telling))
    if number > thresholds.of_one_artist * of:
        said = (
            f"{number:,} of {of:,} playlists of {LEAST_TELLING} tracks or more ({percent(number, of)}) hold one artist"
        )
        yield found("one-artist", said, number, of, "playlists", _longest(contents, alone))


def _with_repeats(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Tracks that stand in a playlist again, and playlists that look like several."""
    again = contents.lengths - contents.distinct_tracks
    number, of = int(again.sum()), contents.corpus.occurrences
    if number > thresholds.repeated * of:
        said = f"{number:,} of {of:,} occurrences ({percent(number, of)}) are repeats of a track in its playlist"
        worst = np.argsort(-again, kind="stable")[:EXAMPLES]
        yield found("repeats", said, number, of, "occurrences", contents.playlist_names(worst[again[worst] > 0]))
    if pc.all(pc.equal(contents.playlists["owner"], "")).as_py():
        # Sessions are named by numbers and times, and nobody's playlists were put together to make them.
        named = pc.match_substring_regex(contents.playlists["name"], r"\pL").to_numpy()
        welded = named & (contents.lengths > thresholds.welded_length)
        welded &= again > thresholds.welded_repeats * contents.lengths
        if welded.any():
            said = f"belong to nobody, are longer than {thresholds.welded_length:,} and repeat themselves"
            yield _some(contents, "looks-welded", welded, said)


def _nearly_the_same(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Playlists of which another holds nearly the same tracks."""
    twins = has_longer_near_duplicate(contents.corpus, np.zeros(len(contents.corpus), np.bool_))
    if twins.mean() > thresholds.near_duplicates:
        yield _some(
            contents, "near-duplicates", twins, "share 80% of their tracks or more with one that is longer or earlier"
        )


def _some(contents: Contents, kind: Kind, chosen: Marks, said: str) -> Finding:
    """A finding about some of the playlists."""
    number, of = int(np.count_nonzero(chosen)), len(contents.corpus)
    what = f"{number:,} of {of:,} playlists ({percent(number, of)}) {said}"
    return found(kind, what, number, of, "playlists", _longest(contents, chosen))


def _longest(contents: Contents, chosen: Marks) -> tuple[str, ...]:
    """The longest of some playlists by name."""
    which: Ids = np.flatnonzero(chosen)
    return contents.playlist_names(which[np.argsort(-contents.lengths[which], kind="stable")[:EXAMPLES]])
