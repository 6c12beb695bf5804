"""The fuzzing target `experiment`: each file that look-ups open."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import skipgramophone as sgp
from skipgramophone.errors import SgpError
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.manifest import MANIFEST, digest_of
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import IndexFacts, require_sound_nodes
from tests.conftest import dump_text, two_genres
from tests.faults.cases import Case, Target, require_one_line


def experiment() -> Target:
    """Return the files of an experiment that look-ups open."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "dump.csv").write_text(dump_text(two_genres()))
        sgp.extract("made", root / "dump.csv", experiments_dir=root)
        names = sorted({f"{artist} - {title}" for _, artist, title, _ in two_genres()})
        vectors = np.random.default_rng(1).standard_normal((len(names), 8)).astype(np.float32)
        np.savez(root / "v.npz", vectors=vectors, tracks=np.array(names), context=vectors)
        sgp.import_vectors("made", root / "v.npz", experiments_dir=root)
        right = look_up(root)
        made = root / "made"
        files = {
            path.relative_to(made).as_posix(): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()
        }
        times = {name: (made / name).stat().st_mtime_ns for name in files}
    opened = [name for name in files if not name.endswith((".lock", "rejects.jsonl", "unused.jsonl"))]

    def read(directory: Path, case: Case) -> None:
        """Look up in an experiment with one changed file."""
        name, made = case.name, directory / "made"
        for other, content in files.items():
            path = made / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.data if other == name else content)
            if other != name:
                os.utime(path, ns=(times[other], times[other]))
        if case.is_in_manifest and "/" in name and not name.endswith(MANIFEST):
            rewrite_manifests(Experiment("made", made), *name.split("/"))
        if case.is_in_manifest and name == f"index/{INDEX_FILE}":  # checked as if an untrusted archive were unpacked
            require_sound_nodes(made / name, IndexFacts(**Experiment("made", made).manifest("index").facts))
        answers = look_up(directory)
        if name.startswith("index/") and not case.is_in_manifest:
            assert answers == right, "the answer differs from the right one"

    return Target({name: files[name] for name in opened}, read)


def look_up(root: Path) -> list[tuple[str, ...] | None]:
    """Return one answer of each kind as track names; None for each that ends in an error."""
    answers: list[tuple[str, ...] | None] = []
    with sgp.open("made", root) as made:
        calls: list[Callable[[], sgp.Answer]] = [
            lambda: made.similar("folk 3"),
            lambda: made.similar("techno 1", sgp.SimilarSettings(by="model", popularity=0.5, diversity=0.5)),
            lambda: made.similar("tekno 12", sgp.SimilarSettings(exact=True, fold_versions=True, max_per_artist=1)),
            lambda: made.similar([("folk 3", 1), ("techno 1", -0.5)], sgp.SimilarSettings(by="cosine+count")),
            lambda: made.continuation(["folk 3", "folk 4", "nothing"]),
        ]
        for call in calls:
            try:
                answers.append(tuple(near.track.name for near in call().neighbours))
            except SgpError as error:
                require_one_line(error)
                answers.append(None)
        for other in ("folk 4", "techno 1"):
            with contextlib.suppress(SgpError):
                made.explain("folk 3", other)
        for query in ("fo", "o", "3", "fo 3", "qqq", "folk artst"):
            with contextlib.suppress(SgpError):
                made.resolve(query)
        made.names.completions("folk", 5, 1.0)
    return answers


def rewrite_manifests(experiment: Experiment, stage: str, name: str) -> None:
    """Rewrite the manifests of an experiment so that the checksum of a changed file matches."""
    path, parent = experiment.directory(stage) / name, None
    for of in ("corpus", "model", "index"):
        manifest = experiment.manifest(of)
        entries = dict(manifest.files)
        if of == stage:
            status = path.stat()
            entries[name] = {"bytes": status.st_size, "sha256": file_sha256(path), "modified_ns": status.st_mtime_ns}
        manifest = replace(manifest, files=entries, parent=parent)
        manifest = replace(manifest, digest=digest_of(manifest))
        (experiment.directory(of) / MANIFEST).write_text(json.dumps({"format": 1, **asdict(manifest)}))
        parent = manifest.digest
