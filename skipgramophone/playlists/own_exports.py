"""Recognizes files that `sgp export` has written, which are vectors and not playlists."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from skipgramophone.playlists.readers.source_files import SourceFile

MANIFEST = "manifest.json"
WRITTEN_BY = "skipgramophone "
LARGEST = 16 << 20  # maximum size in bytes of a manifest that is read
OWN_EXPORT = "vectors that sgp export has written"


def is_own_export(file: SourceFile) -> bool:
    """Whether a file belongs to an export, according to a manifest next to it; in an archive, the archive counts."""
    try:
        changed = file.path.parent.stat().st_mtime_ns
    except OSError:
        return False
    return file.path.name in _exported_files(file.path.parent, changed)


@lru_cache(maxsize=64)
def _exported_files(directory: Path, _changed: int) -> frozenset[str]:
    """Return the names of the files of all exports in a directory, their manifests included.

    `_changed` is the time of the last change of the directory, so that the result is computed again after a change.
    """
    try:
        manifests = [path for path in directory.iterdir() if path.name.endswith(MANIFEST)]
    except OSError:
        return frozenset()
    found = {manifest.name: _files_of(manifest) for manifest in manifests}
    return frozenset().union(*found.values(), (name for name, files in found.items() if files))


def _files_of(manifest: Path) -> frozenset[str]:
    """Return the names of the files that the manifest of an export lists; no names if it is not such a manifest."""
    try:
        if not manifest.is_file() or manifest.stat().st_size > LARGEST:
            return frozenset()
        content = json.loads(manifest.read_text(encoding="utf-8"))
        written_by, files = content["written_by"], content["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
    return frozenset(files) if str(written_by).startswith(WRITTEN_BY) and isinstance(files, dict) else frozenset()
