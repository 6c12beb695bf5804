"""Cases of the fuzzer: changed files, how they are read, and directories in which failing cases are kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from skipgramophone.errors import SgpError


@dataclass(frozen=True)
class Case:
    """A changed file.

    Attributes:
        name: file name.
        data: content.
        is_in_manifest: whether the manifests are rewritten so that the checksum of the changed file matches.
        is_whole: whether the whole command is run, and not only the reader, for targets where the command is slow.
    """

    name: str
    data: bytes
    is_in_manifest: bool = False
    is_whole: bool = True


@dataclass(frozen=True)
class Target:
    """Files to change, and how to read them.

    Attributes:
        files: valid files by name.
        read: reads the file of a case; takes a directory to write it to.
    """

    files: dict[str, bytes]
    read: Callable[[Path, Case], None]


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Suppress an `SgpError`, whose text must be one line."""
    try:
        yield
    except SgpError as error:
        require_one_line(error)


def require_one_line(error: SgpError) -> None:
    """Assert that the text of an error is one line."""
    assert len(str(error).splitlines()) == 1, f"an error of several lines: {str(error)!r}"


def keep(directory: Path, target: str, case: Case, failure: str) -> None:
    """Write a failing case to a directory."""
    place = directory / target / hashlib.sha256(case.name.encode() + case.data).hexdigest()[:12]
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "data").write_bytes(case.data)
    described = {"name": case.name, "in_manifest": case.is_in_manifest, "what": failure.strip().splitlines()[-1]}
    (place / "case.json").write_text(json.dumps(described, indent=2) + "\n")


def read_kept(directory: Path, target: str) -> list[Case]:
    """Read the cases of a target that `keep` has written; the whole command is run for all of them."""
    cases = []
    for place in sorted((directory / target).glob("*")):
        described = json.loads((place / "case.json").read_text())
        cases.append(Case(described["name"], (place / "data").read_bytes(), described["in_manifest"]))
    return cases
