"""Song versions: which titles are versions of the same song."""

from __future__ import annotations

import pytest

from skipgramophone.names.song_versions import KINDS, is_version, song_key
from skipgramophone.playlists.sample import sample_world
from skipgramophone.settings import VERSIONS


@pytest.mark.parametrize(
    "titles",
    [
        ["Song", "SONG - Live", "Song - Live at the Hall, 1999", "Song (Live) [2011 Remaster]", "Song (feat. X & Y)"],
        ["Song", "Song - Remastered 2009", "Song - 2015 Remaster", "Song - Single Version / 2009 Remaster"],
        ["Song", "Song ft. X", "Song featuring X - Radio Edit", "Song - Edit", "Song (Original Mix)", "Song - Mono"],
        ["Song (Part 2)", "Song (Part 2) - Demo", "Song (Part 2) (Acoustic)"],
        ["Für dich", "Fur dich - Live"],
        ["1999", "1999 - 2019 Remaster"],
    ],
)  # fmt: skip
def test_versions_of_one_song(titles: list[str]) -> None:
    assert len({song_key("A", title) for title in titles}) == 1


@pytest.mark.parametrize(
    "titles",
    [
        ["Song", "Song - Somebody Remix", "Song (feat. X) - Another Remix"],
        ["Song, Pt. 1", "Song, Pt. 2", "Song"],
        ["Symphony No. 5: I. Allegro", "Symphony No. 5: II. Andante"],
        ["Live", "Acoustic", "Edit", "- Live", "(Live)"],
        ["The", "The Feat of Strength", "The Version", "The Demons"],
        ["1999", "1999 - 2000"],
    ],
)
def test_different_songs(titles: list[str]) -> None:
    assert len({song_key("A", title) for title in titles}) == len(titles)


def test_guests_do_not_make_another_song_but_another_artist_does() -> None:
    assert song_key("A feat. B", "Song") == song_key("a", "Song") == song_key("A (ft. B)", "Song (Live)")
    assert song_key("A", "Song") != song_key("B", "Song")


def test_song_keys_of_the_sample_match_its_songs() -> None:
    tracks = sample_world().tracks
    pairs = {(track.song, song_key(track.artist, track.title)) for track in tracks}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert len(pairs) < len(tracks)


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("Free Fallin' - Live at the Nokia Theatre", {"live"}),
        ("Shut Up (Live) - 2015 Remaster", {"live", "remaster"}),
        ("Layla - MTV Unplugged", {"live", "acoustic"}),
        ("Tudo Indica - Ao Vivo", {"live"}),
        ("SOS - Laidback Luke Tribute Remix / Radio Edit", {"cover", "edit", "remix"}),
        ("Waves [OCULA Remix] - Extended Mix", {"remix", "extended"}),
        ("Live and Let Die", set()),
        ("Alive (feat. Liver)", set()),
        ("(Live)", set()),
        ("Remix to Ignition", set()),
        ("Cover Me - Demolition", set()),
    ],
)
def test_remarks_name_the_kinds_of_a_version(title: str, kinds: set[str]) -> None:
    assert {kind for kind in VERSIONS if is_version(title, [kind])} == kinds
    assert set(KINDS) == set(VERSIONS)
