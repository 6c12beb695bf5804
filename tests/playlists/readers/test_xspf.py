"""The readers of XSPF and JSPF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.track_uris import service_uri
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import JSPF, XSPF
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
RECORDING = "https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111"


def test_xspf_names_the_playlist_and_its_tracks_in_order(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(XSPF, "x.dat"), "xspf")
    assert rows == [
        ("Kitchen", "Ada Fenn", "Green Door", None),
        ("Kitchen", "The Hatches", "Rain & Tin", RECORDING),
        ("Kitchen", "", "Only a title", "spotify:track:7abc"),
    ]
    assert reasons(rejects) == [(6, "neither artist nor title")]
    assert rejects[0].text == '{"location": ["b.mp3"]}'
    (reader,) = open_sources([write_dump(XSPF)], ExtractSettings()).readers
    assert [owner for block in reader.blocks() for owner in block.table["owner"].to_pylist()] == ["me"] * 3


def test_jspf_identifiers_are_uris_and_the_file_names_an_untitled_playlist(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(JSPF, "kitchen.jspf"), "jspf")
    assert rows == [
        ("kitchen", "Ada Fenn", "Green Door", RECORDING),
        ("kitchen", "The Hatches", "Rain & Tin", "https://music.youtube.com/watch?v=abcdefghijk"),
    ]
    assert reasons(rejects) == [(3, "a name that is not text"), (4, "a track that is not a JSON object")]


def test_xspf_in_other_encodings_is_read(write_dump: WriteDump) -> None:
    latin = XSPF.replace("UTF-8", "iso-8859-1").replace("Ada", "Åda").encode("latin-1")
    assert read(write_dump(latin, "latin.xspf"), "xspf")[0][0] == ("Kitchen", "Åda Fenn", "Green Door", None)
    wide = write_dump(XSPF.replace("UTF-8", "UTF-16").encode("utf-16"), "wide.xspf")
    assert len(read(wide, "xspf", encoding="utf-16")[0]) == 3


BOMB = '<!DOCTYPE playlist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><playlist><title>&b;</title></playlist>'
OUTSIDE = '<!DOCTYPE playlist [<!ENTITY a SYSTEM "file:///etc/hostname">]><playlist><title>&a;</title></playlist>'
UNKNOWN = '<!DOCTYPE playlist SYSTEM "x.dtd"><playlist><title>&a;</title></playlist>'
ENTITIES = "it declares or uses XML entities, which sgp refuses because they can expand without limit"


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_xml_that_declares_entities_is_refused_in_one_line(write_dump: WriteDump, text: str) -> None:
    path = write_dump(text, "bomb.xspf")
    assert error_of(path) == f"PATH is XML that sgp does not read: {ENTITIES}"
    assert error_of(path, "xspf") == f"PATH is not an XSPF playlist: {ENTITIES}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (UNKNOWN, ENTITIES),
        (XSPF[:200], "not well-formed XML (unclosed token: line 3, column 93)"),
        ("<playlist><title>a</titel></playlist>", "not well-formed XML (mismatched tag: line 1, column 20)"),
        ("<playlist>" * 101, "elements are nested more than 100 deep"),
        ("<playlist><title>" + "x" * (1 << 21), "the text of an element is longer than 1 Mi characters"),
        ('<playlist><track a="' + "x" * (3 << 19), "a tag is longer than 1 MiB"),
        ("<smil></smil>", "its root element is 'smil'"),
    ],
)
def test_broken_xspf_raises_a_one_line_error(write_dump: WriteDump, text: str, message: str) -> None:
    path = write_dump(text, "broken.xspf")
    assert error_of(path, "xspf") == f"PATH is not an XSPF playlist: {message}"


def test_xml_in_an_unknown_format_is_named_by_its_root(write_dump: WriteDump) -> None:
    path = write_dump("<?xml version='1.0'?><smil/>", "x.xml")
    what = "XML in a format that sgp does not know (root element: 'smil')"
    assert error_of(path) == f"PATH is {what}: convert it to CSV or M3U first"


@pytest.mark.parametrize("text", ['{"playlist": {"track": [', '{"playlist": {"track": {}}}'])
def test_broken_jspf_raises_a_one_line_error(write_dump: WriteDump, text: str) -> None:
    assert error_of(write_dump(text, "x.jspf"), "jspf").startswith("PATH is not a JSPF playlist: ")


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (" spotify:track:4uLU6hMC ", "spotify:track:4uLU6hMC"),
        ("https://open.spotify.com/intl-de/track/4uLU6hMC?si=x&nd=1", "spotify:track:4uLU6hMC"),
        ("https://open.spotify.com/playlist/4uLU6hMC", None),
        ("https://www.youtube.com/watch?list=x&v=a_b-c1234XY", "https://music.youtube.com/watch?v=a_b-c1234XY"),
        ("https://www.youtube.com/watch?v=short", None),
        ("https://music.apple.com/de/album/some-name/123?i=456", "https://music.apple.com/song/456"),
        ("https://listen.tidal.com/browse/track/12?u", "https://tidal.com/track/12"),
        ("https://www.deezer.com/en/track/9", "https://www.deezer.com/track/9"),
        ("http://[x", None),
        ("ftp://youtu.be/abcdefghijk", None),
        ("/music/a.ogg", None),
    ],
)
def test_links_of_services_become_uris(text: str, uri: str | None) -> None:
    assert service_uri(text) == uri


# Amarok, Clementine, and a tool with a wrong namespace; extensions repeat the names of elements.
LAYOUTS = {
    "amarok": """<?xml version="1.0" encoding="UTF-8"?>
<playlist xmlns="http://xspf.org/ns/0/" version="1"><title>Road</title><creator>Amarok</creator><trackList>
<track><location>file:///m/a%20b.mp3</location><identifier>amarok-sqltrackuid://9f</identifier><title>Tide</title>
<creator>Nell Quay</creator><album>Sea</album><duration>214000</duration>
<extension application="http://amarok.kde.org"><title>x</title><queuePosition>1</queuePosition></extension></track>
</trackList></playlist>""",
    "clementine": """<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>
<track><location>/m/a b.mp3</location><title>Tide</title><creator>Nell Quay</creator><album>Sea</album>
<duration>214000</duration><trackNum>3</trackNum></track></trackList></playlist>""",
    "prefixed": """<p:playlist xmlns:p="http://wrong.example/" version="0"><p:title>Road</p:title><p:trackList><p:track>
<p:location>file:///m/a%20b.mp3</p:location><p:title>Tide</p:title><p:creator>Nell Quay</p:creator>
<p:album>Sea</p:album><p:duration>214000</p:duration></p:track></p:trackList></p:playlist>""",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_several_players_are_read(name: str, write_dump: WriteDump) -> None:
    (reader,) = open_sources([write_dump(LAYOUTS[name], "Road.xspf")], ExtractSettings()).readers
    assert reader.format == "xspf"
    ((row,),) = (block.table.to_pylist() for block in reader.blocks())
    facts = ("playlist", "artist", "title", "album", "seconds", "location")
    assert [row[fact] for fact in facts] == ["Road", "Nell Quay", "Tide", "Sea", "214", "/m/a b.mp3"]


@pytest.mark.parametrize("location", ["file:///m/07%20-%20Ada%20Fenn%20-%20Rain.mp3", "../Ada Fenn - Rain.flac"])
def test_tracks_with_only_a_location_are_named_by_their_files(location: str, write_dump: WriteDump) -> None:
    track = f"<track><location>{location}</location></track>"
    text = f'<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>{track}</trackList></playlist>'
    (reader,) = open_sources([write_dump(text, "Road.xspf")], ExtractSettings()).readers
    (row,) = [row for block in reader.blocks() for row in block.table.to_pylist()]
    assert (row["artist"], row["title"]) == ("Ada Fenn", "Rain")
