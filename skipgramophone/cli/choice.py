"""If a name matches several tracks, asks the user on a terminal which one is meant."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from skipgramophone.cli import render
from skipgramophone.cli.confirmation import ask

if TYPE_CHECKING:
    from skipgramophone.errors import AmbiguousTrackError
    from skipgramophone.experiment.catalogue import Track


def chooser(strict_names: bool) -> Callable[[str, AmbiguousTrackError], Track] | None:
    """Return the function that asks the user; None without a terminal or with `strict_names`."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    return _choose if is_terminal and not strict_names else None


def _choose(name: str, error: AmbiguousTrackError) -> Track:
    """Print a numbered list of tracks on standard error, read a number, and return that track; Enter means 1.

    Below the list, print the advice of the error, if any: what to type if none of these tracks is meant.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C or Ctrl-D.
    """
    tracks = error.tracks
    render.note(f"several tracks match {name!r}:", quiet=False)
    for number, track in enumerate(tracks, 1):
        render.note(f"{number:>4}   {track.name} ({track.count:,}×)", quiet=False)
    if error.unlisted != 0:
        others = "others" if error.unlisted is None else f"{error.unlisted:,} more"
        render.note(f"       and {others}; to reach them, give more of the name, as in 'artist - title'", quiet=False)
    if error.advice:
        render.note(f"{error.advice} (Ctrl-C ends this command)", quiet=False)
    while True:
        answer = ask(f"which one, 1 to {len(tracks)}", "1")
        if answer.strip().isdecimal() and 1 <= int(answer) <= len(tracks):
            return tracks[int(answer) - 1]
        render.note(f"{answer!r} is not a number from 1 to {len(tracks)}; Ctrl-C ends the command", quiet=False)
