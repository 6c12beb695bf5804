"""The built-in sample: reproducible, with the properties of real dumps and with awkward names."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import combinations, pairwise

import pytest

from skipgramophone.playlists.sample import SCENES, SampleWorld, sample_world

# Changes with every edit of the generator; must be the same on every platform and Python version.
PINNED = "891055bd2f3da881bd37681ee39d9f6905622a882f6c0feb4e9e1af5750ac6c3"

Versions = dict[int, list[int]]


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return sample_world()


@pytest.fixture(scope="module")
def counts(world: SampleWorld) -> Counter[int]:
    return Counter(track for playlist in world.playlists for track in playlist.tracks)


@pytest.fixture(scope="module")
def versions(world: SampleWorld) -> Versions:
    """The tracks of each song with several versions."""
    songs: Versions = defaultdict(list)
    for number, track in enumerate(world.tracks):
        songs[track.song].append(number)
    return {song: tracks for song, tracks in songs.items() if len(tracks) > 1}


def digest(world: SampleWorld) -> str:
    """Return a hash of the whole world."""
    tracks = [(track.artist, track.title, track.uri, track.scenes, track.song) for track in world.tracks]
    playlists = [(playlist.owner, playlist.name, playlist.tracks) for playlist in world.playlists]
    return hashlib.sha256(ascii((tracks, playlists)).encode()).hexdigest()


def test_a_seed_always_generates_the_same_world(world: SampleWorld) -> None:
    assert sample_world.__wrapped__(2017) == world  # not the kept one
    assert digest(world) == PINNED


def test_another_seed_generates_another_world_of_similar_size(world: SampleWorld) -> None:
    other = sample_world(1)
    assert other.playlists != world.playlists
    assert len(other.playlists) == pytest.approx(len(world.playlists), rel=0.1)
    assert len(other.tracks) == pytest.approx(len(world.tracks), rel=0.1)


def test_the_world_has_the_size_of_a_small_dump(world: SampleWorld, counts: Counter[int]) -> None:
    assert 3_700 <= len(world.playlists) <= 4_300
    assert 2_800 <= len(world.tracks) <= 3_200
    assert 100_000 <= counts.total() <= 120_000
    assert 550 <= len({playlist.owner for playlist in world.playlists}) <= 650


def test_playlist_lengths_vary_and_are_skewed(world: SampleWorld) -> None:
    lengths = sorted(len(playlist.tracks) for playlist in world.playlists)
    mean, median = sum(lengths) / len(lengths), lengths[len(lengths) // 2]
    assert 3 <= lengths[0] <= 6
    assert 70 <= lengths[-1] <= 100
    assert 25 <= mean <= 30
    assert median < 0.9 * mean


def test_uris_and_names_of_tracks_are_unique(world: SampleWorld) -> None:
    assert len({track.uri for track in world.tracks}) == len(world.tracks)
    assert len({(track.artist, track.title) for track in world.tracks}) == len(world.tracks)


def test_owners_share_playlist_names_but_use_each_once(world: SampleWorld) -> None:
    assert len({(playlist.owner, playlist.name) for playlist in world.playlists}) == len(world.playlists)
    owners_of_a_name = Counter(playlist.name for playlist in world.playlists)
    assert owners_of_a_name["Starred"] > 10
    assert owners_of_a_name["late shift"] > 10


def test_every_track_occurs_at_least_five_times(world: SampleWorld, counts: Counter[int]) -> None:
    assert counts.keys() == set(range(len(world.tracks)))
    assert min(counts.values()) >= 5


def test_few_tracks_have_a_large_share_of_the_occurrences(counts: Counter[int]) -> None:
    falling = sorted(counts.values(), reverse=True)
    assert sum(falling[: len(falling) // 10]) > counts.total() / 3
    assert falling[0] > 10 * falling[len(falling) // 2]


def test_a_track_rarely_occurs_twice_in_a_playlist(world: SampleWorld, counts: Counter[int]) -> None:
    repeats = sum(len(playlist.tracks) - len(set(playlist.tracks)) for playlist in world.playlists)
    assert 0.003 < repeats / counts.total() < 0.007


def test_about_a_quarter_of_the_playlists_are_sorted_by_title(world: SampleWorld) -> None:
    titles = [track.title.casefold() for track in world.tracks]
    by_title = 0
    for playlist in world.playlists:
        by_title += all(titles[left] <= titles[right] for left, right in pairwise(playlist.tracks))
    assert 0.22 < by_title / len(world.playlists) < 0.29


def test_each_track_has_one_scene_or_two_that_are_neighbours(world: SampleWorld) -> None:
    scenes = list(SCENES)
    neighbours = {(scene, scenes[(number + 1) % len(scenes)]) for number, scene in enumerate(scenes)}
    assert 20 <= len(scenes) <= 24
    for track in world.tracks:
        assert track.scenes in neighbours or (len(track.scenes) == 1 and track.scenes[0] in SCENES)
    assert 0.05 < sum(len(track.scenes) == 2 for track in world.tracks) / len(world.tracks) < 0.25


def test_playlists_prefer_one_scene_but_have_other_tracks(world: SampleWorld, counts: Counter[int]) -> None:
    at_home, strays = 0, 0
    for playlist in world.playlists:
        scenes = Counter(scene for track in playlist.tracks for scene in world.tracks[track].scenes)
        home = scenes.most_common(1)[0][1]
        at_home += home
        strays += home < len(playlist.tracks)
    assert 0.6 < at_home / counts.total() < 0.8
    assert strays > len(world.playlists) / 2


def test_some_songs_have_two_to_four_versions_by_one_artist(world: SampleWorld, versions: Versions) -> None:
    songs = {track.song for track in world.tracks}
    assert 0.08 <= len(versions) / len(songs) <= 0.1
    for tracks in versions.values():
        assert 2 <= len(tracks) <= 4
        plain, *others = (world.tracks[track] for track in tracks)
        assert all(other.artist == plain.artist and other.scenes == plain.scenes for other in others)
        starts = (f"{plain.title} - ", f"{plain.title} (feat. ")
        assert all(other.title.startswith(starts) for other in others)


@pytest.mark.parametrize("kind", [" - Live at ", " - Remastered 20", " (feat. ", " - Acoustic"])
def test_every_kind_of_version_occurs(world: SampleWorld, kind: str) -> None:
    assert sum(kind in track.title for track in world.tracks) > 20


def test_versions_of_a_song_share_most_of_their_playlists(world: SampleWorld, versions: Versions) -> None:
    homes: dict[int, set[int]] = defaultdict(set)
    for number, playlist in enumerate(world.playlists):
        for track in playlist.tracks:
            homes[track].add(number)
    for tracks in versions.values():
        for one, other in combinations(tracks, 2):
            assert len(homes[one] & homes[other]) > 0.7 * len(homes[one] | homes[other])


MARKUP = ['"', "'", ",", "\\", "<b>", "&", "[live]", "[/bold]", ":heart:"]
SCRIPTS = ["Снег", "λιμάνι", "雨", "نافذة", "אור", "파란", "Ø", "e\u0301", "🌙", "\u200d"]


@pytest.mark.parametrize("part", MARKUP + SCRIPTS)
def test_names_contain_markup_and_many_scripts(world: SampleWorld, part: str) -> None:
    assert any(part in track.artist or part in track.title for track in world.tracks)


def test_some_names_are_formulas_long_short_or_shared(world: SampleWorld) -> None:
    titles = [track.title for track in world.tracks]
    assert any(track.artist.startswith("=") for track in world.tracks)
    assert 110 <= max(map(len, titles)) <= 140
    assert min(map(len, titles)) == 2
    assert len({track.artist for track in world.tracks if track.title == "Same Title, Other Street"}) == 2


def test_no_name_is_empty_padded_or_contains_control_characters(world: SampleWorld) -> None:
    names = [name for track in world.tracks for name in (track.artist, track.title, track.uri)]
    names += [name for playlist in world.playlists for name in (playlist.owner, playlist.name)]
    assert all(name and name == name.strip() for name in names)
    assert not any(character < " " for name in names for character in name)
