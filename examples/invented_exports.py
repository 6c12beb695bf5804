"""Write invented data for the tutorials: a Spotify export, or the sessions of a shop.

    python examples/invented_exports.py spotify my_spotify_data.zip
    python examples/invented_exports.py shop sessions.csv

The same data is written each time. The listener's tracks are those of the sample that comes with sgp.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skipgramophone.playlists.sample import sample_world

SESSIONS = 900  # of the listener
PLAYS_PER_FILE = 8000
FIRST_EVENING = datetime(2021, 1, 1, 18, tzinfo=UTC)
FOLDER = "Spotify Extended Streaming History"

VISITS = 4000  # of the shop
PRODUCTS = {
    "tea": ("Teapot", "Tea Cup", "Tea Towel", "Kettle", "Sugar Bowl", "Milk Jug", "Cake Stand", "Saucer"),
    "garden": ("Watering Can", "Trowel", "Flower Pot", "Bird House", "Rake", "Seed Box", "Lantern", "Bench"),
    "paper": ("Notebook", "Gift Wrap", "Birthday Card", "Envelope", "Pencil", "Sticker", "Calendar", "Ribbon"),
    "kitchen": ("Apron", "Whisk", "Rolling Pin", "Cake Tin", "Mixing Bowl", "Spice Jar", "Ladle", "Timer"),
    "toys": ("Kite", "Puzzle", "Spinning Top", "Doll House", "Train Set", "Yo-Yo", "Marble Run", "Teddy Bear"),
}
STYLES = ("Blue", "Copper", "Dotted", "Floral", "Retro", "Striped", "White", "Wooden")


def plays() -> Iterator[dict[str, object]]:
    """Yield the plays of a listener, who listens in sessions; some plays are skipped at once."""
    chance = random.Random(7)
    world = sample_world()
    for evening, playlist in enumerate(world.playlists[:SESSIONS]):
        now = FIRST_EVENING + timedelta(days=2 * evening, minutes=chance.randrange(120))
        order = list(playlist.tracks)
        chance.shuffle(order)  # as many people listen
        for track in (world.tracks[at] for at in order):
            lasted = 0 if chance.random() < 0.05 else chance.randrange(150, 280) * 1000
            now += timedelta(milliseconds=lasted + 2000)
            yield {
                "ts": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ms_played": lasted,
                "master_metadata_track_name": track.title,
                "master_metadata_album_artist_name": track.artist,
                "spotify_track_uri": f"spotify:track:{track.uri.replace(':', '')}",
                "episode_name": None,
            }


def write_spotify(destination: Path) -> None:
    """Write an extended streaming history as Spotify sends it: a zip archive of numbered JSON files."""
    history = list(plays())
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, start in enumerate(range(0, len(history), PLAYS_PER_FILE)):
            some = history[start : start + PLAYS_PER_FILE]
            name = f"{FOLDER}/Streaming_History_Audio_{str(some[0]['ts'])[:4]}_{part}.json"
            archive.writestr(zipfile.ZipInfo(name), json.dumps(some, indent=1, ensure_ascii=False))


def write_shop(destination: Path) -> None:
    """Write the sessions of a shop: one row per product that a visitor looked at, in order."""
    chance = random.Random(7)
    catalogue = {
        department: [f"{style} {noun}" for noun in nouns for style in STYLES] for department, nouns in PRODUCTS.items()
    }
    numbers = {product: at for at, product in enumerate(name for names in catalogue.values() for name in names)}
    with destination.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["session_id", "timestamp", "item_id", "title"])
        for visit in range(VISITS):
            now = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(minutes=7 * visit)
            department = chance.choice(list(catalogue))
            place = chance.randrange(len(catalogue[department]))
            for _ in range(chance.randrange(4, 20)):
                if chance.random() < 0.1:
                    department = chance.choice(list(catalogue))
                product = catalogue[department][(place + int(chance.gauss(0, 5))) % len(catalogue[department])]
                now += timedelta(seconds=chance.randrange(5, 90))
                rows.writerow(
                    [f"s{visit:05d}", now.strftime("%Y-%m-%dT%H:%M:%SZ"), f"P{numbers[product]:04d}", product]
                )


if __name__ == "__main__":
    kind, path = sys.argv[1:]
    {"spotify": write_spotify, "shop": write_shop}[kind](Path(path))
