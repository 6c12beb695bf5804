"""The syntax of the prompt on the command line: errors show the option that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_sgp


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["artist: zzqx"], "For all tracks of an artist, use --artist zzqx"),
        (["ARTIST:the zzqx", "--of", "artists"], "For all tracks of an artist, use --artist 'the zzqx'"),
        (["every pencil knows", "album: zzqx"], "For all tracks of an album, use --album zzqx"),
        (["artist:", "zzqx"], "For all tracks of an artist, use --artist zzqx"),
        (["zzqx", "--like", "artist: $(id)"], ""),  # the error is about the first name
        (["artist:"], ""),
        (["zzqx artist: zzqx"], ""),
    ],
)
def test_an_error_shows_the_option_for_an_artist_or_album(sample_root: Path, names: list[str], hint: str) -> None:
    ran = run_sgp("similar", "demo", *names, "--experiments-dir", sample_root)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert ran.err.startswith("error: no track matches ")
    assert ran.err.endswith(f". {hint}\n") if hint else "For all tracks" not in ran.err
