"""Links to tracks of music services."""

from __future__ import annotations

import pytest

from skipgramophone.names.links import Link, read_link

SPOTIFY, YOUTUBE = "4uLU6hMCjMI75M1A2tKUQC", "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("text", "service", "uri"),
    [
        (f"https://open.spotify.com/track/{SPOTIFY}", "Spotify", f"spotify:track:{SPOTIFY}"),
        (f" https://open.spotify.com/track/{SPOTIFY}?si=0f1e&utm=x ", "Spotify", f"spotify:track:{SPOTIFY}"),
        (f"http://open.spotify.com/intl-de/track/{SPOTIFY}?si=1", "Spotify", f"spotify:track:{SPOTIFY}"),
        (f"open.spotify.com/embed/track/{SPOTIFY}", "Spotify", f"spotify:track:{SPOTIFY}"),
        (f"spotify:track:{SPOTIFY}", "Spotify", f"https://open.spotify.com/track/{SPOTIFY}"),
        ("https://music.apple.com/us/album/never-gonna/1559523357?i=1559523359", "Apple Music", "1559523359"),
        ("https://music.apple.com/us/album/x/15?uo=4&i=16&app=music", "Apple Music", "16"),
        ("https://music.apple.com/de/song/never-gonna/1559523359", "Apple Music", "1559523359"),
        (f"https://www.youtube.com/watch?v={YOUTUBE}&t=43s", "YouTube", YOUTUBE),
        (f"https://music.youtube.com/watch?list=RD1&v={YOUTUBE}", "YouTube", f"https://youtu.be/{YOUTUBE}"),
        (f"https://youtu.be/{YOUTUBE}?si=abc", "YouTube", f"https://www.youtube.com/watch?v={YOUTUBE}"),
        (f"m.youtube.com/shorts/{YOUTUBE}", "YouTube", YOUTUBE),
    ],
)
def test_a_link_leads_to_the_uris_of_its_track(text: str, service: str, uri: str) -> None:
    link = read_link(text)
    assert link is not None
    assert (link.service, link.kind, uri in link.uris) == (service, "track", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "spotify",
        "spotify:track:",
        f"spotify:track:{SPOTIFY} - remix",
        f"see https://open.spotify.com/track/{SPOTIFY}",
        f"https://evil.example/open.spotify.com/track/{SPOTIFY}",
        "https://music.apple.com/us/album/never-gonna/1559523357",
        "https://www.youtube.com/watch?v=short",
        "https://youtu.be/\n" + YOUTUBE,
        "youtube: the song",
    ],
)
def test_other_texts_are_no_links(text: str) -> None:
    assert read_link(text) is None


def test_links_to_something_else_than_a_track_have_no_uris() -> None:
    assert read_link("https://open.spotify.com/album/1A2b?si=1") == Link("Spotify", "album", "1A2b")
