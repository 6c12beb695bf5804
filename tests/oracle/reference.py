"""Reference for look-ups: their answers, computed in float64 from the files of an experiment.

The formulas are those of docs/lookups.md, and the files are described in experiments/README.md. Nothing is imported
from the package. Every score is computed for all tracks, which is simple but slow.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]
Weights = dict[int, float]  # row of each query track, and its weight


@dataclass(frozen=True)
class Reference:
    """The files of an experiment, and the answers that follow from them.

    Attributes:
        tracks: one row per track: artist, title, uri, count, first_place; the index is the row.
        playlists: one row per playlist: owner, name, and ids, its tracks with repeats.
        held_out: the same for the playlists that were set aside.
        centre: float64 (tracks, embedding_dim), and in the same way context and bias.
        factors: float64 (tracks, factors), or None.
        ease: the arrays of EASE by file name without suffix, in float64; empty if the model has none.
        smoothed: the smoothed vectors, float64 (tracks, dim), or None.
        credits: int32 (2, credits), rows of tracks and numbers of their artists, or None.
        constants: content of factors.json, and the regularization of ease.json as `ease`.
        settings: settings of the training.
        recency: weight of a track of a list relative to the next one, in `continue`.
    """

    tracks: pd.DataFrame
    playlists: pd.DataFrame
    held_out: pd.DataFrame
    centre: Vector
    context: Vector
    bias: Vector
    factors: Vector | None
    ease: dict[str, Vector]
    smoothed: Vector | None
    credits: npt.NDArray[np.int32] | None
    constants: dict[str, Any]
    settings: dict[str, Any]
    recency: float

    @classmethod
    def load(cls, directory: Path) -> Reference:
        """Read the files of an experiment."""
        corpus, model = directory / "corpus", directory / "model"
        connection = sqlite3.connect(corpus / "tracks.sqlite")
        query = "SELECT row, artist, title, uri, count, first_place FROM tracks ORDER BY row"
        tracks = pd.read_sql(query, connection, index_col="row")
        connection.close()
        names = ("context_bias.npy", "factors.npy", "artists.npy", "smoothed.npy")
        bias, factors, credited, smoothed = (model / name for name in names)
        context = np.load(model / "context.npy").astype(np.float64)
        manifest = json.loads((model / "manifest.json").read_text())
        return cls(
            tracks=tracks,
            playlists=_playlists(corpus, ""),
            held_out=_playlists(corpus, "held_out_"),
            centre=np.load(model / "centre.npy").astype(np.float64),
            context=context,
            bias=np.load(bias).astype(np.float64) if bias.exists() else np.zeros(len(context)),
            factors=np.load(factors).astype(np.float64) if factors.exists() else None,
            ease={path.stem: np.load(path).astype(np.float64) for path in model.glob("ease*.npy")},
            smoothed=np.load(smoothed).astype(np.float64) if smoothed.exists() else None,
            credits=np.load(credited) if credited.exists() else None,
            constants=_constants(model),
            settings=manifest["settings"],
            recency=manifest["facts"].get("recency", {}).get("recency", 1.0),
        )

    @cached_property
    def lengths(self) -> Vector:
        """Length of the vector of each track; 0 for a track without a vector."""
        return np.asarray(np.linalg.norm(self.centre, axis=1))

    @cached_property
    def trained(self) -> npt.NDArray[np.bool_]:
        """Whether a track has a vector."""
        return self.lengths > 0

    @cached_property
    def unit(self) -> Vector:
        """The vectors u, scaled to length 1."""
        return self.centre / np.where(self.trained, self.lengths, 1)[:, None]

    @cached_property
    def counts(self) -> Vector:
        """Occurrences of each track that has a row in the model."""
        return self.tracks["count"].to_numpy(np.float64)[: len(self.centre)]

    @cached_property
    def contains(self) -> npt.NDArray[np.bool_]:
        """Whether a playlist contains a track, bool (playlists, tracks)."""
        found = np.zeros((len(self.playlists), len(self.tracks)), bool)
        for number, ids in enumerate(self.playlists["ids"]):
            found[number, ids] = True
        return found

    def vector(self, asked: Weights) -> Vector:
        """The query vector q."""
        total = np.zeros(self.centre.shape[1])
        for row, weight in asked.items():
            total += weight * self.unit[row]
        return np.asarray(total / (np.linalg.norm(total) or 1))

    def cosines(self, asked: Weights) -> Vector:
        """The similarity of each track."""
        return np.asarray(self.unit @ self.vector(asked))

    def scores(self, asked: Weights, by: str, candidates: int | None = None) -> Vector:
        """The score of each track for a ranking; `candidates` is the number of tracks that get factors in `hybrid`."""
        if by == "cosine":
            return self.cosines(asked)
        if by == "cosine+count":
            return self.cosines(asked) + 0.05 * np.log(1 + self.counts)
        if by == "model":
            return self.model(asked)
        if by == "factors":
            return self.products(asked)
        return self.hybrid(asked, candidates)

    def model(self, asked: Weights) -> Vector:
        """Weighted mean of centre · context + bias, plus noise exponent · log count."""
        rows, weights = list(asked), np.array(list(asked.values()))
        products = self.context @ self.centre[rows].T  # (tracks, given)
        mean = products @ weights / np.abs(weights).sum()
        exponent = self.settings["noise_exponent"]
        return np.asarray(mean + self.bias + exponent * np.log(np.maximum(self.counts, 1)))

    def products(self, asked: Weights) -> Vector:
        """The product of the factors of the query tracks and those of each track."""
        assert self.factors is not None
        result = np.zeros(len(self.factors))
        scale = given(asked) / sum(abs(weight) for weight in asked.values())
        for sign in (1, -1):
            part = {row: abs(weight) * scale for row, weight in asked.items() if weight * sign > 0}
            if part:
                result += sign * (self.factors @ self.factors_of(part))
        return result

    def factors_of(self, weights: Weights) -> Vector:
        """The factors x of a playlist with the given tracks and weights r."""
        assert self.factors is not None
        tracks, alpha = self.factors, self.constants["alpha"]
        confidence = np.ones(len(tracks))
        for row, weight in weights.items():
            confidence[row] += alpha * weight
        penalty = self.constants["regularization"] * len(weights) ** self.constants["exponent"]
        system = tracks.T @ (tracks * confidence[:, None]) + penalty * np.eye(tracks.shape[1])
        rows = list(weights)
        return np.asarray(np.linalg.solve(system, confidence[rows] @ tracks[rows]))

    def agreement(self, asked: Weights) -> Vector:
        """The playlist agreement a of each track."""
        contains = self.contains[:, : len(self.centre)].astype(np.float64)
        per_playlist, per_track = contains.sum(axis=1), np.maximum(contains.sum(axis=0), 1)
        result = np.zeros(contains.shape[1])
        for row, weight in asked.items():
            with_seed = contains[:, row] / np.sqrt(np.maximum(per_playlist, 1))
            result += weight * (with_seed @ contains) / np.sqrt(per_track[row] * per_track)
        return result

    def hybrid(self, asked: Weights, candidates: int | None = None) -> Vector:
        """The hybrid score h of each track; minus infinity for tracks that are no candidates."""
        number, agreed = given(asked), self.agreement(asked)
        largest = np.abs(agreed).max()
        score = np.sign(agreed) * np.sqrt(np.abs(agreed) / (largest or 1))
        near = 0.4 * (1 - np.abs(score) / 2) * self.smoothed_cosines(asked)
        scale = number / sum(abs(weight) for weight in asked.values())
        of_query = scale * sum(abs(weight) * self.counts[row] for row, weight in asked.items())
        lost = 1 if self.smoothed is None else 1 + 1 / number
        reliable = np.maximum(0, 1 - lost / np.maximum(1, np.minimum(self.counts, of_query)))
        score += 0.4 * reliable * self.cosines(asked) + 0.15 / np.sqrt(number) * np.log(1 + self.counts)
        common = self.in_common(asked) / (np.sqrt(number) if self.factors is None else 1)
        score += 2 * np.sign(common) * np.log(1 + np.abs(common)) / np.sqrt(self.counts + 3)
        listed = np.flatnonzero(self.trained)
        if candidates is not None:
            listed = listed[np.argsort(-score[listed], kind="stable")][:candidates]
        score += near
        predicted = [(2, self.products(asked))] if self.factors is not None else []
        predicted += [(1, self.regression(asked))] if self.ease else []
        if predicted and number > 1:
            known = np.union1d(listed, list(asked))
            for weight, scores in predicted:
                score += weight * (np.sqrt(number) - 1) * scores / (np.abs(scores[known]).max() or 1)
        if self.smoothed is not None or (predicted and number > 1):
            score[np.setdiff1d(np.arange(len(score)), listed)] = -np.inf
        return np.asarray(score)

    def smoothed_cosines(self, asked: Weights) -> Vector:
        """The cosine of each smoothed vector with the sum of those of the query tracks; 0 for a model without them."""
        if self.smoothed is None:
            return np.zeros(len(self.centre))
        total = np.zeros(self.smoothed.shape[1])
        for row, weight in asked.items():
            total += weight * self.smoothed[row]
        return np.asarray(self.smoothed @ (total / (np.linalg.norm(total) or 1)))

    def regression(self, asked: Weights) -> Vector:
        """The sum r of the weights that the query tracks have for each track in EASE."""
        weights, result = self.ease["ease"], np.zeros(len(self.centre))
        for row, weight in asked.items():
            result[row] = weight
        if "ease_tracks" in self.ease:
            rows = self.ease["ease_tracks"].astype(int)
            scores = np.zeros(len(self.centre))
            scores[rows] = result[rows] @ weights
            return scores
        contains = np.zeros((len(weights), len(self.centre)))
        members = self.ease["ease_members"].astype(int)
        contains[members[1], members[0]] = 1
        whole = contains.T @ weights @ contains / self.constants["ease"]
        own = np.diag(whole)
        np.testing.assert_allclose(own, self.ease["ease_own"], atol=1e-6)
        return np.asarray((result @ whole - result * own) / (1 - own))

    def in_common(self, asked: Weights) -> Vector:
        """The number b of query tracks that have an artist in common with each track."""
        result = np.zeros(len(self.centre))
        if self.credits is None:
            return result
        artists = [set(self.credits[1][self.credits[0] == row].tolist()) for row in range(len(self.centre))]
        scale = given(asked) / sum(abs(weight) for weight in asked.values())
        for row, weight in asked.items():
            shares = [len(artists[row] & own) / max(1, len(artists[row])) for own in artists]
            result += weight * scale * np.array(shares)
        return result

    def popular(self, scores: Vector, asked: Weights, preference: float) -> Vector:
        """Scores with a preference for popular or rare tracks."""
        others = self.trained.copy()
        others[list(asked)] = False
        logs = np.log(1 + self.counts)
        spread = logs[others].std()
        standardized = (logs - logs[others].mean()) / spread if spread > 0 else np.zeros(len(logs))
        return np.asarray(scores + preference * scores[others].std() * standardized)

    def shared(self, asked: Weights) -> npt.NDArray[np.int64]:
        """For each track, the number of playlists that contain it and a query track with a positive weight."""
        liked = [row for row, weight in asked.items() if weight > 0]
        some = self.contains[self.contains[:, liked].any(axis=1)]
        return np.asarray(some.sum(axis=0))

    def similar_playlists(self, asked: Weights) -> pd.DataFrame:
        """Similarity, shared and tracks of every playlist."""
        query, liked = self.vector(asked), [row for row, weight in asked.items() if weight > 0]
        found = []
        for ids in self.playlists["ids"]:
            tracks = np.unique(ids)
            total = self.unit[ids[ids < len(self.unit)]].sum(axis=0)
            length = np.linalg.norm(total)
            similarity = float(total @ query / length) if length > 1e-6 else np.nan
            found.append((similarity, len(np.intersect1d(tracks, liked)), len(tracks)))
        return pd.DataFrame(found, columns=["similarity", "shared", "tracks"])

    def artists(self) -> tuple[list[str], Vector, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Names of all artists, their unit vectors, counts and tracks (bool), for corpora without joint credits."""
        names = sorted(set(self.tracks["artist"][: len(self.centre)][self.trained]))
        tracks = np.array([(self.tracks["artist"] == name)[: len(self.centre)] & self.trained for name in names])
        vectors = np.zeros((len(names), self.centre.shape[1]))
        for number, mine in enumerate(tracks):
            weights = (self.counts[mine] / max(self.counts[mine].max(), 1)) ** 1.5
            total = weights @ self.unit[mine]
            vectors[number] = total / np.linalg.norm(total)
        return names, vectors, (tracks @ self.counts).astype(np.int64), tracks


def _constants(model: Path) -> dict[str, Any]:
    """Read factors.json and ease.json; models without factors and EASE have neither."""
    found: dict[str, Any] = {}
    if (model / "factors.json").exists():
        found |= json.loads((model / "factors.json").read_text())
    if (model / "ease.json").exists():
        found["ease"] = json.loads((model / "ease.json").read_text())["regularization"]
    return found


def given(asked: Weights) -> float:
    """The number n of query tracks."""
    weights = np.abs(list(asked.values()))
    return float(weights.sum() ** 2 / (weights**2).sum())


def _playlists(corpus: Path, prefix: str) -> pd.DataFrame:
    """Read playlists and their tracks; an empty table if the files do not exist."""
    path = corpus / f"{prefix}playlists.parquet"
    if not path.exists():
        return pd.DataFrame({"owner": [], "name": [], "ids": []})
    table = pd.read_parquet(path)
    ids, offsets = np.load(corpus / f"{prefix}track_ids.npy"), np.load(corpus / f"{prefix}offsets.npy")
    table["ids"] = [ids[first:end] for first, end in pairwise(offsets)]
    return table
