"""Writes the card of an experiment: a Markdown page about its data, settings, quality, limits and licence.

The card is written from the files of the experiment. Names of files, rankings and experiments are untrusted. They are
shown as code or escaped, so that they are never interpreted as Markdown or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from skipgramophone.errors import SettingError, SgpError
from skipgramophone.evaluation.metric_names import k_of, metric_heading, shown_metrics
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.experiment import DESCRIPTION, Experiment, open_experiment
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.manifest import Manifest
from skipgramophone.experiment.new_experiment import write_description
from skipgramophone.pipeline.experiments import latest_evaluations
from skipgramophone.settings_file import settings_text
from skipgramophone.wording import code_block, code_span, markdown_text, occur, plural

GENERATED_START = "<!-- Written by sgp experiments --card. "  # cards by earlier versions start with this too
GENERATED = (
    f"{GENERATED_START}If you edit this card, remove this line. Otherwise, sgp experiments pack replaces the card. -->"
)
LICENCE = "licence"  # key in experiment.json
LONGEST_LICENCE = 200  # maximum number of characters of the name of a licence
MOST_SOURCES = 20  # maximum number of sources that are listed by name
RARE = 5  # tracks with fewer occurrences than this count as rare in the section on limits


def model_card(name: str, experiments_dir: Path | str | None = None) -> str:
    """Return the card of an experiment as Markdown.

    Args:
        name: name of the experiment.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.

    Raises:
        ExperimentError: the experiment does not exist, has no corpus, or is damaged.
        StorageError: a file cannot be read.
    """
    return card_of(open_experiment(name, experiments_dir, to_manage=True))


def card_of(experiment: Experiment) -> str:
    """Return the card of an open experiment as Markdown; see `model_card`."""
    corpus = experiment.manifest("corpus")
    model = experiment.manifest("model") if experiment.has("model") else None
    reports = latest_evaluations(experiment, model)
    sections = {
        "Licence": _licence(experiment),
        "Training data": _data(corpus, model),
        "Settings": _settings(corpus, model),
        "Quality": _quality(experiment, reports),
        "Known limits": _limits(experiment, model),
        "Versions": _versions(corpus, model),
    }
    parts = [GENERATED, f"# Experiment {code_span(experiment.name)}", *_summary(corpus, model)]
    for heading, blocks in sections.items():
        parts += [f"## {heading}", *blocks]
    return "\n\n".join(parts) + "\n"


def set_licence(name: str, licence: str, experiments_dir: Path | str | None = None) -> None:
    """Store the licence of an experiment. Cards, packed experiments and exports then contain it.

    Args:
        name: name of the experiment.
        licence: name of the licence, such as "CC BY 4.0", or one sentence.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.

    Raises:
        SettingError: the licence is empty, too long or not one line of printable text.
        ExperimentError: the experiment does not exist, or is being written.
    """
    licence = licence.strip()
    if not licence or not licence.isprintable() or len(licence) > LONGEST_LICENCE:
        raise SettingError(
            f"the licence must be one line of 1 to {LONGEST_LICENCE} printable characters, such as 'CC BY 4.0'"
        )
    experiment = open_experiment(name, experiments_dir, to_manage=True)
    with experiment.writing("experiments"):
        write_description(experiment.path, read_json(experiment.path / DESCRIPTION) | {LICENCE: licence})


def licence_of(experiment: Experiment) -> str | None:
    """Return the licence that is stored in an experiment, or None."""
    stored = read_json(experiment.path / DESCRIPTION).get(LICENCE)
    return stored if isinstance(stored, str) and stored.strip() else None


def _summary(corpus: Manifest, model: Manifest | None) -> Iterator[str]:
    """Yield the paragraphs that describe the content of the experiment."""
    if model is None:
        yield f"A corpus of playlists with {_count(corpus, 'tracks', 'track')}. No vectors have been trained yet."
        return
    dimension = model.settings.get("embedding_dim") or model.facts.get("dim")
    size = f" of {dimension} dimensions" if isinstance(dimension, int) else ""
    origin = "imported from another tool" if "imported" in model.facts else "trained on playlists by skip-gram"
    yield (
        f"Vectors{size} for {_count(model, 'tracks_learnt', 'track')}, {origin}. "
        "Tracks that occur in similar playlists have similar vectors; the similarity of two tracks is the cosine of "
        "their vectors."
    )


def _licence(experiment: Experiment) -> Iterator[str]:
    """Yield a line with the licence of the vectors (or that none is stated), and one on that of the playlists."""
    stored = licence_of(experiment)
    if stored is None:
        yield "Not stated. The author of this experiment has not given a licence for the vectors."
    else:
        yield f"Licence of the vectors: {markdown_text(stored)}"
    yield "The playlists from which the vectors were trained may have a different licence."


def _data(corpus: Manifest, model: Manifest | None) -> Iterator[str]:
    """Yield the counts of the corpus, and a list of its sources."""
    facts = corpus.facts
    rows = [f"- {label}: {facts[key]:,}" for key, label in _COUNTS.items() if isinstance(facts.get(key), int)]
    rows += [f"- rejected, {markdown_text(str(reason))}: {number}" for reason, number in _items(facts, "rejected")]
    rows += [f"- left out, {markdown_text(str(reason))}: {number}" for reason, number in _items(facts, "left_out")]
    yield "\n".join(rows)
    sources = [*_sources(facts.get("sources"))]
    if model is not None and "imported" in model.facts:
        sources += [f"{line} (imported vectors)" for line in _sources([model.facts["imported"]])]
    listed = sources[:MOST_SOURCES]
    if len(sources) > len(listed):
        listed.append(f"and {len(sources) - len(listed):,} more, listed in {code_span('corpus/manifest.json')}")
    yield "Sources:\n\n" + ("\n".join(f"- {line}" for line in listed) or "- none recorded")


_COUNTS = {
    "playlists": "playlists",
    "tracks": "tracks",
    "occurrences": "occurrences of tracks in playlists",
    "owners": "owners of playlists",
    "held_out_playlists": "playlists that are held out for evaluation and not used for training",
    "rows_read": "rows read from the sources",
    "rows_used": "rows used",
    "rows_rejected": "rows rejected",
    "rows_left_out": "rows left out by cleaning or on request",
}


def _sources(sources: Any) -> Iterator[str]:
    """Yield a line for each source of playlists or vectors."""
    for source in sources if isinstance(sources, list) else []:
        if not isinstance(source, Mapping):
            continue
        if source.get("format") == "sample":
            yield "the sample of invented playlists that comes with sgp"
            continue
        file = source.get("file")
        name = code_span(str(file)) if file else "standard input"
        details = [f"format {code_span(str(source.get('format')))}"]
        if isinstance(source.get("bytes"), int):
            details.append(plural(source["bytes"], "byte"))
        if source.get("sha256"):
            details.append(f"SHA-256 {code_span(str(source['sha256']))}")
        yield f"{name}: {', '.join(details)}"


def _settings(corpus: Manifest, model: Manifest | None) -> Iterator[str]:
    """Yield the settings of the stages as a settings file."""
    stages = {"extract": corpus.settings, **({"train": model.settings} if model and model.settings else {})}
    yield f"Save these settings to a file to use them with {code_span('sgp train NAME --config FILE')}:"
    yield code_block(settings_text(stages), "toml")
    rate = model.facts.get("learning_rate") if model else None
    if model and isinstance(rate, float) and model.settings.get("learning_rate") is None:
        yield f"The learning rate was chosen automatically: {rate:.3g}, decaying to 0."


def _quality(experiment: Experiment, reports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table of metrics for the latest evaluation of each protocol."""
    if not reports:
        yield "The model has not been evaluated with these settings on this corpus."
    for protocol, report in reports.items():
        yield f"### Protocol {code_span(str(protocol))}"
        yield _evaluated(report)
        yield _metric_table(protocol, report["judgement"]["judged"])
    if reports:
        yield (
            "Brackets contain 95 % bootstrap intervals. For each query, all tracks of the catalogue are ranked. "
            "Rankings that do not use the vectors, such as popularity and item-kNN, are baselines."
        )
    index = experiment.manifest("index").facts if experiment.has("index") else {}
    recall = index.get("recall_at_10")
    if isinstance(recall, float) and index.get("answered_by") != "exact search":
        yield f"recall@10 of the search index against exact search: {recall:.1%}."


def _evaluated(report: Mapping[str, Any]) -> str:
    """Return the sentences about the size, the model and the date of an evaluation."""
    judged = report["judgement"]
    of_experiment = "the vectors of this experiment, which were trained without these playlists"
    of_split = "vectors that were trained with the same settings but without these playlists"
    return (
        f"{int(judged['questions']):,} queries from {plural(int(judged['asked']), 'held-out playlist')}, answered by "
        f"{of_experiment if report.get('set_aside') else of_split}. Evaluated at "
        f"{code_span(str(report.get('created')))} with skipgramophone {code_span(str(report.get('version')))}."
    )


def _metric_table(protocol: str, judged: list[Mapping[str, Any]]) -> str:
    """Return a Markdown table with a row per ranking and a column per metric, each with its interval."""
    metrics = shown_metrics(protocol, k_of(name for row in judged for name in row["metrics"]))
    lines = [f"| ranking | {' | '.join(map(metric_heading, metrics))} |", "|---" * (1 + len(metrics)) + "|"]
    for row in judged:
        cells = [_interval(row["metrics"].get(metric)) for metric in metrics]
        lines.append(f"| {markdown_text(str(row['ranker']))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _interval(estimate: Mapping[str, Any] | None) -> str:
    """Format a mean with its interval; empty if the metric was not computed."""
    if estimate is None:
        return ""
    return f"{float(estimate['mean']):.3f} [{float(estimate['low']):.3f}, {float(estimate['high']):.3f}]"


def _limits(experiment: Experiment, model: Manifest | None) -> Iterator[str]:
    """Yield the known limits as a list."""
    limits = [
        "The vectors show only which tracks occur together in these playlists. They contain nothing about sound, "
        "lyrics or language.",
        "Listeners, regions and years that the playlists do not cover are not represented.",
        "Frequent tracks have more reliable vectors than rare ones.",
    ]
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        counts = catalogue.counts()
    rare = sum(0 < count < RARE for count in counts)
    limits.append(f"{rare:,} of {plural(len(counts), 'track')} {occur(rare)} fewer than {RARE} times.")
    if model is not None:
        limits += _model_limits(experiment, model, len(counts))
    yield "\n".join(f"- {limit}" for limit in limits)


def _model_limits(experiment: Experiment, model: Manifest, tracks: int) -> Iterator[str]:
    """Yield sentences about the limitations of the model alone."""
    learnt = model.facts.get("tracks_learnt")
    if isinstance(learnt, int) and learnt < tracks:
        yield f"{plural(tracks - learnt, 'track')} of the corpus have no vector."
    if model.facts.get("started_from"):
        yield (
            f"Training started from the vectors of {code_span(str(model.facts['started_from']))}, which may have been "
            "trained on playlists that are held out in this experiment."
        )
    if "imported" in model.facts:
        yield "The vectors are imported. They may have been trained on playlists that are held out in this experiment."
    try:
        experiment.current("model")
    except SgpError:
        yield "The corpus has been replaced or extended since the vectors were trained."


def _versions(corpus: Manifest, model: Manifest | None) -> Iterator[str]:
    """Yield a list of stages: when and with which versions they were made, and their digests."""
    lines = []
    for manifest in (corpus, *([model] if model else [])):
        versions = manifest.facts.get("versions")
        used = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, Mapping) else []
        lines.append(
            f"- {manifest.stage}: made at {code_span(str(manifest.created))}, digest {code_span(manifest.digest)}, "
            f"with {code_span(', '.join(used) or 'unknown versions')}"
        )
    yield "\n".join(lines)


def _count(manifest: Manifest, name: str, noun: str) -> str:
    """Format a count from a manifest together with its noun, such as "12 tracks"."""
    number = manifest.facts.get(name)
    return plural(number, noun) if isinstance(number, int) else f"an unknown number of {noun}s"


def _items(facts: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Return the reasons in the fact `name`, such as "rejected", each with its number of rows; [] if it has none."""
    reasons = facts.get(name)
    return (
        [(reason, f"{number:,}") for reason, number in reasons.items() if isinstance(number, int)]
        if isinstance(reasons, dict)
        else []
    )
