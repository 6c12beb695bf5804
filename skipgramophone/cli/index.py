"""`sgp index`: rebuild the Annoy index."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.options import with_config, with_settings
from skipgramophone.settings import IndexSettings
from skipgramophone.wording import size

if TYPE_CHECKING:
    from skipgramophone.lookup.annoy_index import IndexFacts

EXACT = "use exact search: at the requested recall, the index would not be faster"


@with_settings
def index(
    context: typer.Context,
    experiment: options.Experiment,
    config: options.Config = None,
    *,
    settings: IndexSettings,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Rebuild the Annoy index of EXPERIMENT.

    Training builds the index unless --no-index is given. Rebuild it if it is damaged or stale, or to change its recall.
    The index of a very large catalogue is split into several files, which are built one at a time.

    \b
    sgp index demo --recall 0.999
    sgp index demo --config demo.toml
    """
    from skipgramophone.pipeline.index import build_index

    settings = with_config(context, config, "index", settings)
    facts = build_index(experiment, settings, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(facts))
    elif not quiet:
        rows = [
            ("tracks", f"{facts.items:,} × {facts.dimension}"),
            ("trees", f"{facts.trees}{shard_note(facts)}, {size(facts.bytes)}"),
            ("search width", f"{facts.search_k * facts.shards:,} nodes per look-up"),
            ("recall@10", f"{facts.recall_at_10:.1%} against exact search"),
            *([("look-ups", EXACT)] if facts.answered_by == "exact search" else []),
        ]
        render.facts(f"index of {experiment}", rows)


def shard_note(facts: IndexFacts) -> str:
    """Return text such as " in each of 3 files", or empty text if the index is a single file."""
    return f" in each of {facts.shards} files" if facts.shards > 1 else ""


def recall_note(facts: IndexFacts) -> str:
    """Return text with the recall of an index, or the note that look-ups use exact search."""
    if facts.answered_by == "exact search":
        return "but look-ups use exact search, which is as fast"
    return f"recall@10 {facts.recall_at_10:.1%}"
