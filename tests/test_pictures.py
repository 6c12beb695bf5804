"""Pictures of the documentation: drawn by benchmarks/pictures.py, with a description, and without other files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.pictures import ASSETS, draw_architecture, draw_lookup, draw_loss
from tests.conftest import run_sgp

DOCS = ASSETS.parent
PICTURES = ("architecture", "lookup", "loss")

pytestmark = pytest.mark.skipif(not ASSETS.exists(), reason="the documents are not part of an installed package")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_shown_with_a_description_and_loads_nothing(name: str) -> None:
    text = (ASSETS / f"{name}.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert root.attrib["viewBox"].startswith("0 0 ")
    assert not re.search(r"(?:href|src)\s*=|url\((?!['\"]?#)|@import|@font-face", text)
    shown = re.findall(rf"!\[([^\]]+)\]\(assets/{name}\.svg\)", "".join(map(Path.read_text, DOCS.glob("*.md"))))
    assert [len(description) > 40 for description in shown] == [True]


def test_the_architecture_is_what_the_script_draws() -> None:
    assert (ASSETS / "architecture.svg").read_text(encoding="utf-8") == draw_architecture()


def test_a_terminal_is_drawn_with_every_row(sample_root: Path) -> None:
    printed = run_sgp("similar", "demo", "every pencil knows", "-n", "3", "--experiments-dir", sample_root).out
    drawn = draw_lookup(printed)
    shown = "".join(ElementTree.fromstring(drawn).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    for line in printed.splitlines()[3:]:
        assert line.split("   ")[-1].strip() in shown
    assert "Jörund Tarrovale Trio" in shown


def test_the_picture_of_a_look_up_shows_what_the_command_prints_now(sample_root: Path) -> None:
    printed = run_sgp("similar", "demo", "every pencil knows", "-n", "8", "--experiments-dir", sample_root).out
    shown = "".join(ElementTree.parse(ASSETS / "lookup.svg").getroot().itertext())
    assert "".join(printed.splitlines()[0].split()) in "".join(shown.split()), "draw it: python -m benchmarks.pictures"


def test_a_loss_that_falls_is_drawn_downwards() -> None:
    points = re.findall(r"polyline points='([^']+)'", draw_loss([10.0, 3.0, 1.0]))[0].split()
    heights = [float(point.partition(",")[2]) for point in points]
    assert heights == [30.0, pytest.approx(30 + 260 * (1 - 0.4771), abs=0.1), 290.0]


def test_the_curve_and_the_text_about_the_loss_are_those_of_the_defaults(sample_root: Path) -> None:
    history = (sample_root / "demo" / "model" / "history.jsonl").read_text(encoding="utf-8")
    losses = [json.loads(line)["loss"] for line in history.splitlines()]
    shown, drawn = (
        [tuple(map(float, point.split(","))) for point in re.findall(r"polyline points='([^']+)'", text)[0].split()]
        for text in ((ASSETS / "loss.svg").read_text(encoding="utf-8"), draw_loss(losses))
    )
    assert shown == [pytest.approx(point, abs=5) for point in drawn]  # results differ slightly between processors
    text = (DOCS / "training.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"falls from ([\d.]+) to ([\d.]+) in the second epoch, and then slowly to ([\d.]+)", text)
    assert [float(loss) for loss in stated] == pytest.approx([losses[0], losses[1], losses[-1]], abs=0.15)
