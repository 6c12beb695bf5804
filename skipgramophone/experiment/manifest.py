"""Manifests: files that describe published stages.

A manifest contains two digests. The first is the digest of the stage itself. It is computed from settings and file
hashes; times are not included. The second is the digest of the parent, which is the stage from which this stage was
made. If the digest of the parent has changed since then, the parent was replaced or has grown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from skipgramophone.errors import DamagedFileError, ExperimentError
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import file_sha256, flush_large_files
from skipgramophone.parallel import background_thread, run_in_order

FORMAT = 1
PARENT = {"corpus": None, "model": "corpus", "index": "model"}  # stage -> the stage that it is made from
COMMAND = {"corpus": "extract", "model": "train", "index": "index"}  # stage -> the command that makes it
MANIFEST = "manifest.json"
# Key in `facts` of a model: the chosen recency, and the scores on which the choice is based. The recency is the weight
# of a track in a playlist divided by the weight of the next track.
RECENCY = "recency"
# Key in `facts` of a model: the test with which -wsz auto chose the context, or None if the user chose it.
ORDER = "order"
FORMER = "former"  # key in `facts` of a corpus that has grown: digests and track counts of its earlier versions
LONGEST_PART = 255  # maximum length in bytes of a file name on most file systems


class LaterFormatError(ExperimentError):
    """A file was written by a later version of this package, in a format that this version does not know."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a published stage."""

    stage: str
    digest: str
    parent: str | None  # digest of the stage that this stage was made from
    settings: dict[str, Any]
    files: dict[str, dict[str, Any]]  # name -> bytes, sha256, modified_ns
    facts: dict[str, Any]  # results of the run: counts, times, versions
    created: str

    @property
    def former(self) -> dict[str | None, dict[str, Any]]:
        """Earlier versions of a corpus that has grown: digest -> record, which contains the number of tracks."""
        listed = self.facts.get(FORMER)
        known = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return {each["digest"]: each for each in known if isinstance(each.get("digest"), str)}

    @property
    def recency(self) -> float:
        """The chosen recency, or 1 if none was chosen.

        The recency is the weight of a track in a playlist divided by the weight of the next track.
        """
        chosen = self.facts.get(RECENCY)
        weight = chosen.get(RECENCY) if isinstance(chosen, dict) else None
        return float(weight) if isinstance(weight, int | float) and 0 < weight <= 1 else 1.0


@dataclass(slots=True)
class Draft:
    """A stage that is being written. The writer puts files into `path`, and counts, times and versions into `facts`.

    If some settings are chosen while the stage is being written, the writer replaces `settings`.
    """

    path: Path
    settings: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)


def tracks_of_model(corpus: Manifest, model: Manifest, tracks: int) -> int:
    """Return how many tracks the corpus had when a model was trained; `tracks` is how many it has now.

    Raises:
        ExperimentError: the record of the earlier corpus is damaged.
    """
    if model.parent == corpus.digest:
        return tracks
    earlier = corpus.former.get(model.parent, {}).get("tracks")
    if type(earlier) is not int or not 0 <= earlier <= tracks:
        raise ExperimentError.naming(
            lambda named: (
                "the manifest of the corpus is damaged: the number of tracks before the corpus grew is missing or "
                f"wrong; extract all sources again with {named('force', True)}"
            )
        )
    return earlier


def read_manifest(path: Path, stage: str) -> Manifest:
    """Read the manifest of a stage.

    Raises:
        ExperimentError: the file is damaged, describes another stage, or has a format that this version does not know.
    """
    content = read_json(path)
    require_format(path, content)
    try:
        manifest = Manifest(**{name: content[name] for name in Manifest.__slots__})
    except KeyError as error:
        raise DamagedFileError(f"{path} is damaged: it has no {error.args[0]!r}") from error
    objects = (manifest.settings, manifest.files, manifest.facts)
    is_of_stage = manifest.stage == stage and isinstance(manifest.digest, str)
    is_sound = is_of_stage and isinstance(manifest.parent, str | None)
    if not is_sound or not all(isinstance(part, dict) for part in objects) or not _are_safe(manifest.files):
        raise DamagedFileError(
            f"{path} is damaged: a field has the wrong type, or a file name is too long, contains a directory, or "
            "contains a character that cannot be printed"
        )
    return manifest


def _are_safe(files: dict[str, Any]) -> bool:
    """Whether the file names of a manifest are safe, and the record of each file is a JSON object.

    A safe name is printable, contains no directory and has at most `LONGEST_PART` bytes.
    """
    return all(
        isinstance(published, dict)
        and name.isprintable()
        and PurePath(name).name == name
        and len(name.encode()) <= LONGEST_PART
        for name, published in files.items()
    )


def write_manifest(draft: Draft, stage: str, parent: str | None) -> None:
    """Hash the files of a draft, and write its manifest. The disk writes large files while they are hashed."""
    paths = sorted(draft.path.iterdir())
    # The largest file is hashed first, so that the smaller files are hashed on the other cores at the same time. If it
    # were hashed last, the other cores would have nothing to do.
    largest_first = sorted(paths, key=lambda path: path.stat().st_size, reverse=True)
    with background_thread() as thread:
        flushed = thread.submit(flush_large_files, largest_first)
        hashes = run_in_order(partial(file_sha256, path) for path in largest_first)
        hash_of = dict(zip(largest_first, hashes, strict=True))
        flushed.result()
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hash_of[path], "modified_ns": path.stat().st_mtime_ns}
        for path in paths
    }
    manifest = Manifest(
        stage, digest="", parent=parent, settings=draft.settings, files=files, facts=draft.facts, created=now()
    )
    manifest = replace(manifest, digest=digest_of(manifest))
    written = {"format": FORMAT, **asdict(manifest)}
    text = json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_new_text(draft.path / MANIFEST, text, errors="backslashreplace")


def digest_of(manifest: Manifest) -> str:
    """Return the SHA-256 digest of a stage.

    It is computed from the name and the settings of the stage, the digest of its parent and the hashes of its files,
    except log files.
    """
    content = {
        "stage": manifest.stage,
        "parent": manifest.parent,
        "settings": manifest.settings,
        "files": {name: file["sha256"] for name, file in manifest.files.items() if not name.endswith(".log")},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def require_format(path: Path, content: Mapping[str, Any]) -> None:
    """Verify that a JSON file of an experiment has the format that this version reads.

    Raises:
        ExperimentError: the file has another format.
        LaterFormatError: a later version wrote the file.
    """
    given = content.get("format")
    if given != FORMAT:
        message = f"{path} has format {given!r}; this version reads format {FORMAT}"
        if type(given) is int and given > FORMAT:
            raise LaterFormatError(f"{message}: update skipgramophone")
        raise DamagedFileError(message)


def now() -> str:
    """Return the current time as ISO 8601 text in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
