"""Write invented data for the tutorials and guides.

Save this file in any directory and run it there, in the environment in which sgp is installed. It writes a Spotify
export, a research dump, files of gensim, sessions of a shop, or playlists of a music collection:

    python invented_exports.py spotify my_spotify_data.zip
    python invented_exports.py dump spotify_dataset.csv
    python invented_exports.py gensim from_gensim
    python invented_exports.py shop sessions.csv
    python invented_exports.py music Music

The same data is written each time. All tracks are those of the sample that comes with sgp.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

try:
    import numpy as np
    from numpy.typing import NDArray

    from skipgramophone.playlists.sample import SampleTrack, sample_world
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no package {error.name!r}: install sgp (see Install in the documentation), "
        "and run this script with the Python of the same environment"
    )

SESSIONS = 900  # of the listener
PLAYS_PER_FILE = 8000
FIRST_EVENING = datetime(2021, 1, 1, 18, tzinfo=UTC)
FOLDER = "Spotify Extended Streaming History"

COPIED = 25  # every so many playlists of the dump, a second user has a copy of most of it
CUT = 5000  # every so many rows of the dump, a row is cut off

HELD_OUT = 10  # every so many playlists are not given to gensim
MIN_COUNT = 5  # of gensim, by default
DIMENSION = 100
NEGATIVES = 5

VISITS = 4000  # of the shop
PRODUCTS = {
    "tea": ("Teapot", "Tea Cup", "Tea Towel", "Kettle", "Sugar Bowl", "Milk Jug", "Cake Stand", "Saucer"),
    "garden": ("Watering Can", "Trowel", "Flower Pot", "Bird House", "Rake", "Seed Box", "Lantern", "Bench"),
    "paper": ("Notebook", "Gift Wrap", "Birthday Card", "Envelope", "Pencil", "Sticker", "Calendar", "Ribbon"),
    "kitchen": ("Apron", "Whisk", "Rolling Pin", "Cake Tin", "Mixing Bowl", "Spice Jar", "Ladle", "Timer"),
    "toys": ("Kite", "Puzzle", "Spinning Top", "Doll House", "Train Set", "Yo-Yo", "Marble Run", "Teddy Bear"),
}
STYLES = ("Blue", "Copper", "Dotted", "Floral", "Retro", "Striped", "White", "Wooden")

COLLECTED = 900  # playlists of the music collection


def plays() -> Iterator[dict[str, object]]:
    """Yield the plays of a listener, who listens in sessions; some plays are skipped at once."""
    chance = random.Random(7)
    world = sample_world()
    for evening, playlist in enumerate(world.playlists[:SESSIONS]):
        now = FIRST_EVENING + timedelta(days=2 * evening, minutes=chance.randrange(120))
        order = list(playlist.tracks)
        chance.shuffle(order)  # as many people listen
        for track in (world.tracks[at] for at in order):
            lasted = 0 if chance.random() < 0.05 else chance.randrange(150, 280) * 1000
            now += timedelta(milliseconds=lasted + 2000)
            yield {
                "ts": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ms_played": lasted,
                "master_metadata_track_name": track.title,
                "master_metadata_album_artist_name": track.artist,
                "spotify_track_uri": f"spotify:track:{track.uri.replace(':', '')}",
                "episode_name": None,
            }


def write_spotify(destination: Path) -> None:
    """Write an extended streaming history as Spotify sends it: a zip archive of numbered JSON files."""
    history = list(plays())
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, start in enumerate(range(0, len(history), PLAYS_PER_FILE)):
            some = history[start : start + PLAYS_PER_FILE]
            name = f"{FOLDER}/Streaming_History_Audio_{str(some[0]['ts'])[:4]}_{part}.json"
            archive.writestr(zipfile.ZipInfo(name), json.dumps(some, indent=1, ensure_ascii=False))


def write_dump(destination: Path) -> None:
    """Write a research dump in the dialect of the Zenodo Spotify Playlists Dataset, with the faults of real dumps."""
    world = sample_world()
    lines = ['"user_id", "artistname", "trackname", "playlistname"']
    for at, playlist in enumerate(world.playlists):
        kept = [(playlist.owner, playlist.name, playlist.tracks)]
        if at % COPIED == 0:
            copied = playlist.tracks[: max(5, len(playlist.tracks) * 9 // 10)]
            kept.append((f"{playlist.owner}x", f"{playlist.name} (copy)", copied))
        for owner, name, tracks in kept:
            for track in (world.tracks[number] for number in tracks):
                line = f'"{owner}","{track.artist}","{track.title}","{name}"'
                lines.append(line if len(lines) % CUT else line[: len(line) // 3])
    destination.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_gensim(destination: Path) -> None:
    """Write what a program with gensim has: playlists, the numbers of test playlists, vectors as word2vec text.

    The vectors are not computed by gensim, but by factorizing the matrix that word2vec approximates: the shifted
    pointwise mutual information of pairs of tracks (Levy and Goldberg 2014).
    """
    world = sample_world()
    destination.mkdir(exist_ok=True)
    with (destination / "playlists.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["playlist", "artist", "title"])
        for number, playlist in enumerate(world.playlists):
            rows.writerows([number, world.tracks[at].artist, world.tracks[at].title] for at in playlist.tracks)
    test = "".join(f"{number}\n" for number in range(0, len(world.playlists), HELD_OUT))
    (destination / "test.txt").write_text(test, encoding="utf-8")
    training = [playlist.tracks for number, playlist in enumerate(world.playlists) if number % HELD_OUT]
    counts, vectors = word2vec(training, len(world.tracks))
    known = [at for at in np.argsort(-counts, kind="stable") if counts[at] >= MIN_COUNT]
    lines = [f"{len(known)} {DIMENSION}"]
    lines += [f"{key(world.tracks[at])} {' '.join(f'{value:.6f}' for value in vectors[at])}" for at in known]
    (destination / "gensim.vec").write_text("\n".join(lines) + "\n", encoding="utf-8")


def key(track: SampleTrack) -> str:
    """Return the word for a track in the vocabulary of gensim."""
    return f"{track.artist} - {track.title}"


def word2vec(playlists: Sequence[Sequence[int]], tracks: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the count of each track, float64 (tracks,), and its vector, float64 (tracks, DIMENSION)."""
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import svds

    ids = np.concatenate([np.array(playlist) for playlist in playlists])
    rows = np.repeat(np.arange(len(playlists)), [len(playlist) for playlist in playlists])
    inside = csr_array((np.ones(len(ids)), (rows, ids)), shape=(len(playlists), tracks))
    pairs = (inside.T @ inside).tocoo()
    counts = np.bincount(ids, minlength=tracks).astype(np.float64)
    weight = np.asarray(pairs.sum(axis=1)).ravel()
    information = np.log(pairs.data * weight.sum() / (weight[pairs.row] * weight[pairs.col])) - np.log(NEGATIVES)
    apart = (information > 0) & (pairs.row != pairs.col)
    matrix = csr_array((information[apart], (pairs.row[apart], pairs.col[apart])), shape=(tracks, tracks))
    left, values, _ = svds(matrix, DIMENSION, v0=np.ones(tracks))
    return counts, left * np.sqrt(values)


def write_shop(destination: Path) -> None:
    """Write the sessions of a shop: one row per product that a visitor looked at, in order."""
    chance = random.Random(7)
    catalogue = {
        department: [f"{style} {noun}" for noun in nouns for style in STYLES] for department, nouns in PRODUCTS.items()
    }
    numbers = {product: at for at, product in enumerate(name for names in catalogue.values() for name in names)}
    with destination.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["session_id", "timestamp", "item_id", "title"])
        for visit in range(VISITS):
            now = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(minutes=7 * visit)
            department = chance.choice(list(catalogue))
            place = chance.randrange(len(catalogue[department]))
            for _ in range(chance.randrange(4, 20)):
                if chance.random() < 0.1:
                    department = chance.choice(list(catalogue))
                product = catalogue[department][(place + int(chance.gauss(0, 5))) % len(catalogue[department])]
                now += timedelta(seconds=chance.randrange(5, 90))
                rows.writerow(
                    [f"s{visit:05d}", now.strftime("%Y-%m-%dT%H:%M:%SZ"), f"P{numbers[product]:04d}", product]
                )


def write_music(destination: Path) -> None:
    """Write the playlists of a music collection, with the durations and places of audio files that do not exist."""
    chance = random.Random(7)
    world = sample_world()
    folder = destination / "Playlists"
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for track in world.tracks:
        place = "/".join(re.sub(r'[/:?"*<>|\\]', "_", name) for name in (track.artist, track.title))
        entries.append(f"#EXTINF:{chance.randrange(150, 280)},{track.artist} - {track.title}\n../{place}.flac\n")
    for number, playlist in enumerate(world.playlists[:COLLECTED], start=1):
        text = f"#EXTM3U\n#PLAYLIST:{playlist.name}\n" + "".join(entries[at] for at in playlist.tracks)
        (folder / f"{number:04}.m3u8").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write = {
        "spotify": write_spotify,
        "dump": write_dump,
        "gensim": write_gensim,
        "shop": write_shop,
        "music": write_music,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=write)
    parser.add_argument("path", type=Path, help="file or directory to write")
    given = parser.parse_args()
    write[given.kind](given.path)
