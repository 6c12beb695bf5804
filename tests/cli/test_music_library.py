"""`sgp continue --library`: the tracks of an answer as tagged audio files."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

import skipgramophone as package
from skipgramophone.errors import SourceError, StorageError
from skipgramophone.playlists.music_library import read_library
from tests.cli.untrained import give_vectors
from tests.conftest import dump_text, file_permissions_apply, run_sgp

pytest.importorskip("tinytag")

NAMES = [
    ("Ada Fenn", "Green Door"),
    ("Ada Fenn", "Rain & Tin"),
    ("Säkert!", "Fredrik"),
    ("The Hatches", "Kitchen Song"),
    ("The Hatches", "Song 3"),
    ("Nell Quay", "Paper Boats"),
    ("Nell Quay", "Paper Boats - Live"),
]


def write_mp3(path: Path, artist: str, title: str) -> None:
    """Write an MP3 file that contains only a tag: ID3v2.4 with two frames in UTF-8."""

    def frame(name: bytes, text: str) -> bytes:
        body = b"\x03" + text.encode()
        return name + syncsafe(len(body)) + b"\0\0" + body

    frames = frame(b"TPE1", artist) + frame(b"TIT2", title)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"ID3\x04\0\0" + syncsafe(len(frames)) + frames)


def syncsafe(number: int) -> bytes:
    """Encode a number in four bytes with seven bits each."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def write_flac(path: Path, artist: str, title: str, **others: str) -> None:
    """Write a FLAC file that contains only metadata: the stream information and Vorbis comments."""

    def text(of: str) -> bytes:
        return struct.pack("<I", len(of.encode())) + of.encode()

    tags = {"ARTIST": artist, "TITLE": title, **others}
    comments = text("test") + struct.pack("<I", len(tags)) + b"".join(text(f"{tag}={of}") for tag, of in tags.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    information = b"\0" + struct.pack(">I", 34)[1:] + bytes(34)
    path.write_bytes(b"fLaC" + information + b"\x84" + struct.pack(">I", len(comments))[1:] + comments)


def write_wav(path: Path, artist: str, title: str, seconds: int) -> None:
    """Write a silent WAV file of some seconds with INFO tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(100)
        file.writeframes(b"\x80" * 100 * seconds)

    def chunk(name: bytes, body: bytes) -> bytes:
        body += b"\0" * (len(body) % 2)
        return name + struct.pack("<I", len(body)) + body

    tags = chunk(b"LIST", b"INFO" + chunk(b"IART", artist.encode()) + chunk(b"INAM", title.encode()))
    data = path.read_bytes() + tags
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])


@pytest.fixture
def mine(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "mine" with a few names."""
    rows = [("o", *name, f"list {at}") for at, name in enumerate(NAMES) for _ in range(len(NAMES) - at)]
    (tmp_path / "dump.csv").write_text(dump_text(rows), encoding="utf-8")
    package.extract("mine", tmp_path / "dump.csv", experiments_dir=experiments)
    give_vectors(experiments, "mine")
    return experiments


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A library: exact names, other case, other accents, a typo, and names that are near but not the same."""
    root = tmp_path / "Music"
    write_mp3(root / "Fenn" / "1 #1.mp3", "ADA FENN", " green door ")
    write_flac(root / "Fenn" / "2.flac", "Ada Fenn", "Rain & Tin")
    write_mp3(root / "s.mp3", "Sakert!", "Fredrik")
    write_mp3(root / "hatches.mp3", "The Hatchs", "Kitchen Song")
    write_mp3(root / "hatches 4.mp3", "The Hatches", "Song 4")
    write_wav(root / "quay.wav", "Nell Quay", "Paper Boats", 60)
    (root / "cover.jpg").write_bytes(b"no audio")
    return root


ALL = ("continue", "mine", "Green Door", "--include-seeds", "--all-versions", "-n", "6", "--max-per-artist", "0")


def test_names_match_by_identity_then_accents_then_typos(music: Path) -> None:
    long = "A very long title that has many more letters than its remark"
    write_mp3(music / "long.mp3", "Nell Quay", f"{long} - Live")
    write_mp3(music / "part.mp3", "Nell Quay", "The Whole Long Story Part II")
    library = read_library(music)
    for title in (long, f"{long} - Demo", "The Whole Long Story Part III", "The Whole Long Story Part I"):
        assert library.file_of("Nell Quay", title) is None
    assert library.file_of("Nel Quay", f"{long} - live") is not None
    found = [library.file_of(*name) for name in NAMES]
    paths = [file.path.relative_to(music).as_posix() if file else None for file in found]
    assert paths == ["Fenn/1 #1.mp3", "Fenn/2.flac", "s.mp3", "hatches.mp3", None, "quay.wav", None]
    assert library.file_of("", "Green Door") is None
    assert [file.seconds for file in read_library(music, durations=True).files if file.title == "Paper Boats"] == [60]


def test_the_playlist_contains_the_files_and_every_miss_is_listed(mine: Path, music: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    ran = run_sgp(*ALL, "--library", music, "-o", lists / "more.m3u8")
    assert ran.code == 0
    lines = (lists / "more.m3u8").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    assert sorted(entries) == [
        "../Music/Fenn/1 #1.mp3",
        "../Music/Fenn/2.flac",
        "../Music/hatches.mp3",
        "../Music/quay.wav",
        "../Music/s.mp3",
    ]
    assert entries[0] == "../Music/Fenn/1 #1.mp3"
    assert all((lists / entry).is_file() for entry in entries)
    assert ran.err.splitlines()[-1] == f"wrote 5 tracks to {lists / 'more.m3u8'}"
    assert f"left out 2 of 7 tracks without a file in {music}:" in ran.err.splitlines()
    assert {"  The Hatches - Song 3", "  Nell Quay - Paper Boats - Live"} <= set(ran.err.splitlines())


def test_a_list_ends_after_its_duration(mine: Path, music: Path, tmp_path: Path) -> None:
    for number, (artist, title) in enumerate(NAMES[1:]):
        write_wav(music / f"{number}.wav", artist, title, 60)
    for path in (*music.glob("*.mp3"), music / "Fenn" / "2.flac", music / "quay.wav"):
        path.unlink()
    at = (*ALL, "--library", music, "--format", "m3u8", "--duration")
    for time, tracks, note in (
        ("2m", 2, "2 min of at most 2 min"),
        ("179s", 2, "2 min of at most 3 min"),
        ("1h", 6, "6 min of at most 1 h 0 min"),
    ):
        ran = run_sgp(*at, time)
        assert ran.code == 0
        assert sum(not line.startswith("#") for line in ran.out.splitlines()) == tracks
        assert f"duration {note}" in ran.err
        assert ("a larger -n gives more tracks" in ran.err) == (time == "1h")
        assert "left out 1 track of unknown duration" in ran.err  # the MP3 file has no sound
    for time in ("0", "-5m", "none", "nan", "9999999h"):
        ran = run_sgp(*at, time)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: --duration must be above 0 and at most a year, not ")
    assert "a time span must be a number" in run_sgp(*at, "soon").err


def test_a_library_that_cannot_be_used_is_one_clear_line_and_writes_nothing(
    mine: Path, music: Path, tmp_path: Path
) -> None:
    for name in ("empty", "damaged", "untagged", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "damaged" / "a.flac").write_bytes(b"fLaC\x84\xff\xff")
    (tmp_path / "damaged" / "b.ogg").write_bytes(b"not an ogg file")
    write_mp3(tmp_path / "untagged" / "a.mp3", "", "")
    write_mp3(tmp_path / "other" / "a.mp3", "Nobody", "Nothing")
    for name, code, problem in (
        ("absent", 1, f"cannot read {tmp_path / 'absent'}: it is not a directory"),
        ("empty", 1, "has no audio file with artist and title: give another directory"),
        ("damaged", 1, "with artist and title (2 other audio files skipped): give another"),
        ("untagged", 1, "with artist and title (1 other audio file skipped): give another"),
        ("other", 1, f"{tmp_path / 'other'} has no file for any of the 7 tracks of the answer"),
    ):
        ran = run_sgp(*ALL, "-q", "--library", tmp_path / name, "-o", tmp_path / "x.m3u8")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)
        assert problem in ran.err
        assert not (tmp_path / "x.m3u8").exists()
    (music / "locked").mkdir(mode=0)
    with file_permissions_apply(), pytest.raises(StorageError, match="locked"):
        read_library(music)


def test_damaged_files_and_links_out_of_the_library_are_passed_over_and_counted(
    mine: Path, music: Path, tmp_path: Path
) -> None:
    (music / "z.ogg").write_bytes(b"not an ogg file")
    write_mp3(music / "untagged.mp3", "Ada Fenn", "")
    write_mp3(tmp_path / "secret.mp3", "The Hatches", "Song 3")
    (music / "link.mp3").symlink_to(tmp_path / "secret.mp3")
    ran = run_sgp(*ALL, "--library", music, "--format", "m3u8")
    assert ran.code == 0
    for line in (
        f"skipped 1 file (damaged tags), such as {music / 'z.ogg'}",
        f"skipped 1 file (no artist or title), such as {music / 'untagged.mp3'}",
        f"skipped 1 file (links to places outside the library), such as {music / 'link.mp3'}",
    ):
        assert line in ran.err.splitlines()
    assert "secret" not in ran.out
    with pytest.raises(SourceError, match="1 other audio file skipped"):
        only = tmp_path / "only"
        only.mkdir()
        (only / "link.mp3").symlink_to(tmp_path / "secret.mp3")
        read_library(only)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--library", "x"], "--library is for m3u8, xspf, jspf, not for table: add --format m3u8"),
        (["--duration", "2h"], "no durations are known, because the sources of the corpus do not contain them"),
        (["--library", "x", "--files-from", "y", "--format", "m3u8"], "--library finds the files itself"),
        (["--library", "x", "--duration", "2h", "--arrange", "--to", "y", "--format", "m3u8"], "leave out --library"),
    ],
)
def test_options_that_do_not_fit_are_refused(mine: Path, arguments: list[str], message: str) -> None:
    ran = run_sgp("continue", "mine", "Green Door", *arguments)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert message in ran.err


def test_files_that_m3u8_cannot_name_are_noted(mine: Path, tmp_path: Path) -> None:
    write_mp3(tmp_path / "music" / "1.mp3", "Ada Fenn", "Rain & Tin")
    write_mp3(tmp_path / "music" / "2\n.mp3", "Nell Quay", "Paper Boats")
    at = ("continue", "mine", "Green Door", "--library", tmp_path / "music", "--all-versions", "--format")
    ran = run_sgp(*at, "m3u8")
    assert ran.code == 0
    assert "Nell Quay - Paper Boats\nNell Quay - Paper Boats\n" in ran.out
    (note,) = [line for line in ran.err.splitlines() if line.startswith("m3u8 cannot")]
    assert note.endswith("2\\n.mp3', so the playlist lists their tracks without files: choose --format xspf or jspf")
    ran = run_sgp(*at, "xspf")
    assert "2%0A.mp3</location>" in ran.out
    assert "m3u8 cannot" not in ran.err
