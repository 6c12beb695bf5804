"""Queries with `continue`, `explain` and `similar --of`, and the differences between answers and the reference."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tests.oracle.questions import COSINE, SCORE, Oracle, rows_of, tolerance_of
from tests.oracle.reference import Vector, Weights, given

TIE = 1e-6  # float32 cannot order cosines that differ by less than this


def ask_continuation(oracle: Oracle) -> None:
    """Continue several playlists by `--stdin`, without the limits of the defaults."""
    by = oracle.draws.choice(oracle.rankings)
    playlists = [list(oracle.weights(unlike=False)) for _ in range(3)]
    lines = "".join(json.dumps([oracle.label(row) for row in rows]) + "\n" for rows in playlists)
    words = ["continue", oracle.name, "--stdin", "--by", by, "-n", "20", "--max-per-artist", "0", "--all-versions"]
    answers = oracle.ask_lines(*words, stdin=lines)
    for rows, answer in zip(playlists, answers, strict=True):
        asked = {row: oracle.reference.recency**back for back, row in enumerate(reversed(rows))}
        scores = oracle.reference.scores(asked, by, 2000)
        scores[~oracle.reference.trained] = scores[rows] = -np.inf
        best = np.sort(scores[np.isfinite(scores)])[::-1][:20]
        if answer.get("answered_by") == "exact search":
            oracle.expect((words, rows), list=(scores[rows_of(answer)], best, tolerance_of(scores)))


def ask_blend(oracle: Oracle) -> None:
    """Ask for tracks that are near two playlists."""
    by = oracle.draws.choice(oracle.rankings)
    lists = [list(oracle.weights(unlike=False)) for _ in range(2)]
    if len(oracle.trained) < 3:
        return  # two opposite vectors cancel each other out
    paths = [oracle.root / f"{side}.txt" for side in "ab"]
    for path, rows in zip(paths, lists, strict=True):
        path.write_text("".join(f"{oracle.label(row)}\n" for row in rows))
    words = ["continue", oracle.name, "--blend", *map(str, paths), "--by", by, "-n", "10", "--json"]
    answer = oracle.ask(*words, "--max-per-artist", "0", "--all-versions")
    if answer is None:
        return
    free = oracle.reference.trained.copy()
    free[lists[0] + lists[1]] = False
    rows = rows_of(answer)
    ranks = np.zeros((2, len(free)))
    cosines = np.zeros((2, len(free)))
    for side, given_rows in enumerate(lists):
        asked = dict.fromkeys(given_rows, 1.0)
        scores = oracle.reference.scores(asked, by)
        listed = oracle.reference.trained.copy()
        listed[given_rows] = False
        order = np.flatnonzero(listed)[np.argsort(-scores[listed], kind="stable")]
        ranks[side, order] = np.arange(len(order)) + 1
        cosines[side] = oracle.reference.cosines(asked)
    worse = ranks.max(axis=0)
    shown, best = np.array([near["score"] for near in answer["neighbours"]]), np.sort(worse[free])[:10]
    oracle.expect(
        words,
        worse=(1 / shown if len(shown) else [], best, 2 + 0.02 * best.max(initial=0)),  # ties move a rank
        similarity=([near["similarity"] for near in answer["neighbours"]], cosines.min(axis=0)[rows], COSINE),
    )


def ask_route(oracle: Oracle) -> None:
    """Ask for the way from one track to another."""
    if len(oracle.trained) < 2:
        return
    start, end = oracle.draws.sample(oracle.trained, 2)
    unit, number = oracle.reference.unit, oracle.draws.choice([3, 5, 12])
    if abs(unit[start] @ unit[end]) > 0.999:
        return
    words = [
        "continue",
        oracle.name,
        "--from",
        oracle.label(start),
        "--to",
        oracle.label(end),
        "--arrange",
        "-n",
        str(number),
    ]
    answer = oracle.ask(*words, "--json", "--max-per-artist", "0", "--all-versions")
    if answer is None:
        return
    rows, middle = rows_of(answer), number - 2
    angle = np.arccos(np.clip(unit[start] @ unit[end], -1, 1))
    times = np.arange(1, middle + 1) / (middle + 1)
    points = (np.outer(np.sin((1 - times) * angle), unit[start]) + np.outer(np.sin(times * angle), unit[end])) / np.sin(
        angle
    )
    free = oracle.reference.trained.copy()
    free[[start, end]] = False
    wanted = min(middle, int(free.sum()))
    if len(rows) != wanted + 2 or rows[0] != start or rows[-1] != end:
        oracle.problems.append(f"{words}: {rows}")
        return
    if wanted < middle:
        return  # which points stay empty is not specified
    expected = {start: 1.0, end: 1.0}
    for point in points:
        cosines = np.where(free, unit @ point, -np.inf)
        nearest = int(np.argmax(cosines))
        expected[nearest] = cosines[nearest]
        free[nearest] = False
    shown = sorted(near["similarity"] for near in answer["neighbours"])
    oracle.expect(
        words, rows=(sorted(rows), sorted(expected), 0), similarity=(shown, sorted(expected.values()), COSINE)
    )


def ask_explanation(oracle: Oracle) -> None:
    """Explain two tracks."""
    if len(oracle.trained) < 2:
        return
    first, second = oracle.draws.sample(oracle.trained, 2)
    reference = oracle.reference
    words = ["explain", oracle.name, oracle.label(first), oracle.label(second), "--json", "-n", "5"]
    answer = oracle.ask(*words)
    if answer is None:
        return
    contains = reference.contains
    both = contains[:, first] & contains[:, second]
    cosines = [reference.cosines({row: 1.0}) for row in (first, second)]
    ranks = []
    for rank, mine, other in zip(answer["ranks"], (0, 1), (second, first), strict=True):
        rivals = reference.trained.copy()
        rivals[[first, second]] = False
        own = cosines[mine][other]
        best, worst = (1 + int((cosines[mine][rivals] > own + near).sum()) for near in (TIE, -TIE))
        ranks.append(np.clip(rank, best, worst))
    in_each = contains[:, [first, second]].sum(axis=0)
    lengths = np.sort([len(ids) for ids, has in zip(reference.playlists["ids"], both, strict=True) if has])
    oracle.expect(
        words,
        similarity=(answer["similarity"], cosines[0][second], COSINE),
        ranks=(answer["ranks"], ranks, 0),
        learnt=(answer["learnt"], reference.trained.sum(), 0),
        playlists=(answer["playlists"], in_each, 0),
        all=(answer["all_playlists"], len(contains), 0),
        shared=(answer["shared"], both.sum(), 0),
        expected=(answer["expected"], in_each[0] * in_each[1] / max(1, len(contains)), 6e-4),
        lengths=([one["tracks"] for one in answer["shared_playlists"]], lengths[:5], 0),
    )
    others = reference.trained.copy()
    others[[first, second]] = False
    lists = [
        (answer["between"], np.minimum(*cosines)),
        *zip(answer["neighbours"], cosines, strict=True),
    ]
    for number, (listed, values) in enumerate(lists):
        rows = [near["position"] - 1 for near in listed]
        allowed = others.copy()
        oracle.expect(
            (words, number),
            list=(values[rows], np.sort(values[allowed])[::-1][:5], COSINE),
            similarities=(
                [near["similarities"] for near in listed] or np.zeros((0, 2)),
                np.stack(cosines, axis=1)[rows],
                COSINE,
            ),
            shared=(
                [near["shared"] for near in listed] or np.zeros((0, 2)),
                np.stack([contains[contains[:, row]].sum(axis=0) for row in (first, second)], axis=1)[rows],
                0,
            ),
        )


def ask_playlists(oracle: Oracle) -> None:
    """Ask for similar playlists."""
    asked = oracle.weights()
    words = ["similar", oracle.name, "--of", "playlists", "--json", "-n", "10"]
    answer = oracle.ask(*words, *options(oracle, asked))
    if answer is None:
        return
    table = oracle.reference.similar_playlists(asked)
    numbers = [near["number"] for near in answer["neighbours"]]
    best = np.sort(table["similarity"].dropna())[::-1][:10]
    oracle.expect(
        (words, asked),
        list=(table["similarity"][numbers], best, COSINE),
        similarity=([near["similarity"] for near in answer["neighbours"]], table["similarity"][numbers], COSINE),
        shared=([near["shared"] for near in answer["neighbours"]], table["shared"][numbers], 0),
        tracks=([near["tracks"] for near in answer["neighbours"]], table["tracks"][numbers], 0),
    )


def ask_artists(oracle: Oracle) -> None:
    """Ask for artists that are similar to tracks, in a corpus without joint credits."""
    asked, reference = oracle.weights(), oracle.reference
    by = oracle.draws.choice(["cosine", "cosine+count", "hybrid"])
    words = ["similar", oracle.name, "--of", "artists", "--json", "-n", "10", "--by", by, *options(oracle, asked)]
    answer = oracle.ask(*words)
    if answer is None:
        return
    names, vectors, counts, tracks = reference.artists()
    cosines = vectors @ reference.vector(asked)
    listed = ~tracks[:, list(asked)].any(axis=1)
    scores = artist_scores(oracle, asked, by, cosines, counts, names)
    best = np.sort(scores[listed])[::-1][:10]
    found = [names.index(near["artist"]) for near in answer["neighbours"]]
    contains, artists_of_tracks = reference.contains, reference.tracks["artist"].to_numpy()
    liked = contains[:, [row for row, weight in asked.items() if weight > 0]].any(axis=1)
    shared = [int((contains[:, artists_of_tracks == names[artist]].any(axis=1) & liked).sum()) for artist in found]
    oracle.expect(
        words,
        list=(scores[found], best, SCORE * max(1, np.abs(scores).max())),
        similarity=([near["similarity"] for near in answer["neighbours"]], cosines[found], COSINE),
        count=([near["count"] for near in answer["neighbours"]], counts[found], 0),
        tracks=([near["tracks"] for near in answer["neighbours"]], tracks[found].sum(axis=1), 0),
        shared=([near["shared"] for near in answer["neighbours"]], shared, 0),
    )


def artist_scores(oracle: Oracle, asked: Weights, by: str, cosines: Vector, counts: Any, names: list[str]) -> Vector:
    """The score of each artist, with the agreement of playlists over artists instead of tracks."""
    if by == "cosine":
        return cosines
    if by == "cosine+count":
        return np.asarray(cosines + 0.05 * np.log(1 + counts))
    contains = oracle.reference.contains.astype(np.float64)
    artists_of_tracks = oracle.reference.tracks["artist"].to_numpy()
    everyone = [*names, *sorted(set(artists_of_tracks) - set(names))]
    of_artists = np.stack([contains[:, artists_of_tracks == name].any(axis=1) for name in everyone], axis=1).astype(
        np.float64
    )
    per_playlist, per_artist = of_artists.sum(axis=1), np.maximum(of_artists.sum(axis=0), 1)
    agreed = np.zeros(len(everyone))
    for row, weight in asked.items():
        with_track = contains[:, row] / np.sqrt(np.maximum(per_playlist, 1))
        agreed += weight * (with_track @ of_artists) / np.sqrt(max(1, contains[:, row].sum()) * per_artist)
    agreed = agreed[: len(names)] / (np.abs(agreed).max() or 1)
    rooted = np.sign(agreed) * np.sqrt(np.abs(agreed))
    return np.asarray(rooted + 0.4 * cosines + 0.15 / np.sqrt(given(asked)) * np.log(1 + counts))


def options(oracle: Oracle, asked: Weights) -> list[str]:
    """The options that give the tracks of a query."""
    words = []
    for row, weight in asked.items():
        words += ["--like" if weight > 0 else "--unlike", f"{oracle.label(row)}^{abs(weight)}"]
    return words
