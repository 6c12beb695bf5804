"""Generates listening histories in the formats of several services, of any size, to time their readers.

A quarter of the plays begin a session. Of a thousand plays, 50 last 0 ms (in the formats of Spotify), 10 have a title
with quotes, and about 80 are not ASCII. The extended history also contains 20 podcast episodes per thousand plays. All
names are invented.

    python -m benchmarks.synthetic_histories FOLDER [--plays 500000]
"""

from __future__ import annotations

import argparse
import json
import random
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.synthetic_zenodo import synthetic_names

PLAYS = 500_000
START = 1_500_000_000  # the first play, in seconds since 1970
NEW_SESSION, SKIPPED, QUOTED, EPISODES = 0.25, 0.05, 0.01, 0.02
PAUSE, SHORT_PAUSE = 7_200, 10  # seconds before a play that begins a session, and before any other play
TRACKS_PER_PLAY, TRACKS_PER_ALBUM, ALBUMS_PER_ARTIST = 0.08, 4, 2


class Track(NamedTuple):
    """A track, with the ids by which services know it."""

    artist: str
    album: str
    title: str
    uri: str
    mbid: str


class Play(NamedTuple):
    """One play: a track, when it ended (seconds since 1970), and how long it was played."""

    track: Track
    ended: int
    milliseconds: int
    is_episode: bool


def make_plays(number: int, seed: int = 1) -> list[Play]:
    """Return the plays of one listener in order of time."""
    rng = np.random.default_rng(seed)
    tracks = _tracks(max(4, int(number * TRACKS_PER_PLAY)), rng)
    chosen = (len(tracks) * rng.random(number) ** 2).astype(np.int64)
    lasted = np.where(rng.random(number) < SKIPPED, 0, rng.integers(30_000, 300_000, number))
    pause = np.where(rng.random(number) < NEW_SESSION, PAUSE, SHORT_PAUSE)
    ended = START + np.cumsum(pause + -(-lasted // 1000))
    episode = rng.random(number) < EPISODES
    columns = (column.tolist() for column in (chosen, ended, lasted, episode))
    return [Play(tracks[track], *others) for track, *others in zip(*columns, strict=True)]


def _tracks(number: int, rng: np.random.Generator) -> list[Track]:
    """Return invented tracks."""
    titles = synthetic_names(number, 3, rng).to_pylist()
    albums = synthetic_names(-(-number // TRACKS_PER_ALBUM), 2, rng).to_pylist()
    artists = synthetic_names(-(-len(albums) // ALBUMS_PER_ARTIST), 2, rng).to_pylist()
    ids = random.Random(int(rng.integers(1 << 32)))
    found = []
    for at, title in enumerate(titles):
        album = at // TRACKS_PER_ALBUM
        quoted = f'{title} - 7" Mix' if rng.random() < QUOTED else title
        uri = f"spotify:track:{ids.getrandbits(128):022x}"[: len("spotify:track:") + 22]
        found.append(
            Track(
                artists[album // ALBUMS_PER_ARTIST],
                albums[album],
                quoted,
                uri,
                str(uuid.UUID(int=ids.getrandbits(128))),
            )
        )
    return found


def _time(seconds: int, form: str) -> str:
    """Return a time in UTC in a form of `strftime`."""
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def _spotify(plays: Iterable[Play]) -> str:
    """Return a streaming history of Spotify, in its own layout."""

    def entry(play: Play) -> str:
        fields = {"endTime": _time(play.ended, "%Y-%m-%d %H:%M"), "artistName": play.track.artist}
        fields |= {"trackName": play.track.title}
        texts = (f'"{name}" : {json.dumps(value, ensure_ascii=False)}' for name, value in fields.items())
        return "  {\n    " + ",\n    ".join((*texts, f'"msPlayed" : {play.milliseconds}')) + "\n  }"

    return "[\n" + ",\n".join(map(entry, plays)) + "\n]"


def _extended(plays: Iterable[Play], indent: int | None = None) -> str:
    """Return an extended streaming history of Spotify."""

    def entry(play: Play) -> dict[str, object]:
        track, episode = play.track, play.is_episode
        return {
            "ts": _time(play.ended, "%Y-%m-%dT%H:%M:%SZ"),
            "platform": "Android OS 11 API 30 (samsung, SM-G981B)",
            "ms_played": play.milliseconds,
            "conn_country": "DE",
            "ip_addr": f"91.12.{play.ended // 7919 % 256}.{play.ended // 104729 % 256}",
            "master_metadata_track_name": None if episode else track.title,
            "master_metadata_album_artist_name": None if episode else track.artist,
            "master_metadata_album_album_name": None if episode else track.album,
            "spotify_track_uri": None if episode else track.uri,
            "episode_name": track.title if episode else None,
            "episode_show_name": track.artist if episode else None,
            "spotify_episode_uri": track.uri.replace("track", "episode") if episode else None,
            "audiobook_title": None,
            "audiobook_uri": None,
            "audiobook_chapter_uri": None,
            "audiobook_chapter_title": None,
            "reason_start": ("trackdone", "fwdbtn", "clickrow")[play.ended % 3],
            "reason_end": ("trackdone", "fwdbtn", "endplay")[play.ended % 5 % 3],
            "shuffle": play.ended % 4 == 0,
            "skipped": play.milliseconds == 0,
            "offline": False,
            "offline_timestamp": play.ended - play.milliseconds // 1000,
            "incognito_mode": False,
        }

    separators = (",", ": ") if indent else (",", ":")
    return json.dumps([entry(play) for play in plays], indent=indent, ensure_ascii=False, separators=separators)


def _listens(plays: Iterable[Play], with_ids: bool = True) -> Iterator[str]:
    """Yield listens of ListenBrainz as JSON lines; without ids, only the names."""
    for play in plays:
        track = play.track
        names = {"artist_name": track.artist, "track_name": track.title, "release_name": track.album}
        if not with_ids:
            yield json.dumps({"listened_at": play.ended, "track_metadata": names}, ensure_ascii=False) + "\n"
            continue
        info = {
            "media_player": "Rhythmbox",
            "submission_client": "Rhythmbox ListenBrainz Plugin",
            "submission_client_version": "0.2.4",
            "recording_msid": track.mbid[::-1],
            "duration_ms": play.milliseconds,
            "tracknumber": play.ended % 12 + 1,
        }
        mapping = {"recording_mbid": track.mbid, "artist_mbids": [track.mbid[::-1]], "caa_id": play.ended}
        listen = {
            "inserted_at": play.ended + 3,
            "listened_at": play.ended,
            "track_metadata": names | {"additional_info": info, "mbid_mapping": mapping},
            "user_name": "listener",
            "recording_msid": track.mbid[::-1],
        }
        yield json.dumps(listen, ensure_ascii=False) + "\n"


def _cell(text: str, delimiter: str = ",") -> str:
    """Return a field of a table, quoted if necessary."""
    return '"' + text.replace('"', '""') + '"' if '"' in text or delimiter in text else text


def _scrobbles(plays: Iterable[Play]) -> Iterator[str]:
    """Yield scrobbles of Last.fm as a table without a header."""
    for track, ended, *_ in plays:
        yield f"{track.artist},{track.album},{_cell(track.title)},{_time(ended, '%d %b %Y %H:%M')}\n"


def _scrobbles_with_ids(plays: Iterable[Play]) -> Iterator[str]:
    """Yield scrobbles of Last.fm as a table with MusicBrainz ids."""
    yield "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    for track, ended, *_ in plays:
        time = _time(ended, "%d %b %Y, %H:%M")
        yield f'"{ended}","{time}","{track.artist}","","{track.album}","",{_cell(track.title)},"{track.mbid}"\n'


def _pages(plays: list[Play]) -> str:
    """Return scrobbles as the API of Last.fm returns them, in pages."""

    def scrobble(play: Play) -> dict[str, object]:
        track = play.track
        return {
            "artist": {"mbid": "", "#text": track.artist},
            "streamable": "0",
            "mbid": track.mbid,
            "album": {"mbid": "", "#text": track.album},
            "name": track.title,
            "url": f"https://www.last.fm/music/{track.artist}/_/{track.title}",
            "date": {"uts": str(play.ended), "#text": _time(play.ended, "%d %b %Y, %H:%M")},
        }

    pages = [{"track": [scrobble(play) for play in plays[at : at + 200]]} for at in range(0, len(plays), 200)]
    return json.dumps(pages, ensure_ascii=False)


def _stats(plays: Iterable[Play]) -> str:
    """Return scrobbles in the JSON layout of lastfmstats.com."""
    scrobbles = [
        {"track": track.title, "artist": track.artist, "album": track.album, "albumId": "", "date": ended * 1000}
        for track, ended, *_ in plays
    ]
    return json.dumps({"username": "me", "scrobbles": scrobbles}, ensure_ascii=False, separators=(",", ":"))


def _stats_table(plays: Iterable[Play]) -> Iterator[str]:
    """Yield scrobbles in the CSV layout of lastfmstats.com."""
    yield "Artist;Album;AlbumId;Track;Date#me\n"
    for track, ended, *_ in plays:
        yield f'"{track.artist}";"{track.album}";"";{_cell(track.title, ";")};"{ended * 1000}"\n'


def _archive(plays: Iterable[Play]) -> Iterator[str]:
    """Yield scrobbles.tsv of Last.fm's own archive."""
    yield "ISO time\tunixtime\ttrack name\ttrack mbid\tartist name\tartist mbid\talbum name\talbum mbid\tapplication\n"
    for track, ended, *_ in plays:
        time = _time(ended, "%Y-%m-%dT%H:%M:%S")
        yield f"{time}\t{ended}\t{_cell(track.title)}\t{track.mbid}\t{track.artist}\t\t{track.album}\t\tScrobbler\n"


def _ids(plays: list[Play]) -> Iterator[str]:
    """Yield sessions of ids, each on a line."""
    known: dict[str, int] = {}
    session: list[str] = []
    for before, play in zip([*plays[:1], *plays], plays, strict=False):
        if play.ended - before.ended > PAUSE:
            yield " ".join(session) + "\n"
            session = []
        session.append(str(known.setdefault(play.track.uri, len(known) + 10_000)))
    yield " ".join(session) + "\n"


FILES: dict[str, Callable[[list[Play]], Iterable[str]]] = {
    "StreamingHistory0.json": lambda plays: [_spotify(plays)],
    "Streaming_History_Audio_2017_0.json": lambda plays: [_extended(plays)],
    "indented/Streaming_History_Audio_2017_0.json": lambda plays: [_extended(plays, indent=2)],
    "names.jsonl": lambda plays: _listens(plays, with_ids=False),
    "listens.jsonl": _listens,
    "listens.json": lambda plays: ["[", ",".join(line.rstrip("\n") for line in _listens(plays)), "]"],
    "scrobbles.csv": _scrobbles,
    "scrobbles-with-ids.csv": _scrobbles_with_ids,
    "pages.json": lambda plays: [_pages(plays)],
    "lastfmstats.json": lambda plays: [_stats(plays)],
    "lastfmstats.csv": _stats_table,
    "scrobbles.tsv": _archive,
    "sessions.txt": _ids,
}
MONTHS = "months.zip"  # the listens in one file per month, as ListenBrainz exports them
# The extended history in files of about 12 MB, as Spotify exports it: a zip archive, and its files in a directory.
EXPORT, EXPORTED_FILES = "my_spotify_data.zip", "my_spotify_data"
PLAYS_PER_FILE = 17_000
PACKED = (MONTHS, EXPORT, EXPORTED_FILES)


def write(folder: Path, plays: list[Play], names: Iterable[str] = (*FILES, *PACKED)) -> None:
    """Write the plays to a folder, in one file, archive or directory per name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in (MONTHS, EXPORT):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for member, text in _months(plays) if name == MONTHS else _exported(plays):
                    archive.writestr(member, text)
        elif name == EXPORTED_FILES:
            path.mkdir()
            for member, text in _exported(plays):
                (path / member).write_text(text, encoding="utf-8")
        else:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(FILES[name](plays))


def _months(plays: list[Play]) -> Iterator[tuple[str, str]]:
    """Yield the name and content of each monthly file of ListenBrainz."""
    months: dict[str, list[Play]] = {}
    for play in plays:
        months.setdefault(f"listens/{_time(play.ended, '%Y')}/{int(_time(play.ended, '%m'))}.jsonl", []).append(play)
    return ((name, "".join(_listens(some))) for name, some in months.items())


def _exported(plays: list[Play]) -> Iterator[tuple[str, str]]:
    """Yield the name and content of each file of an extended history."""
    for number, start in enumerate(range(0, len(plays), PLAYS_PER_FILE)):
        yield f"Streaming_History_Audio_2017_{number}.json", _extended(plays[start : start + PLAYS_PER_FILE])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plays", type=int, default=PLAYS)
    parser.add_argument("--only", action="append", help="write only this file; may be repeated")
    asked = parser.parse_args()
    write(asked.folder, make_plays(asked.plays), asked.only or (*FILES, *PACKED))
