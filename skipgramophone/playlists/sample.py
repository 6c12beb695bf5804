"""Generate the built-in sample: playlists to try all commands without a file or a network.

The sample has about 4,000 playlists with about 3,000 tracks of 22 scenes (invented genres). It has the properties of
real data sets: there are a few hits and many rare tracks, and some songs have several versions. A playlist has one
mood, and half of the playlists also have songs of a neighbouring scene. Some names contain characters that careless
programs handle wrongly, such as quotes, markup and emoji.

The same seed gives the same sample on every platform and Python version. For this reason, only plain arithmetic on
`random.Random.random()` is used: no `exp`, no `sum` of floats (Python 3.12 adds them differently), no iteration over
sets.

All names are invented. The sample does not show how well a model works on real playlists: its scenes differ more
clearly than real genres.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")
Point = tuple[float, float, float]

OWNERS, PLAYLISTS_PER_OWNER, SONGS_PER_PLAYLIST = 600, 6.3, 22
SONGS_PER_SCENE, ARTISTS_PER_SCENE = 120, 22
SHARED = 0.15  # share of a scene's songs that also belong to the next scene
# Share of playlists with a second scene, and share of the songs of such a playlist that come from the second scene.
MIXED, STRAY = 0.5, 0.4
NOISE = 0.05  # share of songs that are drawn from all scenes
# Squared distance between a song and a mood at which the weight of the song is a sixteenth of its maximum.
REACH = 0.03
# Minimum number of playlists that contain a song: if the song has a single version, and if it has several versions.
LEAST, COLLECTED = 5, 25
RECORDED_AGAIN = 0.33  # probability that the top song of a scene has several versions; it falls to 0 for rarer songs
JOINS = 0.97  # probability that a version of a song is added to a playlist with the song, unless all must be added
REPEATS = 0.005  # share of tracks that occur twice in their playlist
BY_TITLE = 0.25  # share of playlists that are sorted by title


def _words(text: str) -> tuple[str, ...]:
    """Split a text at the bars (|) between its words."""
    return tuple(text.split("|"))


# Scene -> nouns for its titles. Each scene shares songs with the next one, and the last with the first.
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

# Names as in real dumps: quotes, markup, emoji, many scripts, formulas, escapes, combining accents.
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
    """One recording of a song, with its names."""

    artist: str
    title: str
    uri: str
    scenes: tuple[str, ...]  # one or two
    song: int  # number of the song, the same for all its versions


@dataclass(frozen=True, slots=True)
class SamplePlaylist:
    """One playlist of one owner."""

    owner: str
    name: str
    tracks: tuple[int, ...]  # indices into SampleWorld.tracks, in playlist order


@dataclass(frozen=True, slots=True)
class SampleWorld:
    """The whole sample: all tracks, and all playlists grouped by owner."""

    tracks: tuple[SampleTrack, ...]
    playlists: tuple[SamplePlaylist, ...]


@dataclass(frozen=True, slots=True)
class _Song:
    """A song before its versions become tracks. Its place, a point in the unit cube, represents its mood."""

    artist: str
    titles: tuple[str, ...]  # one per version
    scenes: tuple[int, ...]
    place: Point
    weight: float  # popularity


@dataclass(frozen=True, slots=True)
class _PlannedPlaylist:
    """A playlist before its tracks are chosen and ordered: scenes, mood, length, and the songs so far."""

    owner: str
    name: str
    scenes: tuple[int, ...]  # the main scene, and possibly a neighbouring scene
    mood: Point
    length: int
    songs: dict[int, bool]  # song number -> whether to add all its versions


class _Dice:
    """Random choices that are the same in every Python version, unlike those of the module random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).random

    def below(self, end: int) -> int:
        """Draw an integer from 0 to end - 1."""
        return int(self.random() * end)

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of the items, all equally likely."""
        return items[self.below(len(items))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """Draw an index with probabilities in proportion to weights, which are given as cumulative sums."""
        return bisect(cumulative, self.random() * cumulative[-1], hi=len(cumulative) - 1)

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in random order (Fisher-Yates shuffle)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def around(self, mean: float) -> int:
        """Draw an integer from a skewed distribution around `mean`, similar to a log-normal distribution."""
        for _ in range(4):
            mean *= 0.5 + self.random()
        return int(mean)

    def point(self) -> Point:
        """Draw a point in the unit cube."""
        return self.random(), self.random(), self.random()


@lru_cache(maxsize=1)
def sample_world(seed: int = 2017) -> SampleWorld:
    """Generate the sample for a seed."""
    dice = _Dice(seed)
    songs = _songs(dice)
    plans = _plan_playlists(dice)
    _distribute_songs(dice, songs, plans)
    _fill_playlists(dice, songs, plans)
    tracks, versions = _recordings(songs)
    playlists = [_playlist(dice, planned, tracks, versions) for planned in plans]
    return SampleWorld(tuple(tracks), tuple(playlists))


def _songs(dice: _Dice) -> list[_Song]:
    """Generate the songs of all scenes; no two songs have the same artist and title."""
    used: set[str] = set()
    songs: dict[tuple[str, str], _Song] = {}
    for scene in range(len(SCENES)):
        artists = [(_artist(dice, used), dice.point()) for _ in range(ARTISTS_PER_SCENE)]
        while len(songs) < (scene + 1) * SONGS_PER_SCENE:
            song = _song(dice, scene, len(songs) % SONGS_PER_SCENE, artists)
            songs.setdefault((song.artist, song.titles[0]), song)
    written = list(songs.values())
    for number, (artist, title) in enumerate(HOSTILE):
        # Distribute the names with special characters over popular and rare songs.
        at = 7 + number * (len(written) // len(HOSTILE))
        written[at] = replace(written[at], artist=artist, titles=(title,))
    return written


def _artist(dice: _Dice, used: set[str]) -> str:
    """Generate the name of an artist that is not in `used`, and add the name to `used`."""
    while True:
        a, b, f = dice.pick(ADJECTIVES), dice.pick(MASCOTS), dice.pick(FIRST_NAMES)
        name = dice.pick(ARTISTS).format(a=a, b=b, f=f, s=_surname(dice))
        if name not in used:
            used.add(name)
            return name


def _surname(dice: _Dice) -> str:
    """Generate a surname."""
    return dice.pick(SURNAMES) + dice.pick(SURNAME_ENDS)


def _song(dice: _Dice, scene: int, rank: int, artists: Sequence[tuple[str, Point]]) -> _Song:
    """Generate the song with popularity rank `rank` in a scene; its place is near the artist's other songs."""
    (artist, home), (guest, _) = dice.shuffled(artists)[:2]
    x, y, z = dice.point()
    place = ((x + home[0]) / 2, (y + home[1]) / 2, (z + home[2]) / 2)
    scenes = (scene, (scene + 1) % len(SCENES)) if dice.random() < SHARED else (scene,)
    titles = _titles(dice, scene, rank, guest)
    return _Song(artist, titles, scenes, place, weight=1 / ((rank + 2) * (rank + 100)))


def _titles(dice: _Dice, scene: int, rank: int, guest: str) -> tuple[str, ...]:
    """Generate the title of a song, and the titles of its other versions if it has any."""
    n, m = dice.shuffled(NOUNS[scene])[:2]
    title = dice.pick(TITLES).format(a=dice.pick(ADJECTIVES), n=n, m=m, d=dice.below(29) + 2)
    if dice.random() >= RECORDED_AGAIN * (1 - 2 * rank / SONGS_PER_SCENE):
        return (title,)
    live, remastered = f" - Live at {dice.pick(PLACES)}", f" - Remastered {dice.below(10) + 2007}"
    others = dice.shuffled((live, remastered, f" (feat. {guest})", " - Acoustic"))
    return (title, *(title + other for other in others[: 1 + dice.weighted((0.65, 0.93, 1.0))]))


def _plan_playlists(dice: _Dice) -> list[_PlannedPlaylist]:
    """Plan the playlists of each owner, most of them in the owner's home scene."""
    used: set[tuple[str, str]] = set()
    plans: list[_PlannedPlaylist] = []
    crowd = list(accumulate(1 / (scene + 6) for scene in range(len(SCENES))))
    for number in range(OWNERS):
        owner = f"{_surname(dice).lower()}{number + 100}"
        home = dice.weighted(crowd)
        for _ in range(1 + dice.around(PLAYLISTS_PER_OWNER)):
            scene = home if dice.random() < 0.6 else dice.weighted(crowd)
            plans.append(_plan_playlist(dice, owner, scene, used))
    return plans


def _plan_playlist(dice: _Dice, owner: str, scene: int, used: set[tuple[str, str]]) -> _PlannedPlaylist:
    """Plan a playlist with a name that its owner has not used yet."""
    plain = name = SCENE_NAMES[scene] if dice.random() < 0.2 else dice.pick(PLAYLIST_NAMES)
    copies = 1
    while (owner, name) in used:
        copies += 1
        name = f"{plain} {copies}"
    used.add((owner, name))
    scenes = (scene, (scene + dice.pick((1, -1))) % len(SCENES)) if dice.random() < MIXED else (scene,)
    mood, length = dice.point(), max(5, min(60, dice.around(SONGS_PER_PLAYLIST)))
    return _PlannedPlaylist(owner, name, scenes, mood, length=length, songs={})


def _nearness(here: Point, there: Point) -> float:
    """Return how well a song suits a mood: 1 at distance 0, in proportion to 1 / distance ** 8 at large distances."""
    x, y, z = here[0] - there[0], here[1] - there[1], here[2] - there[2]
    near = REACH / (REACH + x * x + y * y + z * z)
    return near * near * near * near


def _distribute_songs(dice: _Dice, songs: Sequence[_Song], plans: Sequence[_PlannedPlaylist]) -> None:
    """Add every song with all its versions to a few playlists that suit it, so that rare songs can be trained on."""
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


def _fill_playlists(dice: _Dice, songs: Sequence[_Song], plans: Sequence[_PlannedPlaylist]) -> None:
    """Fill each playlist with random songs; songs that are popular or near the playlist's mood are more likely."""
    members: list[list[int]] = [[] for _ in SCENES]
    for number, song in enumerate(songs):
        for scene in song.scenes:
            members[scene].append(number)
    anywhere = list(accumulate(song.weight for song in songs))
    for planned in plans:
        shelves = [(members[scene], _weights(planned.mood, songs, members[scene])) for scene in planned.scenes]
        for _ in range(30 * planned.length):  # This limit ends the loop if too few songs suit the mood.
            if len(planned.songs) >= planned.length:
                break
            shelf, weights = shelves[-1 if dice.random() < STRAY else 0]
            picked = dice.weighted(anywhere) if dice.random() < NOISE else shelf[dice.weighted(weights)]
            planned.songs.setdefault(picked, False)


def _weights(mood: Point, songs: Sequence[_Song], shelf: Sequence[int]) -> list[float]:
    """Return the cumulative weights of the songs of a scene (`shelf`): popularity times nearness to a mood."""
    return list(accumulate(songs[number].weight * _nearness(songs[number].place, mood) for number in shelf))


def _recordings(songs: Sequence[_Song]) -> tuple[list[SampleTrack], list[range]]:
    """Return the tracks, one per version of each song, and the range of track numbers of each song."""
    tracks: list[SampleTrack] = []
    versions: list[range] = []
    for number, song in enumerate(songs):
        versions.append(range(len(tracks), len(tracks) + len(song.titles)))
        scenes = tuple(SCENE_NAMES[scene] for scene in song.scenes)
        for title in song.titles:
            uri = f"sample:track:{len(tracks) + 1:04}"
            tracks.append(SampleTrack(song.artist, title, uri, scenes, song=number))
    return tracks, versions


def _playlist(
    dice: _Dice, planned: _PlannedPlaylist, tracks: list[SampleTrack], versions: list[range]
) -> SamplePlaylist:
    """Turn a plan into a playlist: choose the versions of its songs, and put the tracks in order."""
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
