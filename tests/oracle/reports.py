"""The numbers of `inspect` and the files of `export`, computed again from an experiment as docs/ describes them."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np

from tests.conftest import run_sgp
from tests.oracle.questions import Oracle
from tests.oracle.reference import Vector


def check_inspection(oracle: Oracle) -> None:
    """Compare the numbers of `inspect`."""
    report, reference = oracle.ask("inspect", oracle.name, "--json"), oracle.reference
    if report is None:
        return
    lengths = np.array([len(ids) for ids in reference.playlists["ids"]])
    counts = reference.tracks["count"].to_numpy()
    counts = counts[counts > 0]
    frequent = np.sort(counts)[::-1]
    halves = int((np.cumsum(frequent) * 2 < frequent.sum()).sum()) + 1
    head = frequent[: max(1, round(len(frequent) / 100))].sum() / frequent.sum()
    owners = reference.playlists["owner"].replace("", None).dropna()
    oracle.expect(
        "inspect",
        numbers=(
            [report["playlists"], report["tracks"], report["occurrences"], report["owners"]],
            [len(lengths), len(counts), lengths.sum(), owners.nunique()],
            0,
        ),
        once=(report["once"], (counts == 1).sum(), 0),
        half=(report["half"], halves, 0),
        head=(report["head_share"], head, 1e-5),
        most=([one["count"] for one in report["most_frequent"]], frequent[: len(report["most_frequent"])], 0),
    )
    for what, values in (("lengths", lengths), ("counts", counts)):
        found = report[what]
        oracle.expect(
            ("inspect", what),
            summary=(
                [found["mean"], found["median"], found["least"], found["most"]],
                [values.mean(), np.median(values), values.min(), values.max()],
                0.006,
            ),
        )
        for step in found["steps"]:
            within = values[(values >= step["least"]) & (values <= step["most"])]
            oracle.expect(
                ("inspect", what, step),
                number=(step["number"], len(within), 0),
                share=(step["share"], within.sum() / values.sum(), 1e-6),
            )


def check_exports(oracle: Oracle) -> None:
    """Compare exported vectors with the model: npz, jsonl, parquet with neighbours, and each number type."""
    reference = oracle.reference
    order = [row for row in _by_count(oracle) if reference.trained[row]]
    for words in ([], ["--normalise"], ["--dtype", "float16"], ["--dtype", "int8"]):
        path = oracle.root / "export.npz"
        ran = run_sgp("export", oracle.name, path, "--force", "-q", *words, "--experiments-dir", oracle.root)
        oracle.answered += 1
        if ran.code:
            oracle.problems.append(f"export {words}: {ran.err}")
            continue
        with np.load(path) as data:
            titles = [
                data["title_utf8"][start:end].tobytes().decode() for start, end in pairwise(data["title_offsets"])
            ]
            for name, matrix in (("centre", reference.centre), ("context", reference.context)):
                rows = matrix[order]
                if words == ["--normalise"]:
                    rows = _scaled(rows)
                found = data[name].astype(np.float64)
                if f"{name}_scale" in data:
                    found = found * np.asarray(data[f"{name}_scale"], np.float64).reshape(-1, 1)
                largest = np.abs(rows).max(axis=1, initial=0).max()
                tolerance = {"float16": 1e-3, "int8": 1 / 127}.get(words[-1] if words else "", 2e-7) * largest
                oracle.expect(("export", words), **{name: (found, rows, tolerance)})
            bias = np.zeros(len(order)) if words == ["--normalise"] else reference.bias[order]
            oracle.expect(("export", words), bias=(data["context_bias"], bias, 0.01 * np.abs(bias).max(initial=1)))
        if titles != reference.tracks["title"][order].tolist():
            oracle.problems.append(f"export {words}: titles")
    _check_neighbours(oracle, order)
    ran = run_sgp("export", oracle.name, "-", "--format", "jsonl", "-q", "--experiments-dir", oracle.root)
    vectors = [json.loads(line)["centre"] for line in ran.out.splitlines()]
    oracle.expect("export jsonl", centre=(vectors, reference.centre[order], 1e-6 * np.abs(reference.centre).max()))


def _check_neighbours(oracle: Oracle, order: list[int]) -> None:
    """Compare the column of neighbours."""
    import pandas as pd

    path, number = oracle.root / "export.parquet", min(5, len(order) - 1)
    words = ["--force", "-q", "--neighbours", str(number), "--experiments-dir", str(oracle.root)]
    ran = run_sgp("export", oracle.name, path, *words)
    oracle.answered += 1
    if ran.code:
        oracle.problems.append(f"export parquet: {ran.err}")
        return
    unit = oracle.reference.unit[order]
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    table: Any = pd.read_parquet(path)
    distances = np.stack([near["distances"] for near in table["neighbours"]])
    ids = np.stack([near["ids"] for near in table["neighbours"]])
    oracle.expect(
        "neighbours",
        nearest=(1 - distances, -np.sort(-cosines, axis=1)[:, :number], 3e-6),
        own=(1 - distances, np.take_along_axis(cosines, ids.astype(np.int64), axis=1), 3e-6),
    )


def _by_count(oracle: Oracle) -> list[int]:
    """Rows of the tracks, most frequent first."""
    tracks = oracle.reference.tracks
    key = "rank" if "rank" in tracks else "count"
    return [int(row) for row in np.argsort(tracks[key] if key == "rank" else -tracks[key], kind="stable").tolist()]


def _scaled(rows: Vector) -> Vector:
    """Rows scaled to length 1; rows of zeros stay as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))
