"""Artists in M3U files, in lines of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]


@pytest.mark.parametrize(
    ("infos", "expected"),
    [
        # Titles, as Emby writes them. One title contains a separator.
        (("Door", "Rain - Live", "Salt"), [("Ada Fenn", "Door"), ("The Hatches", "Rain - Live"), ("Me", "Salt")]),
        # Artists and titles; the artist of its own line may be that of the album.
        (
            ("Ada & Nell - Door", "The Hatches - Rain", "Me - Salt"),
            [("Ada & Nell", "Door"), ("The Hatches", "Rain"), ("Me", "Salt")],
        ),
        (("Ada Fenn - Door", "Rain", "Salt"), [("Ada Fenn", "Door"), ("The Hatches", "Rain"), ("Me", "Salt")]),
    ],
)
def test_an_artist_of_its_own_line(
    infos: tuple[str, str, str], expected: list[tuple[str, str]], write_dump: WriteDump
) -> None:
    text = (
        f"#EXTM3U\n#EXTALB:Doors\n#EXTART:Ada Fenn\n#EXTINF:9,{infos[0]}\na.mp3\n"
        f"#EXTART: The Hatches\n#EXTINF:9,{infos[1]}\nb.mp3\n#EXTART:Me\n#EXTINF:9,{infos[2]}\nc.mp3\n"
    )
    rows, rejects = read(write_dump(text, "list.m3u"), "m3u")
    assert [row[1:3] for row in rows] == expected
    assert rejects == []


def test_an_artist_without_a_name_completes_the_name_of_the_file(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("#EXTM3U\n#EXTART:Ada Fenn\nm/Door.mp3\n#EXTART:Me\nm/Nell - Salt.mp3\n", "x.m3u"), "m3u")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Door"), ("Nell", "Salt")]
