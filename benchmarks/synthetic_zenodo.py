"""Generates a synthetic version of the Zenodo Spotify Playlists Dataset, of any size, to time `sgp extract`.

At full size it has the numbers of the published file: 12.9 million rows, 1.2 GB, 2 million titles, 290,000 artists and
231,000 playlists with a mean of 55 rows; the longest has 47,362. Most playlists are sorted by title. Irregular lines
are as frequent as in the published file: of 10,000 lines, 26 contain unescaped quotes, 8 have no artist and 800 are not
ASCII. All names are invented.

    python -m benchmarks.synthetic_zenodo zenodo.csv           quotes as in the published file
    python -m benchmarks.synthetic_zenodo zenodo.csv --clean   quotes doubled, as CSV parsers expect
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

FULL_ROWS = 12_900_000
HEADER = '"user_id", "artistname", "trackname", "playlistname"\n'
TITLES, ARTISTS, PLAYLISTS, OWNERS = (number / FULL_ROWS for number in (2_000_000, 290_000, 231_000, 15_900))
TRACKS_PER_TITLE = 1.4
QUOTED, NAMELESS = 26 / 10_000, 8 / 10_000
LONGEST = 47_362 / FULL_ROWS
SORTED = 0.95  # share of the playlists that are sorted by title
ROWS_WRITTEN_AT_ONCE, WORDS = 1 << 20, 40_000
CONSONANTS = "b br d dr f g gr h j k kl l m n p r s st t tr v w y z".split()  # noqa: SIM905 (a list would be longer)
SYLLABLES = [f"{consonant}{vowel}" for consonant in CONSONANTS for vowel in "aeiou"]
ACCENTED = ("é", "ö", "ü", "ñ", "å")  # endings of some words, so that 8 % of the lines are not ASCII
ACCENTS = 0.013

Ids = npt.NDArray[np.int64]


def blocks(rows: int, seed: int = 1) -> Iterator[pa.Table]:
    """Yield the rows (owner, artist, title, playlist) in blocks, one playlist after the other."""
    rng = np.random.default_rng(seed)
    titles, artists = (
        synthetic_names(max(4, int(share * rows)), words, rng) for share, words in ((TITLES, 4), (ARTISTS, 2))
    )
    quoted = rng.random(len(titles)) < QUOTED
    titles = pc.if_else(pa.array(quoted), _joined(titles, _text(' "Take"')), titles)
    tracks = int(len(titles) * TRACKS_PER_TITLE)
    title_of = np.concatenate([np.arange(len(titles)), rng.integers(0, len(titles), tracks - len(titles))])
    artist_of = _skewed(tracks, len(artists), rng)
    drawn = np.concatenate([np.arange(tracks), _skewed(rows - tracks, tracks, rng)])[:rows]
    rng.shuffle(drawn)
    playlist = _playlist_of_rows(rows, max(2, int(PLAYLISTS * rows)), rng)
    rank = np.empty(len(titles), np.int64)
    rank[pc.sort_indices(titles).to_numpy()] = np.arange(len(titles))
    by_title = rng.random(playlist[-1] + 1) < SORTED
    order = np.lexsort((np.where(by_title[playlist], rank[title_of[drawn]], rng.integers(0, rows, rows)), playlist))
    drawn = drawn[order]
    owners = [f"{number:032x}" for number in rng.integers(0, 1 << 60, max(2, int(OWNERS * rows)))]
    owner_of = rng.integers(0, len(owners), playlist[-1] + 1)
    names = synthetic_names(playlist[-1] + 1, 2, rng)
    nameless = rng.random(rows) < NAMELESS
    for start in range(0, rows, ROWS_WRITTEN_AT_ONCE):
        here = slice(start, start + ROWS_WRITTEN_AT_ONCE)
        artist = pc.take(artists, pa.array(artist_of[drawn[here]]))
        yield pa.table(
            {
                "owner": pc.take(pa.array(owners, pa.large_string()), pa.array(owner_of[playlist[here]])),
                "artist": pc.if_else(pa.array(nameless[here]), _text(""), artist),
                "title": pc.take(titles, pa.array(title_of[drawn[here]])),
                "playlist": pc.take(names, pa.array(playlist[here])),
            }
        )


def write(path: Path, rows: int, clean: bool, seed: int = 1) -> None:
    """Write the rows to a file; `clean` doubles the quotes inside names."""
    with path.open("wb") as file:
        file.write(HEADER.replace(", ", ",").encode() if clean else HEADER.encode())
        for block in blocks(rows, seed):
            columns = [
                pc.replace_substring(block[name].combine_chunks(), '"', '""') if clean else block[name].combine_chunks()
                for name in ("owner", "artist", "title", "playlist")
            ]
            lines = _joined(_text('"'), _joined(*columns, between='","'), _text('"\n'))
            file.write(memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()])


def synthetic_names(number: int, words: int, rng: np.random.Generator) -> pa.Array:
    """Return `number` invented names of `words` words each; duplicates are rare."""
    syllables = pa.array(SYLLABLES, pa.large_string())
    word = [pc.take(syllables, pa.array(rng.integers(0, len(SYLLABLES), WORDS))) for _ in range(3)]
    accent = pc.take(pa.array(ACCENTED, pa.large_string()), pa.array(rng.integers(0, len(ACCENTED), WORDS)))
    ends = pc.if_else(pa.array(rng.random(WORDS) < ACCENTS), accent, _text(""))
    vocabulary = pc.utf8_capitalize(_joined(*word, ends))
    chosen = [pc.take(vocabulary, pa.array(rng.integers(0, len(vocabulary), number))) for _ in range(words)]
    return _joined(*chosen, between=" ")


def _text(value: str) -> pa.Scalar:
    """Return a string as an Arrow scalar."""
    return pa.scalar(value, pa.large_string())


def _joined(*parts: pa.Array | pa.Scalar, between: str = "") -> pa.Array:
    """Join strings element by element."""
    return pc.binary_join_element_wise(*parts, _text(between))


def _skewed(number: int, among: int, rng: np.random.Generator) -> Ids:
    """Draw `number` random numbers below `among`; low numbers are much more frequent."""
    return (among * rng.random(max(number, 0)) ** 3).astype(np.int64)


def _playlist_of_rows(rows: int, playlists: int, rng: np.random.Generator) -> Ids:
    """Return the playlist of each row, in ascending order. Lengths are lognormal, and one playlist is very long."""
    length = rng.lognormal(0, 1.1, playlists)
    longest = max(1, int(LONGEST * rows))
    length = np.maximum(1, np.round(length * (rows - longest) / length.sum())).astype(np.int64)
    length[playlists // 2] = longest
    playlist = np.repeat(np.arange(playlists), length)[:rows]
    return np.concatenate([playlist, np.full(rows - len(playlist), playlist[-1])])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=FULL_ROWS)
    parser.add_argument("--clean", action="store_true")
    asked = parser.parse_args()
    write(asked.path, asked.rows, asked.clean)
