"""Usual names of columns in exports and data sets, and the roles of these columns.

Names are compared without case, spaces, punctuation and accents: "Artist Name(s)" and "artist_names" are equal.
"""

from __future__ import annotations

import re
import unicodedata

# Role -> groups of names, the most specific group first. Names of one group mean the same, so a table that has two of
# them can be read in two ways.
NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "trackname tracktitle songname songtitle mastermetadatatrackname",
        "title track song titel titre titulo titolo cancion musica canzone brano chanson morceau lied lat "
        "曲名 歌名 歌曲 标题 タイトル 제목 название трек песня",
        "name description productname producttitle itemname itemtitle",
    ),
    "artist": (
        "artistname artistnames trackartist trackartists trackartistname",
        "artist artists performer interpret interprete kunstler artiste artistes artista artistas artiest "
        "アーティスト 歌手 艺人 艺术家 아티스트 가수 исполнитель",
        "mastermetadataalbumartistname albumartist albumartistname albumartists",
    ),
    "playlist": (
        "playlistname playlisttitle",
        "playlist wiedergabeliste listedelecture listadereproduccion プレイリスト 歌单 плейлист",
        "listname mixname",
    ),
    "id": (
        "pid playlistid",
        "sessionid orderid ordernumber orderno invoice invoiceid invoiceno invoicenumber basketid cartid visitid "
        "transactionid transactionno receiptid tripid mixid session basket",
    ),
    "owner": (
        "userid ownerid customerid visitorid listenerid reviewerid accountid memberid playlistownerid",
        "user username owner ownername customer visitor listener member playlistowner playlistcreator "
        "benutzer utilisateur usuario utente",
    ),
    "uri": (
        "uri trackuri spotifyuri spotifytrackuri",
        "spotifyid spotifytrackid trackid songid itemid movieid productid bookid gameid articleid item stockcode sku "
        "asin aid productcode itemcode videoid",
        "url link trackurl trackurls songurl spotifyurl",
        "recordingmbid trackmbid",
        "isrc",
    ),
    "position": ("pos position playlistposition trackposition positioninplaylist addtocartorder",),
    "rating": ("rating stars score overall",),
}
# All of these are times of plays or events, so a table may have several; the first that holds times is used.
TIMES = (
    "playedat", "listenedat", "scrobbledat", "ts", "timestamp", "uts", "eventtime", "datetime", "utctime", "time",
    "unixtime", "unixreviewtime", "invoicedate", "orderdate", "purchasedate", "eventdate", "date",
)  # fmt: skip
NUMBERED_ARTIST = re.compile(r"(artist|artistname|artistsname|performer)(\d+)")
# Columns that are known to be neither of the roles, although they end like one.
OTHERS = re.compile(
    r"album|release|label|genre|artist|added|image|cover|preview|isrc|mbid|episode|podcast|service|type|year|edition"
)
# Columns that could group tracks into playlists, or name them.
UNCLEAR = re.compile(
    r"(name|title|id|list|user|session|show|station|channel|program|programme|group|category|set|order)$"
)


def normalized(name: str) -> str:
    """Return the name of a column in the form in which names are compared.

    >>> normalized("Artist Name(s)"), normalized("Künstler"), normalized("Spotify - id")
    ('artistnames', 'kunstler', 'spotifyid')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in letters if letter.isalnum())
    return unicodedata.normalize("NFC", kept)


def columns_by_role(header: list[str]) -> dict[str, list[str]]:
    """Return the columns that can have each role: those of the most specific group; times in order of preference."""
    words = [normalized(name) for name in header]
    found: dict[str, list[str]] = {}
    for role, groups in NAMES.items():
        for group in groups:
            if columns := [name for name, word in zip(header, words, strict=True) if word in group.split()]:
                found[role] = columns
                break
    times = [header[words.index(word)] for word in TIMES if word in words]
    return found | ({"time": times} if times else {})


def numbered_artists(header: list[str]) -> list[str]:
    """Return the columns of the first artist, the second artist and so on, or an empty list."""
    found = {
        int(match[2]): name for name in header if (match := NUMBERED_ARTIST.fullmatch(normalized(name))) is not None
    }
    columns = [found[number] for number in sorted(found)]
    return columns if sorted(found) == list(range(1, len(found) + 1)) else []


def is_unclear(name: str) -> bool:
    """Whether an unused column could be what makes a playlist, for example "Programme title"."""
    word = normalized(name)
    return UNCLEAR.search(word) is not None and OTHERS.search(word) is None
