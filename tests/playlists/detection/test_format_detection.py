"""Format detection: no sample of a format, and no variant of a sample, is read as another format.

The variants are like those that people and tools make: columns in another order, another separator, no header, a single
line, a single column. Each variant must be read in its format, or refused with a question.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import APPLE_ACTIVITY, APPLE_DAILY, LASTFM_ARCHIVE, TIDAL

WriteDump = Callable[..., Path]
QUESTION = "question"
SEPARATORS = ",;\t|"
Table = list[list[str]]

# Tables with a header: the columns that may be read in each role. The order of columns and the separator do not matter.
NAMED: dict[str, tuple[str, dict[str, str]]] = {
    "tunemymusic": (
        "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id\n"
        "Paper Boats,Nell Quay,Harbour,Evening,Playlist,GBAAA0000001,1111111111111111111111\n"
        "Tide - Live,Nell Quay,Harbour,Morning,Playlist,GBAAA0000003,3333333333333333333333\n",
        {
            "artist": "Artist name",
            "title": "Track name",
            "playlist": "Playlist name",
            "uri": "Spotify - id",
            "isrc": "ISRC",
            "album": "Album",
        },
    ),
    "soundiiz": (
        "title,artist,album,isrc\nPaper Boats,Nell Quay,Harbour,GBAAA0000001\nSalt,Lanyards,Knots,GBAAA0000002\n",
        {"artist": "artist", "title": "title", "uri": "isrc", "album": "album"},
    ),
    "takeout": (
        "Song URL,Song Title,Album Title,Artist Name 1,Artist Name 2\n"
        "https://music.youtube.com/watch?v=a,Paper Boats,Harbour,Nell Quay,\n"
        "https://music.youtube.com/watch?v=b,Salt,Knots,Lanyards,Nell Quay\n",
        {
            "artist": "Artist Name 1",
            "artist 2": "Artist Name 2",
            "title": "Song Title",
            "uri": "Song URL",
            "album": "Album Title",
        },
    ),
    "flat slices": (
        "pid,pos,artist_name,track_uri,artist_uri,track_name,album_uri\n"
        "0,0,Nell Quay,spotify:track:1,spotify:artist:1,Paper Boats,spotify:album:1\n"
        "1,0,Lanyards,spotify:track:2,spotify:artist:2,Salt,spotify:album:2\n",
        {"artist": "artist_name", "title": "track_name", "uri": "track_uri", "id": "pid", "position": "pos"},
    ),
    "ratings": (
        "userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n1,306,3.5,1147868817\n2,296,4.0,1147880100\n",
        {"owner": "userId", "uri": "movieId", "time": "timestamp"},
    ),
    "orders": (
        "InvoiceNo,StockCode,Description,InvoiceDate,CustomerID\n"
        "536365,85123A,White lantern,2010-12-01 08:26:00,17850\n"
        "536365,71053,Metal lantern,2010-12-01 08:26:00,17850\n",
        {"title": "Description", "owner": "CustomerID", "uri": "StockCode", "time": "InvoiceDate", "id": "InvoiceNo"},
    ),
    "clicks": (
        "session_id,timestamp,item_id\n11,2014-04-07T10:51:09.277Z,214536502\n12,2014-04-07T10:54:09.868Z,214536500\n",
        {"uri": "item_id", "time": "timestamp", "id": "session_id"},
    ),
    "Spotify history": (
        "ts,ms_played,master_metadata_track_name,master_metadata_album_artist_name,spotify_track_uri\n"
        "2021-06-01T10:00:00Z,1000,Hyperballad,Björk,spotify:track:21\n",
        {
            "artist": "master_metadata_album_artist_name",
            "title": "master_metadata_track_name",
            "uri": "spotify_track_uri",
            "time": "ts",
        },
    ),
    "Exportify, all playlists": (
        "Track URI,Track Name,Artist Name(s),Playlist Name\nu:1,Paper Boats,Nell Quay,Evening\n",
        {"artist": "Artist Name(s)", "title": "Track Name", "playlist": "Playlist Name", "uri": "Track URI"},
    ),
    "German": (
        "Titel,Interpret,Wiedergabeliste\nPaper Boats,Nell Quay,Abend\n",
        {"artist": "Interpret", "title": "Titel", "playlist": "Wiedergabeliste"},
    ),
    "Japanese": (
        "検索キーワード,プレイリスト名,プレイリストID,曲名,id,アーティスト,アルバム\n夜,夜の曲,37i,紙の船,2sp,ネル,港\n",
        {
            "artist": "アーティスト",
            "title": "曲名",
            "playlist": "プレイリスト名",
            "id": "プレイリストID",
            "album": "アルバム",
        },
    ),
    "Japanese, with voicing marks": (
        "タイトル,アーティスト名,プレイリスト\n紙の船,ネル,夜\n",
        {"artist": "アーティスト名", "title": "タイトル", "playlist": "プレイリスト"},
    ),
    "Chinese": (
        "序号,歌曲名,歌手,专辑,歌单\n1,晴天,某人,叶,夜\n",
        {"artist": "歌手", "title": "歌曲名", "playlist": "歌单", "album": "专辑"},
    ),
    "traditional Chinese": (
        "歌曲名稱,歌手,專輯,歌單\n晴天,某人,葉,夜\n",
        {"artist": "歌手", "title": "歌曲名稱", "playlist": "歌單", "album": "專輯"},
    ),
    "Korean": (
        "순위,곡명,가수,앨범,플레이리스트\n1,종이배,넬,항구,밤\n",
        {"artist": "가수", "title": "곡명", "playlist": "플레이리스트", "album": "앨범"},
    ),
    "Russian": (
        "Исполнитель,Название,Плейлист\nNell Quay,Paper Boats,Вечер\n",
        {"artist": "Исполнитель", "title": "Название", "playlist": "Плейлист"},
    ),
}
# Tables of services whose own readers may claim them before their columns are guessed.
SERVICES = {"tunemymusic": "tunemymusic", "soundiiz": "soundiiz", "takeout": "youtube-songs"}
# Tables without a header: their columns are numbers, times and names, of which sgp cannot know the meaning.
BARE = {
    "events": "user_1,100,200,300,1357000000\nuser_1,100,200,301,1357000200\nuser_2,101,201,302,1357000000\n",
    "triplets": "b80344d063b5ccb3,SOAKIMP12A8C130995,1\nb80344d063b5ccb3,SOAPDEY12A81C210A9,1\n",
    "ratings": "1,296,5.0,1147880044\n1,306,3.5,1147868817\n2,296,4.0,1147880100\n",
    "pairs": "1,296\n1,306\n1,307\n2,296\n2,306\n",
    "clicks": "1,Harbour,Tide - Live,1622541600\n1,Harbour,Salt - Demo,1622541660\n",
    "songs": "0,Gucci Time,Gucci Mane\n1,Hot Toddy,Usher\n",
}
# Files that are read today, and how.
READ = {
    "zenodo": '"user_id", "artistname", "trackname", "playlistname"\n"u","A","x - y","p"\n"u","B","z","p"\n',
    "exportify": "Track URI,Track Name,Artist Name(s)\nu:1,Paper Boats,Nell Quay\nu:2,Salt - Live,Lanyards\n",
    "lastfm": ",artist,album,track,timestamp,datetime\n0,Gou,Starry,Night - Live,1559040211,2019-05-28 10:43:31\n",
    "lastfm ": "Biome,UNITY,Unity - Edit,\nBiome,Kora,Let Me - Edit,20 Nov 2020 09:35\n",
    "m3u": "#EXTM3U\n#EXTINF:1,A - B\nx.mp3\n",
    "titles": "Queen - Bohemian Rhapsody\n50 Cent, Snoop Dogg - P.I.M.P. - Remix\n10,000 Maniacs - These Are Days\n",
    "titles ": "Simon, Garfunkel - Cecilia\nHall, Oates - Maneater\n",
    "sessions": "85116 22375 71477\n22492 22771\n",
    "sessions ": "1 2\n3 1\n",
    "sessions  ": "spotify:track:1 spotify:track:2\nspotify:track:2 spotify:track:3 spotify:track:1\n",
    "mpd": '{"info": {}, "playlists": [{"name": "a - b", "pid": 0, "tracks": []}]}',
    "spotify": '{"playlists": [{"name": "a", "items": [{"track": {"trackName": "a - b"}}]}]}',
    "spotify ": '[{"endTime": "2021-01-09 02:15", "artistName": "A", "trackName": "a - b", "msPlayed": 1}]',
    "listenbrainz": '{"listened_at": 1, "track_metadata": {"artist_name": "A", "track_name": "a - b"}}\n',
}
READ |= {"apple-activity": APPLE_ACTIVITY, "apple-daily": APPLE_DAILY, "lastfm-archive": LASTFM_ARCHIVE, "tidal": TIDAL}
# Files of other kinds that resemble the text formats.
FOREIGN = {
    "JSON in one line": '[{"header":"YouTube Music","title":"Watched Tide - Live","time":"2024-01-01T10:00:00.000Z"}]',
    "JSON lines": '{"title": "Tide - Live"}\n{"title": "Salt - Demo"}\n',
    "JSON strings": '["Nell Quay - Tide", "Lanyards - Salt"]',
    "JSON numbers": "[1, 2, 3]\n",
    "an answer of a service": '{"playlists": {"items": [{"name": "a - b", "tracks": {}}]}}',
    "playlists without pid": '{"playlists": [{"title": "a - b", "tracks": []}]}',
    "listens in an answer": '{"payload": {"listens": [{"listened_at": 1, "track_metadata": {}}]}}',
    "fitness data": '[{"endTime": "2021-01-09 02:15", "steps": 3}]',
    "XML": "<?xml version='1.0'?><playlist><title>Tide - Live</title></playlist>\n",
    "HTML": "<li>Nell Quay - Tide</li>\n<li>Lanyards - Salt</li>\n",
    "segments of a stream": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\nfirst.ts\n",
    "a matrix": "0.12 0.5\n0.3 0.25\n0.1 0.9\n",
    "sparse features": "1 3:0.5 9:1\n0 2:1 3:1 7:1\n",
    "mined sequences": "1 -1 2 3 -1 -2\n4 -1 2 -1 -2\n",
    "items after their owner": "0 5 7 9\n1 5\n2 7 9\n3 5 9\n",
    "songs without names": "0 1 2 3\n5 4 2 1\n0 1 2\n3 1\n",
    "one column": "85116\n22375\n",
    "one column with a header": "Track name\nTide - Live\nSalt - Demo\n",
    "quoted lines": '"Nell Quay - Tide"\n"Lanyards - Salt"\n',
    "names and durations": "Nell Quay - Tide\t3:20\nLanyards - Salt\t4:01\n",
    "two readings of the title": "Song,Track,Artist\na,b,c\n",
    "two groupings": "artist,title,programTitle\na,b,c\n",
    "the columns of a library": "title,year\na,1999\n",
    "a track and nothing else": "movieId,title\n1,a\n",
}


def table_of(text: str) -> Table:
    """Return the rows of a table with commas."""
    return list(csv.reader(io.StringIO(text)))


def text_of(table: Table, separator: str = ",") -> str:
    """Return rows as a table."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(table)
    return text.getvalue()


def permuted(table: Table) -> Iterator[Table]:
    """Yield a table with its columns in up to 24 other orders."""
    width = len(table[0])
    for order in permutations(range(min(width, 4))):
        yield [[row[at] for at in (*range(width - 1, len(order) - 1, -1), *order)] for row in table]


@pytest.fixture
def detected(write_dump: WriteDump) -> Callable[[str], str | dict[str, str]]:
    """Return how a text is read: the format, the guessed columns, or a question."""

    def detect(text: str) -> str | dict[str, str]:
        try:
            (reader,) = open_sources([write_dump(text, "some.txt")], ExtractSettings()).readers
        except UnknownFormatError:
            return QUESTION
        return reader.settings.roles if isinstance(reader, ColumnsReader) else reader.format

    return detect


Detected = Callable[[str], str | dict[str, str]]


@pytest.mark.parametrize("name", READ)
def test_files_that_sgp_reads_are_still_read(name: str, detected: Detected) -> None:
    assert detected(READ[name]) == name.strip()


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_resemble_a_format_are_refused(name: str, detected: Detected) -> None:
    assert detected(FOREIGN[name]) == QUESTION


@pytest.mark.parametrize("name", NAMED)
def test_columns_with_usual_names_are_guessed_in_any_order_and_with_any_separator(
    name: str, detected: Detected
) -> None:
    text, roles = NAMED[name]
    for table in permuted(table_of(text)):
        for separator in SEPARATORS:
            assert detected(text_of(table, separator)) in (roles, SERVICES.get(name)), (table[0], separator)


@pytest.mark.parametrize("name", NAMED)
def test_a_named_table_without_its_header_or_most_of_its_columns_is_not_mistaken(name: str, detected: Detected) -> None:
    text, roles = NAMED[name]
    table = table_of(text)
    for separator in SEPARATORS:
        assert detected(text_of(table[:2], separator)) in (roles, SERVICES.get(name))
        for rows in (table[1:], table[1:2], [row[:1] for row in table], [row[-1:] for row in table[1:]]):
            is_list_of_uris = all(len(row) == 1 and row[0].startswith("spotify:track:") for row in rows)
            assert detected(text_of(rows, separator)) == ("uris" if is_list_of_uris else QUESTION), rows
    assert detected(text_of(table[1:], " ").replace('"', "")) == QUESTION


@pytest.mark.parametrize("name", BARE)
def test_a_table_of_unknown_columns_is_not_mistaken(name: str, detected: Detected) -> None:
    for table in permuted(table_of(BARE[name])):
        for separator in SEPARATORS:
            for rows in (table, table[:1]):
                assert detected(text_of(rows, separator)) == QUESTION, (rows, separator)
        if name not in ("songs", "clicks"):
            assert detected(text_of(table, " ")) == QUESTION, table


@pytest.mark.parametrize("name", ["exportify", "lastfm", "zenodo"])
def test_relatives_of_known_tables_are_read_by_their_columns_or_refused(name: str, detected: Detected) -> None:
    table = table_of(READ[name].replace('", "', '","'))
    as_table = detected(text_of(table, ";"))
    assert isinstance(as_table, dict)
    assert {"artist", "title"} <= as_table.keys()
    for rows in permuted(table):
        assert detected(text_of(rows)) in (name, as_table)
        for separator in ";\t|":
            assert detected(text_of(rows, separator)) == as_table
            assert detected(text_of(rows[1:], separator)) == QUESTION
    assert detected(text_of(table[1:])) == QUESTION
    assert detected(text_of([row[:1] for row in table])) == QUESTION


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (BARE["events"].replace(",", "\t"), "owner=1,uri=4,time=5 --session-gap none"),
        (BARE["triplets"].replace(",", "\t"), "owner=1,uri=2"),
        ("Nell Quay;Paper Boats\nLanyards;Salt Rope\n", "artist=1,title=2"),
        ("Kuenstler,Stueck,Liste\nKraftklub,Ein Song,Sommer\n", "artist=Kuenstler,title=Stueck,playlist=Liste"),
        ("Zeit;Mitwirkende;Titel\n2024-05-01 10:00;Kraftklub;Ein Song\n", "time=Zeit,artist=Mitwirkende,title=Titel"),
        ("Seeed,Ding\nSeeed,Augenbling\n", "owner=1,uri=2"),
        ("Song,Track,Artist Name\na,b,c\n", "'title=Song,artist=Artist Name'"),
        ("artist,title,programTitle\na,b,c\n", "artist=artist,title=title,playlist=programTitle"),
    ],
)
def test_the_question_ends_with_a_complete_value_to_type(write_dump: WriteDump, text: str, columns: str) -> None:
    path = write_dump(text)
    with pytest.raises(UnknownFormatError) as raised:
        open_sources([path], ExtractSettings())
    assert raised.value.on_command_line.endswith(f"for example --columns {columns}")
    given, _, gap = columns.replace("'", "").partition(" --session-gap ")
    ending = f"for example columns={given!r}" + (f", session_gap={gap!r}" if gap else "")
    assert str(raised.value).endswith(ending)
    assert open_sources([path], ExtractSettings(columns=columns.partition(" --")[0].strip("'"))).readers


def test_a_last_line_that_is_cut_short_does_not_change_what_a_table_is(write_dump: WriteDump) -> None:
    rows = "".join(f"user_{at},{'x' * 2000},{at}\n" for at in range(90))
    with pytest.raises(UnknownFormatError, match="is a table of 3 columns"):
        open_sources([write_dump(rows)], ExtractSettings())


@pytest.mark.parametrize("text", ['{"foo": [{"bar": "x"}, {"ba', '{"foo": [1,\n', '[{"foo": "}"}'])
def test_json_that_ends_early_is_named(write_dump: WriteDump, text: str) -> None:
    path = write_dump(text, "cut.json")
    with pytest.raises(UnknownFormatError) as raised:
        open_sources([path], ExtractSettings())
    assert str(raised.value) == f"{path} is JSON that ends early: copy or download it again"


def test_the_reason_for_a_file_in_an_unknown_format_is_short(write_dump: WriteDump) -> None:
    path = write_dump("Dear friend,\nthis is a letter.\n", "brief.txt")
    with pytest.raises(UnknownFormatError) as raised:
        open_sources([path], ExtractSettings())
    what = "not in a format that sgp knows (first line: 'Dear friend,'); see `sgp extract --help`"
    assert str(raised.value) == f"{path} is {what}"


def test_json_of_one_line_is_not_a_list_of_titles(write_dump: WriteDump) -> None:
    text = json.dumps([{"title": "Nell Quay - Tide"}])
    with pytest.raises(UnknownFormatError, match="is JSON, but not in a format that sgp knows"):
        open_sources([write_dump(text, "watch-history.json")], ExtractSettings())


@pytest.mark.parametrize(
    ("name", "separator"), [("apple-activity", ","), ("apple-daily", ","), ("lastfm-archive", "\t"), ("tidal", ",")]
)
def test_relatives_of_an_export_with_its_own_columns_are_not_mistaken(
    name: str, separator: str, detected: Detected
) -> None:
    table = list(csv.reader(io.StringIO(READ[name]), delimiter=separator))
    whole = [row for row in table if len(row) == len(table[0])]
    for rows in permuted(whole):
        assert detected(text_of(rows, separator)) == name
    for other in SEPARATORS.replace(separator, ""):
        as_table = detected(text_of(whole, other))
        assert as_table == QUESTION or isinstance(as_table, dict)  # columns are guessed, and the report names them
    for rows in (whole[1:], whole[1:2], [row[:1] for row in whole], [row[-1:] for row in whole[1:]]):
        are_titles = name == "apple-daily" and len(rows[0]) == 1 and " - " in rows[0][0]
        assert detected(text_of(rows, separator)) == ("titles" if are_titles else QUESTION), rows
