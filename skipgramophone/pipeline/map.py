"""Draws a map of the tracks of an experiment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import published_file, require_replaceable
from skipgramophone.lookup.lookup import Lookup, open_lookup
from skipgramophone.pipeline.reports import MapReport
from skipgramophone.settings import MapSettings, check_arguments

PICTURES = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".gif", ".webp")  # suffixes that an HTML page must not have


@check_arguments()
def draw_map(
    name: str,
    destination: Path | str,
    settings: MapSettings | None = None,
    *,
    pictures: Mapping[str, Path | str] | None = None,
    force: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Callable[[str, float, int], None] = lambda _step, _done, _all: None,
) -> MapReport:
    """Draw a two-dimensional map of the tracks of an experiment, as one self-contained HTML file.

    Args:
        name: name of the experiment.
        destination: HTML file to write.
        settings: settings of the map, such as the number of tracks and the projection.
        pictures: pictures to write too; maps "png" or "svg" to a file.
        force: replace an existing file.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        progress: called with the current step, the number of finished steps (may be a fraction) and the total.

    Raises:
        SettingError: pictures are requested, but Matplotlib is not installed; there are too few tracks for t-SNE; or
            the HTML file has the suffix of a picture, such as ".png".
        ExperimentError: a stage is missing or stale, no track has a vector, or a destination exists.
        StorageError: the disk failed.
    """
    started = time.perf_counter()  # The time includes the imports, because the user has to wait for them too.
    from skipgramophone.maps import picture
    from skipgramophone.maps.drawing import STEPS, draw
    from skipgramophone.maps.page import page

    settings, destination = settings or MapSettings(), Path(destination)
    stills = {format: Path(place) for format, place in (pictures or {}).items()}
    _require_page(destination)
    picture.require_formats(stills)
    with open_lookup(name, experiments_dir) as lookup:
        lookup.require_current()
        for place in (destination, *stills.values()):
            require_replaceable(place, force)
        tracks, centre, learnt = _entries(lookup, settings)
        if not tracks:
            raise ExperimentError(
                f"experiment '{name}' has no {settings.of.removesuffix('s')} with a vector to draw: "
                "train on playlists with at least two different tracks"
            )
    drawing = draw(f"Map of {name}", tracks, centre, settings, progress=progress)
    progress("writing", STEPS - 1, STEPS)
    with ExitStack() as published:  # no file is published before all of them are written
        write_new_text(published.enter_context(published_file(destination)), page(drawing), newline="\n")
        for format, place in stills.items():
            picture.write(published.enter_context(published_file(place)), drawing, format)
    return MapReport(
        experiment=name,
        destination=str(destination),
        pictures=[str(place) for place in stills.values()],
        projection=drawing.projection,
        tracks=len(tracks),
        not_shown=learnt - len(tracks),
        clusters=list(drawing.colourings["cluster"].groups),
        preserved=drawing.preserved,
        seconds=round(time.perf_counter() - started, 2),
        bytes=destination.stat().st_size,
        of=settings.of,
    )


def _require_page(destination: Path) -> None:
    """Verify that the suffix of the HTML file is not that of a picture, such as ".png".

    Raises:
        SettingError: the suffix is that of a picture.
    """
    if destination.suffix.lower() in PICTURES:
        page = destination.with_suffix(".html").name
        raise SettingError.naming(
            lambda named: (
                f"the map is an HTML page, so it cannot be written to {destination.name}: choose a name such as "
                f"{page}; "
                + named.either(
                    "pictures={'png': FILE} also writes a picture", "--png FILE and --svg FILE also write pictures"
                )
            )
        )


def _entries(lookup: Lookup, settings: MapSettings) -> tuple[list[Track], Matrix, int]:
    """Return the tracks or artists to draw (most frequent first), their vectors, and the total number with a vector."""
    if settings.of == "artists":
        entries, unit = lookup.artist_search.entries()
        return entries[: settings.top], unit[: settings.top], len(entries)
    learnt = lookup.learnt_by_count()
    rows = learnt[: settings.top]
    return lookup.catalogue.tracks(rows.tolist()), lookup.embeddings.centre[rows], len(learnt)
