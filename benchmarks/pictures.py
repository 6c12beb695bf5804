"""Draws the pictures of the documentation from real runs: a look-up in a terminal, a loss curve, the architecture.

python -m benchmarks.pictures      (writes docs/assets/lookup.svg, loss.svg and architecture.svg)

The pictures have a background of their own, so they look the same on a light and on a dark page. They load nothing from
a network.
"""

from __future__ import annotations

import json
import math
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from fcntl import ioctl
from html import escape
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

ASSETS = Path(__file__).parent.parent / "docs" / "assets"
QUERY = "every pencil knows"
WIDTH = 100  # width of the terminal in columns
FONT = "font-family='ui-sans-serif, system-ui, sans-serif'"
INK, PALE, LINE = "#1f2937", "#f8fafc", "#4051b5"
Box = tuple[int, int, int, int]  # x, y, width, height


def run_in_terminal(*arguments: str) -> str:
    """Run `sgp` in a terminal, and return its output with the escape sequences of colours."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
    command = [sys.executable, "-m", "skipgramophone", *arguments]
    environment = os.environ | {"TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as running:
        os.close(slave)
        output = b""
        while True:
            try:
                output += os.read(master, 65536)
            except OSError:  # the program has ended
                break
        assert running.wait() == 0, output
    os.close(master)
    return output.decode().replace("\r\n", "\n")


def draw_lookup(output: str) -> str:
    """Return a picture of a terminal with a command and its output."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_markup("[bold green]$[/] ") + Text(f'sgp similar demo "{QUERY}" -n 8'))
    console.print(Text.from_ansi(output.rstrip()))
    picture = console.export_svg(title="sgp similar", unique_id="sgp")
    picture = re.sub(r"@font-face \{.*?\}\n", "", picture, flags=re.DOTALL)  # fonts from a network
    return "\n".join(line.rstrip() for line in picture.splitlines()).replace("Fira Code,", "ui-monospace,") + "\n"


def frame(width: int, height: int, title: str, parts: list[str]) -> str:
    """Return an SVG picture with a title for screen readers."""
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' role='img' aria-label='{title}'>",
            f"<title>{title}</title>",
            f"<rect width='{width}' height='{height}' rx='8' fill='{PALE}'/>",
            *parts,
            "</svg>\n",
        ]
    )


def label(x: float, y: float, text: str, style: str = "") -> str:
    """Return an SVG text element, centred at a point."""
    return f"<text x='{x:.0f}' y='{y:.0f}' fill='{INK}' text-anchor='middle' {FONT} {style}>{escape(text)}</text>"


def draw_loss(losses: list[float]) -> str:
    """Return a picture of the loss of each epoch, on a logarithmic scale."""
    left, top, width, height = 60, 30, 620, 260
    most = math.log(max(losses))
    points = [
        (left + width * at / (len(losses) - 1), top + height * (1 - math.log(loss) / most))
        for at, loss in enumerate(losses)
    ]
    parts = []
    for value in (1, 2, 5, 10):
        y = top + height * (1 - math.log(value) / most)
        parts += [
            f"<path d='M{left} {y:.0f}H{left + width}' stroke='#cbd5e1'/>",
            label(left - 22, y + 5, str(value), "font-size='14'"),
        ]
    for epoch in (1, *range(5, len(losses) + 1, 5)):
        parts.append(label(points[epoch - 1][0], top + height + 24, str(epoch), "font-size='14'"))
    curve = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f"<polyline points='{curve}' fill='none' stroke='{LINE}' stroke-width='3'/>")
    parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{LINE}'/>" for x, y in points]
    parts += [label(left + width / 2, top + height + 48, "epoch", "font-size='14'")]
    parts += [label(left + width / 2, 20, "loss per epoch, logarithmic scale", "font-size='14'")]
    return frame(700, 350, "Loss of the built-in sample by epoch", parts)


def draw_architecture() -> str:
    """Return a picture of the commands, and of the files of an experiment between them."""
    files: list[tuple[str, str, Box]] = [
        ("playlists", "CSV, JSON, M3U, …", (20, 90, 150, 70)),
        ("corpus", "catalogue, playlists", (270, 90, 150, 70)),
        ("model", "vectors, factors", (520, 90, 150, 70)),
        ("index", "Annoy", (770, 90, 110, 70)),
    ]
    uses: list[tuple[str, str, Box]] = [
        ("inspect", "problems in the data", (20, 240, 170, 60)),
        ("evaluate, tune", "against baselines", (220, 240, 170, 60)),
        ("export, map", "other tools, a picture", (420, 240, 170, 60)),
        ("similar, continue", "answers to look-ups", (620, 240, 170, 60)),
    ]
    parts = [
        f"<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='8' markerHeight='8' orient='auto'>"
        f"<path d='M0 0L10 5L0 10z' fill='{INK}'/></marker></defs>",
        f"<rect x='250' y='40' width='650' height='140' rx='8' fill='none' stroke='{LINE}' stroke-dasharray='6 4'/>",
        label(575, 62, "experiments/NAME", "font-size='15'"),
    ]
    for name, text, (x, y, width, height) in (*files, *uses):
        command = (name, text, (x, y, width, height)) in uses
        fill, ink = ("#ffffff", INK) if command else ("#e0e4f7", INK)
        parts += [
            f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{fill}' stroke='{ink}'/>",
            label(x + width / 2, y + height / 2 - 4, name, "font-size='17' font-weight='600'"),
            label(x + width / 2, y + height / 2 + 18, text, "font-size='13'"),
        ]
    arrows = (
        ("M170 125H268", "extract", 210),
        ("M420 125H518", "train", 469),
        ("M670 125H768", "index", 719),
        ("M95 160V238", "", 0),
        ("M325 160V238", "", 0),
        ("M560 160L515 238", "", 0),
        ("M520 160L345 238", "", 0),
        ("M600 160L690 238", "", 0),
        ("M815 160L740 238", "", 0),
    )
    for path, name, x in arrows:
        parts.append(f"<path d='{path}' fill='none' stroke='{INK}' stroke-width='2' marker-end='url(#tip)'/>")
        if name:
            parts.append(label(x, 116, name, "font-size='15' font-style='italic'"))
    title = "Commands of sgp, and the files of an experiment: playlists, corpus, model, index"
    return frame(920, 320, title, parts)


def main() -> None:
    """Train the sample in a temporary directory, and draw the pictures."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["SGP_EXPERIMENTS"] = place
        run_in_terminal("run", "demo", "--sample", "--quiet")
        history = Path(place, "demo", "model", "history.jsonl").read_text(encoding="utf-8")
        losses = [json.loads(line)["loss"] for line in history.splitlines()]
        pictures = {
            "lookup": draw_lookup(run_in_terminal("similar", "demo", QUERY, "-n", "8")),
            "loss": draw_loss(losses),
            "architecture": draw_architecture(),
        }
    for name, picture in pictures.items():
        (ASSETS / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
