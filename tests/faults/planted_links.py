"""Replace a file that a command is about to write by a link to a file or directory outside the experiment.

    python -m tests.faults.planted_links [--every 3] [--of extract index]

At a point of a command (see `points`), another program replaces the file that is opened, or its directory, by a link.
Whatever the command does then: no file outside may be changed or removed, and it may not end in a traceback. It may
create new files in a directory that a link names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.experiment.new_experiment import NEW_DESCRIPTION
from skipgramophone.experiment.publishing import is_draft
from tests.conftest import dump_text, two_genres
from tests.faults.forked import done
from tests.faults.points import CHANGES, WRITING

NAME = "made"
COMMANDS: dict[str, tuple[str, ...]] = {
    "extract": ("extract", "new", "{files}/dump.csv"),
    "extract --force": ("extract", NAME, "{files}/dump.csv", "--force", "--holdout", "0.2"),
    "extract --append": ("extract", NAME, "{files}/more.csv", "--append"),
    "import": ("import", NAME, "{files}/v.npz", "--force"),
    "index": ("index", NAME, "--trees", "8"),
    "rename": ("experiments", "rename", NAME, "other"),
    "copy": ("experiments", "copy", NAME, "other"),
    "rm": ("experiments", "rm", NAME, "--yes"),
    "pack": ("experiments", "pack", NAME, "{root}/pack.zip"),
    "unpack": ("experiments", "unpack", "{files}/pack.zip", "--name", "other"),
    "check --clean": ("check", NAME, "--clean"),
    "continue -o m3u8": ("continue", NAME, "folk 3", "-o", "{root}/out.m3u8"),
    "export npz": ("export", NAME, "{root}/out.npz"),
    "export csv": ("export", NAME, "{root}/out.csv"),
    "export word2vec": ("export", NAME, "{root}/out.txt", "--format", "word2vec"),
    "export jsonl": ("export", NAME, "{root}/out.jsonl"),
    "export parquet": ("export", NAME, "{root}/out.parquet"),
    "export annoy": ("export", NAME, "{root}/out.annoy", "--format", "annoy"),
    "export projector": ("export", NAME, "{root}/projector", "--format", "projector"),
    "map": ("map", NAME, "-o", "{root}/map.html", "--projection", "pca"),
}
KINDS = ("file", "directory")
PRECIOUS = "precious"


class Points:
    """Counts the changes below a directory, and puts a link at the place of one of them."""

    def __init__(self, root: Path, outside: Path, at: int, kind: str) -> None:
        self._root, self._outside, self._at, self._kind = str(root), outside, at, kind
        self.number = 0
        self._is_planting = False

    def watch(self) -> None:
        """Start counting in this process."""
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count an event if it is a change."""
        if self._is_planting:
            return
        if event == "open" and isinstance(arguments[0], str | bytes) and arguments[2] & WRITING:
            self._reached(os.fsdecode(arguments[0]))
        elif event == "sqlite3.connect" and isinstance(arguments[0], str | bytes | os.PathLike):
            self._reached(os.fsdecode(arguments[0]).removeprefix("file:").partition("?")[0])
        elif event in CHANGES and isinstance(arguments[0], str | bytes | os.PathLike):
            for path in arguments[: CHANGES[event]]:
                self._reached(os.fsdecode(path))

    def _reached(self, name: str) -> None:
        """Count a point, and plant the link if it is the chosen one."""
        if not name.startswith(self._root + "/"):
            return
        if self.number == self._at:
            self._is_planting = True
            self._plant(Path(name))
            self._is_planting = False
        self.number += 1
        (self._outside.parent / "points").write_text(str(self.number)) if self._at < 0 else None

    def _plant(self, path: Path) -> None:
        """Move a file or its directory away, and put a link at its path; the link points outside the experiment."""
        place = path if self._kind == "file" or str(path.parent) == self._root else path.parent
        is_directory = place.is_dir()
        if os.path.lexists(place):
            place.rename(self._outside.parent / "moved away")
        target = self._outside / ("directory" if is_directory or place != path else "file")
        if target.name == "directory":
            (target / path.name).write_text(PRECIOUS)
            is_of_process = is_draft(path.name) or path.name == NEW_DESCRIPTION or path.name.startswith("names.")
            if not is_of_process:  # else nobody but this process chooses the name of the file
                (self._outside.parent / "planted").write_text(path.name)
        place.symlink_to(target)


class Planting:
    """Runs commands on copies of an experiment."""

    def __init__(self, place: Path) -> None:
        self._place, self._stock, self.files = place, place / "stock", place / "files"
        self.faults: list[str] = []
        self._make()

    def _make(self) -> None:
        """Make the experiment and the files for all commands."""
        self.files.mkdir()
        (self.files / "dump.csv").write_text(dump_text(two_genres()))
        (self.files / "more.csv").write_text(dump_text([("o", "a", f"b {n}", "c") for n in range(5)]))
        names = sorted({f"{row[1]} - {row[2]}" for row in two_genres()})
        both = np.random.default_rng(1).standard_normal((2, len(names), 8)).astype(np.float32)
        np.savez(self.files / "v.npz", centre=both[0], context=both[1], tracks=np.array(names))
        for words in (
            ("extract", NAME, f"{self.files}/dump.csv"),
            ("import", NAME, f"{self.files}/v.npz"),
            ("experiments", "pack", NAME, f"{self.files}/pack.zip"),
        ):
            code, _, err = done(self._stock, *words)
            assert code == 0, err
        draft = self._stock / NAME / ".corpus.t0123456789.draft"
        draft.mkdir()
        (draft / "left").write_text("left by a killed run")

    def run(self, name: str, at: int, kind: str) -> int:
        """Run a command, with a link at a point (-1: without); return the number of points before its end."""
        root, outside = self._place / "root", self._place / "outside"
        for directory in (root, outside):
            shutil.rmtree(directory, ignore_errors=True)
        moved = self._place / "moved away"
        shutil.rmtree(moved) if moved.is_dir() and not moved.is_symlink() else moved.unlink(missing_ok=True)
        shutil.copytree(self._stock, root)
        (outside / "directory").mkdir(parents=True)
        (outside / "file").write_text(PRECIOUS)
        (outside / "directory" / "manifest.json").write_text(PRECIOUS)
        arguments = [word.format(root=root, files=self.files) for word in COMMANDS[name]]
        points = Points(root, outside, at, kind)
        code, _, err = done(root, *arguments, prepare=points.watch)
        case = f"{name}, {kind}, point {at}"
        if at < 0:
            assert code == 0, f"{name}: {err}"
            return int((self._place / "points").read_text())
        planted = self._place / "planted"
        names = ["manifest.json", *([planted.read_text()] if planted.exists() else [])]
        planted.unlink(missing_ok=True)
        precious = [outside / "file", *(outside / "directory" / name for name in names)]
        wrong = [
            f"{path}: {path.read_bytes()[:60]!r}" if path.is_file() else f"{path} is gone"
            for path in precious
            if not path.is_file() or path.read_bytes() != PRECIOUS.encode()
        ]
        if "Traceback" in err or code not in (0, 1, 5, 6):
            wrong.append(f"exit code {code}: {err[-700:]}")
        self.faults += [f"{case}: {one}" for one in wrong]
        return 0


def main() -> int:
    """Run the commands, and print what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--every", type=int, default=1, help="plant a link at every N-th point")
    given = parser.parse_args()
    for module in (
        "cli.app",
        "cli.similar",
        "cli.export",
        "pipeline.extract",
        "pipeline.import_vectors",
        "pipeline.map",
    ):
        import_module(f"skipgramophone.{module}")
    cases = 0
    with tempfile.TemporaryDirectory() as directory:
        planting = Planting(Path(directory))
        for number, name in enumerate(given.of):
            points = planting.run(name, -1, "file")
            before = len(planting.faults)
            for kind in KINDS:
                for at in range(number % given.every, points, given.every):
                    planting.run(name, at, kind)
                    cases += 1
            print(f"{name}: {points} points, {cases} cases so far", flush=True)
            for fault in planting.faults[before:]:
                print(f"    {fault}", flush=True)
    return int(bool(planting.faults))


if __name__ == "__main__":
    sys.exit(main())
