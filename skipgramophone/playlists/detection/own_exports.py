"""Recognize files that `sgp export` has written, which are vectors and not playlists."""

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
    """Whether a file is listed by the manifest of an export next to it, or is itself such a manifest.

    For a file in an archive, the result says this of the archive.
    """
    try:
        changed = file.path.parent.stat().st_mtime_ns
    except OSError:
        return False
    return file.path.name in _exported_files(file.path.parent, changed)


@lru_cache(maxsize=64)
def _exported_files(directory: Path, _changed: int) -> frozenset[str]:
    """Return the names of the files of all exports in a directory, their manifests included.

    `_changed` is the time of the last change of the directory. It is an argument because results are cached by their
    arguments: after a change, the result is computed again.
    """
    try:
        manifests = [path for path in directory.iterdir() if path.name.endswith(MANIFEST)]
    except OSError:
        return frozenset()
    found = {manifest.name: _files_of(manifest) for manifest in manifests}
    return frozenset().union(*found.values(), (name for name, files in found.items() if files))


def _files_of(manifest: Path) -> frozenset[str]:
    """Return the names of the files that the manifest of an export lists; empty if the file is not such a manifest."""
    try:
        if not manifest.is_file() or manifest.stat().st_size > LARGEST:
            return frozenset()
        content = json.loads(manifest.read_text(encoding="utf-8"))
        written_by, files = content["written_by"], content["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
    return frozenset(files) if str(written_by).startswith(WRITTEN_BY) and isinstance(files, dict) else frozenset()
