"""The lines below the tables of `sgp evaluate`: skipped playlists, parameters of the baselines, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skipgramophone.evaluation.metric_names import metric_heading
from skipgramophone.settings import LEAST_ASKED, MAIN_SCORES
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import Comparison
    from skipgramophone.evaluation.scorecard import Estimate
    from skipgramophone.pipeline.reports import EvaluateReport

SAME = "no significant difference from"
COUNTING = "item-kNN"  # the baseline that counts shared playlists


def not_evaluated(settings: Mapping[str, Any], skipped: int) -> list[str]:
    """Return a list with a line that says why held-out playlists were skipped; it is empty if none were.

    Args:
        settings: settings of the evaluation.
        skipped: number of skipped playlists.

    >>> not_evaluated({"protocol": "lookup", "of": "tracks"}, 1926)
    ['1,926 held-out playlists were not evaluated: fewer than 5 of their tracks can be ranked']
    >>> not_evaluated({"protocol": "continuation", "of": "artists"}, 1)
    ['1 held-out playlist was not evaluated: fewer than 5 of its artists can be ranked']
    >>> not_evaluated({"protocol": "deezer2018", "of": "tracks"}, 2)
    ['2 held-out playlists were not evaluated: one of their last two tracks cannot be ranked']
    >>> not_evaluated({"protocol": "lookup", "of": "tracks"}, 0)
    []
    """
    from skipgramophone.evaluation.protocols import FEWEST_TRACKS

    if not skipped:
        return []
    verb, their = ("was", "its") if skipped == 1 else ("were", "their")
    why = f"fewer than {FEWEST_TRACKS} of {their} {settings['of']} can be ranked"
    if settings["protocol"] == "deezer2018":
        why = f"one of {their} last two tracks cannot be ranked"
    return [f"{plural(skipped, 'held-out playlist')} {verb} not evaluated: {why}"]


def fits(judgement: Comparison) -> list[str]:
    """Return lines with the parameters of the baselines, how they were chosen, and which baselines were left out."""
    lines = []
    for fitted in judgement.baselines:
        if fitted.left_out:
            lines.append(f"warning: {fitted.name} was left out: {fitted.left_out}")
            continue
        values = ", ".join(f"{name} {value:g}" for name, value in fitted.parameters.items())
        chosen = (
            f" ({' and '.join(fitted.chosen)} chosen on {plural(fitted.validation_playlists, 'validation playlist')})"
        )
        if values:
            lines.append(f"{fitted.name}: {values}{chosen if fitted.chosen else ''}")
    return lines


def verdicts(report: EvaluateReport, metric: str, verbose: bool) -> list[str]:
    """Return one line per comparison of a ranking with a baseline.

    The main rankings are compared with the best baseline, and with item-kNN, which counts shared playlists. If
    `verbose`, all rankings are compared with all baselines.
    """
    lines, judgement = [], report.judgement
    rows = {row.ranker: row for row in judgement.judged}
    baselines = [name for name in rows if not rows[name].against]
    best = max(baselines, key=lambda name: rows[name].metrics[metric].mean)
    ours = [name for name in rows if rows[name].against]
    main = [name for name in ours if name in MAIN_SCORES] or ours
    for name in ours if verbose else main:
        against = rows[name].against
        for baseline in against if verbose else dict.fromkeys(each for each in (best, COUNTING) if each in against):
            found = against[baseline][metric]
            words = significance(found)
            if judgement.asked < LEAST_ASKED:
                words = f"too few held-out playlists ({judgement.asked}) for a comparison with"
            lines.append(f"{name}: {words} {baseline} ({metric_heading(metric)} {interval(found, '+')}, paired)")
    if judgement.unknown:
        noun = report.settings["of"].removesuffix("s")
        verb, pronoun = ("does", "it") if judgement.unknown == 1 else ("do", "them")
        lines.append(
            f"{plural(judgement.unknown, f'held-out {noun}')} {verb} not occur in the training playlists, so no "
            f"ranking can find {pronoun}. The scores above ignore {pronoun}; r_precision_whole and ndcg_whole (in "
            f"--json) count {pronoun} as not found"
        )
    return lines


def significance(difference: Estimate) -> str:
    """Return words for a difference: significantly better or worse, or no significant difference."""
    if difference.low <= 0 <= difference.high:
        return SAME
    return "significantly better than" if difference.low > 0 else "significantly worse than"


def interval(estimate: Estimate, sign: str = "") -> str:
    """Format a mean with its 95 % confidence interval."""
    return f"{estimate.mean:{sign}.3f} [{estimate.low:{sign}.3f}, {estimate.high:{sign}.3f}]"
