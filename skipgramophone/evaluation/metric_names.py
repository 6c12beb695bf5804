"""The metrics that tables of an evaluation show, and their headings."""

from __future__ import annotations

from collections.abc import Iterable

ONE_TRACK = ("next-item", "deezer2018")  # protocols in which one track has to be found
HEADINGS = {"r_precision": "R-precision", "ndcg": "NDCG@500"}
DEFAULT_K = 10


def shown_metrics(task: str, k: int) -> list[str]:
    """Return the metrics to show for a task, such as "lookup" or "lookup of artists"; the main metric comes first.

    >>> shown_metrics("next-item", 10)
    ['hit@10', 'ndcg@10', 'mrr', 'clicks']
    """
    if task.partition(" ")[0] in ONE_TRACK:
        return [f"hit@{k}", f"ndcg@{k}", "mrr", "clicks"]
    return ["r_precision", "ndcg", f"recall@{k}", f"hit@{k}", "mrr", "clicks"]


def metric_heading(metric: str) -> str:
    """Return the heading of a metric.

    >>> metric_heading("ndcg"), metric_heading("ndcg@10"), metric_heading("mrr")
    ('NDCG@500', 'NDCG@10', 'mrr')
    """
    return HEADINGS.get(metric, metric.replace("ndcg@", "NDCG@"))


def metric_text(metric: str, value: float | None) -> str:
    """Return the mean of a metric as text. None, which a report of an earlier version may contain, becomes "".

    >>> metric_text("mrr", 0.51246), metric_text("clicks", 1.0149), metric_text("mrr", None)
    ('0.512', '1.01', '')
    """
    return "" if value is None else f"{value:.{2 if metric == 'clicks' else 3}f}"


def k_of(metrics: Iterable[str]) -> int:
    """Return the value of k in the names of some metrics, such as 20 for "hit@20".

    >>> k_of(["ndcg", "hit@20", "mrr"])
    20
    """
    found = [int(metric[4:]) for metric in metrics if metric.startswith("hit@") and metric[4:].isdecimal()]
    return found[0] if found else DEFAULT_K
