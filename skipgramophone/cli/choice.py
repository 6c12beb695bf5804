"""If a name matches several tracks, asks the user on a terminal which one is meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from skipgramophone.cli import render
from skipgramophone.cli.confirmation import QUIT_WORDS, ask
from skipgramophone.names.normalization import fold_name, words_of

if TYPE_CHECKING:
    from skipgramophone.errors import AmbiguousTrackError
    from skipgramophone.experiment.catalogue import Track


def chooser(strict_names: bool) -> Callable[[str, AmbiguousTrackError], Track] | None:
    """Return the function that asks the user; None without a terminal or with `strict_names`."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    return _choose if is_terminal and not strict_names else None


def _choose(name: str, error: AmbiguousTrackError) -> Track:
    """Print a numbered list of tracks on standard error, and return the track that the user chooses.

    The user types a number, or text that one of the names contains. If several names contain the text, the list is
    narrowed to them. Enter means 1. Below the list, print the advice of the error, if any: what to type if none of
    these tracks is meant.

    Raises:
        KeyboardInterrupt: the user typed one of `QUIT_WORDS`, or pressed Ctrl-C or Ctrl-D.
    """
    tracks = error.tracks
    render.note(f"several tracks match {name!r}:", quiet=False)
    _show(tracks)
    if error.unlisted != 0:
        others = "others" if error.unlisted is None else f"{error.unlisted:,} more"
        render.note(f"       and {others}; to reach them, give more of the name, as in 'artist - title'", quiet=False)
    if error.advice:
        render.note(f"{error.advice} (q ends this command)", quiet=False)
    while True:
        question = f"which one, 1 to {len(tracks)} or part of its name (Enter = 1, q to quit)"
        answer = ask(question, "1", show_default=False).strip()
        if answer.casefold() in QUIT_WORDS:
            raise KeyboardInterrupt("no track was chosen")
        if answer.isdecimal():
            if 1 <= int(answer) <= len(tracks):
                return tracks[int(answer) - 1]
            render.note(f"the list has the numbers 1 to {len(tracks)}, not {answer}", quiet=False)
            continue
        found = matching(answer, tracks)
        if len(found) == 1:
            return found[0]
        if not found:
            render.note(f"no name in the list contains {answer!r}", quiet=False)
        elif len(found) == len(tracks):
            render.note(f"all {len(tracks)} names contain {answer!r}: type a number, or more of the name", quiet=False)
        else:
            tracks = found
            render.note(f"{len(tracks)} of them match {answer!r}:", quiet=False)
            _show(tracks)


def _show(tracks: Sequence[Track]) -> None:
    """Print a numbered list of tracks on standard error."""
    for number, track in enumerate(tracks, 1):
        render.note(f"{number:>4}   {track.name} ({track.count:,}×)", quiet=False)


def matching(text: str, tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Return the tracks that a text means, in the order given; case and accents do not matter.

    These are the tracks whose whole name or title is the text. If there are none, they are the tracks whose name
    contains each word of the text as a whole word. If there are none of these either, the words of the text may also be
    parts of longer words in the name.
    """
    folded, words = fold_name(text), words_of(text)
    if not words:
        return ()
    whole = [track for track in tracks if folded in (fold_name(track.name), fold_name(track.title))]
    worded = whole or [track for track in tracks if set(words) <= set(words_of(track.name))]
    return tuple(worded or [track for track in tracks if all(word in fold_name(track.name) for word in words)])
