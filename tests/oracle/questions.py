"""Random queries, and the differences between the answers of `sgp` and those of the reference."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.conftest import run_sgp
from tests.oracle.reference import Reference, Vector, Weights

RANKINGS = ("cosine", "cosine+count", "model", "factors", "hybrid")
CANCELLED = "cancel each other out"  # vectors of one dimension, or of two tracks, are often opposite
COSINE = 3e-6  # tolerance of a similarity, which has six decimal places
SCORE = 3e-5  # tolerance of a score, relative to the largest score


@dataclass
class Oracle:
    """Runs the same queries with `sgp` and with the reference, and compares the answers.

    Attributes:
        root: directory of experiments.
        name: experiment.
        draws: random numbers.
        answered: number of queries that were answered so far.
        problems: each difference, with the command.
        recalls: share of the nearest tracks that the index found, for each answer by the index.
        rankings: the values of `--by` to ask for.
    """

    root: Path
    name: str
    draws: random.Random
    answered: int = 0
    problems: list[str] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    rankings: tuple[str, ...] = RANKINGS

    def __post_init__(self) -> None:
        self.reference = Reference.load(self.root / self.name)
        self.trained = np.flatnonzero(self.reference.trained).tolist()

    def ask(self, *arguments: str, stdin: str | None = None) -> Any:
        """Run a command, and return its JSON output."""
        ran = run_sgp(*arguments, "--experiments-dir", self.root, "-q", stdin=stdin)
        self.answered += 1
        if ran.code:
            if CANCELLED not in ran.err:
                self.problems.append(f"{arguments}: {ran.err}")
            return None
        return json.loads(ran.out)

    def ask_lines(self, *arguments: str, stdin: str) -> list[Any]:
        """Run a command that answers each line, and return the answers."""
        ran = run_sgp(*arguments, "--experiments-dir", self.root, "-q", stdin=stdin)
        answers = [json.loads(line) for line in ran.out.splitlines()]
        self.answered += len(answers)
        if ran.code and CANCELLED not in ran.out:
            self.problems.append(f"{arguments}: {ran.err} {ran.out[:500]}")
        return answers

    def expect(self, question: object, **pairs: tuple[Any, Any, float]) -> None:
        """Compare values, each with a tolerance: (from sgp, from the reference, tolerance)."""
        for what, (found, expected, tolerance) in pairs.items():
            found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
            if found.shape != expected.shape:
                self.problems.append(f"{question}: {what}: {found.shape}, expected {expected.shape}")
            elif found.size and not np.allclose(found, expected, rtol=0, atol=tolerance, equal_nan=True):
                worst = np.nanargmax(np.abs(found - expected))
                self.problems.append(f"{question}: {what}: {found.flat[worst]}, expected {expected.flat[worst]}")

    def label(self, row: int) -> str:
        """A name that means one track."""
        track = self.reference.tracks.loc[row]
        return track.uri if isinstance(track.uri, str) else f"{track.artist} - {track.title}"

    def weights(self, most: int = 30, unlike: bool = True) -> Weights:
        """Draw query tracks; the first has weight 1."""
        number = min(self.draws.choice([1, 1, 2, 3, 10, most]), max(1, len(self.trained) - 1))
        rows = self.draws.sample(self.trained, number)
        choices = [1, 1, 0.5, 2.25, *((-0.5, -1) if unlike else ())]
        return {row: 1.0 if row == rows[0] else self.draws.choice(choices) for row in rows}

    def similar(self) -> None:
        """Ask for similar tracks with random options."""
        draws, reference = self.draws, self.reference
        asked, by, number = self.weights(), draws.choice(self.rankings), draws.choice([1, 5, 10, 50, 300])
        count, taste = draws.choice([1, 1, 3, 10]), draws.choice([0, 0, 0.5, -1, 1])
        diversity, least = draws.choice([0, 0, 0.3, 1]), draws.choice([None, None, 0.2])
        per_artist, exact = draws.choice([0, 0, 1, 2]), draws.random() < 0.5
        words = ["similar", self.name, "--by", by, "--json", "-n", str(number), "--min-count", str(count)]
        words += ["--popularity", str(taste), "--diversity", str(diversity), "--max-per-artist", str(per_artist)]
        words += ["--exact"] * exact + ([] if least is None else ["--min-similarity", str(least)])
        for row, weight in asked.items():
            words += ["--like" if weight > 0 else "--unlike", f"{self.label(row)}^{abs(weight)}"]
        answer = self.ask(*words)
        if answer is None:
            return
        cosines, width = reference.cosines(asked), max(100, 10 * number)
        if count == 1 and not diversity and not per_artist and least is None:
            width = number
        while True:  # take more candidates until the list is full
            scores = reference.scores(asked, by, None if taste else max(2000, 4 * width))
            scores = reference.popular(scores, asked, taste) if taste else scores
            pool = reference.trained & np.isfinite(scores)
            pool[list(asked)] = False
            pool &= cosines >= (-2 if least is None else least)
            ranked = np.flatnonzero(pool)[np.argsort(-scores[pool], kind="stable")][:width]
            passing = ranked[reference.counts[ranked] >= count]
            best = self.limited(passing, per_artist)
            if len(best) >= number or width >= len(reference.tracks):
                break
            width *= 4
        if answer["answered_by"] == "index":
            self.recalls.append(len(set(rows_of(answer)) & set(best[:number])) / max(1, len(best[:number])))
        elif not diversity:
            self.expect(words, list=(scores[rows_of(answer)], scores[best[:number]], tolerance_of(scores)))
        elif not per_artist:
            self.same_diversity(words, answer, scores, passing, diversity)
        rows = rows_of(answer)
        self.expect(
            words,
            similarity=([near["similarity"] for near in answer["neighbours"]], cosines[rows], COSINE),
            shared=([near["shared"] for near in answer["neighbours"]], reference.shared(asked)[rows], 0),
            rank=([near["rank"] for near in answer["neighbours"]], np.arange(len(rows)) + 1, 0),
        )
        if by != "cosine" or taste:
            shown = [near["score"] for near in answer["neighbours"]]
            self.expect(words, score=(shown, scores[rows], tolerance_of(scores)))

    def limited(self, rows: npt.NDArray[np.int64], per_artist: int) -> list[int]:
        """Keep the first tracks of each artist."""
        artists: Counter[str] = Counter()
        best = []
        for row in rows.tolist():
            name = str(self.reference.tracks.loc[row, "artist"]).casefold()
            artists[name] += 1
            if not per_artist or not name.strip() or artists[name] <= per_artist:
                best.append(row)
        return best

    def same_diversity(
        self, words: object, answer: Any, scores: Vector, pool: npt.NDArray[np.int64], diversity: float
    ) -> None:
        """Check that each track of a list has the largest marginal relevance among the remaining candidates."""
        rows, unit = rows_of(answer), self.reference.unit
        edge = scores[pool].min() if len(pool) else 0.0
        tolerance = 10 * tolerance_of(scores)
        for place, row in enumerate(rows):
            left = np.append(np.setdiff1d(pool, rows[:place]), row)
            chosen = rows[:place]

            def value(some: npt.NDArray[np.int64], chosen: list[int] = chosen) -> Vector:
                near = (unit[some] @ unit[chosen].T).max(axis=1) if chosen else np.zeros(len(some))
                return np.asarray((1 - diversity) * scores[some] - diversity * near)

            if value(np.array([row]))[0] < value(left).max() - tolerance or scores[row] < edge - tolerance:
                self.problems.append(f"{words}: place {place + 1} is not the most relevant")
                return


def tolerance_of(scores: Vector) -> float:
    """The tolerance of a score."""
    return SCORE * max(1.0, float(np.abs(scores[np.isfinite(scores)]).max(initial=0)))


def rows_of(answer: Any) -> list[int]:
    """The rows of the tracks of an answer."""
    return [near["position"] - 1 for near in answer["neighbours"]]
