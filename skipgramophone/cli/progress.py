"""Shows progress on standard error: as a bar on a terminal, otherwise as a line every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from skipgramophone.cli import render
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import Reading, Writing
    from skipgramophone.training.trainer import Progress as TrainingProgress

SECONDS_BETWEEN_LINES = 10.0

Tell = Callable[[float, float, str], None]  # done, total, text


@contextmanager
def bar(name: str, quiet: bool) -> Iterator[Tell]:
    """Yield a function that shows progress, or that does nothing if `quiet` is set."""
    if quiet:
        yield lambda _done, _total, _text: None
    elif sys.stderr.isatty():
        with _terminal_bar(name) as tell:
            yield tell
    else:
        yield _line_every_few_seconds(name)


@contextmanager
def evaluating(quiet: bool, first_steps: Sequence[str] = ()) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows the progress of an evaluation: the number and name of the step, and the share of all.

    Args:
        quiet: whether to show nothing.
        first_steps: names of the steps before the last one. In the last step, the names are those of rankings.

    The shown share is that of all steps together, each with the same weight, so that it never decreases.
    """
    number = len(first_steps) + 1
    with bar("evaluate", quiet) as tell:

        def show(name: str, done: int, of: int) -> None:
            at = first_steps.index(name) if name in first_steps else len(first_steps)
            words = name if name in first_steps else f"ranking by {name}"
            step = f"step {at + 1} of {number}: " if first_steps else ""
            tell(at + (done / of if of else 0), number, step + words)

        yield show


@contextmanager
def reading(quiet: bool, command: str = "extract") -> Iterator[Callable[[Reading | Writing], None]]:
    """Yield a function that shows the progress of reading sources and writing the corpus."""
    from skipgramophone.pipeline.reports import Reading

    with bar(command, quiet) as tell:

        def show(at: Reading | Writing) -> None:
            if isinstance(at, Reading) and not at.rows:
                tell(0, 0, f"{at.bytes_read:,} bytes received")
            elif isinstance(at, Reading):
                done = bool(at.bytes_total) and at.bytes_read == at.bytes_total
                tell(at.bytes_read, at.bytes_total, f"{at.rows:,} rows{', assigning track numbers' if done else ''}")
            else:
                done = at.tracks_written == at.tracks_total
                text = f"{plural(at.tracks_written, 'track')} written{', building the name index' if done else ''}"
                tell(at.tracks_written, at.tracks_total, text)

        yield show


@contextmanager
def training(quiet: bool, epochs: int, occurrences: int) -> Iterator[Callable[[TrainingProgress], None]]:
    """Yield a function that shows the progress of a training run: epoch, loss and occurrences per second."""
    with staged_training(quiet, epochs, occurrences) as (show, _):
        yield show


@contextmanager
def staged_training(
    quiet: bool, epochs: int, occurrences: int
) -> Iterator[tuple[Callable[[TrainingProgress], None], Callable[[str], None]]]:
    """Yield two functions that show progress: one for the epochs (see `training`), and one for the other stages."""
    with bar("train", quiet) as tell:
        reached = 0.0

        def enter(stage: str) -> None:
            tell(reached, epochs * occurrences, stage)

        enter("preparing")
        first: tuple[float, int] | None = None  # time and number of trained tokens at the first report

        def show(at: TrainingProgress) -> None:
            nonlocal first, reached
            done = (at.epoch - 1) * occurrences + at.tokens
            first = first or (time.monotonic(), done)
            seconds = time.monotonic() - first[0]
            rate = f"  {(done - first[1]) / seconds:,.0f} occurrences/s" if seconds > 0 and done > first[1] else ""
            text = f"epoch {at.epoch}/{epochs}  loss {at.loss:.3f}{rate}"
            reached = epochs * occurrences if at.epoch_done and at.epoch == epochs else done
            tell(reached, epochs * occurrences, text)

        yield show, enter


@contextmanager
def _terminal_bar(name: str) -> Iterator[Tell]:
    """Yield a function that updates a progress bar on the terminal."""
    columns = (
        TextColumn(name),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=render.console(sys.stderr), transient=True) as progress:
        task, shown = progress.add_task("", total=None), (-1.0, "")

        def tell(done: float, total: float, text: str) -> None:
            nonlocal shown
            # A new stage is drawn at once, because it may block the thread that refreshes the bar.
            is_next_stage = done == shown[0] and text != shown[1]
            progress.update(task, completed=done, total=total or None, description=text, refresh=is_next_stage)
            shown = done, text

        yield tell


def _line_every_few_seconds(name: str) -> Tell:
    """Return a function that prints a line with the progress every few seconds."""
    last = time.monotonic()

    def tell(done: float, total: float, text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            share = f"{done / total:4.0%}  " if total else ""
            render.note(f"{name}  {share}{text}", quiet=False)

    return tell
