"""Small invented files that scripts and people write: JSON, tables, and lists of names with marks.

Their formats have no signature: the columns of tables are guessed, and lists are read as lists of names.
"""

from __future__ import annotations

import json

NAMES = ("Ada Fenn - Green Door", "The Hatches - Rain - Live", "Nell Quay - Salt", "50 Cent - Home", "Ada Fenn - Tide")
TRACKS = [dict(zip(("artist", "title"), name.split(" - ", 1), strict=True)) for name in NAMES]
IDS = ["a1", "b2", 3]


def _lines(line: str) -> str:
    """Return a list with marks: `line` may contain {name}, {number}, {rank} and {time}."""
    ranks, times = (1, 2, 2, 4, 5), ("00:00", "04:10", "09:00", "1:03:14", "1:10:00")
    return "".join(
        line.format(name=name, number=number, rank=rank, time=time) + "\n"
        for number, (name, rank, time) in enumerate(zip(NAMES, ranks, times, strict=True), 1)
    )


# File name -> its content, and the number of tracks in it.
DOCUMENTS: dict[str, tuple[str, int]] = {
    name: (json.dumps(value, indent=1), number)
    for name, value, number in (
        ("rows.json", TRACKS, 5),
        ("playlist.json", {"name": "Kitchen", "songs": TRACKS, "count": 5}, 5),
        ("nested.json", {"response": {"list": {"id": 7, "tracks": {"data": TRACKS}}}, "ok": True}, 5),
        ("playlists.json", [{"name": "A", "songs": TRACKS}, {"name": "B", "songs": []}, {"name": "C"}], 5),
        ("ids.json", [{"playlistID": 7, "trackIDs": IDS}, {"playlistID": 8, "trackIDs": IDS[1:]}], 5),
        ("names.json", [{"name": "A", "tracks": NAMES}, {"name": "B", "tracks": NAMES[:1]}], 6),
        ("named.json", {"A": NAMES, "B": NAMES[1:], "C": []}, 9),
        ("artists.json", [{"track": "Sea", "artists": [{"name": "Ada"}, {"name": "Me"}], "album": {"name": "Sea"}}], 1),
    )
}  # fmt: skip
LISTS: dict[str, tuple[str, int]] = {
    name: (_lines(line), len(NAMES))
    for name, line in (
        ("numbered.txt", "{number}. {name}"),
        ("plain.txt", "{number:02d} - {name}.mp3"),
        ("ranked.txt", "{rank} {name}"),
        ("times.txt", "[{time}] {name}"),
        ("bullets.txt", "* {number}) {name} ({time})"),
        ("linked.txt", "- [{name}](https://music.example/{number})"),
    )
}
LISTS["dashes.txt"] = (LISTS["numbered.txt"][0].replace(" - ", " – "), 5)
LISTS["gold.txt"] = (LISTS["numbered.txt"][0].replace(" - ", " - [Gold #03] ", 5), 5)
LISTS["beet.txt"] = ("".join(f"Ada - {album} - {name}\n" for album in ("Sea", "Sky") for name in ("a", "b", "c")), 6)
LISTS["heading.txt"] = ("Title - Artist\n" + "".join(f"{name}\n" for name in NAMES), 5)
TABLES: dict[str, tuple[str, int]] = {
    "joined.csv": ("title,artists\nRain,Ada;Nell\nSalt,Nell\nTide,Me; Ada\n", 3),
    "dated.csv": (
        "date,rank,song,artist\n2021-11-13,1,Rain,Ada\n2021-11-13,=2,Salt,Nell\n2021-11-06,1,Salt,Nell\n", 3,
    ),
}  # fmt: skip
SCRIPT_EXAMPLES = DOCUMENTS | LISTS | TABLES
