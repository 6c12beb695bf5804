"""The formats of exports: the writer of each, where it writes, and what it has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skipgramophone.errors import SettingError
from skipgramophone.exporters import (
    annoy,
    csv,
    faiss,
    jsonl,
    keras,
    npz,
    onnx,
    parquet,
    projector,
    safetensors,
    savedmodel,
    word2vec,
)
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.file_format import format_of as format_by_suffix
from skipgramophone.settings import ExportSettings

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a format is.

    Attributes:
        write: writes vectors and reads them back; what it returns stands in the manifest.
        is_directory: it is a directory of several files.
        write_names: writes what is known of the tracks into a file beside, for a format without room for it.
        shown: of so many tracks the rows that it has room for; None: all.
        is_text: it may go down a pipe.
        has_cells: spreadsheets open it.
        has_both: it has room for several matrices, and for narrower numbers.
        has_neighbours: it has room for the neighbours of each track, and for its place in a plane.
    """

    write: Callable[[Path, TrackVectors], Facts | None]
    is_directory: bool = False
    write_names: Callable[[Path, TrackVectors], None] | None = None
    shown: Callable[[int], Sequence[int]] | None = None
    is_text: bool = False
    has_cells: bool = False
    has_both: bool = False
    has_neighbours: bool = False


FORMATS: MappingProxyType[str, Format] = MappingProxyType(
    {
        "annoy": Format(write=annoy.write, is_directory=True),
        "csv": Format(write=csv.write, is_text=True, has_cells=True),
        "faiss": Format(write=faiss.write, write_names=jsonl.write_names),
        "jsonl": Format(write=jsonl.write, is_text=True),
        "keras": Format(write=keras.write, write_names=jsonl.write_names),
        "npz": Format(write=npz.write, has_both=True),
        "onnx": Format(write=onnx.write, write_names=jsonl.write_names),
        "parquet": Format(write=parquet.write, has_both=True, has_neighbours=True),
        "projector": Format(write=projector.write, is_directory=True, shown=projector.shown),
        "safetensors": Format(write=safetensors.write, has_both=True),
        "savedmodel": Format(write=savedmodel.write, is_directory=True),
        "tsv": Format(write=csv.write_tabbed, is_text=True, has_cells=True),
        "word2vec": Format(write=word2vec.write_text, write_names=word2vec.write_names, is_text=True),
        "word2vec-binary": Format(write=word2vec.write_binary, write_names=word2vec.write_names),
    }
)
SUFFIXES = MappingProxyType({"vec": "word2vec", "bin": "word2vec-binary"})  # of formats that are not called as theirs


def format_of(destination: Path, given: str | None) -> str:
    """The format to write: as given, else by the suffix of the destination.

    Raises:
        SettingError: neither names a format that there is.
    """
    return format_by_suffix(destination, given, FORMATS, SUFFIXES, "writes")


def require_room(format: str, settings: ExportSettings) -> None:
    """Refuse settings that a format has no room for.

    Raises:
        SettingError: there is one.
    """
    asked = FORMATS[format]
    if settings.safe_cells and not asked.has_cells:
        raise SettingError(f"safe-cells is for {_those('has_cells')}, which spreadsheets open, not for {format}")
    if settings.neighbours and not asked.has_neighbours:
        raise SettingError(f"neighbours are written to {_those('has_neighbours')}, not to {format}")
    if settings.projection and not asked.has_neighbours:
        raise SettingError(f"places in a plane are written to {_those('has_neighbours')}, not to {format}")
    if settings.matrix == "both" and not asked.has_both:
        raise SettingError(f"{format} has room for one matrix: ask for centre or context")
    if settings.dtype != "float32" and not asked.has_both:
        raise SettingError(f"{settings.dtype} is for {_those('has_both')}, not for {format}")


def require_text(format: str | None) -> None:
    """Refuse a format that cannot go to stdout.

    Raises:
        SettingError: it is none that can, or none is named.
    """
    if format is None or format not in FORMATS or not FORMATS[format].is_text:
        raise SettingError(f"to stdout go {_those('is_text')}: name one with --format, or give a file")


def shown(format: str, tracks: int) -> Sequence[int]:
    """Of so many tracks the rows that a format has room for."""
    chosen = FORMATS[format].shown
    return chosen(tracks) if chosen else range(tracks)


def _those(can: str) -> str:
    """The formats that can do something, as a list to read."""
    *others, last = [name for name, format in FORMATS.items() if getattr(format, can)]
    return f"{', '.join(others)} and {last}" if others else last
