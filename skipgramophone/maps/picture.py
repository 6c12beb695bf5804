"""Draws pictures of a map, PNG or SVG, with Matplotlib.

Names are untrusted: they are never parsed as mathematical formulas, and unprintable characters are escaped.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from colorsys import hls_to_rgb
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.maps.drawing import Drawing

INCHES = (14.0, 8.0)
DPI = 150
LIGHTNESS = 0.46
GROUND, INK = "#fbfaf8", "#1d1b19"
LONGEST_LABEL = 60  # maximum number of characters of a label
FORMATS = ("png", "svg")


def require_formats(formats: Collection[str]) -> None:
    """Verify that pictures can be drawn, before the map is computed.

    Raises:
        SettingError: a format is unknown, or Matplotlib is not installed.
    """
    for format in formats:
        if format not in FORMATS:
            raise SettingError(f"picture format must be {' or '.join(FORMATS)}, not {format!r}")
    if formats and find_spec("matplotlib") is None:
        raise SettingError("Matplotlib is not installed: pip install 'skipgramophone[map]'")


def write(path: Path, drawing: Drawing, format: str) -> None:
    """Write a picture of a map: points coloured and sized as on the page, and a legend."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {"svg.hashsalt": "map", "svg.fonttype": "none", "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # characters that are missing in the font are drawn as boxes
        figure = Figure(figsize=INCHES, dpi=DPI, facecolor=GROUND, layout="constrained")
        _paint(figure.add_subplot(), drawing)
        with path.open("xb") as file:  # mode "x" fails if the path is a link
            figure.savefig(file, format=format, metadata={"Date": None} if format == "svg" else None)


def _paint(axes: Any, drawing: Drawing) -> None:
    """Draw the points, the legend and the title."""
    from matplotlib.lines import Line2D

    colouring, plane = drawing.colourings[drawing.colour], drawing.plane
    colours = np.array([hls_to_rgb(hue / 360, LIGHTNESS, share / 100) for hue, share in colouring.colours()])
    rest = (colouring.labels == len(colours) - 1) & colouring.has_rest
    # Draw frequent tracks last, so that they are on top. Draw the tracks that are in no group before all others.
    order = np.lexsort((-np.arange(len(plane)), ~rest))
    sizes = _sizes(np.array([track.count for track in drawing.tracks]))
    solid = np.where(rest, 0.25, 0.75)
    axes.scatter(
        *plane[order].T, s=sizes[order], c=colours[colouring.labels[order]], alpha=solid[order], lw=0, rasterized=True
    )
    dots = [Line2D([], [], ls="", marker="o", mec="none", ms=7, color=tuple(colour)) for colour in colours]
    names = [_shorten(escape(group.label)) for group in colouring.groups]
    size = min(10.0, 72 * INCHES[1] / (2 * len(names)))  # font size in points, small enough that all labels fit
    axes.legend(dots, names, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, labelcolor=INK, fontsize=size)
    axes.set_title(escape(drawing.title), color=INK, loc="left")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()


def _shorten(label: str) -> str:
    """Shorten a label, so that there is room for the map."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _sizes(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the area of each point in square points: larger for frequent tracks, smaller if there are many tracks."""
    share = np.log1p(counts) / max(np.log1p(counts.max(initial=0)), 1)
    return np.asarray((0.6 + 1.9 * share) ** 2 * np.clip(20_000 / max(len(counts), 1), 0.25, 4), np.float64)


def escape(text: str) -> str:
    """Escape unprintable characters, which SVG does not allow."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
