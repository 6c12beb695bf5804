"""Asks the user on a terminal which track is meant, if a name matches several."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from skipgramophone.cli import render

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track


def chooser(strict_names: bool) -> Callable[[str, Sequence[Track]], Track] | None:
    """Return the function that asks the user; None without a terminal or with `strict_names`."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    return _choose if is_terminal and not strict_names else None


def _choose(name: str, tracks: Sequence[Track]) -> Track:
    """Print a numbered list of tracks on standard error, read a number, and return that track; Enter means 1."""
    render.note(f"several tracks match {name!r}:", quiet=False)
    for number, track in enumerate(tracks, 1):
        render.note(f"{number:>4}   {track.name} ({track.count:,}×)", quiet=False)
    while True:
        answer: int = typer.prompt(f"which one, 1 to {len(tracks)}", default=1, type=int, err=True)
        if 1 <= answer <= len(tracks):
            return tracks[answer - 1]
