"""The map in a browser: search, click, neighbours, keyboard, colours, and no network access."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import skipgramophone as package
from tests.conftest import BROWSER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ALERT = "<script>alert(1)</script>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="Chromium is not on the PATH"),
]


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a map of two groups of tracks, where one name is hostile."""
    place = tmp_path_factory.mktemp("map")
    names = [f"{('Folk', 'Techno')[at % 2]} {at} - {ALERT if at == 4 else f'Title {at}'}" for at in range(60)]
    rng = np.random.default_rng(3)
    vectors = np.eye(2, 6)[np.arange(60) % 2] + 0.2 * rng.standard_normal((60, 6))
    np.savez(place / "v.npz", vectors=vectors.astype(np.float32), tracks=np.array(names), count=np.arange(60, 0, -1))
    package.import_vectors("bundles", place / "v.npz", experiments_dir=place)
    settings = package.MapSettings(projection="pca", clusters=2)
    package.draw_map("bundles", place / "map.html", settings, experiments_dir=place)
    return place


@pytest.fixture
def page(browser: Browser, map_file: Path) -> Iterator[Page]:
    """Open the map; any network request, console message or dialog fails the test."""
    opened = browser.new_page(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    requested: list[str] = []
    messages: list[str] = []
    opened.on("request", lambda request: requested.append(request.url))
    opened.on("console", lambda message: messages.append(message.text))
    opened.on("pageerror", lambda error: messages.append(str(error)))
    opened.on("dialog", lambda dialog: messages.append(dialog.message))
    address = (map_file / "map.html").as_uri()
    opened.goto(address)
    opened.wait_for_selector("#stage[data-milliseconds]")
    yield opened
    opened.close()
    assert [url for url in requested if url not in (address, "data:,")] == []
    assert messages == []


def nearest(map_file: Path, query: str) -> list[str]:
    """Return the names of the ten nearest tracks, as a look-up returns them."""
    with package.open("bundles", map_file) as experiment:
        return [near.track.name for near in experiment.similar(query).neighbours]


def test_search_shows_exact_neighbours(page: Page, map_file: Path) -> None:
    page.fill("#query", "TITLE 7")
    assert page.inner_text("#tracks li:first-child bdi") == "Techno 7 - Title 7"
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen h2") == "Techno 7 - Title 7"
    assert page.locator("#chosen li bdi").all_inner_texts() == nearest(map_file, "Techno 7 - Title 7")
    assert page.inner_text("#status") == "Techno 7 - Title 7: 10 nearest tracks"
    assert page.inner_text("#chosen p").startswith("53 occurrences, cluster: ")
    # The map has moved: the track is in the middle, under the pointer.
    box = page.locator("#points").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#tip") == "Techno 7 - Title 7 · 53×"
    page.locator("#chosen li button").first.click()
    assert page.inner_text("#chosen h2") == nearest(map_file, "Techno 7 - Title 7")[0]


def test_a_click_on_the_map_selects_a_track(page: Page, map_file: Path) -> None:
    page.fill("#query", "Title 8")
    page.keyboard.press("Enter")
    page.locator("#points").focus()
    page.keyboard.press("Escape")
    assert page.locator("#chosen").is_hidden()
    box = page.locator("#points").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#chosen h2") == "Folk 8 - Title 8"
    assert page.locator("#chosen li bdi").all_inner_texts() == nearest(map_file, "Folk 8 - Title 8")


def test_a_hostile_name_is_shown_as_text(page: Page) -> None:
    page.fill("#query", "<script>")
    assert page.inner_text("#status") == "1 track"
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen h2") == f"Folk 4 - {ALERT}"


def test_the_list_reaches_every_track_by_keyboard(page: Page) -> None:
    assert page.locator("#tracks li").count() == 40
    page.locator("#more").focus()
    page.keyboard.press("Enter")
    assert page.locator("#tracks li").count() == 60
    assert page.locator("#more").is_hidden()
    assert page.evaluate("document.activeElement.querySelector('bdi').textContent") == "Folk 40 - Title 40"
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen h2") == "Folk 40 - Title 40"


def test_the_legend_selects_a_cluster(page: Page) -> None:
    page.locator("summary").click()
    assert page.locator("#groups li").count() == 2
    legend = page.locator("#groups button").first
    legend.click()
    assert legend.get_attribute("aria-pressed") == "true"
    assert page.inner_text("#status") == "30 tracks"
    kinds = {name.split()[0] for name in page.locator("#tracks bdi").all_inner_texts()}
    assert len(kinds) == 1
    legend.click()
    assert page.inner_text("#status") == "60 tracks"


def test_tracks_can_be_coloured_by_artist(page: Page) -> None:
    page.locator("summary").click()
    page.locator("#groups button").first.click()
    page.select_option("#colour", "artist")
    legend = page.locator("#groups li")
    assert legend.all_inner_texts() == ["Folk 0\n1", "Techno 1\n1", "other artists\n58"]
    assert page.inner_text("#status") == "60 tracks"  # no group is selected any more
    colours = page.evaluate("[...document.querySelectorAll('#tracks .dot')].map((dot) => dot.style.background)")
    assert len(set(colours[:3])) == 3
    assert set(colours[2:]) == {"rgb(117, 117, 117)"}  # lightness 46 %: all others are grey
    legend.nth(1).locator("button").click()
    assert page.locator("#tracks bdi").all_inner_texts() == ["Techno 1 - Title 1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_both_themes(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(251, 250, 248)", "dark": "rgb(20, 22, 26)"}[scheme]
    # The map is redrawn after some frames, with the new size and the colours of the theme.
    coloured = page.evaluate("""async () => {
        for (let frame = 0; frame < 600; frame++) {
            await new Promise(requestAnimationFrame);
            const { width, height } = points;
            const drawn = points.getContext("2d").getImageData(0, 0, width, height).data;
            const coloured = drawn.filter((value, at) => at % 4 === 3 && value > 0).length;
            if (coloured > 60) return coloured;
        }
        return 0;
    }""")
    assert coloured > 60  # each track has several pixels


def test_the_policy_blocks_network_requests(browser: Browser, map_file: Path) -> None:
    page = browser.new_page()
    page.goto((map_file / "map.html").as_uri())
    blocked = page.evaluate("""() => new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
        setTimeout(() => resolve("nothing"), 3000);
        new Image().src = "file:///nowhere.png";
    })""")
    page.close()
    assert blocked == "img-src"
