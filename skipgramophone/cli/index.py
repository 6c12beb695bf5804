"""`sgp index`: the index of a model, built anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from skipgramophone.cli import options, render
from skipgramophone.settings import IndexSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.annoy_index import IndexFacts


def index(
    experiment: options.Experiment,
    trees: options.Trees = options.INDEX.trees,
    recall: options.Recall = options.INDEX.recall,
    shards: options.Shards = options.INDEX.shards,
    random_seed: options.RandomSeed = options.INDEX.random_seed,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Build the Annoy index of EXPERIMENT's vectors anew.

    Training builds it already, unless --no-index is said; this is for an index that is damaged or stale, or to ask for
    another recall. One of very many tracks is parted into files, so that a part at a time is in memory.

    \b
    sgp index demo --recall 0.999
    """
    from skipgramophone.pipeline import pipeline

    settings = IndexSettings(trees=trees, recall=recall, shards=shards, random_seed=random_seed)
    facts = pipeline.build_index(experiment, settings, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(facts))
    elif not quiet:
        rows = [
            ("tracks", f"{facts.items:,} × {facts.dimension}"),
            ("trees", f"{facts.trees}{in_files(facts)}, {facts.bytes / 1e6:.1f} MB"),
            ("searched nodes", f"{facts.search_k * facts.shards:,} a look-up"),
            ("recall@10", f"{facts.recall_at_10:.1%} against exact search"),
        ]
        render.facts(f"index of {experiment}", rows)


def in_files(facts: IndexFacts) -> str:
    """Words for the files of an index, if there are several."""
    return f" in each of {facts.shards} files" if facts.shards > 1 else ""
