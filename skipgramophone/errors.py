"""Everything that can go wrong and is not a bug, as one family.

    SgpError                 exit 1   the root: one line that says what, where and what to do next
    ├── SettingError         exit 2   a setting is out of range
    ├── SourceError          exit 1   a dump cannot be read as what it was taken for
    │   └── UnknownFormatError        a file is in no format that sgp reads
    ├── ExperimentError      exit 1   an experiment lacks a stage, has one already, or is in use
    ├── StorageError         exit 1   the disk refused: full, read-only, failing
    ├── TrainingError        exit 1   there is nothing to train on, or training went astray
    ├── EvaluationError      exit 1   there is too little to hold out, or nothing to ask of it
    └── TrackNameError                a name does not mean one track
        ├── UnknownTrackError    exit 3   no track answers to it
        └── AmbiguousTrackError  exit 4   several do

The command line catches `SgpError` at one place and prints its message; anything else is a bug.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


class SgpError(Exception):
    """The root of all errors a user can cause or meet; its text is one line."""

    exit_code: ClassVar[int] = 1


class SettingError(SgpError):
    """A setting is out of its range."""

    exit_code = 2


class SourceError(SgpError):
    """A dump is missing, empty, unreadable or in no known dialect."""


class UnknownFormatError(SourceError):
    """A file is in no format that is read; `reason` says what it is instead."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file} is {reason}")
        self.reason = reason


class ExperimentError(SgpError):
    """An experiment cannot do what was asked: a stage is missing, present, stale or locked."""


class StorageError(SgpError):
    """The file system refused to read or write."""


class TrainingError(SgpError):
    """A corpus has nothing to train on, or the loss is no longer a number."""


class EvaluationError(SgpError):
    """A corpus has too little to hold out, or a split cannot be made."""


class TrackNameError(SgpError):
    """A name does not mean one track; `candidates` are names that may have been meant, best first."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class UnknownTrackError(TrackNameError):
    """No track answers to the name that was asked for."""

    exit_code = 3


class AmbiguousTrackError(TrackNameError):
    """Several tracks answer to the name that was asked for."""

    exit_code = 4


def reason_of(error: Exception) -> str:
    """What an error says, in one line."""
    told = error.strerror if isinstance(error, OSError) else None
    return " ".join((told or str(error) or type(error).__name__).split())


@contextmanager
def storage_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn an `OSError` inside the block into one line that names the path and the deed."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot {doing} {error.filename or path}: {reason_of(error)}") from error
