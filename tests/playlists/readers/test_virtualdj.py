"""Folders of songs of VirtualDJ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.player_examples import VIRTUALDJ
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]


def test_the_songs_of_a_folder_are_a_playlist(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(VIRTUALDJ, "Evening.vdjfolder"), "virtualdj")
    assert rows == [
        ("Evening", "Ada Fenn", "Green Door", None),
        ("Evening", "The Hatches", "Rain & Tin (Dub)", None),
        ("Evening", "Me", "Demo", None),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<VirtualFolder ordered="yes"></VirtualFolder>', "a folder of VirtualDJ without songs"),
        ('<FilterFolder filter="genre is folk"/>', "save its songs as a playlist in VirtualDJ"),
        ('<VirtualDJ_Database Version="8"><Song FilePath="a.mp3"/></VirtualDJ_Database>', "without its playlists"),
    ],
)
def test_files_without_playlists_are_refused(text: str, reason: str, write_dump: WriteDump) -> None:
    assert reason in error_of(write_dump(text, "x.vdjfolder"))
