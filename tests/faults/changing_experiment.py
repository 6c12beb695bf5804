"""Look-ups while other processes change their experiment: every answer is that of one state, and never a mix.

    python -m tests.faults.changing_experiment [--rounds 200] [--seed 1]

In each round, a process appends to the corpus, extracts it again, trains, builds the index, or renames, removes or
unpacks the experiment. Meanwhile, open processes (`similar --stdin`, `continue --stdin` and the prompt) must answer as
in the state that they opened. New processes must answer as before the change or as after it, or end with a one-line
error.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import random
import re
import select
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import dump_text, two_genres
from tests.faults.forked import SECONDS, Sgp, done, run

NAME, OTHER = "demo", "other"
PLAYLIST = json.dumps(["folk 3", "folk 4"])
QUERIES: dict[str, tuple[list[str], str]] = {  # arguments, and the line of standard input
    "similar": (["similar", NAME, "--stdin"], "folk 3"),
    "cosine": (["similar", NAME, "--stdin", "--by", "cosine"], "folk 3"),
    "playlists": (["similar", NAME, "--stdin", "--of", "playlists"], "folk 3"),
    "artists": (["similar", NAME, "--stdin", "--of", "artists"], "folk 3"),
    "continue": (["continue", NAME, "--stdin"], PLAYLIST),
    "model": (["continue", NAME, "--stdin", "--by", "model"], PLAYLIST),
}
TRAIN = ["train", NAME, "-wsz", "bag", "-emb", "8", "-e", "1", "--force", "-q"]
ABOUT_THE_INDEX = ("the index", "no index", "the experiment was replaced, renamed or removed after it was opened")
ROUNDING = 1e-5
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
HEADING, END = "top 10 tracks", "type > for"
Answer = str  # an answer without the parts that depend on the index, or an error message


def answer_of(line: str) -> Answer:
    """Return a JSON answer without the parts that depend on whether the index was used."""
    record: dict[str, Any] = json.loads(line)
    record.pop("answered_by", None)
    record["notes"] = [note for note in record.get("notes", ()) if not note.startswith(ABOUT_THE_INDEX)]
    return json.dumps(record)


def is_same(found: Any, right: Any) -> bool:
    """Whether two answers are equal; numbers may differ by rounding, which depends on whether the index was used."""
    if isinstance(found, str) and isinstance(right, str) and found != right:
        if not (found.startswith("{") and right.startswith("{")):
            return False
        return is_same(json.loads(found), json.loads(right))
    if isinstance(found, dict) and isinstance(right, dict):
        return found.keys() == right.keys() and all(is_same(found[name], right[name]) for name in found)
    if isinstance(found, list) and isinstance(right, list):
        return len(found) == len(right) and all(map(is_same, found, right))
    if isinstance(found, float) and isinstance(right, float):
        return abs(found - right) < ROUNDING
    return bool(found == right)


def quiet_answer(kind: str, root: Path) -> Answer:
    """Return the answer of the present state, while nothing changes."""
    arguments, line = QUERIES[kind]
    code, out, err = done(root, *arguments, stdin=f"{line}\n")
    return answer_of(out) if out else f"exit code {code}: {err}"


class OpenReader:
    """A process that has opened one state of the experiment, and answers lines of input."""

    def __init__(self, kind: str, right: Answer, root: Path) -> None:
        self.kind, self.right = kind, right
        self._process = Sgp(root, *QUERIES[kind][0])

    def ask(self) -> Answer | None:
        """Return the answer to the line, or None if there is none in time."""
        self._process.write(f"{QUERIES[self.kind][1]}\n")
        line = self._process.line()
        return line and answer_of(line)

    def close(self) -> str:
        """End the process; return what is wrong with its end, or ""."""
        code, out, err = self._process.end()
        return "" if (code, out, err) == (0, "", "") else f"exit code {code}: {err}"


class Prompt:
    """The prompt of `sgp similar` in a terminal; all later answers must equal its first answer."""

    kind = "prompt"

    def __init__(self, root: Path) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.environ |= {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
            os.closerange(3, 1 << 10)
            run(root, ["similar", NAME])
        self._read_until(f"{NAME}> ")
        self.right = self.ask()

    def ask(self) -> Answer | None:
        """Type a name; return the table, or None if there is none in time."""
        os.write(self.terminal, b"folk 3\r")
        text = self._read_until(END)
        return text.partition(HEADING)[2].partition(END)[0] or None

    def _read_until(self, end: str) -> str:
        """Return what the terminal shows until it shows a text."""
        text, limit = "", time.monotonic() + SECONDS
        while end not in text and time.monotonic() < limit:
            if select.select([self.terminal], [], [], 1)[0]:
                try:
                    text += ESCAPES.sub("", os.read(self.terminal, 1 << 16).decode("utf-8", "replace"))
                except OSError:
                    return f"ended: {text}"
        return text

    def close(self) -> str:
        """Leave the prompt with Ctrl-D; return what is wrong with its end, or ""."""
        os.write(self.terminal, b"\x04")
        limit = time.monotonic() + SECONDS
        while time.monotonic() < limit:
            if select.select([self.terminal], [], [], 0.1)[0]:
                with suppress(OSError):
                    os.read(self.terminal, 1 << 16)
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                os.close(self.terminal)
                return "" if status == 0 else f"ended with status {status}"
        return "did not end"


@dataclass
class Changes:
    """The commands that change the experiment, in random order.

    Attributes:
        root: the experiments directory.
        rng: the random generator.
        name: present name of the experiment, or None if it was removed.
        stale: whether the corpus was extracted again after the last training.
        trained: share of the new models that are trained; the others are imported, which is faster.
    """

    root: Path
    rng: random.Random
    name: str | None = NAME
    stale: bool = False
    trained: float = 0.04
    number: int = 0

    def next(self) -> list[str]:
        """Return the next command."""
        self.number += 1
        if self.name is None:
            self.name = NAME
            return ["experiments", "unpack", str(self.root.parent / "pack.zip")]
        if self.name == OTHER:
            self.name = NAME
            return ["experiments", "rename", OTHER, NAME]
        kind = self.rng.choice(["append", "append", "train", "train", "train", "index", "extract", "rename", "rm"])
        if self.stale and self.rng.random() < 0.7:
            kind = "train"
        if kind == "append":
            return ["extract", NAME, str(self._more()), "--append", "-q"]
        if kind == "train":
            self.stale = False
            if self.rng.random() < self.trained:
                return [*TRAIN, "--random-seed", str(self.number)]
            return ["import", NAME, str(self.vectors()), "--force"]
        if kind == "index" and not self.stale:
            return ["index", NAME, "--trees", str(self.rng.randint(2, 9))]
        if kind == "rename":
            self.name = OTHER
            return ["experiments", "rename", NAME, OTHER]
        if kind == "rm" and not self.stale:
            self._pack()
            self.name = None
            return ["experiments", "rm", NAME, "--yes"]
        self.stale = True
        return ["extract", NAME, str(self._dump()), "--force", "-q"]

    def _more(self) -> Path:
        """Write a few rows: a playlist with tracks that the queries contain, and a new track."""
        path = self.root.parent / f"more {self.number}.csv"
        rows = [("o", f"folk artist {n % 11}", f"folk {n}", f"more {self.number}") for n in range(3, 9)]
        path.write_text(dump_text([*rows, ("o", "new", f"folk {1000 + self.number}", f"more {self.number}")]))
        return path

    def _dump(self) -> Path:
        """Write other playlists of the same tracks."""
        path = self.root.parent / f"dump {self.number}.csv"
        rows = two_genres(playlists=self.rng.randint(20, 90), length=self.rng.randint(5, 15))
        path.write_text(dump_text(rows))
        return path

    def _pack(self) -> None:
        """Pack the experiment before it is removed."""
        code, _, err = done(self.root, "experiments", "pack", NAME, str(self.root.parent / "pack.zip"), "--force")
        assert code == 0, err

    def vectors(self) -> Path:
        """Write random vectors for the tracks."""
        names = sorted({f"{row[1]} - {row[2]}" for row in two_genres()})
        path = self.root.parent / f"vectors {self.number}.npz"
        centre, context = np.random.default_rng(self.number).standard_normal((2, len(names), 8)).astype(np.float32)
        np.savez(path, centre=centre, context=context, tracks=np.array(names))
        return path


@dataclass
class Tally:
    """The results: numbers of answers and of error messages, and what was wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Race:
    """Rounds of changes, with processes that look up tracks meanwhile."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.rng, self.tally = root, random.Random(seed), Tally()
        self.changes = Changes(root, random.Random(seed + 1))
        self.readers: list[OpenReader | Prompt] = []

    def run(self, rounds: int) -> Tally:
        """Run the rounds."""
        before = {kind: quiet_answer(kind, self.root) for kind in QUERIES}
        for number in range(rounds):
            self._open_readers(before)
            command = self.changes.next()
            changing = Sgp(self.root, *command)
            found: list[tuple[str, int | None, str, str]] = []
            while changing.is_running():
                for reader in self.readers:
                    self._check(reader, f"round {number} ({' '.join(command[:3])})")
                found.append(self._look_up(self.rng.choice(list(QUERIES))))
            code, _, err = changing.end()
            if code and not (command[0] == "index" and err.startswith("error: the corpus of 'demo' has grown")):
                self._fault(f"{command} failed with {code}: {err}")
            for reader in self.readers:
                self._check(reader, f"after round {number} ({' '.join(command[:3])})")
            after = {kind: quiet_answer(kind, self.root) for kind in QUERIES}
            for kind, code, out, err in found:
                self._judge(kind, code, out, err, (before[kind], after[kind]), f"round {number} {command[:3]}")
            before = after
            answered, faults = self.tally.answers.total(), len(self.tally.faults)
            print(f"round {number}, {command[:3]}: {answered} answers, {faults} faults", file=sys.stderr, flush=True)
        for reader in self.readers:
            self._close(reader)
        return self.tally

    def _open_readers(self, present: dict[str, Answer]) -> None:
        """Close a third of the open processes, and open new ones if the present state can answer."""
        for reader in [one for one in self.readers if self.rng.random() < 1 / 3]:
            self.readers.remove(reader)
            self._close(reader)
        missing = {*QUERIES, Prompt.kind} - {reader.kind for reader in self.readers}
        for kind in sorted(missing):
            if present["similar"].startswith("exit code") or self.rng.random() < 0.5:
                continue
            if kind == Prompt.kind:
                self.readers.append(Prompt(self.root))
                continue
            self.readers.append(OpenReader(kind, present[kind], self.root))
            self._check(self.readers[-1], "opened")

    def _close(self, reader: OpenReader | Prompt) -> None:
        """Close an open process."""
        if wrong := reader.close():
            self._fault(f"{reader.kind}: {wrong}")

    def _check(self, reader: OpenReader | Prompt, when: str) -> None:
        """Compare an answer of an open process with that of the state that it opened."""
        found = reader.ask()
        self.tally.answers[f"{reader.kind}, open"] += 1
        if not is_same(found, reader.right):
            self._fault(f"{reader.kind}, open, {when}: {found!r} instead of {reader.right!r}")

    def _look_up(self, kind: str) -> tuple[str, int | None, str, str]:
        """Start a new process, and return its exit code and output."""
        arguments, line = QUERIES[kind]
        return kind, *done(self.root, *arguments, stdin=f"{line}\n")

    def _fault(self, text: str) -> None:
        """Record what was wrong."""
        self.tally.faults.append(text)
        print(f"fault: {text}", file=sys.stderr, flush=True)

    def _judge(self, kind: str, code: int | None, out: str, err: str, right: tuple[Answer, Answer], when: str) -> None:
        """Check that an answer is the one before or the one after the change, or a one-line error."""
        self.tally.answers[f"{kind}, new"] += 1
        if out:
            if not any(is_same(answer_of(out), one) for one in right):
                self._fault(f"{kind}, new, {when}: {out!r} is none of {right!r}")
        elif code in (1, 3) and err.startswith("error: ") and err.count("\n") == 1:
            self.tally.errors[err.replace(str(self.root), "ROOT").strip()] += 1
        else:
            self._fault(f"{kind}, new, {when}: exit code {code}, {err!r}")


@contextmanager
def prepared() -> Iterator[Path]:
    """Make an experiments directory with a trained experiment."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "experiments"
        (Path(directory) / "dump.csv").write_text(dump_text(two_genres()))
        vectors = Changes(root, random.Random()).vectors()
        for command in (
            ["extract", NAME, str(Path(directory) / "dump.csv"), "-q"],
            ["import", NAME, str(vectors), "--force"],
        ):
            code, _, err = done(root, *command)
            assert code == 0, err
        yield root


def main() -> int:
    """Run the rounds, and print the results; the exit code is 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for module in (
        "cli.app",
        "cli.similar",
        "cli.continue_",
        "cli.prompt",
        "lookup.lookup",
        "pipeline.extract",
        "pipeline.import_vectors",
    ):
        import_module(f"skipgramophone.{module}")
    with prepared() as root:
        tally = Race(root, given.seed).run(given.rounds)
        shutil.rmtree(root)
    for text, number in (*sorted(tally.answers.items()), *tally.errors.most_common()):
        print(f"{number:>6}  {text}")
    for fault in tally.faults:
        print(f"fault: {fault}")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
