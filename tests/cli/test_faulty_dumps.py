"""One small dump per fault, and the complete output of `sgp extract` for it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.conftest import HEADER, Sgp
from tests.playlists.readers.examples import ITUNES
from tests.playlists.readers.player_examples import JELLYFIN, SETLISTS

GOOD = b'"u","A","fine","p"\n'
DUMP = HEADER.encode() + b"\n" + GOOD
COLUMNS = ("--columns", "artist=by,title=song,playlist=show")
Report = tuple[int, int, dict[str, int]]  # rows used, rows rejected, rejected rows by reason
Make = Callable[[Path], None]


def file_of(data: bytes) -> Make:
    """Return a function that writes a file."""

    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def zipped(members: dict[str, bytes], cut: int | None = None) -> Make:
    """Return a function that writes an archive, or its first `cut` bytes."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        path.write_bytes(path.read_bytes()[:cut])

    return make


def nested(path: Path) -> None:
    """Make nested directories with a dump, and a link back to the first directory."""
    deep = path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "dump.csv").write_bytes(DUMP)
    (deep / "loop").symlink_to(path)


def looping(path: Path) -> None:
    """Make a link to itself."""
    path.symlink_to(path)


CUT_SHORT = "the compressed data is damaged or truncated: copy or download it again"
UNQUOTED, NARROW = "does not begin and end with a quote", "3 fields instead of 4"
CUT_JSON = "the JSON ends early, at line 1 column 37: copy or download it again"
SLICE = f"is not a slice of the Million Playlist Dataset: {CUT_JSON}"
BOMB = b'<!DOCTYPE plist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><plist><dict><key>Tracks</key>&b;</dict></plist>'

UNTITLED = b'FILE "a" WAVE\nTRACK 01 AUDIO\nTITLE "x"\nTRACK 02 AUDIO\n'

# Dumps with a faulty part: the used and rejected rows. For a line of 10 MB, see test_extract.py.
PARTLY_FAULTY: list[tuple[str, Make, tuple[str, ...], Report]] = [
    ("a bad byte", file_of(DUMP + b'"u","B\xf6rk","x","p"\n'), (), (1, 1, {"not UTF-8": 1})),
    ("the same, in its encoding", file_of(DUMP + b'"u","B\xf6rk","x","p"\n'), ("--encoding", "cp1252"), (2, 0, {})),
    ("a byte order mark", file_of(b"\xef\xbb\xbf" + DUMP), (), (1, 0, {})),
    ("line ends of Windows", file_of(DUMP.replace(b"\n", b"\r\n")), (), (1, 0, {})),
    ("an unbalanced quote", file_of(DUMP + b'"u","A","x,"p"\n' + GOOD), (), (2, 1, {NARROW: 1})),
    ("no quote at the end", file_of(DUMP + b'"u","A","x","p\n'), (), (1, 1, {UNQUOTED: 1})),
    ("a NUL", file_of(DUMP + b'"u","A","x\0","p"\n'), (), (1, 1, {"contains a NUL byte": 1})),
    ("a missing column", file_of(DUMP + b'"u","A","x"\n'), (), (1, 1, {NARROW: 1})),
    ("a zip with two members", zipped({"a.csv": DUMP, "b.csv": DUMP + b"?\n"}), (), (2, 1, {UNQUOTED: 1})),
    ("nested directories and a loop", nested, (), (1, 0, {})),
    ("a short row", file_of(b"by,song,show\nA,x,p\nA,y\n"), COLUMNS, (1, 1, {"2 fields instead of 3": 1})),
    ("an untitled track of a cue sheet", file_of(UNTITLED), (), (1, 1, {"a track without a title": 1})),
    ("broken JSON", file_of(b'{"by":"A","song":"x","show":"p"}\n{"by":\n'), COLUMNS, (1, 1, {"not JSON": 1})),
]

# Dumps that cannot be used at all: the error, in which {at} is the path. For a zip bomb, see test_source_files.py.
UNUSABLE: list[tuple[str, Make, tuple[str, ...], str]] = [
    ("0 bytes", file_of(b""), (), "{at} is empty"),
    ("a header alone", file_of(HEADER.encode() + b"\n"), (), "{at} has a header but no rows"),
    ("a gzip that is cut short", file_of(gzip.compress(DUMP * 999)[:-20]), (), "{at}: " + CUT_SHORT),
    ("a zip that is cut short", zipped({"a.csv": DUMP}, 60), (), "{at}: " + CUT_SHORT),
    ("an empty zip", zipped({}), (), "{at} is an archive without files"),
    ("a link to itself", looping, (), "cannot read {at}: Too many levels of symbolic links"),
    ("no row", file_of(HEADER.encode() + b"\nx\n"), (), f"dump: no row could be used; line 2: {UNQUOTED}"),
    ("no such column", file_of(b"by,a,b\nA,x,p\n"), COLUMNS, "{at} has no column 'song': its columns are by, a, b"),
    ("a directory of nothing", lambda path: path.mkdir(), (), "{at} is a directory without files"),
    (
        "an XML bomb",
        file_of(BOMB),
        (),
        "{at} is XML that sgp does not read: it declares or uses XML entities, which sgp "
        "refuses because they can expand without limit",
    ),
    (
        "a library that is cut short",
        file_of(ITUNES.encode()[:900]),
        (),
        "{at} is not a library of iTunes or Apple Music: not well-formed XML (no element found: line 40, column 3)",
    ),
    (
        "a playlist of Jellyfin that is cut short",
        file_of(JELLYFIN.encode()[:300]),
        (),
        "{at} is not a playlist of Jellyfin or Emby: not well-formed XML (unclosed token: line 10, column 4)",
    ),
    (
        "an XML bomb in ASX",
        file_of(b'<!DOCTYPE asx [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><asx><title>&b;</title></asx>'),
        (),
        "{at} is XML that sgp does not read: it declares or uses XML entities, which sgp "
        "refuses because they can expand without limit",
    ),
    (
        "a page of setlist.fm that is cut short",
        file_of(SETLISTS.encode()[:400]),
        (),
        "{at} is not a file with setlists of setlist.fm: the JSON ends early, at line 1 column 394: "
        "copy or download it again",
    ),
    ("a slice that is cut short", file_of(b'{"info": {}, "playlists": [{"pid": 0'), (), "{at} " + SLICE),
]


def test_a_partly_faulty_dump_is_read_without_the_faulty_rows(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    for at, (fault, make, options, (used, rejected, reasons)) in enumerate(PARTLY_FAULTY):
        path = tmp_path / str(at) / "dump"
        path.parent.mkdir()
        make(path)
        ran = sgp("extract", "x", path, "--json", "--force", *options)
        assert (ran.code, ran.err) == (0, ""), fault
        report = json.loads(ran.out)
        assert (report["rows_used"], report["rows_rejected"], report["rejected"]) == (used, rejected, reasons), fault
        assert report["rows_read"] == used + rejected
        kept = [json.loads(line) for line in (experiments / "x" / "corpus" / "rejects.jsonl").read_text().splitlines()]
        assert [record["reason"] for record in kept] == list(reasons), fault
        assert all(record["file"].startswith("dump") and record["line"] > 1 for record in kept)


def test_an_unusable_dump_raises_a_one_line_error(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    for at, (fault, make, options, message) in enumerate(UNUSABLE):
        path = tmp_path / str(at) / "dump"
        path.parent.mkdir()
        make(path)
        ran = sgp("extract", "x", path, *options)
        assert (ran.code, ran.out) == (1, ""), fault
        assert ran.err == f"error: {message.format(at=path)}\n", fault
        assert list(experiments.iterdir()) == [], fault


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12)
NAMES = st.lists(st.tuples(TITLES, TITLES), min_size=1, max_size=8)


def as_csv(names: list[tuple[str, str]], delimiter: str = ",") -> str:
    """Return names as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([("by", "song"), *names])
    return text.getvalue()


def as_lines(names: list[tuple[str, str]]) -> str:
    """Return names as JSON lines."""
    return "".join(json.dumps({"by": artist, "song": title}, ensure_ascii=False) + "\n" for artist, title in names)


def as_slice(names: list[tuple[str, str]]) -> str:
    """Return names as a slice of the Million Playlist Dataset."""
    tracks = [{"artist_name": artist, "track_name": title, "track_uri": "u"} for artist, title in names]
    return json.dumps({"playlists": [{"pid": 0, "name": "p", "tracks": tracks}]})


def as_account(names: list[tuple[str, str]]) -> str:
    """Return names as playlists of a Spotify account."""
    items = [{"track": {"artistName": artist, "trackName": title}} for artist, title in names]
    return json.dumps({"playlists": [{"name": "p", "items": items}]})


def as_listens(names: list[tuple[str, str]]) -> str:
    """Return names as listens of ListenBrainz."""
    tracks = [{"artist_name": artist, "track_name": title} for artist, title in names]
    return "".join(json.dumps({"listened_at": 1, "track_metadata": track}) + "\n" for track in tracks)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
def test_names_are_read_back_exactly_in_every_format(tmp_path: Path, names: list[tuple[str, str]]) -> None:
    keep = ["placeholders"]
    own = ExtractSettings(columns="artist=by,title=song", keep=keep)
    ways: list[tuple[str, ExtractSettings]] = [
        (as_csv(names), own),
        (as_csv(names, "\t"), own),
        (as_csv(names, ";"), own),
        (as_lines(names), own),
        (as_slice(names), ExtractSettings(format="mpd", keep=keep)),
        (as_account(names), ExtractSettings(format="spotify", keep=keep)),
        (as_listens(names), ExtractSettings(format="listenbrainz", keep=keep)),
    ]
    for text, chosen in ways:
        (path := tmp_path / "dump").write_text(text, encoding="utf-8")
        (reader,) = open_sources([path], chosen).readers
        blocks = list(reader.blocks())
        read = [(row["artist"], row["title"]) for block in blocks for row in block.table.to_pylist()]
        assert read == [name for name in names if name[0].strip() or name[1].strip()], text
        assert len(read) + sum(len(block.rejects) for block in blocks) == len(names)
