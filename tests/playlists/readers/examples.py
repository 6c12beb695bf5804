"""Small invented files in the layouts of real exports, by file name; tests read them, and fuzzers change them."""

from __future__ import annotations

import json
import plistlib

from skipgramophone.playlists.readers.apple import ACTIVITY_FILE, DAILY_FILE
from skipgramophone.playlists.readers.rhythmbox import TRACKS_FILE
from skipgramophone.playlists.readers.yes import NAMES
from tests.playlists.readers.player_examples import PLAYER_EXAMPLES, RHYTHMDB

XSPF = """<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>
<track><location>file:///a.mp3</location><title>Green Door</title><creator>Ada Fenn</creator><album>Door</album></track>
<track><identifier>x:1</identifier><identifier>http://musicbrainz.org/recording/AAAAAAAA-1111-4111-8111-111111111111
</identifier><title>Rain &amp; Tin</title><creator>The Hatches</creator></track>
<track><location>b.mp3</location></track>
<track><location>https://open.spotify.com/track/7abc?si=1</location><title>Only a title</title></track>
</trackList><title>Kitchen</title><creator>me</creator></playlist>
"""
JSPF = """{"playlist": {"creator": "me", "title": "", "track": [
{"creator": "Ada Fenn", "title": "Green Door", "album": "Doors",
 "identifier": ["https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111"]},
{"creator": "The Hatches", "title": "Rain & Tin", "identifier": "https://youtu.be/abcdefghijk"},
{"creator": ["x"], "title": "y"}, 7]}}"""

REKORDBOX = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.0"/><COLLECTION Entries="4">
<TRACK TrackID="1" Name="Green Door" Artist="Ada Fenn" Album="Doors" Location="file://localhost/a.mp3"><TEMPO/></TRACK>
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
YOUTUBE_SONGS = """Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2
aaaaaaaaaa1,Green Door,Doors,Ada Fenn,
bbbbbbbbb-2,"Rain, Tin",Roofs,The Hatches,Ada Fenn
"""
YOUTUBE_PLAYLIST = """Video-ID,Zeitstempel der Erstellung
bbbbbbbbb-2,2024-01-01T10:00:00+00:00
ccccccccc_3,2024-01-01T10:00:00+00:00
aaaaaaaaaa1,2024-01-01T10:00:00+00:00
oops,2024-01-01T10:00:00+00:00
"""
YOUTUBE_OLD_PLAYLIST = """Playlist Id,Channel Id,Time Created,Time Updated,Title,Description,Visibility
PL1,UC1,2020-01-01 10:00:00 UTC,2020-01-01 10:00:00 UTC,Kitchen,,Private

Video Id,Time Added
aaaaaaaaaa1,2020-01-01 10:00:00 UTC
"""


def _watched(title: object, video: str, time: str, **more: object) -> dict[str, object]:
    """Return an entry of a watch history."""
    link = {"titleUrl": f"https://music.youtube.com/watch?v={video}"}
    return {"header": "YouTube Music", "title": title, "time": time, "products": ["YouTube"]} | link | more


YOUTUBE_HISTORY = json.dumps(
    [
        _watched("Watched Rain", "bbbbbbbbb-2", "2024-01-01T12:00:00.000Z", subtitles=[{"name": "The Hatches"}]),
        _watched("Watched Cats", "ccccccccc_3", "2024-01-01T11:00:00.000Z", header="YouTube"),
        _watched("Watched Soap", "ccccccccc_3", "2024-01-01T10:09:00.000Z", details=[{"name": "From Google Ads"}]),
        _watched("Green Door angesehen", "aaaaaaaaaa1", "2024-01-01T10:04Z", subtitles=[{"name": "Ada Fenn - Topic"}]),
        _watched("Watched https://music.youtube.com/watch?v=ddddddddddd", "ddddddddddd", "2024-01-01T10:03:00Z"),
        _watched("Green Door 視聴", "aaaaaaaaaa1", "2024-01-01T10:02:00Z"),
        _watched("Watched Green Door", "aaaaaaaaaa1", "soon"),
        _watched(7, "aaaaaaaaaa1", "2024-01-01T10:01:00Z"),
        "odd",
    ]
)
SPOTIFY_LIBRARY = json.dumps(
    {
        "tracks": [
            {"artist": "Ada Fenn", "album": "Doors", "track": "Green Door", "uri": "spotify:track:1"},
            {"artist": "The Hatches", "album": "Roofs", "track": "Rain", "uri": None},
            {"artist": 7, "track": "x", "uri": "spotify:track:3"},
            "odd",
        ],
        "albums": [{"artist": "Ada Fenn", "album": "Doors", "uri": "spotify:album:1"}],
        "shows": [{"name": "A show"}, {"name": "Another"}],
        "episodes": [{"name": "Episode 9", "show": "A show", "uri": "spotify:episode:9"}],
        "bannedTracks": [],
        "other": ["x"],
    }
)


def spotify_item(title: object, uri: str | None, *artists: object, **more: object) -> dict[str, object]:
    """Return an item of a playlist as the Web API returns it."""
    track = {"name": title, "uri": uri, "artists": [{"name": artist} for artist in artists], "album": {"name": "x"}}
    return {"added_at": "2024-01-01T00:00:00Z", "track": track | more}


SPOTIFY_ITEMS = [
    spotify_item("Green Door", "spotify:track:1", "Ada Fenn"),
    spotify_item("Rain", "spotify:track:2", "The Hatches", "Ada Fenn"),
    spotify_item("Demo", "spotify:local:Me::Demo:1", "Me", is_local=True),
    spotify_item("No uri", None, "Me", id="3"),
]
SPOTIFY_API = json.dumps(
    [
        {"name": "Empty", "id": "p0", "owner": {"id": "me"}, "tracks": []},
        {"name": "Kitchen", "id": "p1", "owner": {"id": "me"}, "tracks": SPOTIFY_ITEMS},
        {"name": "Kitchen", "tracks": [
            {"track": None},
            spotify_item("Episode 9", "spotify:episode:9", show={"name": "A show"}, type="episode"),
            spotify_item(["x"], "spotify:track:4", "Me"),
            7,
        ]},
        {"name": "Only a link", "tracks": {"href": "https://api.spotify.com/", "total": 3}},
    ]
)  # fmt: skip
SPOTIFY_BACKUP = (
    "Liked Songs\r\nGreen Door\tAda Fenn\tDoors\tspotify:track:1\t2020\r\n"
    "Rain\tThe Hatches, Ada Fenn\tRoofs\tspotify:track:2\t2020\r\n\r\n"
    "Kitchen\r\nDemo\tMe\t\tspotify:local:Me::Demo:1\t\r\nepisode\tA show\t\tspotify:episode:9\t2020\r\n"
    "one\ttwo\r\nstray\r\n\r\nLiked Albums: \r\nDoors\tAda Fenn\t-\tspotify:album:1\t2020\r\n"
)
AOTM = """[{"category": "Mixed", "mix_id": 17, "user": {"mixes_posted": "3", "name": "me"}, "filtered_lists": [[]],
"playlist": [[["ada fenn", "green door"], ["TRA", "SOA"]], [["the hatches", "rain"], null], [["x"], null], 7,
[["x", ["y"]], null]]}, {"mix_id": null, "playlist": []}, {"mix_id": 18, "playlist": [[["me", "demo"], ["T", ""]]]}]"""
URIS = """spotify:track:1abc
https://open.spotify.com/track/2abc?si=x
https://youtu.be/abcdefghijk
https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111
spotify:track:3abc
spotify:track:3abd
spotify:track:3abe
spotify:track:3abf
spotify:track:3abg
spotify:track:3abh
spotify:episode:9abc

https://open.spotify.com/album/4abc
"""
TUNEMYMUSIC = """Track name,Artist name,Album,Playlist name,Type,ISRC,Tidal - id,Spotify - id
Green Door,Ada Fenn,Doors,Kitchen,Playlist,XX1,77,1abc
"Rain, Tin",The Hatches,Roofs,Kitchen,Playlist,XX2,78,
Demo,Me,,Favorite Songs,Favorite,,,
,Ada Fenn,,,Artist,,,
,The Hatches,Roofs,,Album,,,
short
"""
SOUNDIIZ = """title;artist;album;isrc;url
Green Door;Ada Fenn;Doors;XX1;https://open.spotify.com/track/1abc
"Rain; Tin";The Hatches;Roofs;XX2;
short
"""
DEEZER = """Song Title,Artist,ISRC,Album Title,IP Address,Listening Time,Platform Name,Platform Model,Date
Rain,The Hatches,XX2,Roofs,127.0.0.1,200,web,,2024-01-01 12:00:00
Green Door,Ada Fenn,XX1,Doors,127.0.0.1,180,web,,2024-01-01 10:03:00
Demo,Me,XX3,,127.0.0.1,0,web,,2024-01-01 10:02:00
Demo,Me,XX3,,127.0.0.1,9,web,,
"""
TIDAL = """artist_name,track_title,entry_date,stream_duration_ms,product_type,ip_address,country_name,time_zone
"The Hatches, Ada Fenn",Rain,08/03/2022 19:04,180000.0,TRACK,0.0.0.0,Canada,America/Toronto
Ada Fenn,Green Door,08/03/2022 19:01,200000.0000,TRACK,0.0.0.0,Canada,America/Toronto
Me,Demo,09/03/2022 0:40,null,TRACK,null,null,null
Me,Demo,09/03/2022 0:41,0.0,TRACK,null,null,null
Me,Film,09/03/2022 0:42,9000.0,VIDEO,null,null,null
Me,Demo,31/02/2022 0:41,9000.0,TRACK,null,null,null
"""
LASTFM_PAGES = json.dumps(
    [
        {"@attr": {"page": "1"}, "track": [
            {"artist": {"#text": "Me"}, "name": "Playing", "@attr": {"nowplaying": "true"}},
            {"artist": {"#text": "The Hatches"}, "name": "Rain", "date": {"uts": "1704110400", "#text": "x"}},
        ]},
        {"track": [
            {"artist": {"name": "Ada Fenn"}, "name": "Green Door", "date": {"uts": "1704103380"}},
            {"artist": {"#text": 7}, "name": "x", "date": {"uts": "1704103380"}},
            "odd",
        ]},
    ]
)  # fmt: skip
LASTFMSTATS_JSON = json.dumps(
    {
        "username": "me",
        "scrobbles": [
            {"track": "Rain", "artist": "The Hatches", "album": "Roofs", "albumId": "", "date": 1704110400000},
            {"track": "Green Door", "artist": "Ada Fenn", "album": "", "albumId": "", "date": 1704103380000},
        ],
    }
)
LASTFMSTATS = """Artist;Album;AlbumId;Track;Date#me
"The Hatches";"Roofs";"";"Rain";"1704110400000"
"Ada Fenn";"Doors; Green";"";"Green Door";"1704103380000"
"Me";"";"";"Playing";""
"short"
"""
LISTENS = json.dumps(
    [
        {"listened_at": 1704103380, "track_metadata": {"artist_name": "Ada Fenn", "track_name": "Green Door"}},
        {"listened_at": 1704110400, "track_metadata": {"artist_name": "The Hatches", "track_name": "Rain"}},
        7,
    ],
    indent=1,
)
SHAZAM = """Shazam Library
Index,TagTime,Title,Artist,URL,TrackKey
"1","2024-01-02","Rain","The Hatches","https://www.shazam.com/track/1","1"
"2","2024-01-01","Green Door","Ada Fenn","https://www.shazam.com/track/2","2"
"3","2024-01-01"
"""
TAB_TEXT = (
    '#\tArtwork\tTrack Title\tArtist\tAlbum\r\n1\t\t"Rain\tThe Hatches\tRoofs\r\n'
    "2\t\tGrön Door\tAda Fenn\t90.00\r\n3\tshort\r\n\r\n4\t\t\t\t\r\n"
)
TRAKTOR = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="19"><HEAD COMPANY="x"/><COLLECTION ENTRIES="3">
<ENTRY TITLE="Green Door" ARTIST="Ada Fenn"><LOCATION DIR="/:m/:" FILE="a.mp3" VOLUME="Mac"/><ALBUM TITLE="A"/></ENTRY>
<ENTRY TITLE="Rain" ARTIST="The Hatches"><LOCATION DIR="/:m/:" FILE="b.mp3" VOLUME="Mac"/></ENTRY>
<ENTRY TITLE="Unlisted"><LOCATION DIR="/:m/:" FILE="c.mp3" VOLUME="Mac"/></ENTRY></COLLECTION>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="3">
<NODE TYPE="PLAYLIST" NAME="_LOOPS"><PLAYLIST><ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Mac/:m/:a.mp3"/></ENTRY></PLAYLIST>
</NODE><NODE TYPE="FOLDER" NAME="Weddings"><SUBNODES><NODE TYPE="PLAYLIST" NAME="Set"><PLAYLIST ENTRIES="3" TYPE="LIST">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Mac/:m/:b.mp3"></PRIMARYKEY></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Mac/:m/:a.mp3"/></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Mac/:m/:lost.mp3"/></ENTRY></PLAYLIST></NODE></SUBNODES></NODE>
<NODE TYPE="SMARTLIST" NAME="Fast"><SMARTLIST><SEARCH_EXPRESSION QUERY="x"/></SMARTLIST></NODE>
</SUBNODES></NODE></PLAYLISTS></NML>
"""
EXPORTIFY_2023 = """Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date
1abc,2abc,Green Door,Doors,Ada Fenn,2020
3abc,"4abc,2abc",Rain,Roofs,"The Hatches,Ada Fenn",2020
,,Demo,,Me,
"""
APPLE_ACTIVITY = """Container Artist Name,Container Album Name,Container Type,Event Start Timestamp,\
Event End Timestamp,Event Type,Media Type,Play Duration Milliseconds,Song Name
Ada Fenn,Doors,ALBUM,2024-01-01T10:00:00.000Z,2024-01-01T10:03:00.000Z,PLAY_END,AUDIO,180000,Green Door
A curator,,PLAYLIST,2024-01-01T10:03:00.000Z,2024-01-01T10:06:00.000Z,PLAY_END,AUDIO,180000,"Rain, Rain"
,,,2024-01-01T10:06:00.000Z,,PLAY_END,AUDIO,60000,Nobody's
,,,2024-01-01T10:07:00.000Z,2024-01-01T10:07:00.000Z,LYRIC_DISPLAY,AUDIO,0,"Rain, Rain"
,,,2024-01-01T10:08:00.000Z,2024-01-01T10:09:00.000Z,PLAY_END,VIDEO,60000,Film
Radio,,,2024-01-01T10:09:00.000Z,2024-01-01T10:10:00.000Z,PLAY_END,AUDIO,60000,
,,,2024-01-01T10:10:00.000Z,2024-01-01T10:10:00.000Z,PLAY_END,AUDIO,0,Green Door
,,,,,PLAY_END,AUDIO,60000,Green Door
short
"""
APPLE_DAILY = """Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,Play Count,\
Track Description
US,1,AUDIO,20240102,9,180000,1,Ada Fenn - Green Door
US,2,AUDIO,20240101,"18, 19",180000,2,"The Hatches - Rain, Rain"
US,3,AUDIO,20240101,7,180000,1,Untitled
US,4,VIDEO,20240101,7,180000,1,Ada Fenn - Film
US,5,AUDIO,soon,7,180000,1,Ada Fenn - Later
US,6,AUDIO,20240101,7,0,0,Ada Fenn - Skipped
US,7,AUDIO,20240101,7,1000,1,
US
"""
LASTFM_ARCHIVE = (
    "ISO time\tunixtime\ttrack name\ttrack mbid\tartist name\tartist mbid\talbum name\tapplication\n"
    '"2024-01-01T12:00:00"\t"1704110400"\t"Rain"\t""\t"The Hatches"\t""\t"Roofs"\t"x"\n'
    '"2024-01-01T10:03:00"\t"1704103380"\t"Green Door"\t""\t"Ada Fenn"\t""\t"Doors"\t""\n'
    '""\t""\t"Timeless"\t""\t"Ada Fenn"\t""\t""\t""\n'
    '"short"\n'
)
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

WPL = """<?wpl version="1.0"?>
<smil><head><meta name="Generator" content="Microsoft Windows Media Player -- 11.0"/><author/><title>Kitchen</title>
</head><body><seq>
<media src="..\\Nell Quay\\Boats\\03 - Nell Quay - Paper Boats.mp3" tid="{35B39D45}"/>
<media src="C:\\Music\\Salt &amp; Rope.wma"/>
<media src="t.wma" trackTitle="Tide" trackArtist="The Hatches" albumTitle="Sea" duration="214000"/>
</seq></body></smil>
"""
GOOGLE_PLAY = """Title,Album,Artist,Duration (ms),Rating,Play Count,Removed,Playlist Index
"Nell&#39;s Boats","Boats &amp; Sea","Nell Quay","292728","0","1","","7"
"""
SCROBBLER_LOG = """#AUDIOSCROBBLER/1.1
#TZ/UTC
#CLIENT/Rockbox
Nell Quay\tBoats\tPaper Boats\t3\t292\tL\t1706745600\taaaaaaaa-1111-4111-8111-111111111111
The Hatches\tSea\tTide\t1\t259\tS\t1706745900\t
Ada Fenn\t\tRain\t\t200\tL\t1706747700
Ada Fenn\tDoors\tGreen Door\t4\t200\tL\t1706750400\t
"""

EXAMPLES: dict[str, str] = PLAYER_EXAMPLES | {
    "kitchen.xspf": XSPF,
    "kitchen.jspf": JSPF,
    "Library.xml": ITUNES,
    "kitchen.pls": PLS,
    "rekordbox.xml": REKORDBOX,
    "music library songs.csv": YOUTUBE_SONGS,
    "Kitchen-videos.csv": YOUTUBE_PLAYLIST,
    "watch-history.json": YOUTUBE_HISTORY,
    "YourLibrary.json": SPOTIFY_LIBRARY,
    "backup.json": SPOTIFY_API,
    "backup.txt": SPOTIFY_BACKUP,
    "aotm.json": AOTM,
    "uris.txt": URIS,
    "tunemymusic.csv": TUNEMYMUSIC,
    "soundiiz.csv": SOUNDIIZ,
    "deezer.csv": DEEZER,
    "scrobbles.json": LASTFM_PAGES,
    "stats.json": LASTFMSTATS_JSON,
    "stats.csv": LASTFMSTATS,
    "listens.json": LISTENS,
    "shazam.csv": SHAZAM,
    "set.txt": TAB_TEXT,
    "collection.nml": TRAKTOR,
    "2023.csv": EXPORTIFY_2023,
    "activity.csv": APPLE_ACTIVITY,
    "daily.csv": APPLE_DAILY,
    "scrobbles.tsv": LASTFM_ARCHIVE,
    "streaming.csv": TIDAL,
    "kitchen.wpl": WPL,
    "Paper Boats.csv": GOOGLE_PLAY,
    ".scrobbler.log": SCROBBLER_LOG,
}

# Files that are read beside another file, and the playlists of Yes.com, which are not read without their names.
BESIDE = {
    TRACKS_FILE: RHYTHMDB,
    NAMES: "0\tRain\tAda Fenn\n1\tSalt\tNell Quay\n2\tHome\tLanyards\n",
    "train.txt": "0 1 2\n3 2 1\n0 1 2\n1 0\n0 7\n",
}
# Files that are also read together with another file: example -> its name then, and name and content of the other file.
TOGETHER = {
    "daily.csv": (DAILY_FILE, ACTIVITY_FILE, EXAMPLES["activity.csv"]),
    "playlists.xml": ("playlists.xml", TRACKS_FILE, RHYTHMDB),
    TRACKS_FILE: (TRACKS_FILE, "playlists.xml", EXAMPLES["playlists.xml"]),
    "train.txt": ("train.txt", NAMES, BESIDE[NAMES]),
    NAMES: (NAMES, "train.txt", BESIDE["train.txt"]),
}
