"""Usual names of columns in exports and data sets, and the roles of columns with these names.

Names are compared without case, spaces, punctuation and accents: "Artist Name(s)" and "artist_names" are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from skipgramophone.playlists.owner_names import ORDERS, OWNERS, OWNERS_NEXT_TO_PLAYLISTS

# A column with one of these names may contain the ids or the names of products.
PRODUCTS = (
    "product products produkt produkte produit produits producto productos prodotto prodotti produto produtos "
    "artikel article articulo articolo artigo"
)
# Role -> groups of names, the most specific group first. A table that has two columns with names from the same group is
# ambiguous, because all names of a group are equally specific.
NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "trackname tracktitle songname songtitle mastermetadatatrackname songtitel liedtitel tracktitel musiktitel "
        "titredelachanson titredumorceau nomdelachanson nomdumorceau titulodelacancion nombredelacancion "
        "titulodamusica nomedamusica titolodelbrano nomedelbrano titolodellacanzone recordingname recordingtitle "
        "曲名 楽曲名 歌名 歌曲名 歌曲名称 歌曲名稱 곡명 노래제목",
        "title track song titel titre titulo titolo cancion musica canzone brano chanson morceau lied lat "
        "sangtitel lattitel kappale utwór tytuł piosenka skladba píseň pieseň şarkı şarkıadı parça pjesma pesma "
        "traccia faixa naslov melodie piesă titlu dalcím judullagu lagu baihat cançó "
        "歌曲 曲目 标题 標題 タイトル 제목 노래 название трек песня композиция пісня песен заглавие τίτλος τραγούδι",
        "name description productname producttitle produktname artikelname nomduproduit nombredelproducto "
        "itemname itemtitle nazwa název názov nimi назва 名前 名称 名稱 이름",
    ),
    "artist": (
        "artistname artistnames artistcreditname performername trackartist trackartists trackartistname "
        "アーティスト名 歌手名 아티스트명 가수명",
        "artist artists performer performers interpret interpreten interprete interpretes interpreti kunstler "
        "kunstlerin kunstlerinnen kunstlername artiste artistes nomdelartiste artista artistas artisti "
        "nombredelartista nomedoartista nomedellartista artiest artiesten "
        "wykonawca wykonawcy artysta umělec umelec sanatçı előadó artisti esittäjä kunstner izvođač izvajalec penyanyi "
        "nghệsĩ casĩ アーティスト 歌手 艺人 藝人 艺术家 藝術家 演唱者 아티스트 가수 исполнитель виконавець изпълнител "
        "извођач καλλιτέχνης",
        "mastermetadataalbumartistname grandparenttitle albumartist albumartistname albumartists アルバムアーティスト",
    ),
    "playlist": (
        "playlistname playlisttitle プレイリスト名 歌单名 歌单名称 歌單名稱 플레이리스트명 플레이리스트이름",
        "playlist playlists wiedergabeliste wiedergabelisten listedelecture nomdelaplaylist listadereproduccion "
        "listadereproducao nombredelaplaylist nomedaplaylist nomedellaplaylist afspeellijst spellista spilleliste "
        "afspilningsliste soittolista listaodtwarzania seznamskladeb zoznamskladieb lejátszásilista çalmalistesi "
        "daftarputar listaderedare llistadereproducció "
        "playlista プレイリスト 再生リスト 歌单 歌單 播放列表 "
        "播放清单 播放清單 플레이리스트 재생목록 плейлист списоквідтворення λίστααναπαραγωγής",
        "listname mixname",
    ),
    "id": (
        "pid playlistid playlistpid プレイリストid 歌单id 歌單id 플레이리스트id",
        "sessionid orderid ordernumber orderno invoice invoiceid invoiceno invoicenumber basketid cartid visitid "
        "transactionid transactionno transaction receiptid tripid mixid session basket usersession visit visits "
        "visitnumber visitno besuch besuche besuchsid sitzung sitzungsid sitzungid bestellung bestellnummer bestellid "
        "warenkorb visite visiteid commande commandeid numerodecommande panier visita pedido pedidoid numerodepedido "
        "ordine ordineid carrello cesta",
        ORDERS,
    ),
    "owner": OWNERS,
    "uri": (
        "uri trackuri spotifyuri spotifytrackuri",
        "spotifyid spotifytrackid trackid trackidclean songid itemid movieid productid bookid gameid articleid item "
        "stockcode sku asin aid productcode itemcode videoid productnumber productno produktid produktnummer artikelid "
        "artikelnummer artikelnr produitid idproduit productoid idproducto 曲id 歌曲id 곡id",
        PRODUCTS,
        "url link trackurl trackurls songurl spotifyurl",
        "permalinkurl permalink",
        "recordingmbid trackmbid",  # these names, and those of the next group, are also in IDENTIFIERS
        "isrc",
    ),
    "position": ("pos position playlistposition trackposition positioninplaylist addtocartorder sessionposition",),
    "rating": ("rating stars score overall",),
}
# Role -> names that are used only if the table has a column of titles, and no column has one of the names in `NAMES`
# for this role. The reason is that these names have other meanings in other tables: "Band" is also the German word for
# the volume of a book.
NAMES_NEXT_TO_TITLES = {
    "artist": "band bands bandname gruppe gruppen groupe groupes grupo grupos gruppo gruppi sanger sangerin "
    "sangerinnen singer singers musiker musikerin musician musicien musiciens chanteur chanteuse chanteurs "
    "cantante cantantes cantanti cantor cantora cantores ar",
    "playlist": "liste listen listenname sammlung sammlungen ordner mixtape mixtapes nomdelaliste dossier dossiers "
    "recueil lista listas nombredelalista nomedalista carpeta pasta cartella elenco elenchi raccolta raccolte "
    "coleccion colecao",
}
# Names of columns that certainly contain times of day, and not durations. These names are also in TIMES.
CLOCKS = ("uhrzeit", "heure", "hora", "ora", "godzina", "klokkeslett", "saat", "時刻", "时刻", "시각", "spintime")
# Names for the role "time", best first. A table may have several; the first column that contains times is used.
TIMES = (
    "playedat", "listenedat", "scrobbledat", "ts", "timestamp", "uts", "eventtime", "datetime", "utctime", "time",
    "when", "wann", "quand", "cuando", "quando", "scrobbletime", "timeplayed", "streamedat", "spintime",
    "startedplayingat", "unixtime", "unixreviewtime", "transactiondate", "transactiontime", "transactiondt",
    "invoicedate", "orderdate", "purchasedate", "eventdate",
    "played", "playedon", "dateplayed", "playdate", "playtime", "listenedon", "startedat", "airdate", "airedat",
    "streamdate", "spindate", "date",
    "再生日時", "日時", "播放时间", "播放時間", "재생일시",
    "abgespieltam", "gespieltam", "gehortam", "spielzeit", "sendezeit", "zeitpunkt", "zeitstempel", "zeit", "datum",
    "ecoutele", "datedecoute", "datedelecture", "horodatage", "fechadereproduccion", "fechayhora", "fecha",
    "reproducidoel", "datumuhrzeit",
    "datadereproducao", "datahora", "datadiriproduzione", "dataeora", "dataora",
    "afgespeeldop", "gespeeldop", "dataodtworzenia", "odtworzono", "datumprehrani", "tarih", "время", "дата", "data",
    "日付", "日期", "날짜", "dato", "時間", "时间", "시간", *CLOCKS,
)  # fmt: skip
# Name for the role "time" -> name that another column must have. For example, "endTime" is the time of a play only in a
# table that also has "msPlayed", as Spotify's short history has.
TIMES_NEXT_TO = {"endtime": "msplayed"}
UNIT = re.compile(r"(?:utc|gmt|local|ms)$")  # the end of some names of columns of times, as in "Timestamp (UTC)"
# Names for the role "album", in groups like those of NAMES. A table with several such names is not ambiguous: the first
# column of the most specific group is used.
ALBUMS = (
    "albumname albumtitle releasename releasetitle mastermetadataalbumalbumname "
    "アルバム名 专辑名 专辑名称 專輯名稱 앨범명",
    "album parenttitle albumtitel titrealbum titredelalbum titrelalbum nomdelalbum nomalbum nombredelalbum nombrealbum "
    "titulodelalbum tituloalbum nomedoalbum titoloalbum nomealbum アルバム 专辑 專輯 앨범 альбом",
    "release disco disque",
)
# Columns with these names may contain album titles, but also dates or disc numbers.
VAGUE_ALBUMS = ALBUMS[-1].split()
# Names of the JSON objects in which web services nest the fields of a track.
WRAPPERS = frozenset(
    ("item", "track", "song", "video", "entry", "node", "attributes", "snippet", "trackmetadata", "metadata",
     "contentdetails", "resourceid")
)  # fmt: skip
EXTENDED_JSON = re.compile(r"(\.\$(date|oid|number\w+))+$")  # objects that MongoDB writes around values
IDENTIFIERS = {"isrc": ("isrc",), "mbid": ("recordingmbid", "trackmbid")}  # role -> names of its columns
# Columns that describe a track or a row, and certainly do not name the artist or the playlist.
DESCRIPTIVE = re.compile(
    r"album|disco|disque|release|label|genre|genero|generi|added|hinzugefugt|ajoute|image|cover|preview|isrc|mbid|episode"
    r"|podcast|service|typ|year|jahr|annee|edition|stil|style|subgenre|mood|stimmung|comment|kommentar|coment|note|notiz"
    r"|nota|remark|bemerkung|tag|date|datum|fecha|bpm|tempo|key|tonart|rating|bewertung|stars|score|language|sprache"
    r"|langue|idioma|lingua|country|land|pays|pais|paese|region|codec|format|bitrate|quality|qualitat|explicit"
    r"|lyric|publisher|verlag|copyright|duration|dauer|lange|duree|time|zeit|url|(?<!favo)uri"
    r"|link|href|path|pfad|kind|status|device|platform|source|quelle|market|gender|available|added|sex|medium|media"
    r"|description|beschreibung|descri[pz]|untertitel|subtitle|filename|dateiname|fichier|archivo"
)
DESCRIPTIVE_WORDS = frozenset(
    (
        "art",
        "ano",
        "anno",
        "data",
        "cd",
        "lp",
        "era",
        "flag",
        "mp3",
        "wav",
        "flac",
        "explicit",
        "file",
        "datei",
        "size",
        "id",
        "guid",
        "uuid",
        "hash",
        "code",
    )
)
# Columns that name people, who may be the artist, but certainly not the playlist.
PEOPLE = re.compile(r"^ar$|artist|kunstler|interpret|compos|komponist|writer|auth?or|producer|produzent")
# Columns that count or measure something, columns that name items, and columns that name listeners or customers.
COUNT = re.compile(r"count|quantity|number(s|of.*)?$|total|plays|weight|price|amount|rank|rating|score|length|size")
ITEM = re.compile(r"track|song|tit(le|el|re|ulo|olo)|item|product|movie|isbn")
CATEGORY = re.compile(r"(tag|genre|type|style|mood|language|category|categoria|kategorie)s?$")
LISTENER = re.compile(r"user|member|customer|visitor|listener|client|account|household")
REGIONS = ("region", "country")  # columns that separate charts
OF_PLAYLIST = "playlist."  # prefix of fields of the playlist in rows that were read from JSON, as in "playlist.name"
NUMBERED_ARTIST = re.compile(r"(artist|artistname|artistsname|performer)(\d+)")
# Columns that certainly do not identify playlists, although their names match UNCLEAR.
OTHERS = re.compile(
    r"album|release|label|genre|artist|added|image|cover|preview|isrc|mbid|episode|podcast|service|type|year|edition"
    r"|offset|playparams"
)
# Columns that name the program or server which made the table.
PROGRAM = re.compile(r"(server|app|application|instance|tenant|library|database)(id|name)$")
# Columns that may identify the playlist of a row.
UNCLEAR = re.compile(
    r"(name|title|id|list|user|session|show|station|channel|program|programme|group|category|set|order"
    r"|sender|kanal|sendung|emission|chaine|emisora|programa|canal|canale|zender|stacja|stanice)$"
)


def normalized(name: str) -> str:
    """Return the normalized name of a column, to compare it with other names.

    >>> normalized("Artist Name(s)"), normalized("Künstler"), normalized("Spotify - id")
    ('artistnames', 'kunstler', 'spotifyid')
    """
    if name.isascii():
        return "".join(filter(str.isalnum, name.lower()))
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in letters if letter.isalnum())
    return unicodedata.normalize("NFC", kept)


_word = cache(normalized)  # for the names in this module, which are compared with the columns of every table


@cache
def _words(group: str) -> frozenset[str]:
    """Return the names of a group as `normalized` returns them, so that they can be compared with columns."""
    return frozenset(map(normalized, group.split()))


def columns_by_role(header: list[str]) -> dict[str, list[str]]:
    """Return role -> columns that may have this role.

    For each role, the groups in `NAMES` are tried in order. The first group that contains the name of a column decides:
    all columns with a name in this group are returned. For the role "time", all columns with a name in `TIMES` are
    returned, the best first.

    Some names are tried only if the names in `NAMES` give no column for their role: those in `NAMES_NEXT_TO_TITLES`, if
    the table has titles, and those in `OWNERS_NEXT_TO_PLAYLISTS`, if it has playlists and artists, but no ids.

    For the roles "id" and "owner", the prefix "playlist." of a name is ignored. In rows from JSON, it marks the fields
    of the object that contains the tracks: "playlist.order_id" is the field "order_id" of this object.
    """
    words = [_names_of(name) for name in header]
    ids = [own | _names_of(name.removeprefix(OF_PLAYLIST)) for name, own in zip(header, words, strict=True)]
    found: dict[str, list[str]] = {}
    for role, groups in NAMES.items():
        for group in groups:
            known = ids if role in ("id", "owner") else words
            if columns := [name for name, own in zip(header, known, strict=True) if own & _words(group)]:
                found[role] = columns
                break
    if _has_title(words, found):
        for role, names in NAMES_NEXT_TO_TITLES.items():
            columns = [name for name, own in zip(header, words, strict=True) if own & _words(names)]
            found |= {role: columns} if columns and role not in found else {}
    if {"playlist", "artist"} <= found.keys() and not found.keys() & {"id", "owner"}:
        owners = [name for name, own in zip(header, words, strict=True) if own & _words(OWNERS_NEXT_TO_PLAYLISTS)]
        found |= {"owner": owners} if owners else {}
    times_of = [own | {UNIT.sub("", word) for word in own} for own in words]
    usual = [*TIMES, *(name for name, other in TIMES_NEXT_TO.items() if any(other in own for own in words))]
    there = frozenset[str]().union(*times_of)
    known_times = [word for word in map(_word, usual) if word in there]
    named = (name for word in known_times for name, own in zip(header, times_of, strict=True) if word in own)
    times = list(dict.fromkeys(named))
    return found | ({"time": times} if times else {})


@cache
def _names_of(name: str) -> frozenset[str]:
    """Return the normalized name of a column, with and without the names of the JSON objects that contain it.

    An object of an artist may repeat its name in its fields, as in "artist.artist_name".

    >>> sorted(_names_of("item.track.artist.name")), sorted(_names_of("artist.artist_name"))
    (['artistname', 'itemtrackartistname', 'trackartistname'], ['artistartistname', 'artistname'])
    """
    name = EXTENDED_JSON.sub("", name)
    names = {normalized(name)}
    before, dot, rest = name.partition(".")
    while dot and normalized(before) in WRAPPERS:
        names.add(normalized(rest))
        before, dot, rest = rest.partition(".")
    if dot and PEOPLE.search(normalized(before)) and normalized(rest).startswith(normalized(before)):
        names.add(normalized(rest))
    return frozenset(names)


def _has_title(words: Sequence[frozenset[str]], found: Mapping[str, list[str]]) -> bool:
    """Whether the table has a column that certainly contains titles.

    A column called "name" certainly contains titles only if the table also has a column for the artist or the playlist.
    """
    is_certain = any(own & _words(group) for group in NAMES["title"][:-1] for own in words)
    return is_certain or ("title" in found and bool(found.keys() & {"artist", "playlist"}))


def names_order(name: str) -> bool:
    """Whether a column has one of the usual names for ids of orders, receipts and visits that `ORDERS` lists."""
    return bool(_names_of(name) & _words(ORDERS))


def names_title(name: str) -> bool:
    """Whether a column certainly has titles of tracks, unlike "name" or "description"."""
    return _has_title([_names_of(name)], {})


def names_clock(name: str) -> bool:
    """Whether a column certainly contains times of day, and not durations, because of a name such as "Uhrzeit"."""
    return normalized(name) in map(_word, CLOCKS)


def is_header(row: Sequence[str]) -> bool:
    """Whether a row is probably the header of a table.

    A header contains usual column names of at least two roles, or it has only one field, which is a usual column name.
    """
    known = len(columns_by_role(list(row))) + bool(numbered_artists(list(row)))
    return known >= min(len(row), 2)


def is_header_by_number(row: Sequence[str], places: Mapping[str, int]) -> bool:
    """Whether the first row of a table contains column names, although the user assigns the columns by number.

    This is true if the row is a header (see `is_header`), or if its field in the column of artists is a usual name of
    such a column.

    Args:
        row: the first row.
        places: role -> index of its column.

    >>> is_header_by_number(["Ort", "Künstler", "Werk"], {"artist": 1, "title": 2})
    True
    """
    if len(row) > 1 and is_header(row):
        return True
    artist = row[places["artist"]] if "artist" in places else ""
    return any(normalized(artist) in _words(group) for group in NAMES["artist"])


def numbered_artists(header: list[str]) -> list[str]:
    """Return the columns for the first artist, the second artist and so on; empty if there are none."""
    found = {
        int(match[2]): name for name in header if (match := NUMBERED_ARTIST.fullmatch(normalized(name))) is not None
    }
    columns = [found[number] for number in sorted(found)]
    return columns if sorted(found) == list(range(1, len(found) + 1)) else []


def identifier_columns(header: list[str], roles: Mapping[str, str]) -> dict[str, str]:
    """Return role -> name of the column that contains ISRCs or MusicBrainz recording ids.

    A column that already has another role does not count. If several columns may contain ISRCs, the dict has no entry
    for ISRCs; the same applies to recording ids.

    >>> identifier_columns(["Title", "Track URI", "ISRC"], {"title": "Title", "uri": "Track URI"})
    {'isrc': 'ISRC'}
    """
    found: dict[str, str] = {}
    for role, names in IDENTIFIERS.items():
        columns = [name for name in header if normalized(name) in names and name not in roles.values()]
        found |= {role: columns[0]} if len(columns) == 1 else {}
    return found


def album_column(header: list[str], roles: Mapping[str, str]) -> str | None:
    """Return the column with the albums of the tracks, or None; `roles` contains the columns that have another role.

    >>> album_column(["Titre", "Titre de l'album", "Disque"], {"title": "Titre"})
    "Titre de l'album"
    """
    free = [name for name in header if name not in roles.values()]
    return next((name for group in ALBUMS for name in free if _names_of(name) & _words(group)), None)


def is_unclear(name: str) -> bool:
    """Whether an unused column may identify the playlist of a row, such as "Programme title"."""
    word = normalized(name)
    return UNCLEAR.search(word) is not None and OTHERS.search(word) is None


def is_category(name: str) -> bool:
    """Whether the name of a column ends with a property that many items share, such as "genre" in "Song genre"."""
    return CATEGORY.search(normalized(name)) is not None


def is_descriptive(name: str) -> bool:
    """Whether a column certainly names neither artist nor playlist, such as "Genre" or "Hinzugefügt am"."""
    word = normalized(name)
    return word in DESCRIPTIVE_WORDS or DESCRIPTIVE.search(word) is not None


def names_people(name: str) -> bool:
    """Whether a column certainly does not name the playlist, because it names people, such as "Composer"."""
    return PEOPLE.search(normalized(name)) is not None


def is_count(name: str) -> bool:
    """Whether a column certainly counts or measures something according to its name, such as "Play count".

    The result is false if the name also mentions a listener.
    """
    word = normalized(name)
    return COUNT.search(word) is not None and LISTENER.search(word) is None


def names_item(name: str) -> bool:
    """Whether a column probably contains titles or ids of tracks or other items, such as "Song Clean"."""
    return ITEM.search(normalized(name)) is not None and not is_count(name)


def names_listener(name: str) -> bool:
    """Whether a column probably contains the listeners or customers, such as "Member_number"."""
    return LISTENER.search(normalized(name)) is not None


def names_program(name: str) -> bool:
    """Whether a column probably names the program or server that made the table, such as "ServerId"."""
    return PROGRAM.search(normalized(name)) is not None
