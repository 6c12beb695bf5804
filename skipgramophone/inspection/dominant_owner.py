"""Finds an owner, or a playlist without an owner, with a large share of all occurrences, such as a robot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from skipgramophone.inspection.contents import Contents, Ids, Marks
from skipgramophone.inspection.findings import Apply, Finding, make_finding, percent
from skipgramophone.inspection.playlist_kinds import usual_length
from skipgramophone.settings import Thresholds
from skipgramophone.wording import plural

MUCH_LESS = 0.5  # an option is proposed if it leaves at most this share of the owner's occurrences
ELSEWHERE = "if this is a robot, a test account or a reseller, remove its rows from the source before you extract it"


def inspect_dominant_owner(contents: Contents, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield a finding if one of many owners has a large share of all occurrences.

    If no owner is known, the playlists are examined instead.
    """
    owners = contents.playlists["owner"].combine_chunks()
    known = pc.any(pc.not_equal(owners, "")).as_py()
    coded = owners.dictionary_encode().indices.to_numpy() if known else np.arange(len(owners))
    occurrences = np.bincount(coded, weights=contents.lengths).astype(np.int64)
    largest = int(occurrences.argmax())
    number, of = int(occurrences[largest]), contents.corpus.occurrences
    if len(occurrences) < thresholds.owners or number <= thresholds.of_one_owner * of:
        return
    own = coded == largest
    playlists = int(np.count_nonzero(own))
    name = owners[int(np.flatnonzero(own)[0])].as_py() if known else ""
    who = "one owner has" if known else "one playlist has"
    what = f"{who} {percent(number, of)} of all occurrences ({number:,} of {of:,})"
    what += f", in {playlists:,} of {plural(len(own), 'playlist')}" if known else ""
    examples = (f"{name or '(no owner)'} ({number:,})",) if known else contents.playlist_names(np.flatnonzero(own))
    apply, remedy = _remedy(contents, own)
    yield make_finding(
        "dominant-owner", what, count=number, of=of, unit="occurrences", examples=examples, apply=apply, remedy=remedy
    )


def _remedy(contents: Contents, own: Marks) -> tuple[Apply, str]:
    """Return an option that limits the influence of the playlists `own`, and the text of the remedy.

    This is the first option that at least halves their occurrences. If none does, and one very long playlist has more
    than half of them, this playlist is split. Otherwise, there is no option.
    """
    number = int(contents.lengths[own].sum())
    distinct = int(contents.distinct_tracks[own].sum())
    if distinct <= MUCH_LESS * number:
        text = f"--repeats drop keeps only {distinct:,} of its occurrences"
        return {"extract": ("--repeats", "drop")}, f"{text}; {ELSEWHERE}"
    different = _without_equal_playlists(contents, np.flatnonzero(own))
    if different <= MUCH_LESS * number:
        text = f"its playlists repeat: --drop-duplicate-playlists keeps only {different:,} of its occurrences"
        return {"extract": ("--drop-duplicate-playlists",)}, f"{text}; {ELSEWHERE}"
    longest = int(contents.lengths[own].max())
    usual = usual_length(contents, ~own)
    if longest > MUCH_LESS * number and longest > usual:
        text = "--max-length splits its longest playlist into parts, so that fewer of its tracks are trained as related"
        return {"extract": ("--max-length", str(usual))}, f"{text}; {ELSEWHERE}"
    return {}, ELSEWHERE


def _without_equal_playlists(contents: Contents, playlists: Ids) -> int:
    """Count the occurrences in these playlists; of several playlists with the same tracks, only the longest counts."""
    offsets, ids = contents.corpus.offsets, contents.corpus.track_ids
    lengths: dict[bytes, int] = {}
    for at in playlists.tolist():
        tracks = np.unique(ids[offsets[at] : offsets[at + 1]]).tobytes()
        lengths[tracks] = max(lengths.get(tracks, 0), int(contents.lengths[at]))
    return sum(lengths.values())
