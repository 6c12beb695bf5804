"""`sgp import`: vectors from elsewhere become the model of an experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import ImportReport


def import_vectors(
    experiment: options.Experiment,
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="Vectors with names; the suffix is the format.", show_default=False)
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="npz, parquet, word2vec (.vec, .txt) or word2vec-binary (.bin)."),
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Take vectors from elsewhere for the model of EXPERIMENT.

    Where it has a corpus, each vector goes to the track of its uri, or else of its artist and title; what finds no
    track is counted, and kept in unused.jsonl. Where it has none, the corpus is made from the names.

    \b
    sgp import spotify gensim.npz --force
    sgp import elsewhere vectors.parquet
    """
    from skipgramophone.pipeline import pipeline

    report = pipeline.import_vectors(experiment, source, format, force=force, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"model of {report.experiment}", _rows(report))
    if not report.has_context:
        render.note(f"{source} holds no context vectors: look-ups do without, scores of the model are nothing", quiet)


def _rows(report: ImportReport) -> list[tuple[str, str]]:
    """The report, a line a fact."""
    by_name = report.vectors - report.unused - report.by_uri
    found = f"{report.by_uri:,} by uri, {by_name:,} by artist and title"
    corpus = f"made from the names: {report.tracks:,} tracks and no playlists"
    met = f"{report.tracks_learnt:,} of {report.tracks:,} tracks have a vector now; {found}"
    missed = f"{report.unused:,} vectors, listed in model/unused.jsonl"
    alike = f"{report.namesakes:,} vectors have a name of several tracks and went to the most frequent"
    return [
        ("source", f"{report.source['file']} ({report.source['format']})"),
        ("vectors", f"{report.vectors:,} × {report.dim}"),
        ("corpus", corpus if report.corpus_of_names else met),
        *([("without a track", missed)] if report.unused else []),
        *([("namesakes", alike)] if report.namesakes else []),
        ("index", f"{report.index.trees} trees, finds {report.index.recall_at_10:.1%} of the ten nearest"),
    ]
