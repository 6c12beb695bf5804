"""The export formats: how each is written, and what it can store."""

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
from skipgramophone.settings.setting import require_named
from skipgramophone.wording import Wording

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """An export format: its writer and its properties.

    Attributes:
        write: function that writes vectors, reads them back and compares them with the originals. It returns entries
            for the manifest, or None.
        is_directory: the export is a directory of several files.
        write_names: function that writes artist, title and so on to a separate file, for formats that can store only
            vectors; None for other formats.
        rows_to_write: function that returns the rows to write, given the number of rows; None if all rows are written.
        is_text: the format can be written to standard output.
        has_cells: the format can be opened in a spreadsheet.
        has_both: the format can store both matrices (centre and context), and the number types float16 and int8.
        has_neighbours: the format can store the neighbours of each track and its position in a projection.
    """

    write: Callable[[Path, TrackVectors], Facts | None]
    is_directory: bool = False
    write_names: Callable[[Path, TrackVectors], None] | None = None
    rows_to_write: Callable[[int], Sequence[int]] | None = None
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
        "projector": Format(write=projector.write, is_directory=True, rows_to_write=projector.rows_to_write),
        "safetensors": Format(write=safetensors.write, has_both=True),
        "savedmodel": Format(write=savedmodel.write, is_directory=True),
        "tsv": Format(write=csv.write_tabbed, is_text=True, has_cells=True),
        "word2vec": Format(write=word2vec.write_text, write_names=word2vec.write_names, is_text=True),
        "word2vec-binary": Format(write=word2vec.write_binary, write_names=word2vec.write_names),
    }
)
WITHOUT_SUFFIX = ("projector", "word2vec", "word2vec-binary")  # formats whose files usually have another suffix or none
# suffix -> format
SUFFIXES = MappingProxyType(
    {name: name for name in FORMATS if name not in WITHOUT_SUFFIX} | {"vec": "word2vec", "bin": "word2vec-binary"}
)
# Files of many text formats have the suffix .txt, so the format is not guessed.
HINTS: Mapping[str, Wording] = MappingProxyType(
    {"txt": lambda named: f"to write word2vec text to this file, add {named('format', 'word2vec')}"}
)


def format_of(destination: Path, given: str | None) -> str:
    """Return the name of the format to write: the given name or, if there is none, the format of the file's suffix.

    Raises:
        SettingError: the format is unknown.
    """
    return format_by_suffix(destination, given, FORMATS, SUFFIXES, hints=HINTS)


def require_supported(format: str, settings: ExportSettings) -> None:
    """Refuse settings that a format does not support.

    Raises:
        SettingError: the format does not support a setting.
    """
    chosen = FORMATS[format]
    require_named(
        chosen.has_cells or not settings.safe_cells,
        lambda named: (
            f"{named('safe_cells')} is for spreadsheets: export as {_formats_with('has_cells')}, not {format}"
        ),
    )
    if settings.neighbours and not chosen.has_neighbours:
        raise SettingError(f"{format} cannot store neighbours: export as {_formats_with('has_neighbours')}")
    if settings.projection and not chosen.has_neighbours:
        raise SettingError(f"{format} cannot store a projection: export as {_formats_with('has_neighbours')}")
    if settings.matrix == "both" and not chosen.has_both:
        raise SettingError(
            f"{format} can store only one matrix: choose centre or context, or export as {_formats_with('has_both')}"
        )
    if settings.dtype != "float32" and not chosen.has_both:
        raise SettingError(f"{format} cannot store {settings.dtype}: export as {_formats_with('has_both')}")


def require_text(format: str | None) -> None:
    """Refuse a format that cannot be written to standard output.

    Raises:
        SettingError: the format is not a text format, or none is given.
    """
    if format is None or format not in FORMATS or not FORMATS[format].is_text:
        raise SettingError(
            f"standard output needs a text format: give --format {_formats_with('is_text')}, or write to a file"
        )


def rows_to_write(format: str, tracks: int) -> Sequence[int]:
    """Return the rows to write if there are `tracks` rows; some formats limit their number."""
    choose = FORMATS[format].rows_to_write
    return choose(tracks) if choose else range(tracks)


def _formats_with(attribute: str) -> str:
    """Return the names of the formats for which an attribute is true, as in "csv, jsonl or tsv"."""
    *others, last = [name for name, format in FORMATS.items() if getattr(format, attribute)]
    return f"{', '.join(others)} or {last}" if others else last
