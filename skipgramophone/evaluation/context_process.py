"""Chooses the context in a process of its own.

Choosing the context takes about as long as loading TensorFlow. Both hold Python's interpreter lock most of the time, so
two threads would not be faster than one after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from skipgramophone.evaluation.scorecard import Estimate
from skipgramophone.evaluation.window_choice import ContextChoice, choose_context
from skipgramophone.experiment.corpus import Corpus, read_corpus

FEW_OCCURRENCES = 50_000  # for a smaller corpus, choosing the context takes less time than starting a process
# While they wait, further threads of BLAS would keep the core busy on which TensorFlow is loaded.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
# The process gets the module search path of this process. Otherwise, it would also look for modules in the current
# directory, because `python -c` does so.
PROGRAM = """
import sys
sys.path = {modules!r}
from skipgramophone.evaluation.context_process import answer
answer({directory!r}, {tracks}, {seed})
"""


@contextmanager
def choosing_context(directory: Path, corpus: Corpus, tracks: int, seed: int) -> Iterator[Callable[[], ContextChoice]]:
    """Start to choose the context of a corpus; yield a function that waits for the choice and returns it.

    The choice is that of `choose_context`. If the process cannot be started, or fails, the function itself chooses the
    context.

    Args:
        directory: the corpus stage.
        corpus: the playlists in it.
        tracks: number of rows of the catalogue.
        seed: random seed.
    """
    choose_here = partial(choose_context, corpus, tracks, seed)
    process = None if corpus.occurrences < FEW_OCCURRENCES else _start(directory, tracks, seed)
    if process is None:
        yield choose_here
        return
    with process:
        try:
            yield lambda: _answer_of(process) or choose_here()
        finally:
            process.kill()


def answer(directory: str, tracks: int, seed: int) -> None:
    """Choose the context of a corpus, and write the choice to standard output as JSON."""
    choice = choose_context(read_corpus(Path(directory)), tracks, seed)
    sys.stdout.write(json.dumps(asdict(choice)))


def _start(directory: Path, tracks: int, seed: int) -> subprocess.Popen[bytes] | None:
    """Start the process; return None if this is not possible.

    The process is in a session of its own, so Ctrl-C does not reach it. `choosing_context` kills it instead.
    """
    program = PROGRAM.format(modules=sys.path, directory=str(directory.absolute()), tracks=tracks, seed=seed)
    try:
        return subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ONE_THREAD,
            start_new_session=True,
        )
    except OSError:
        return None


def _answer_of(process: subprocess.Popen[bytes]) -> ContextChoice | None:
    """Wait for the process, and return its choice; return None if it has failed."""
    written, _ = process.communicate()
    if process.returncode:
        return None
    found = json.loads(written)
    for name in ("over_shuffled", "over_whole"):
        found[name] = Estimate(**found[name]) if found[name] else None
    return ContextChoice(**found)
