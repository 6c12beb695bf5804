"""Writing a catalogue: an interrupt ends it cleanly wherever it arrives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from skipgramophone.experiment import catalogue_writer
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from skipgramophone.experiment.catalogue_writer import write_catalogue
from tests.conftest import table_of
from tests.experiment.conftest import TRACKS

OPENING: CodeType = catalogue_writer._inserting.__wrapped__.__code__  # type: ignore[attr-defined]


@contextmanager
def interrupted(code: CodeType, point: int) -> Iterator[list[int]]:
    """Raise KeyboardInterrupt before one instruction of a function: the one that is executed as number `point`.

    Yield a list that contains the number of instructions until then.
    """
    executed = [0]

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code is not code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            executed[0] += 1
            if executed[0] == point:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        yield executed
    finally:
        sys.settrace(former)


def test_an_interrupt_at_any_instruction_while_the_database_is_open_remains_an_interrupt(tmp_path: Path) -> None:
    tracks = table_of(TYPES, TRACKS)
    points = 0
    while True:
        points += 1
        directory = tmp_path / str(points)
        directory.mkdir()
        with interrupted(OPENING, points) as executed:
            try:
                write_catalogue(directory, tracks)
            except KeyboardInterrupt:  # and not an error of the driver
                continue
        break
    assert executed[0] == points - 1 > 50
    with closing(Catalogue(directory)) as catalogue:
        assert len(catalogue) == len(TRACKS)
