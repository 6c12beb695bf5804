"""`sgp import`: use vectors that were trained elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import completion, options, render
from skipgramophone.cli.index import recall_note
from skipgramophone.cli.swapped_arguments import require_name_first
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import ImportReport


def import_vectors(
    experiment: options.Experiment,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="File with vectors and names; the suffix selects the format.", show_default=False
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Format: npz, parquet, word2vec (.vec, .txt) or word2vec-binary (.bin).",
            autocompletion=completion.import_formats,
        ),
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Import vectors that were trained elsewhere.

    The vectors become the model of EXPERIMENT. If the experiment has a corpus, each vector is matched to a track by
    uri, or by artist and title. Vectors without a match are counted and listed in unused.jsonl. If the experiment has
    no corpus, sgp makes one from the names of the vectors.

    \b
    sgp import spotify gensim.npz --force
    sgp import elsewhere vectors.parquet
    """
    from skipgramophone.pipeline import import_vectors as use_case

    require_name_first("import", experiment, [source], experiments_dir)
    report = use_case.import_vectors(experiment, source, format, force=force, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"model of {report.experiment}", _rows(report))
    if not report.has_context:
        render.note(f"{source} has no context vectors: --by model is not available", quiet)


def _rows(report: ImportReport) -> list[tuple[str, str]]:
    """Return the rows of the report as labels and values."""
    by_name = report.vectors - report.unused - report.by_uri
    found = f"{report.by_uri:,} by uri, {by_name:,} by artist and title"
    corpus = f"made from the names: {plural(report.tracks, 'track')}, no playlists"
    met = f"{report.tracks_learnt:,} of {plural(report.tracks, 'track')} with a vector: {found}"
    missed = f"{plural(report.unused, 'vector')}, listed in model/unused.jsonl"
    alike = f"{plural(report.namesakes, 'vector')} matched several tracks by name: assigned to the most frequent"
    return [
        ("source", f"{report.source['file']} ({report.source['format']})"),
        ("vectors", f"{report.vectors:,} × {report.dim}"),
        ("corpus", corpus if report.corpus_of_names else met),
        *([("unmatched", missed)] if report.unused else []),
        *([("ambiguous", alike)] if report.namesakes else []),
        ("index", f"{report.index.trees} trees, {recall_note(report.index)}"),
    ]
