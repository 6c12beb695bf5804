"""Measures answers for tracks that are not in the corpus (`--fallback`), for docs/quality.md.

python -m benchmarks.cold_start FOLDER [--validation] [--versions]

FOLDER is the same as for `benchmarks.quality`. The playlists of split-1 are held out or, with --validation, a fifth of
all other playlists. A random tenth of the tracks with at least five training occurrences is hidden: the tracks are
removed from all training playlists. With --versions, one version of each song with several versions is hidden instead.
One model is trained without the hidden tracks, another one with them. Each query is a hidden track and a held-out
playlist that contains it. The rankings must find the other tracks of this playlist. All rankings rank the same tracks.
Values are means over queries. Differences are paired and have 95 % confidence intervals over playlists; all snapshots
of a playlist are resampled together.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import OWNER, TRAINING
from skipgramophone.errors import TrackNameError
from skipgramophone.evaluation.holdout import make_split
from skipgramophone.evaluation.metrics import DEPTH, ndcg, r_precision
from skipgramophone.evaluation.scorecard import TIE_SEED, estimate, top_rows
from skipgramophone.evaluation.splits import split_at_random
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.lookup.fallback import artist_tracks, other_version, replacement
from skipgramophone.lookup.lookup import Lookup, open_lookup
from skipgramophone.lookup.mixed_query import seeds_of
from skipgramophone.lookup.results import Seed
from skipgramophone.names.normalization import full_name, identity
from skipgramophone.names.song_versions import song_key
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.pipeline.train import train
from skipgramophone.settings import EvaluateSettings, ExtractSettings, SimilarSettings

LEAST = 5  # minimum number of training occurrences of a hidden track, and of tracks to find
SHARE = 10  # one in this many tracks is hidden
TYPED = 1000  # number of tracks whose names are misspelt
SEED = 42
Name = tuple[str, str]  # artist and title


@dataclass(frozen=True)
class Data:
    """The playlists of the archive.

    Attributes:
        names: artist and title of each track.
        training: for each training playlist its owner, its name and its tracks.
        held_out: for each held-out playlist its group and its tracks.
        hidden: the hidden tracks.
    """

    names: list[Name]
    training: list[tuple[str, str, list[int]]]
    held_out: list[tuple[int, list[int]]]
    hidden: list[int]


def read_data(folder: Path, root: str, *, validation: bool, versions: bool) -> Data:
    """Read the archive, split it, and choose the tracks to hide."""
    extract("archive", [folder / "playlists.csv.gz"], ExtractSettings(), experiments_dir=root)
    experiment = open_experiment("archive", root)
    corpus, tracks = open_corpus(experiment)
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        names = [(artist, title) for artist, title, _uri in catalogue.names()]
    listed = Path(root, "split-1")
    listed.write_text("\n".join(json.loads((folder / "splits.json").read_text("utf-8"))["split-1"]), "utf-8")
    split = make_split(experiment, corpus, EvaluateSettings(group=OWNER), listed)
    training, held_out = np.flatnonzero(~split.held_out), np.flatnonzero(split.held_out)
    if validation:
        inner = split_at_random(split.groups[training], 0.2, SEED)
        training, held_out = training[~inner.held_out], training[inner.held_out]
    counts = corpus.playlists(training).counts(tracks)
    frequent, rng = np.flatnonzero(counts >= LEAST), np.random.default_rng(SEED)
    hidden = rng.choice(frequent, len(frequent) // SHARE, replace=False)
    if versions:
        songs: dict[str, list[int]] = defaultdict(list)
        for track in np.flatnonzero(counts >= TRAINING.min_count).tolist():
            songs[song_key(*names[track])].append(track)
        several = ([track for track in own if counts[track] >= LEAST] for own in songs.values() if len(own) > 1)
        hidden = np.array([rng.choice(own) for own in several if own])
    table = read_playlist_table(experiment.directory("corpus"), len(corpus))
    owners, titles = table["owner"].to_pylist(), table["name"].to_pylist()

    def tracks_of(playlist: int) -> list[int]:
        own: list[int] = corpus.track_ids[corpus.offsets[playlist] : corpus.offsets[playlist + 1]].tolist()
        return own

    return Data(
        names,
        [(owners[at], titles[at], tracks_of(at)) for at in training.tolist()],
        [(int(split.groups[at]), tracks_of(at)) for at in held_out.tolist()],
        np.sort(hidden).tolist(),
    )


def trained(data: Data, name: str, root: str, without: Iterable[int]) -> Lookup:
    """Train on the training playlists without some tracks, and open the experiment."""
    left_out, path = set(without), Path(root, f"{name}.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["owner", "playlist", "artist", "title"])
        for owner, playlist, tracks in data.training:
            writer.writerows((owner, playlist, *data.names[track]) for track in tracks if track not in left_out)
    extract(name, [path], ExtractSettings(), experiments_dir=root)
    train(name, TRAINING, experiments_dir=root)
    return open_lookup(name, root)


class Rankings:
    """Rankings of the tracks that both models can rank, by the default ranking of look-ups."""

    def __init__(self, data: Data, seen: Lookup, unseen: Lookup) -> None:
        """Find the rows of the tracks in the two models."""
        self._data, self._seen, self._unseen = data, seen, unseen
        rows = [self._rows(lookup) for lookup in (seen, unseen)]
        ranked = [track for track in range(len(data.names)) if track in rows[0] and track in rows[1]]
        self.place = {track: at for at, track in enumerate(ranked)}
        self._row = {lookup: [own[track] for track in ranked] for lookup, own in zip((seen, unseen), rows, strict=True)}
        self.own = rows[0]
        counts = np.array(unseen.catalogue.counts(), np.float32)
        self.popularity = counts[self._row[unseen]]
        self._order = np.random.default_rng(TIE_SEED).permutation(len(ranked))

    def _rows(self, lookup: Lookup) -> dict[int, int]:
        """Return the row of each track that has a vector."""
        learnt = lookup.embeddings.learnt()
        at = {(identity(track.artist), identity(track.title)): track.row for track in lookup.catalogue.all_tracks()}
        found = ((track, at.get((identity(a), identity(t)))) for track, (a, t) in enumerate(self._data.names))
        return {track: row for track, row in found if row is not None and learnt[row]}

    def scores(self, lookup: Lookup, seeds: Sequence[Seed]) -> Any:
        """Return the scores of all ranked tracks; tracks that the answer does not list are last."""
        rows, scores = lookup.search.scored(lookup.search.question(seeds, ()), SimilarSettings())
        every = np.full(len(lookup.catalogue), -np.inf, np.float32)
        every[rows] = scores
        return every[self._row[lookup]]

    def seen(self, track: int) -> Any:
        """Return the scores for a track by the model that was trained with it."""
        return self.scores(self._seen, [Seed(self._seen.catalogue.track(self.own[track]))])

    def best(self, scores: Any) -> Any:
        """Return the indices of the tracks with the highest scores, best first."""
        return top_rows(scores, np.empty(0, np.int64), DEPTH * 2, self._order)


def measure(data: Data, rankings: Rankings, unseen: Lookup) -> list[dict[str, Any]]:
    """Return R-precision and NDCG@500 of each system for each query, and the group and track of the query."""
    playlists: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for group, tracks in data.held_out:
        for track in set(tracks):
            playlists[track].append((group, tracks))
    results = []
    for track in data.hidden:
        if track not in playlists or track not in rankings.own:
            continue
        (artist, title), scores = data.names[track], {"own": rankings.seen(track), "popularity": rankings.popularity}
        name = full_name(artist, title)
        if version := other_version(unseen, artist, title, name=name, weight=1.0):
            scores["version"] = rankings.scores(unseen, seeds_of(version.part))
        if found := replacement(unseen, artist, title, name=name, weight=1.0):
            scores["fallback"] = rankings.scores(unseen, seeds_of(found.part))
        if tracks_of_artist := artist_tracks(unseen, artist, name, 1.0):
            seeds = seeds_of(tracks_of_artist.part)
            scores["artist"] = rankings.scores(unseen, seeds)
            scores["--artist"] = rankings.scores(unseen, [Seed(seed.track, seed.weight) for seed in seeds])
        best = {system: rankings.best(each) for system, each in scores.items()}
        for group, tracks in playlists[track]:
            wanted = [rankings.place[other] for other in set(tracks) if other != track and other in rankings.place]
            if len(wanted) >= LEAST:
                hits = {system: np.isin(places, wanted) for system, places in best.items()}
                values = {name: (r_precision(hit, len(wanted)), ndcg(hit, len(wanted))) for name, hit in hits.items()}
                results.append(values | {"group": group, "track": track})
    return results


def print_results(results: list[dict[str, Any]], systems: Sequence[str]) -> None:
    """Print R-precision and NDCG@500 of each system, and the paired differences between it and the first system."""
    results = [result for result in results if all(system in result for system in systems)]
    tracks, groups = {result["track"] for result in results}, np.array([result["group"] for result in results])
    print(f"\n{len(results)} queries, {len(tracks)} tracks, {len(set(groups.tolist()))} groups of playlists\n")
    print(f"| | R-precision | {systems[0]} − this | NDCG@500 | {systems[0]} − this |\n|---|---|---|---|---|")
    for system in systems:
        cells = [system]
        for metric in (0, 1):
            values = np.array([result[system][metric] for result in results])
            more = np.array([result[systems[0]][metric] for result in results]) - values
            found = estimate(more, groups, seed=SEED)
            cells += [f"{values.mean():.3f}".lstrip("0")]
            cells += [f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" if system != systems[0] else ""]
        print("|", " | ".join(cells), "|")


def outcome(lookup: Lookup, name: str, meant: Name | None, *, fallback: bool) -> str:
    """Return what a look-up does with a name: the meant track, another track, a fallback or an error."""
    try:
        seed = lookup.asked([(name, 1.0)], fallback=fallback).seeds[0]
    except TrackNameError as error:
        return "error with candidates" if error.candidates else "other error"
    if seed.fallback is not None:
        return f"fallback by {seed.fallback.kind}"
    found = identity(seed.track.artist), identity(seed.track.title)
    return "the track" if meant and found == (identity(meant[0]), identity(meant[1])) else "another track"


def misspelt(text: str, rng: np.random.Generator) -> str:
    """Return a text in which one letter is missing, doubled, or swapped with the next one."""
    at, kind = int(rng.integers(len(text))), int(rng.integers(3))
    return text[:at] + ("", text[at] * 2, text[at + 1 : at + 2] + text[at])[kind] + text[at + (1, 1, 2)[kind] :]


def print_outcomes(data: Data, lookup: Lookup) -> None:
    """Print how often look-ups find the right track for names of hidden tracks and for misspelt names of known ones."""
    rng, known = np.random.default_rng(SEED), lookup.learnt_by_count()
    tracks = lookup.catalogue.tracks(rng.choice(known, TYPED, replace=False).tolist())
    hidden = [(full_name(*data.names[track]), None) for track in data.hidden]
    typed = [(full_name(t.artist, misspelt(t.title, rng)), (t.artist, t.title)) for t in tracks if t.title]
    print("\n| | fallback | outcomes |\n|---|---|---|")
    for title, names in (("hidden tracks", hidden), ("names with a typo in the title", typed)):
        for fallback in (False, True):
            found = Counter(outcome(lookup, name, meant, fallback=fallback) for name, meant in names)
            shares = ", ".join(f"{what} {count / len(names):.1%}" for what, count in found.most_common())
            print(f"| {title} | {'on' if fallback else 'off'} | {shares} |")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--versions", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        data = read_data(asked.folder, root, validation=asked.validation, versions=asked.versions)
        with trained(data, "seen", root, ()) as seen, trained(data, "unseen", root, data.hidden) as unseen:
            results = measure(data, Rankings(data, seen, unseen), unseen)
            print_results(results, ("fallback", "--artist", "popularity", "own"))
            print_results(results, ("fallback", "version", "artist", "--artist", "popularity", "own"))
            print_outcomes(data, unseen)


if __name__ == "__main__":
    main()
