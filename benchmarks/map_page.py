"""Measures a map of many tracks: time to create it, its size, and script time per frame in headless Chromium.

python -m benchmarks.map_page [--tracks 100000] [--dim 100] [--projection pca] [--frames 60]

The vectors are random centres plus noise. A headless browser renders in software, so its frame rate is not
representative. Therefore the benchmark measures the time of the page's own script per frame. It also reports the share
of nearest neighbours that the projection preserves.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.neighbour_table import clustered
from skipgramophone.experiment.catalogue import Track
from skipgramophone.maps.drawing import draw
from skipgramophone.maps.page import page
from skipgramophone.settings import MapSettings

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1280, 800
STEP = 7  # pixels that the map is dragged per frame
MEASURED = "parseFloat(document.getElementById('stage').dataset.milliseconds)"
NEXT_FRAME = "new Promise(requestAnimationFrame)"
SEARCH = """(word) => {
    const query = document.getElementById("query"), started = performance.now();
    query.value = word;
    query.dispatchEvent(new Event("input"));
    return performance.now() - started;
}"""


def invented_tracks(tracks: int) -> list[Track]:
    """Return tracks with names of typical length, in order of count."""
    names = [(f"Some Artist {row % 9000}", f"A Title of the Usual Length {row}") for row in range(tracks)]
    return [Track(row, *name, None, 1 + 10**6 // (row + 10), row) for row, name in enumerate(names)]


def measure_in_browser(place: Path, frames: int) -> None:
    """Open the page, resize it, drag the map, search in it, and print the times of its script."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        started = time.perf_counter()
        opened.goto(place.as_uri())
        opened.wait_for_selector("#stage[data-milliseconds]")
        print(f"loaded in     {time.perf_counter() - started:.1f} s")
        redrawn, moved = [], []
        for at in range(frames):
            if at % 5 == 0:  # a new size redraws all points
                opened.set_viewport_size({"width": WIDTH - at % 10, "height": HEIGHT})
                opened.evaluate(f"async () => {{ await {NEXT_FRAME}; await {NEXT_FRAME}; }}")
                redrawn.append(opened.evaluate(MEASURED))
                opened.mouse.move(400, 400)
                opened.mouse.down()
            opened.mouse.move(400 + STEP * (at % 5 + 1), 400)
            opened.evaluate(f"async () => {{ await {NEXT_FRAME}; }}")
            moved.append(opened.evaluate(MEASURED))
            if at % 5 == 4:
                opened.mouse.up()
        print(f"full redraw   {summary(redrawn)}")
        print(f"drag frame    {summary(moved)}")
        words = ["title", "length 77", "artist 12", "usual"]
        print(f"search        {summary([opened.evaluate(SEARCH, word) for word in words])}, including the first search")
        print(f"browser       {browser.version}")
        browser.close()


def summary(milliseconds: Sequence[float]) -> str:
    """Format the median and the maximum of times."""
    median, longest = statistics.median(milliseconds), max(milliseconds)
    return f"script time {median:.1f} ms (median of {len(milliseconds)}; maximum {longest:.1f} ms)"


def main() -> None:
    """Draw a map, run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("tracks", 100_000), ("dim", 100), ("frames", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--projection", default="pca")
    asked = parser.parse_args()
    centre, tracks = clustered(asked.tracks, asked.dim), invented_tracks(asked.tracks)
    print(f"{describe()}, {asked}")
    started = time.perf_counter()
    drawing = draw("benchmark", tracks, centre, MapSettings(projection=asked.projection))
    text = page(drawing)
    seconds = time.perf_counter() - started
    print(f"created in    {seconds:.0f} s; preserves {drawing.preserved:.0%} of nearest neighbours")
    print(f"size          {len(text.encode()) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "map.html")
        place.write_text(text, encoding="utf-8")
        measure_in_browser(place, asked.frames)


if __name__ == "__main__":
    main()
