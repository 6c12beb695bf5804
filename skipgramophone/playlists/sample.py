"""A small invented world of playlists: the whole road from dump to neighbours without a file or a network.

About 4,000 playlists over about 3,000 tracks of 22 scenes, shaped like life: a few hits and a long tail,
playlists of one mood that stray into a neighbouring scene, songs in several versions, names that break
careless programs. A seed gives the same world on every platform and Python, because only plain arithmetic on
`random.Random.random()` goes into it: no `exp`, no `sum` of floats (Python 3.12 adds them differently), no
order of a set. Nobody and nothing in it is real, and it does not say how well a model does on real playlists:
its scenes are too tidy.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")
Point = tuple[float, float, float]

OWNERS, PLAYLISTS_AN_OWNER, SONGS_A_PLAYLIST = 600, 6.3, 22
SONGS_A_SCENE, ARTISTS_A_SCENE = 120, 22
SHARED = 0.15  # of a scene's songs belong to the next scene as well
MIXED, STRAY = 0.5, 0.4  # playlists that visit a neighbouring scene, and their picks from there
NOISE = 0.05  # of the picks come from anywhere
REACH = 0.03  # square of the distance at which a song suits a mood a sixteenth as well as at its place
LEAST, COLLECTED = 5, 25  # playlists, or more, hold every track; and every song of several versions whole
RECORDED_AGAIN = 0.33  # of the greatest hits have several versions; none of the songs below the middle
JOINS = 0.97  # a version is taken along this often when its song is picked
REPEATS = 0.005  # of the tracks stand twice in their playlist
BY_TITLE = 0.25  # of the playlists are sorted by title


def _words(text: str) -> tuple[str, ...]:
    """Split a list of words at its bars."""
    return tuple(text.split("|"))


# Scenes in a ring (neighbours share tracks), each with the nouns of its titles.
SCENES = {
    "night drive synths": "Motorway|Headlight|Dashboard|Chrome|Skyline|Flyover|Tail-light|Gearbox",
    "slow house": "Hallway|Strobe|Elevator|Ceiling|Cloakroom|Pulse|Balcony|Sunday",
    "warehouse techno": "Girder|Piston|Voltage|Concrete|Furnace|Relay|Conveyor|Siren",
    "broken beat drums": "Shutter|Ricochet|Pigeon|Stairwell|Kerbstone|Tripwire|Ratchet|Sprint",
    "rooftop rap": "Corner|Postcode|Payphone|Rooftop|Receipt|Hustle|Landlord|Bus-lane",
    "lo-fi study beats": "Notebook|Teacup|Pencil|Raincoat|Margin|Library|Kettle|Desk-lamp",
    "smoky soul": "Velvet|Promise|Ashtray|Doorbell|Honey|Letter|Porchlight|Mercy",
    "brass band funk": "Trombone|Elbow|Gravy|Pavement|Boot-heel|Biscuit|Parade|Bucket",
    "late bar jazz": "Bourbon|Taxi|Umbrella|Cigarette|Midnight|Cufflink|Staircase|Olive",
    "chamber strings": "Nocturne|Cloister|Willow|Lantern|Minuet|Orchard|Candle|Fresco",
    "solo piano": "Window|Snowfall|Waltz|Cradle|Mirror|Fern|Footstep|Lullaby",
    "drifting ambient": "Glacier|Vapour|Tide|Horizon|Plankton|Nebula|Hush|Delta",
    "winter folk": "Hearth|Sparrow|Mitten|Birch|Shepherd|Frost|Well-water|Barley",
    "harbour shanties": "Anchor|Herring|Capstan|Lighthouse|Gannet|Tar|Breakwater|Mermaid",
    "porch bluegrass": "Banjo|Holler|Mule|Creek|Tin-roof|Whippoorwill|Plough|Molasses",
    "dusty desert rock": "Mirage|Rattlesnake|Canyon|Petrol|Mesa|Coyote|Bonfire|Mile",
    "garage fuzz": "Amplifier|Cavity|Bubblegum|Hubcap|Chainsaw|Jukebox|Wasp|Linoleum",
    "basement punk": "Curfew|Brick|Detention|Safety-pin|Council|Spit|Barricade|Wallet",
    "slow doom metal": "Crypt|Monolith|Raven|Obelisk|Plague|Ember|Catacomb|Hammer",
    "northern shoegaze": "Blur|Cathedral|Static|Halo|Drizzle|Silver|Undertow|Swoon",
    "bedroom indie pop": "Cardigan|Bicycle|Postcard|Crush|Laundry|Goldfish|Jumper|Polaroid",
    "summer disco": "Mirrorball|Sequin|Lipstick|Poolside|Saturday|Roller-skate|Flamingo|Sunburn",
}
SCENE_NAMES = tuple(SCENES)
NOUNS = tuple(_words(nouns) for nouns in SCENES.values())
TITLES = _words(
    "{a} {n}|{n} and {m}|{n} of the {m}|Under the {n}|{a} {n} Blues|My {a} {n}|No {n} for the {m}|"
    "When the {n} Sleeps|{n}, {m}, Repeat|The {a} {n}|Don't Sell the {n}|{n} Song|Every {n} Knows|"
    "{a} as the {m}|Goodbye, {a} {n}|{n} No. {d}|{d} Miles of {n}|Letter to the {n}|{n}, Still {a}"
)
ARTISTS = _words(
    "The {a} {b}s|{a} {b}|{f} {s}|{f} {s}|{f} {s}|{f} & the {b}s|DJ {s}|{s} / {b}|{s} {b} Club|{f} {s} Trio"
)
ADJECTIVES = _words(
    "Amber|Borrowed|Crooked|Distant|Electric|Faded|Gentle|Hollow|Idle|Jagged|Knotted|Little|Marble|Narrow|"
    "Ordinary|Paper|Quiet|Restless|Second-hand|Tangled|Unpaid|Violet|Wandering|Zigzag"
)
MASCOTS = _words(
    "Almanac|Badger|Caravan|Doorstop|Envelope|Ferryboat|Gasket|Hedgehog|Inkwell|Jackdaw|Keyhole|Ladder|"
    "Mongoose|Narwhal|Otter|Pelican|Quarry-horse|Rhubarb|Sextant|Teaspoon|Umpire|Vole|Walnut|Yardstick"
)
FIRST_NAMES = _words("Odile|Bram|Céleste|Tamsin|Jörund|Zofie|Anselm|Iñaki|Maude|Søren|Petra|Ludo|Ásta|Noor")
SURNAMES = _words("Marrow|Pask|Quill|Thistle|Osten|Var|Lunn|Tarro|Hexa|Brindle|Corvo|Skelling|Umber|Dray")
SURNAME_ENDS = _words("field|wick|mere|sson|ova|ander|by|grave|low|rin|vale|quist")
PLACES = _words("the Tin Chapel|Harrowmouth|the Corn Exchange, Paskby|Radio Umberlow|Vardmere Pier")
PLAYLIST_NAMES = _words(
    "Starred|late shift|gym|Liked from Radio|car|weekly finds|monday|long run|kitchen|dinner with friends|"
    "old but gold|new finds|focus|sleep|rainy day|party!!!|road trip|2014|2015|summer '16|my mix|untitled|"
    "songs for M.|slow|loud|work, quietly|best of|shower|train home|favourites|for the move|♥|=top|[old] car|"
    'the "good" one|лето|冬|chill|wake up|cooking|homework|throwback|background|guitar|singalong|'
    "cleaning day|beach|Unsortiertes für später"
)

# Names as real dumps hold them: quotes, markup, emoji, many scripts, formulas, escapes, loose accents.
HOSTILE = (
    ('Tilda "Matches" Corranby', 'The "Quiet" Hour'),
    ("Bracket Weather", "Harbour Lamps [live]"),
    ("[/bold] Union", "[red]Paint[/red] the Pier"),
    (":heart: Machines", "send :wave: back"),
    ("Moth 🌙 Parade", "🚀🚀 (countdown) 👩\u200d🚀"),
    ("Бумажный Ледокол", "Снег над каналом № 9"),
    ("Χάρτινα Καΐκια", "Φώτα στο μικρό λιμάνι"),
    ("夜汽車文具店", "雨の日の交差点"),
    ("قوارب من ورق", "نافذة على المرفأ"),
    ("ספינות נייר כחולות", "אור בחלון השביעי"),
    ("새벽 우산 가게", "파란 정류장"),
    ("Ame\u0301lia Øvergård", "Übermorgen, vielleicht"),
    ("Salt, Tin & Tallow", "Don't, Won't, Can't"),
    ("Back\\slash Choir", "C:\\new\\tapes"),
    ("=SUM(Hearts)", "+1, -1, @home"),
    ("Gran <b> the Defaults", "null"),
    ("Ludo Oxquist", "Ox"),
    ("Umber Post Office", "Same Title, Other Street"),
    ("Skelling Post Office", "Same Title, Other Street"),
    ("The Long Sleeves", "On the Evening That the Last Ferry Left Without Us and We Walked Home Along the "
     "Railway, Singing to the Signalmen"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleTrack:
    """One recording, as a dump would name it."""

    artist: str
    title: str
    uri: str
    scenes: tuple[str, ...]  # one or two
    song: int  # versions of one song share it


@dataclass(frozen=True, slots=True)
class SamplePlaylist:
    """One playlist of one owner."""

    owner: str
    name: str
    tracks: tuple[int, ...]  # indices into SampleWorld.tracks, in playlist order


@dataclass(frozen=True, slots=True)
class SampleWorld:
    """All tracks, and all playlists grouped by owner."""

    tracks: tuple[SampleTrack, ...]
    playlists: tuple[SamplePlaylist, ...]


@dataclass(frozen=True, slots=True)
class _Song:
    """A song before it is recorded: what it is called, and where it lies in its scenes."""

    artist: str
    titles: tuple[str, ...]  # one a version
    scenes: tuple[int, ...]
    place: Point
    weight: float  # popularity


@dataclass(frozen=True, slots=True)
class _PlannedPlaylist:
    """A playlist before it has an order: what its owner has in mind, and the songs so far."""

    owner: str
    name: str
    scenes: tuple[int, ...]  # home, and perhaps a neighbour
    mood: Point
    length: int
    songs: dict[int, bool]  # whether in all their versions


class _Dice:
    """Chances that are the same everywhere; `choices`, `shuffle` and `gauss` may change with Python."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).random

    def below(self, end: int) -> int:
        """Throw a whole number from 0 to end - 1."""
        return int(self.random() * end)

    def pick(self, items: Sequence[Item]) -> Item:
        """Take one of the items, each as likely as any other."""
        return items[self.below(len(items))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """Throw an index whose chance is its step in the cumulative weights."""
        return bisect(cumulative, self.random() * cumulative[-1], hi=len(cumulative) - 1)

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Put the items in random order (Fisher and Yates)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def around(self, mean: float) -> int:
        """Throw a whole number near the mean; a product of chances is skewed as a log-normal one is."""
        for _ in range(4):
            mean *= 0.5 + self.random()
        return int(mean)

    def point(self) -> Point:
        """Throw a place in the unit cube."""
        return self.random(), self.random(), self.random()


def sample_world(seed: int = 2017) -> SampleWorld:
    """Make the world that belongs to the seed."""
    dice = _Dice(seed)
    songs = _songs(dice)
    plans = _plan_playlists(dice)
    _deal(dice, songs, plans)
    _fill(dice, songs, plans)
    tracks, versions = _recordings(songs)
    playlists = [_playlist(dice, planned, tracks, versions) for planned in plans]
    return SampleWorld(tuple(tracks), tuple(playlists))


def _songs(dice: _Dice) -> list[_Song]:
    """Write the songs of all scenes, no two of one artist with the same title."""
    called: set[str] = set()
    songs: dict[tuple[str, str], _Song] = {}
    for scene in range(len(SCENES)):
        artists = [(_artist(dice, called), dice.point()) for _ in range(ARTISTS_A_SCENE)]
        while len(songs) < (scene + 1) * SONGS_A_SCENE:
            song = _song(dice, scene, len(songs) % SONGS_A_SCENE, artists)
            songs.setdefault((song.artist, song.titles[0]), song)
    written = list(songs.values())
    for number, (artist, title) in enumerate(HOSTILE):
        at = 7 + number * (len(written) // len(HOSTILE))  # from there they fall on hits and on obscure songs
        written[at] = replace(written[at], artist=artist, titles=(title,))
    return written


def _artist(dice: _Dice, called: set[str]) -> str:
    """Invent an artist that nobody is called yet."""
    while True:
        a, b, f = dice.pick(ADJECTIVES), dice.pick(MASCOTS), dice.pick(FIRST_NAMES)
        name = dice.pick(ARTISTS).format(a=a, b=b, f=f, s=_surname(dice))
        if name not in called:
            called.add(name)
            return name


def _surname(dice: _Dice) -> str:
    """Invent a surname."""
    return dice.pick(SURNAMES) + dice.pick(SURNAME_ENDS)


def _song(dice: _Dice, scene: int, rank: int, artists: Sequence[tuple[str, Point]]) -> _Song:
    """Write the song of a rank in a scene, near the other songs of its artist."""
    (artist, home), (guest, _) = dice.shuffled(artists)[:2]
    x, y, z = dice.point()
    place = ((x + home[0]) / 2, (y + home[1]) / 2, (z + home[2]) / 2)
    scenes = (scene, (scene + 1) % len(SCENES)) if dice.random() < SHARED else (scene,)
    return _Song(artist, _titles(dice, scene, rank, guest), scenes, place, 1 / ((rank + 2) * (rank + 100)))


def _titles(dice: _Dice, scene: int, rank: int, guest: str) -> tuple[str, ...]:
    """Name a song, in each of its versions if it has several."""
    n, m = dice.shuffled(NOUNS[scene])[:2]
    title = dice.pick(TITLES).format(a=dice.pick(ADJECTIVES), n=n, m=m, d=dice.below(29) + 2)
    if dice.random() >= RECORDED_AGAIN * (1 - 2 * rank / SONGS_A_SCENE):
        return (title,)
    live, remastered = f" - Live at {dice.pick(PLACES)}", f" - Remastered {dice.below(10) + 2007}"
    others = dice.shuffled((live, remastered, f" (feat. {guest})", " - Acoustic"))
    return (title, *(title + other for other in others[: 1 + dice.weighted((0.65, 0.93, 1.0))]))


def _plan_playlists(dice: _Dice) -> list[_PlannedPlaylist]:
    """Let each owner begin some playlists, most of them at home in one scene."""
    used: set[tuple[str, str]] = set()
    plans: list[_PlannedPlaylist] = []
    crowd = list(accumulate(1 / (scene + 6) for scene in range(len(SCENES))))
    for number in range(OWNERS):
        owner = f"{_surname(dice).lower()}{number + 100}"
        home = dice.weighted(crowd)
        for _ in range(1 + dice.around(PLAYLISTS_AN_OWNER)):
            scene = home if dice.random() < 0.6 else dice.weighted(crowd)
            plans.append(_plan_playlist(dice, owner, scene, used))
    return plans


def _plan_playlist(dice: _Dice, owner: str, scene: int, used: set[tuple[str, str]]) -> _PlannedPlaylist:
    """Begin a playlist, under a name that its owner does not use yet."""
    plain = name = SCENE_NAMES[scene] if dice.random() < 0.2 else dice.pick(PLAYLIST_NAMES)
    copies = 1
    while (owner, name) in used:
        copies += 1
        name = f"{plain} {copies}"
    used.add((owner, name))
    scenes = (scene, (scene + dice.pick((1, -1))) % len(SCENES)) if dice.random() < MIXED else (scene,)
    return _PlannedPlaylist(owner, name, scenes, dice.point(), max(5, min(60, dice.around(SONGS_A_PLAYLIST))), {})


def _nearness(here: Point, there: Point) -> float:
    """Say how well a song suits a mood: 1 at the same place, far off falling with the eighth power."""
    x, y, z = here[0] - there[0], here[1] - there[1], here[2] - there[2]
    near = REACH / (REACH + x * x + y * y + z * z)
    return near * near * near * near


def _deal(dice: _Dice, songs: Sequence[_Song], plans: Sequence[_PlannedPlaylist]) -> None:
    """Put every song whole into a few playlists that suit it, or the rarest tracks could not be learnt."""
    homes: list[list[_PlannedPlaylist]] = [[] for _ in SCENES]
    for planned in plans:
        homes[planned.scenes[0]].append(planned)
    for number, song in enumerate(songs):
        hosts = homes[dice.pick(song.scenes)]
        weights = list(accumulate(_nearness(song.place, host.mood) * host.length for host in hosts))
        wanted = LEAST if len(song.titles) == 1 else COLLECTED
        while wanted:
            host = hosts[dice.weighted(weights)]
            wanted -= number not in host.songs
            host.songs[number] = True


def _fill(dice: _Dice, songs: Sequence[_Song], plans: Sequence[_PlannedPlaylist]) -> None:
    """Fill each playlist with songs that are near its mood, hits first."""
    members: list[list[int]] = [[] for _ in SCENES]
    for number, song in enumerate(songs):
        for scene in song.scenes:
            members[scene].append(number)
    anywhere = list(accumulate(song.weight for song in songs))
    for planned in plans:
        shelves = [(members[scene], _weights(planned.mood, songs, members[scene])) for scene in planned.scenes]
        for _ in range(30 * planned.length):  # a narrow mood in a small scene may run dry before
            if len(planned.songs) >= planned.length:
                break
            shelf, weights = shelves[-1 if dice.random() < STRAY else 0]
            picked = dice.weighted(anywhere) if dice.random() < NOISE else shelf[dice.weighted(weights)]
            planned.songs.setdefault(picked, False)


def _weights(mood: Point, songs: Sequence[_Song], shelf: Sequence[int]) -> list[float]:
    """Weigh the songs of a shelf by popularity and by nearness to a mood, cumulatively."""
    return list(accumulate(songs[number].weight * _nearness(songs[number].place, mood) for number in shelf))


def _recordings(songs: Sequence[_Song]) -> tuple[list[SampleTrack], list[range]]:
    """Make each version of each song a track, and say which tracks are a song's."""
    tracks: list[SampleTrack] = []
    versions: list[range] = []
    for number, song in enumerate(songs):
        versions.append(range(len(tracks), len(tracks) + len(song.titles)))
        scenes = tuple(SCENE_NAMES[scene] for scene in song.scenes)
        for title in song.titles:
            uri = f"sample:track:{len(tracks) + 1:04}"
            tracks.append(SampleTrack(song.artist, title, uri, scenes, number))
    return tracks, versions


def _playlist(
    dice: _Dice, planned: _PlannedPlaylist, tracks: list[SampleTrack], versions: list[range]
) -> SamplePlaylist:
    """Choose the versions of a playlist's songs, and put the tracks in order."""
    order: list[int] = []
    for song in dice.shuffled(tuple(planned.songs)):
        taken: Sequence[int] = versions[song]
        if not planned.songs[song]:
            taken = [track for track in taken if dice.random() < JOINS] or taken[:1]
        for track in taken:
            order.extend([track] * (1 + (dice.random() < REPEATS)))
    if dice.random() < BY_TITLE:
        order.sort(key=lambda track: tracks[track].title.casefold())
    return SamplePlaylist(planned.owner, planned.name, tuple(order))
