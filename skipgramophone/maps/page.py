"""Makes the HTML page of a map: one file with style, script and data, which loads nothing from a network.

Names are untrusted. The page contains the names only as JSON in which every "<" is escaped, and in which control
characters and bidirectional marks are made visible. The script shows them as text. A content security policy allows
only the style and the script of the page, by their hashes, and blocks all other resources.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.maps.colouring import Colouring
from skipgramophone.maps.drawing import Drawing
from skipgramophone.maps.projection import Plane
from skipgramophone.wording import visible

EXTENT = 65_535  # coordinates are integers; this is the highest one on the longer side of the plane
SIMILARITY_STEPS = 32_767  # integer that represents a similarity of 1


def page(drawing: Drawing) -> str:
    """Return the HTML page of a map."""
    tracks = drawing.tracks
    names = [(visible(track.artist), visible(track.title)) for track in tracks]
    artists = list(dict.fromkeys(artist for artist, _ in names))
    number_of = {artist: at for at, artist in enumerate(artists)}
    data = {
        "of": drawing.of,
        "artists": artists,
        "artist": [number_of[artist] for artist, _ in names],
        "title": [title for _, title in names],
        "count": [track.count for track in tracks],
        "colour": drawing.colour,
        "colourings": {name: _colouring_data(colouring) for name, colouring in drawing.colourings.items()},
        "places": _base64(_in_steps(drawing.plane), "<u2"),
        "near": _base64(drawing.near, "<u4"),
        "similarity": _base64(np.rint(np.clip(drawing.similarities, -1, 1) * SIMILARITY_STEPS), "<i2"),
    }
    parts = files("skipgramophone.maps")
    style, script = ((parts / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return Template((parts / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(visible(drawing.title)),
        about=escape(visible(drawing.about)),
        policy=_policy(style, script),
        one="a track" if drawing.of == "tracks" else "an artist",
        many=drawing.of,
        style=style,
        script=script,
        data=_json(data),
    )


def _colouring_data(colouring: Colouring) -> dict[str, Any]:
    """Return a colouring as data for the script.

    A group with saturation 0 is grey. It contains the tracks that are in no other group.
    """
    groups = [
        {"label": visible(group.label), "tracks": group.tracks, "hue": hue, "saturation": saturation}
        for group, (hue, saturation) in zip(colouring.groups, colouring.colours(), strict=True)
    ]
    return {"groups": groups, "labels": _base64(colouring.labels, "<u2")}


def _policy(style: str, script: str) -> str:
    """Return a content security policy that allows only the given style and script."""
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{rule} {value}" for rule, value in rules.items())


def _hash(text: str) -> str:
    """Return the hash of an inline element in the form that a content security policy needs."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: dict[str, Any]) -> str:
    """Return JSON text that is safe inside a script element, because it contains no "<"."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _base64(numbers: npt.NDArray[Any], dtype: str) -> str:
    """Convert numbers to a data type, and return their bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(numbers, dtype).tobytes()).decode()


def _in_steps(plane: Plane) -> npt.NDArray[np.float64]:
    """Scale positions to 0 .. EXTENT, float64 (tracks, 2); the shorter side is centred, and y points downwards."""
    low, high = plane.min(axis=0).astype(np.float64), plane.max(axis=0).astype(np.float64)
    steps = EXTENT / max(float((high - low).max()), 1e-12)
    centred = (plane - (low + high) / 2) * steps * [1, -1]
    return np.asarray(np.rint(np.clip(centred + EXTENT / 2, 0, EXTENT)), np.float64)
