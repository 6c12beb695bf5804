"""Small invented files in the layouts of real exports, by file name; tests read them, and fuzzers change them."""

from __future__ import annotations

import plistlib

XSPF = """<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>
<track><location>file:///a.mp3</location><title>Green Door</title><creator>Ada Fenn</creator></track>
<track><identifier>x:1</identifier><identifier>http://musicbrainz.org/recording/AAAAAAAA-1111-4111-8111-111111111111
</identifier><title>Rain &amp; Tin</title><creator>The Hatches</creator></track>
<track><location>b.mp3</location></track>
<track><location>https://open.spotify.com/track/7abc?si=1</location><title>Only a title</title></track>
</trackList><title>Kitchen</title><creator>me</creator></playlist>
"""
JSPF = """{"playlist": {"creator": "me", "title": "", "track": [
{"creator": "Ada Fenn", "title": "Green Door",
 "identifier": ["https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111"]},
{"creator": "The Hatches", "title": "Rain & Tin", "identifier": "https://youtu.be/abcdefghijk"},
{"creator": ["x"], "title": "y"}, 7]}}"""

REKORDBOX = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.0"/><COLLECTION Entries="4">
<TRACK TrackID="1" Name="Green Door" Artist="Ada Fenn" Location="file://localhost/a.mp3"><TEMPO Bpm="120"/></TRACK>
<TRACK TrackID="2" Name="Rain &amp; Tin" Artist="The Hatches" Location="file://localhost/b.mp3"/>
<TRACK TrackID="3" Name="Unlisted" Artist="Ada Fenn"/>
<TRACK TrackID="4" Name="" Artist=""/><TRACK TrackID="1" Name="Other" Artist="Ada Fenn"/>
</COLLECTION><PLAYLISTS><NODE Type="0" Name="ROOT" Count="3">
<NODE Type="0" Name="Weddings" Count="1"><NODE Name="Set" Type="1" KeyType="0" Entries="3">
<TRACK Key="2"/><TRACK Key="1"/>
<TRACK Key="9"/></NODE></NODE>
<NODE Name="Set" Type="1" KeyType="1" Entries="2"><TRACK Key="file://localhost/a.mp3"/>
<TRACK Key="file://localhost/c.mp3"/></NODE>
<NODE Name="Blank" Type="1" KeyType="0" Entries="1">
<TRACK Key="4"/></NODE></NODE></PLAYLISTS></DJ_PLAYLISTS>
"""
PLS = """[playlist]
File2=/music/Ada%20Fenn - Other.mp3
Title1=The Hatches - Rain & Tin - Live
File1=b.mp3
Length1=200

Title3=Station
File10=https://open.spotify.com/track/7abc
Title10=Ada Fenn - Green Door
NumberOfEntries=4
Version=2
"""


def _plist(values: dict[str, object]) -> str:
    """Return a value in the XML of property lists."""
    return plistlib.dumps(values, sort_keys=False).decode()


def _itunes_playlist(name: str, *ids: int, **marks: object) -> dict[str, object]:
    """Return a playlist of iTunes; underscores in the names of marks are spaces."""
    items = [{"Track ID": number} for number in ids]
    return {"Name": name} | {key.replace("_", " "): value for key, value in marks.items()} | {"Playlist Items": items}


ITUNES = _plist(
    {
        "Major Version": 1,
        "Application Version": "12.9",
        "Tracks": {
            "11": {"Track ID": 11, "Name": "Green Door", "Artist": "Ada Fenn", "Podcast": False},
            "12": {"Track ID": 12, "Name": "Rain & Tin", "Artist": "The Hatches", "Rating": 80},
            "13": {"Track ID": 13, "Name": "Episode 9", "Artist": "A show", "Podcast": True},
            "14": {"Track ID": 14, "Name": "Long Film", "Movie": True},
            "15": {"Track ID": 15, "Name": "Lonely", "Artist": "Ada Fenn"},
        },
        "Playlists": [
            _itunes_playlist("Library", 11, 12, 13, 14, Master=True, Visible=False),
            _itunes_playlist("Downloaded", 11, 12, Distinguished_Kind=65, Music=True, Smart_Info=b"x"),
            _itunes_playlist("My folder", 11, 12, 11, Folder=True),
            _itunes_playlist("Walks", 12, 13, 11, 14, 99, 11, All_Items=True, Master=False),
            _itunes_playlist("Recently played", 11, Smart_Info=b"x", Smart_Criteria=b"y"),
            _itunes_playlist("Walks", 11, Playlist_Persistent_ID="AB"),
            {"Name": "Empty"},
        ],
        "Music Folder": "file:///music/",
    }
)

EXAMPLES: dict[str, str] = {
    "kitchen.xspf": XSPF,
    "kitchen.jspf": JSPF,
    "Library.xml": ITUNES,
    "kitchen.pls": PLS,
    "rekordbox.xml": REKORDBOX,
}
