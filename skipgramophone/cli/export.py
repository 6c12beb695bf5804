"""`sgp export`: write vectors for other tools."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import completion, options, render
from skipgramophone.cli.options import with_settings, without
from skipgramophone.errors import SettingError
from skipgramophone.experiment.publishing import STANDARD_OUTPUT
from skipgramophone.playlists.playlist_file import names_in
from skipgramophone.settings import ExportSettings
from skipgramophone.wording import plural, size

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import ExportReport

SHOWN_UNKNOWN = 3


@with_settings
def export(
    experiment: options.Experiment,
    destination: Annotated[
        Path,
        typer.Argument(
            metavar="DESTINATION",
            help="File or directory to write; the suffix selects the format (- = standard output).",
            show_default=False,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            autocompletion=completion.export_formats,
            help="Format: npz, parquet, safetensors, csv, tsv, jsonl, word2vec (.vec), word2vec-binary (.bin), keras, "
            "onnx, faiss; formats that write a directory: annoy, savedmodel, projector (for TensorBoard).",
        ),
    ] = None,
    only: Annotated[
        Path | None,
        typer.Option("--only", metavar="FILE", help="Export only the tracks in this file, one name or uri per line."),
    ] = None,
    *,
    settings: Annotated[ExportSettings, without("only")],
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Write the vectors of EXPERIMENT for other tools.

    npz, parquet and safetensors contain centre and context vectors; the other formats contain centre vectors only. For
    word2vec, keras, onnx and faiss, sgp also writes a file with the track names. Every export has a manifest: a JSON
    file with its settings, origin and checksums. Before an export replaces an existing file, sgp reads the export back
    and compares it with the vectors.

    \b
    sgp export demo demo.npz
    sgp export demo vectors.csv --force
    sgp export demo top.vec --top 50000 --normalise
    sgp export demo demo.parquet --neighbours 50 --projection auto
    sgp export demo demo-projector --format projector
    sgp export demo artists.parquet --of artists
    sgp export demo - --format jsonl | head -1
    """
    from skipgramophone.pipeline.export import export as export_vectors

    settings = replace(settings, only=None if only is None else _read_names(only))
    if destination == STANDARD_OUTPUT:
        _require_text(format, json)
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch, "vectors")
            report = export_vectors(experiment, place, format, settings, experiments_dir=experiments_dir)
            _note_unknown(report, quiet)
            render.print_file(place)
        return
    report = export_vectors(experiment, destination, format, settings, force=force, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"export of {report.experiment}", _rows(report))
    _note_unknown(report, quiet)


def _note_unknown(report: ExportReport, quiet: bool) -> None:
    """Print a note that lists names from --only that match no track with a vector."""
    if report.unknown:
        named = ", ".join(map(repr, report.unknown[:SHOWN_UNKNOWN])) + (" …" if report.unknown[SHOWN_UNKNOWN:] else "")
        render.note(f"{plural(len(report.unknown), 'name')} without a matching vector: {named}", quiet)


def _read_names(file: Path) -> list[str]:
    """Read the track names of a file, one per line."""
    from skipgramophone.playlists.name_list import read_name_list

    return names_in(read_name_list(file).decode("utf-8", "replace"))


def _require_text(format: str | None, json: bool) -> None:
    """Refuse to write a binary format, or vectors together with a JSON report, to standard output."""
    from skipgramophone.exporters import require_text

    require_text(format)
    if json:
        raise SettingError("--json and the vectors cannot both go to standard output: give a file")


def _rows(report: ExportReport) -> list[tuple[str, str]]:
    """Return the rows of the report as labels and values."""
    one = report.of.removesuffix("s")
    left = f"; {plural(report.left_out, one)} without a vector" if report.left_out else ""
    left += f"; {report.not_asked:,} filtered out" if report.not_asked else ""
    rows = [
        ("file", report.destination),
        *([("also written", ", ".join(report.beside))] if report.beside else []),
        ("format", report.format),
        ("vectors", f"{plural(report.tracks, one)} × {report.dim}{left}"),
    ]
    if report.no_room:
        half = report.tracks // 2
        rows.append(
            (
                "left out",
                f"{plural(report.no_room, one)}, because {report.format} shows at most {report.tracks:,}; exported: "
                f"the {half:,} most frequent and an evenly spaced sample of the others",
            )
        )
    if report.recall_at_10 is not None:
        rows.append((report.dtype, f"recall@10 {report.recall_at_10:.1%} against float32"))
    return [*rows, ("size", f"{size(report.bytes)} (verified by reading back)")]
