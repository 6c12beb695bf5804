"""Write and read the manifest of an export: its contents, its origin and the hashes of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skipgramophone import __version__
from skipgramophone.errors import StorageError
from skipgramophone.experiment.json_files import write_json
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.exporters.vectors import TrackVectors

MANIFEST = "manifest.json"


def manifest_file(path: Path) -> Path:
    """Return the path of the manifest next to an export of a single file."""
    return path.with_name(f"{path.name}.{MANIFEST}")


def files_of(path: Path) -> set[str]:
    """Return the names of the files that a manifest lists, or no names if `path` is not the manifest of an export."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return set(listed) if isinstance(listed, dict) else set()


def write(
    path: Path, format: str, vectors: TrackVectors, *, files: Mapping[str, Path], facts: Mapping[str, Any]
) -> None:
    """Write a manifest, read it back and verify it.

    Args:
        path: the manifest to write.
        format: format of the export.
        vectors: the exported vectors.
        files: name of each file in the export -> current path of the file, from which its hash is computed.
        facts: more entries for the manifest.

    Raises:
        StorageError: the written manifest differs when it is read back.
    """
    described = {
        "format": format,
        "written_by": f"skipgramophone {__version__}",
        vectors.of: len(vectors.tracks),
        "dimension": vectors.centre.shape[1],
        "dtype": str(vectors.centre.dtype),
        "similarity": "cosine of centre vectors",
        **facts,
        "files": {
            name: {"bytes": file.stat().st_size, "sha256": file_sha256(file)} for name, file in sorted(files.items())
        },
    }
    write_json(path, described)
    if json.loads(path.read_text(encoding="utf-8")) != described:
        raise StorageError(f"verification of {path} failed: it differs from the exported data; export again")
