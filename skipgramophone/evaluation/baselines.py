"""Baselines: rankings without embeddings, fitted to the training playlists of a split.

Parameters that the user does not set are chosen by a coordinate search on validation playlists, which are taken from
the training playlists. The search changes one parameter at a time. It moves the parameter to larger or smaller values
in a list as long as the sum of R-precision and NDCG@500 increases. Both metrics are measured with the protocol of the
evaluation. The baseline is then fitted to all training playlists. The held-out playlists have no influence on the
choice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import EvaluationQuery, make_queries
from skipgramophone.evaluation.rankers import (
    FoldedIn,
    Popularity,
    Ranker,
    item_knn,
    rp3beta,
    truncated_svd,
)
from skipgramophone.evaluation.scorecard import RankedCatalogue, score_ranker
from skipgramophone.evaluation.splits import Groups, split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.factors import Objective
from skipgramophone.experiment.postings import membership
from skipgramophone.settings import Baselines, EvaluateSettings
from skipgramophone.training.factorization import ITERATIONS, factorize, random_start
from skipgramophone.training.memory import bytes_for_ease, free_bytes
from skipgramophone.training.regression import fit_ease

Parameters = dict[str, float]
Progress = Callable[[str, int, int], None]
BASELINES: dict[Baselines, tuple[str, ...]] = {
    "none": (),
    "default": ("popularity", "item-kNN", "iALS"),
    "all": ("popularity", "item-kNN", "SVD", "RP3beta", "EASE", "iALS"),
}
USUAL: dict[str, Parameters] = {  # default parameters, with which the search starts
    "RP3beta": {"beta": 0.3},
    "EASE": {"regularization": 100.0},
    "iALS": {"regularization": 20.0, "alpha": 20.0},
}
VALUES: dict[str, dict[str, tuple[float, ...]]] = {  # values to try, in the order of the search
    "RP3beta": {"beta": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)},
    "EASE": {"regularization": (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)},
    "iALS": {"regularization": (0.3, 1.25, 5.0, 20.0, 80.0, 320.0), "alpha": (0.3, 1.25, 5.0, 20.0, 80.0, 320.0)},
}
SHARE = 0.1  # share of the training playlists that is held out for validation
MAX_OCCURRENCES = 1 << 20  # maximum total length of the playlists in the sample on which parameters are chosen
MAX_QUERIES = 500
TUNING, FITTING = "tuning", "fitting"  # beginnings of the names of steps
SEARCH_ITERATIONS = 6  # iterations of iALS while its parameters are chosen; enough to compare values


@dataclass(frozen=True, slots=True)
class FittedBaseline:
    """How a baseline was fitted.

    Attributes:
        parameters: the parameters that were used, by name; empty for a baseline without parameters.
        chosen: names of the parameters that were chosen on validation playlists.
        validation_playlists: number of validation playlists; 0 if nothing was chosen.
        seconds: time for choosing parameters and fitting.
        left_out: the reason why the baseline was left out, or None.
    """

    name: str
    parameters: Parameters
    chosen: tuple[str, ...] = ()
    validation_playlists: int = 0
    seconds: float = 0.0
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """The playlists on which parameters of baselines are chosen.

    Attributes:
        playlists: scipy.sparse.csr_array (playlists, tracks), the playlists to which baselines are fitted.
        queries: queries of the validation playlists.
        catalogue: the tracks that are ranked.
        recency: weight of a given track divided by the weight of the given track after it.
    """

    playlists: Any
    queries: list[EvaluationQuery]
    catalogue: RankedCatalogue
    recency: float

    def score(self, ranker: Ranker) -> float:
        """Return the mean R-precision plus the mean NDCG@500 of a ranker."""
        values = score_ranker(ranker, self.queries, self.catalogue, k=1, recency=self.recency).values
        return float(values["r_precision"].mean() + values["ndcg"].mean())


def make_validation(
    trained_on: Corpus, groups: Groups, tracks: int, *, least: int, settings: EvaluateSettings
) -> Validation | None:
    """Hold out some of the training playlists for validation, or return None if there are too few.

    Args:
        trained_on: the training playlists.
        groups: int64 (playlists,), group of each playlist; playlists of one group must stay together.
        tracks: number of rows of the catalogue.
        least: minimum number of occurrences of a ranked track in the playlists that are still used for training.
        settings: protocol, number of given tracks and seed.
    """
    drawn = trained_on.draw(MAX_OCCURRENCES, np.random.default_rng([settings.random_seed, MAX_OCCURRENCES]))
    sample = trained_on.playlists(drawn)
    try:
        split = split_at_random(groups[drawn], SHARE, settings.random_seed)
        part = split.training_part(sample)
        counts = part.counts(tracks)
        ranked = counts >= max(1, least)
        rows = np.flatnonzero(ranked)
        queries = make_queries(
            sample, split.held_out, ranked, settings.protocol, seed=settings.random_seed, given=settings.seeds
        ).renumbered(rows, tracks)
    except EvaluationError:
        return None
    order = np.random.default_rng(settings.random_seed).permutation(len(queries.queries))[:MAX_QUERIES]
    return Validation(
        playlists=membership(part, tracks)[:, rows].tocsr(),
        queries=[queries.queries[at] for at in np.sort(order)],
        catalogue=RankedCatalogue(counts[rows], np.arange(len(rows))),
        recency=settings.recency or 1.0,
    )


def given_parameters(name: str, settings: EvaluateSettings) -> Parameters:
    """Return those parameters of the baseline `name` that have a value in the settings."""
    given = {
        "RP3beta": {"beta": settings.rp3_beta},
        "EASE": {"regularization": settings.ease_regularization},
        "iALS": {
            "factors": settings.ials_factors,
            "regularization": settings.ials_regularization,
            "alpha": settings.ials_alpha,
        },
    }
    return {key: value for key, value in given.get(name, {}).items() if value is not None}


def needs_validation(settings: EvaluateSettings) -> bool:
    """Return whether a parameter of a baseline is not given, so that it is chosen on validation playlists."""
    names = BASELINES[settings.baselines]
    return any(VALUES[name].keys() - given_parameters(name, settings).keys() for name in names if name in VALUES)


def fitting_steps(settings: EvaluateSettings) -> list[str]:
    """Return the names of the steps that `fit_baselines` reports, in their order.

    Steps that choose parameters are not reported if there are no validation playlists.
    """
    steps = []
    for name in BASELINES[settings.baselines]:
        to_choose = VALUES.get(name, {}).keys() - given_parameters(name, settings).keys()
        steps += [f"{TUNING} {name}"] if to_choose else []
        steps.append(f"{FITTING} {name}")
    return steps


def choose_parameters(
    name: str,
    given: Parameters,
    score: Callable[[Parameters], float],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Parameters:
    """Choose the parameters of a baseline that were not given, one at a time, and return all its parameters.

    This is a coordinate search over the lists of values in `VALUES`. Each parameter starts at its default value, and
    moves to the next smaller or larger value as long as the score rises.

    Args:
        name: name of the baseline.
        given: parameters with fixed values.
        score: returns the score of parameters; higher is better.
        progress: called with the number n of finished fits and, as the total, n + 1, because the total number of fits
            is unknown.
    """
    best = USUAL[name] | given
    reached, fits = score(best), 1
    for key, values in VALUES[name].items():
        for step in () if key in given else (-1, 1):
            at, moved = values.index(best[key]) + step, False
            while 0 <= at < len(values):
                found = score(best | {key: values[at]})
                fits += 1
                progress(fits, fits + 1)
                if found <= reached:
                    break
                best, reached, moved = best | {key: values[at]}, found, True
                at += step
            if moved:  # if smaller values are better, larger ones are assumed to be worse and are not tried
                break
    return best


def fit_baselines(
    playlists: Any,
    counts: npt.NDArray[np.int64],
    *,
    dimensions: int,
    settings: EvaluateSettings,
    validation: Validation | None,
    progress: Progress = lambda _name, _done, _all: None,
) -> tuple[dict[str, Ranker], list[FittedBaseline]]:
    """Fit the baselines that the settings select, and return them with a record of how each was fitted.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones: the training playlists, with one column per
            ranked track.
        counts: int64 (tracks,), occurrences in the training playlists.
        dimensions: number of dimensions of SVD.
        settings: the baselines, their parameters and the seed.
        validation: playlists to choose parameters on; None uses default values for parameters that are not given.
        progress: called with a description of the current step, the number of finished steps and the total.
    """
    rankers: dict[str, Ranker] = {}
    fitted: list[FittedBaseline] = []
    for name in BASELINES[settings.baselines]:
        started, given = time.monotonic(), given_parameters(name, settings)
        to_choose = tuple(key for key in VALUES.get(name, {}) if key not in given)
        used, asked = USUAL.get(name, {}) | given, 0
        fit = partial(_fit, name, dimensions=dimensions, seed=settings.random_seed)
        try:
            if to_choose and validation:
                used = choose_parameters(
                    name, given, partial(_try, fit, validation), partial(progress, f"{TUNING} {name}")
                )
                asked = len({query.playlist for query in validation.queries})
            progress(step := f"{FITTING} {name}", 0, 1)
            rankers[name] = fit(playlists, counts, used, progress=partial(progress, step))
        except EvaluationError as error:  # too little memory; the other baselines are compared nevertheless
            fitted.append(FittedBaseline(name, used, left_out=error.on_command_line))
            continue
        seconds = round(time.monotonic() - started, 2)
        chosen = to_choose if asked else ()
        fitted.append(FittedBaseline(name, used, chosen, validation_playlists=asked, seconds=seconds))
    return rankers, fitted


def _try(fit: Callable[..., Ranker], validation: Validation, parameters: Parameters) -> float:
    """Fit a baseline with some parameters, and return its score on the validation playlists."""
    counts = validation.catalogue.counts
    return validation.score(fit(validation.playlists, counts, parameters, iterations=SEARCH_ITERATIONS))


def _fit(
    name: str,
    playlists: Any,
    counts: npt.NDArray[np.int64],
    parameters: Parameters,
    *,
    dimensions: int,
    seed: int,
    iterations: int = ITERATIONS,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Ranker:
    """Fit the baseline that is called `name`, and return its ranker."""
    if name == "popularity":
        return Popularity(counts)
    if name == "item-kNN":
        return item_knn(playlists)
    if name == "SVD":
        return truncated_svd(playlists, dimensions, seed)
    if name == "RP3beta":
        return rp3beta(playlists, **parameters)
    if name == "EASE":
        require_memory_for_ease(*playlists.shape)
        return fit_ease(playlists, **parameters)
    start = random_start(playlists.shape[1], min(int(parameters["factors"]), *playlists.shape), seed)
    objective = Objective(parameters["alpha"], parameters["regularization"])
    return FoldedIn(factorize(playlists, start, objective, iterations=iterations, progress=progress))


def require_memory_for_ease(playlists: int, tracks: int) -> None:
    """Check that this machine has enough free memory for EASE.

    Raises:
        EvaluationError: EASE needs more memory than is free.
    """
    needed, free = bytes_for_ease(playlists, tracks), free_bytes()
    if free is not None and needed > free:
        fewer = min(playlists, tracks)
        raise EvaluationError(
            f"it needs about {needed / 1e9:.1f} GB of memory for a matrix of {fewer:,} × {fewer:,}, but only "
            f"{free / 1e9:.1f} GB are free; close other programs, or evaluate a smaller corpus"
        )
