"""The documentation site in a browser: accessibility by axe-core, phone width, search, links, no network access."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import BROWSER, made_once
from tests.test_site import CONFIG, HERE, SITE_VENV, has_mkdocs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Tabs = dict[str, tuple[Page, list[str]]]

DOCS = sorted(path.relative_to(HERE / "docs").with_suffix("").as_posix() for path in (HERE / "docs").rglob("*.md"))
GUIDES = ("how-to/index", "how-to/many-look-ups", "how-to/several-machines")  # the other guides have the same elements
PAGES = [
    *(name for name in DOCS if not name.startswith("how-to/")),
    *GUIDES,
    "tour",
    "experiment-directory",
    "benchmarks",
    "changelog",
    "contributing",
    "security",
    "code-of-conduct",
]
DESKTOP, PHONE = (1280, 900), (390, 800)
VIEWS: dict[str, tuple[tuple[int, int], Any]] = {"desktop-light": (DESKTOP, "light"), "phone-dark": (PHONE, "dark")}
SEARCH_INDEX = "**/search_index.json"  # each page prepares its search, which takes longer than to show the page
NO_SEARCH = '{"config": {"lang": ["en"], "separator": "[ ]+", "pipeline": [], "fields": {}}, "docs": []}'
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
# Axe needs most of its time for contrasts. They depend only on the style, and these pages have all elements.
CONTRAST = ("index", "api", "changelog", "commands", "how-to/index", "lookups", "quality", "tutorials/shop")
BUTTONS = "!document.querySelector('pre > code') || document.querySelector('.md-code__nav[aria-label]')"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="Chromium is not on the PATH"),
    pytest.mark.skipif(not CONFIG.exists(), reason="the documents are not part of an installed package"),
]


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def site(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site once, serve it on the loopback interface, and return its address."""
    python = next((path for path in (SITE_VENV / "bin" / "python", Path(sys.executable)) if has_mkdocs(path)), None)
    if python is None:
        pytest.skip("MkDocs is not installed: run make site")
    root = made_once(tmp_path_factory, "site", functools.partial(build, python))
    handler = functools.partial(Silent, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def build(python: Path, root: Path) -> None:
    """Build the site into a directory."""
    command = [str(python), "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(root)]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True)


@pytest.fixture(scope="module")
def tabs(browser: Browser, site: str) -> Iterator[Tabs]:
    """One page for each view, with its list of problems: style sheets and scripts are loaded only once."""
    opened: Tabs = {}
    for view, (size, scheme) in VIEWS.items():
        problems: list[str] = []
        page = open_page(browser, size, scheme, problems, site)
        page.route(SEARCH_INDEX, lambda route: route.fulfill(body=NO_SEARCH))
        opened[view] = page, problems
    yield opened
    for page, _ in opened.values():
        page.close()


def open_page(browser: Browser, size: tuple[int, int], scheme: Any, problems: list[str], site: str) -> Page:
    """Open an empty page that collects requests to elsewhere, failed requests, console messages and errors."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    own = (site, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else problems.append(request.url))
    page.on("response", lambda answer: problems.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


@pytest.mark.parametrize(
    ("name", "view"),
    # All pages have the same style sheets, so each page is checked by axe in one view, and its width in both.
    [pytest.param(name, view, id=f"{name}-{view}") for name, view in zip(PAGES, cycle(VIEWS), strict=False)],
)
def test_a_page_is_accessible_and_fits(tabs: Tabs, site: str, name: str, view: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    (page, problems), (checked, _) = tabs[view], VIEWS[view]
    problems.clear()
    page.goto(f"{site}{name}.html", wait_until="load")
    page.add_style_tag(content=STILL)  # axe would measure the contrast of colours that are changing
    page.wait_for_function(BUTTONS)
    assert page.locator("h1").count() == 1
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") == 0
    page.set_viewport_size({"width": checked[0], "height": checked[1]})
    rules = {"color-contrast": {"enabled": name in CONTRAST}}
    found = axe.Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found] == []
    assert problems == []


def test_the_search_finds_three_terms(browser: Browser, site: str) -> None:
    problems: list[str] = []
    page = open_page(browser, DESKTOP, "light", problems, site)
    page.goto(f"{site}index.html")
    for term, title in (("recall", "Glossary"), ("session gap", "Input formats"), ("held-out playlists", "How good")):
        page.fill("input.md-search__input", "")
        page.locator("input.md-search__input").press_sequentially(term, delay=20)
        page.locator(".md-search-result__link", has_text=title).first.wait_for(state="attached")
    page.close()
    assert problems == []


def test_ten_links_lead_to_pages(tabs: Tabs, site: str) -> None:
    page, problems = tabs["desktop-light"]
    problems.clear()
    page.goto(f"{site}index.html")
    addresses = page.locator("article a[href]").evaluate_all("links => links.map((link) => link.href)")
    inside = list(dict.fromkeys(address for address in addresses if "#" not in address))[:10]
    assert len(inside) == 10
    for address in inside:
        page.locator(f"article a[href='{address.removeprefix(site)}']").first.click()
        page.wait_for_url(address, wait_until="domcontentloaded")
        assert page.locator("article h1").count() == 1
        page.go_back(wait_until="domcontentloaded")
    assert problems == []


def test_the_theme_can_be_switched(browser: Browser, site: str) -> None:
    problems: list[str] = []
    page = open_page(browser, DESKTOP, "light", problems, site)
    page.goto(f"{site}index.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("label[title='Switch to dark mode']").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.close()
    assert problems == []
