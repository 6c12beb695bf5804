"""Exceptions for all expected errors; any other exception is a bug.

    SgpError                 exit 1   base class; its one-line message names the thing, the problem and the next step
    ├── SettingError         exit 2   a setting has an invalid value
    ├── SourceError          exit 1   a source of playlists or vectors cannot be read
    │   ├── UnknownFormatError        a file is not in a format that sgp reads
    │   └── FormatError               a file is not in the detected or given format
    ├── ExperimentError      exit 1   an experiment lacks a stage, already has it, or is in use
    │   └── DamagedFileError          a file of an experiment is damaged
    ├── ClosedLookupError    exit 1   a Lookup is used after the end of its with block
    ├── StorageError         exit 1   the disk is full, read-only or failing
    ├── MemoryShortageError  exit 1   out of memory, or over a limit on the address space
    ├── TrainingError        exit 1   there is nothing to train on, or training diverged
    ├── EvaluationError      exit 1   there are too few playlists to hold out or to evaluate
    └── TrackNameError                a name does not match exactly one track
        ├── UnknownTrackError    exit 3   no track matches
        └── AmbiguousTrackError  exit 4   several tracks, artists or albums match

The command line catches `SgpError` in one place and prints its message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from skipgramophone.wording import COMMAND_LINE, PYTHON, Wording, worded

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.experiment.groups import Group

NAMED_CANDIDATES = 3  # number of candidates that the text of an error lists


class SgpError(Exception):
    """Base class of all errors that a user can cause or encounter; the message is one line.

    `str(error)` is the message for users of the Python package: it names a setting as in Python, such as min_count.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", on_command_line: str = "") -> None:
        super().__init__(message)
        self._on_command_line = on_command_line

    @property
    def on_command_line(self) -> str:
        """The message for users of the command line: it names the option instead, such as --min-count."""
        return self._on_command_line or str(self)

    @classmethod
    def naming(cls, message: Wording) -> Self:
        """Return an error that has a message for users of the Python package and one for users of the command line.

        Args:
            message: function that returns the message, and is called once for each kind of user. Its argument names
                settings as this user writes them, such as force=True or --force.
        """
        error = cls(message(PYTHON))
        error._on_command_line = message(COMMAND_LINE)
        return error


class SettingError(SgpError):
    """A setting has an invalid value."""

    exit_code = 2


class SourceError(SgpError):
    """A source is missing, empty, unreadable or not in a known format."""


class UnknownFormatError(SourceError):
    """A file is not in a format that sgp reads; `reason` describes what it is instead."""

    def __init__(self, file: str, reason: Wording | str) -> None:
        super().__init__(f"{file} is {worded(reason, PYTHON)}", f"{file} is {worded(reason, COMMAND_LINE)}")
        self.reason = reason


class FormatError(SourceError):
    """A file is not in the format that was detected or that the user named."""


class ExperimentError(SgpError):
    """A stage of an experiment is missing, already present, out of date, damaged or locked."""


class DamagedFileError(ExperimentError):
    """A file of an experiment is damaged; `problem` is the message without the next step."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}; restore it from a backup, or run sgp check to see which command re-creates it")
        self.problem = problem


class ClosedLookupError(SgpError):
    """A `Lookup` is used after it was closed at the end of its `with` block."""

    def __init__(self) -> None:
        super().__init__("this Lookup is closed: use it inside the with block, or open the experiment again")


class StorageError(SgpError):
    """The file system failed to read or write."""


class MemoryShortageError(SgpError):
    """The process is out of memory, or over a limit on its address space."""


class TrainingError(SgpError):
    """A corpus has nothing to train on, or the loss is not finite."""


class EvaluationError(SgpError):
    """A corpus has too few playlists to hold out or to evaluate, or a split is not possible."""


class TrackNameError(SgpError):
    """A name does not match exactly one track, artist or album.

    `str(error)` is one line that ends with the first candidates.

    Attributes:
        summary: the message without the candidates, to print above a list of candidates.
        candidates: names that match or are similar, best first.
        tracks: the tracks to which the candidates refer, in the same order; empty if the candidates are artists or
            albums.
        groups: the artists or albums to which the candidates refer, if several match the name; otherwise empty.
        unlisted: number of matches that are not candidates; None if there are too many to count.
        advice: a sentence of advice that is added at the end of the line; may be empty.
        advice_on_command_line: the same advice for users of the command line.
    """

    def __init__(
        self,
        summary: str,
        candidates: tuple[str, ...] = (),
        tracks: tuple[Track, ...] = (),
        unlisted: int | None = 0,
    ) -> None:
        super().__init__(summary)
        self.summary, self.candidates, self.tracks = summary, candidates, tracks
        self.advice = self.advice_on_command_line = ""
        self.unlisted = unlisted
        self.groups: tuple[Group, ...] = ()

    def __str__(self) -> str:
        return ". ".join(filter(None, (self._with_candidates(self.summary), self.advice)))

    @property
    def summary_on_command_line(self) -> str:
        """The summary for users of the command line."""
        return self._on_command_line or self.summary

    @property
    def on_command_line(self) -> str:
        """The message for users of the command line, as one line with candidates and advice."""
        summary = self._with_candidates(self.summary_on_command_line)
        return ". ".join(filter(None, (summary, self.advice_on_command_line)))

    def advise(self, advice: Wording | str) -> None:
        """Replace the advice."""
        self.advice, self.advice_on_command_line = worded(advice, PYTHON), worded(advice, COMMAND_LINE)

    def _with_candidates(self, summary: str) -> str:
        """Return the summary and the first candidates."""
        if not self.candidates:
            return summary
        named = "; ".join(self.candidates[:NAMED_CANDIDATES])
        if self.unlisted is None:
            named += "; and others"
        elif (more := len(self.candidates) + self.unlisted - NAMED_CANDIDATES) > 0:
            named += f"; and {more:,} more"
        return f"{summary} {named}" if summary.endswith("?") else f"{summary} ({named})"


class UnknownTrackError(TrackNameError):
    """No track matches the name.

    Attributes:
        unlike: if no known name is similar to it, what was searched: "track", "artist" or "album"; otherwise empty.
    """

    exit_code = 3
    unlike = ""

    @classmethod
    def of(
        cls, kind: str, name: str, candidates: tuple[str, ...] = (), tracks: tuple[Track, ...] = ()
    ) -> UnknownTrackError:
        """Return the error for a name that was not found; `kind` is what was searched: "track", "artist" or "album"."""
        if candidates:
            return cls(f"no {kind} matches {name!r}; did you mean one of these?", candidates, tracks)
        error = cls(f"no {kind} matches {name!r}, and no name is similar: check the spelling, or give another {kind}")
        error.unlike = kind
        return error


class AmbiguousTrackError(TrackNameError):
    """Several tracks, artists or albums match the name."""

    exit_code = 4


def reason_of(error: Exception) -> str:
    """Return the message of an error as one line."""
    message = error.strerror if isinstance(error, OSError) else None
    return " ".join((message or str(error) or type(error).__name__).split())


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then the exception that caused it, then the cause of the latter, and so on."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


@contextmanager
def named_format(format: str | None) -> Iterator[None]:
    """If the block raises a `FormatError`, add to its message that the user gave `format`, unless `format` is None."""
    try:
        yield
    except FormatError as error:
        if format is None:
            raise
        problem = str(error), error.on_command_line
        raise FormatError.naming(
            lambda named: (
                f"{named.either(*problem)}; you gave {named('format', format)}: leave it out, "
                "or see `sgp extract --help`"
            )
        ) from error


@contextmanager
def storage_errors(path: Path, verb: str) -> Iterator[None]:
    """Turn an `OSError` inside the `with` block into a `StorageError`, such as "cannot read PATH: permission denied".

    `verb` is "read" or "write".
    """
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot {verb} {error.filename or path}: {reason_of(error)}") from error
