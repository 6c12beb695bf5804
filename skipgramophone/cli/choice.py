"""If a name matches several tracks, artists or albums, asks the user on a terminal which one is meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from skipgramophone.cli import render
from skipgramophone.cli.confirmation import QUIT_WORDS, ask
from skipgramophone.cli.listed_names import listed_names
from skipgramophone.names.normalization import fold_name, words_of

if TYPE_CHECKING:
    from skipgramophone.errors import AmbiguousTrackError
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.experiment.groups import Group

AnyMatch = TypeVar("AnyMatch", bound="Track | Group")


def chooser(strict_names: bool) -> Callable[[str, AmbiguousTrackError], int] | None:
    """Return the function that asks the user, or None if there is no terminal, or `strict_names` forbids a choice."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    return _choose if is_terminal and not strict_names else None


def _choose(name: str, error: AmbiguousTrackError) -> int:
    """Print a numbered list of the matches on standard error, and return the index of the one that the user chooses.

    The user types a number, or text that one of the names contains. If several names contain the text, only these names
    are listed again, and the user is asked again. Enter means 1. If the error has advice, it is printed below the list.
    The advice says what to type if none of the listed names is meant.

    Raises:
        KeyboardInterrupt: the user typed one of `QUIT_WORDS`, or pressed Ctrl-C or Ctrl-D.
    """
    every: tuple[Track | Group, ...] = error.groups or error.tracks
    listed, kind = every, error.groups[0].kind if error.groups else "track"
    render.note(f"several {kind}s match {name!r}:", quiet=False)
    _show(listed)
    if error.unlisted != 0:
        others = "others" if error.unlisted is None else f"{error.unlisted:,} more"
        form = "" if error.groups else ", as in 'artist - title'"
        render.note(
            f"       and {others} that are not listed; to use one of these, quit and give more of the name{form}",
            quiet=False,
        )
    if error.advice_on_command_line:
        render.note(f"{error.advice_on_command_line} (q ends this command)", quiet=False)
    while True:
        question = f"which one? Type 1 to {len(listed)}, or a part of its name (Enter = 1, q to quit)"
        answer = ask(question, "1", show_default=False).strip()
        if answer.casefold() in QUIT_WORDS:
            raise KeyboardInterrupt(f"no {kind} was chosen")
        if answer.isdecimal():
            if 1 <= int(answer) <= len(listed):
                return every.index(listed[int(answer) - 1])
            render.note(f"the list has the numbers 1 to {len(listed)}, not {answer}", quiet=False)
            continue
        found = matching(answer, listed)
        if len(found) == 1:
            return every.index(found[0])
        if not found:
            render.note(f"no name in the list contains {answer!r}", quiet=False)
        elif len(found) == len(listed):
            render.note(f"all {len(listed)} names contain {answer!r}: type a number, or more of the name", quiet=False)
        else:
            listed = found
            render.note(f"{len(listed)} of them match {answer!r}:", quiet=False)
            _show(listed)


def _show(listed: Sequence[AnyMatch]) -> None:
    """Print a numbered list of tracks, artists or albums on standard error."""
    for number, text in enumerate(listed_names(listed), 1):
        render.entry(number, text, sys.stderr)


def matching(text: str, tracks: Sequence[AnyMatch]) -> tuple[AnyMatch, ...]:
    """Return the tracks, artists or albums that a text means, in the order of `tracks`, ignoring case and accents.

    Entries whose whole name or title equals the text are returned. If there are none, the entries whose name contains
    each word of the text as a whole word are returned. If there are none of these either, the words of the text may
    also be parts of longer words in the name.
    """
    folded, words = fold_name(text), words_of(text)
    if not words:
        return ()
    whole = [track for track in tracks if folded in (fold_name(track.name), fold_name(track.title))]
    worded = whole or [track for track in tracks if set(words) <= set(words_of(track.name))]
    return tuple(worded or [track for track in tracks if all(word in fold_name(track.name) for word in words)])
