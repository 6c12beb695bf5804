"""Factors of tracks and playlists: their products predict which tracks a playlist contains.

    factors.npy     float32 (tracks, factors)   factors of each track; zeros for a track without a vector
    factors.json    alpha, regularization, exponent and energy, as below

Let r_pi be the weight of track i in playlist p: above 0 if p contains i, else 0. The factors x_p of playlists and y_i
of tracks minimize

    sum over all p and i of (1 + alpha r_pi) ([r_pi > 0] - x_p . y_i)^2
        + sum over p of lambda_p |x_p|^2 + sum over i of lambda_i |y_i|^2

where lambda_p = regularization n_p^exponent, and n_p is the number of tracks in playlist p. lambda_i is defined in the
same way, with the number of playlists that contain track i. If the factors of tracks are fixed, each x_p is the
solution of a linear system, and vice versa. For playlist p, restrict the diagonal matrices C = diag(1 + alpha r_pi)
and D = diag(alpha r_pi) to the tracks of p. Let Y_p be the factors of these tracks, and let 1 be a vector of ones.
Then the system is

    (Y^T Y + lambda_p I + Y_p^T D Y_p) x_p = Y_p^T C 1

The same system gives the factors of a playlist that was not trained on ("fold-in"). The factors are rotated so that
Y^T Y is a diagonal matrix S (its diagonal is called the energy). The rotation does not change the products x_p . y_i.
With the scaled factors z_i = (S + lambda_p I)^-1/2 y_i and u_p = (S + lambda_p I)^1/2 x_p, the system has two forms:

    (I + Z_p^T D Z_p) u_p = Z_p^T C 1        or        u_p = Z_p^T D^1/2 (I + D^1/2 Z_p Z_p^T D^1/2)^-1 D^-1/2 C 1

The first form has one unknown per factor, the second form one per track of the playlist; the smaller system is solved.
The systems are solved exactly, on all cores. Systems of the same size are solved together.

Sources: Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets",
doi 10.1109/ICDM.2008.22 (exponent 0); Rendle, Krichene, Zhang and Koren 2021, "Revisiting the Performance of iALS on
Item Recommendation Benchmarks", arXiv 2110.14037 (regularization by frequency). In the library `implicit`, the weight
of a track in a playlist is alpha r instead of 1 + alpha r. For r = 1, an alpha of 20 in `implicit` corresponds to an
alpha of 19 here. The regularization is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import pieces, read_array, write_rows
from skipgramophone.experiment.json_files import read_json, write_json
from skipgramophone.parallel import run_in_order

FACTORS = "factors.npy"
FACTORS_JSON = "factors.json"
GATHERED = 1 << 22  # matrix elements per batch of systems
EXACT_SIZES = 8  # rows with at most this many entries are not padded to a larger system (see `_padded`)

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """The rows of a sparse matrix, such as playlists whose entries are their tracks.

    Attributes:
        columns: int (entries,), column of each entry; all rows concatenated.
        offsets: int (rows + 1,), row p has the entries offsets[p] to offsets[p + 1].
        weights: float32 (entries,), r_pi in the formulas above, greater than 0.
    """

    columns: npt.NDArray[Any]
    offsets: npt.NDArray[Any]
    weights: Matrix

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, matrix: Any) -> SparseRows:
        """Convert a scipy.sparse.csr_array to rows."""
        return cls(matrix.indices, matrix.indptr, matrix.data)


@dataclass(frozen=True, slots=True)
class Objective:
    """The constants of the objective that the factors minimize.

    Attributes:
        alpha: additional weight of the tracks of a playlist, above 0; every other track weighs 1.
        regularization: weight of the squared factors, above 0.
        exponent: the regularization of a row is multiplied by its number of entries to this power; 0 treats all rows
            equally.
    """

    alpha: float
    regularization: float
    exponent: float = 0.0

    def penalties(self, entries: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return lambda (see the module docstring) for rows with the given numbers of entries, float64 (rows,)."""
        return np.asarray(self.regularization * np.maximum(entries, 1).astype(np.float64) ** self.exponent)


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors of tracks or of playlists. Track factors predict how well each track fits a list of given tracks.

    Attributes:
        rows: float32 (tracks, factors), rotated so that their Gram matrix is diagonal.
        energy: float32 (factors,), the diagonal of the Gram matrix.
        objective: the constants that the factors were computed with.
    """

    rows: Matrix
    energy: Matrix
    objective: Objective

    @classmethod
    def rotated(cls, rows: Matrix, objective: Objective) -> Factors:
        """Rotate factors so that their Gram matrix is diagonal, with its largest value last."""
        energy, directions = np.linalg.eigh(gram(rows))
        turn = directions.astype(np.float32)
        turned = np.empty((len(rows), len(energy)), np.float32)
        tasks = (partial(_product_into, turned[some], rows[some], turn) for some in pieces(len(rows)))
        for _ in run_in_order(tasks):
            pass
        return cls(turned, np.maximum(energy, 0).astype(np.float32), objective)

    def fold_in(self, given: SparseRows) -> Matrix:
        """Return the factors x_p of playlists with the given tracks, float32 (playlists, factors).

        A playlist without given tracks gets zeros.
        """
        solved = np.zeros((len(given), self.rows.shape[1]), np.float32)
        # A look-up has only one batch, so it starts no threads.
        for some, factors in run_in_order(_Systems(self, given).batches()):
            solved[some] = factors
        return solved

    def scores(self, given: SparseRows) -> Matrix:
        """Return the scores x_p . y_i of all tracks, float32 (playlists, tracks); a suitable track scores about 1."""
        return np.asarray(self.fold_in(given) @ self.rows.T)

    def playlists_of(self, rows: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> Matrix:
        """Return the factors of two playlists, one of liked and one of disliked tracks, float32 (2, factors).

        Args:
            rows: int64 (given,), rows of the given tracks.
            weights: float64 (given,), their weights, negative for disliked tracks; tracks with weight 0 are ignored.
        """
        rows, weights = rows[weights != 0], weights[weights != 0]
        order = np.argsort(weights <= 0, kind="stable")
        offsets = np.array([0, np.count_nonzero(weights > 0), len(rows)])
        given = SparseRows(rows[order], offsets, np.abs(weights[order]).astype(np.float32))
        return self.fold_in(given)

    def take(self, rows: npt.NDArray[np.int64]) -> Factors:
        """Return a copy in memory of the factors of some tracks."""
        return Factors(np.asarray(self.rows[rows]), self.energy, self.objective)

    def are_finite(self) -> bool:
        """Whether all values are finite. This reads the whole file."""
        return all(np.isfinite(self.rows[some]).all() for some in pieces(len(self.rows)))

    def write(self, directory: Path, rows: npt.NDArray[np.int64], tracks: int) -> None:
        """Write the factors as one row per track of the catalogue, with zeros for tracks without factors.

        Args:
            directory: directory for the two files.
            rows: int64, ascending; the catalogue row of each track that has factors.
            tracks: number of rows of the catalogue.
        """

        def spread() -> Iterator[Matrix]:
            for some in pieces(tracks):
                piece = np.zeros((some.stop - some.start, self.rows.shape[1]), np.float32)
                first, end = np.searchsorted(rows, (some.start, some.stop))
                piece[rows[first:end] - some.start] = self.rows[first:end]
                yield piece

        write_rows(directory / FACTORS, (tracks, self.rows.shape[1]), spread())
        write_json(directory / FACTORS_JSON, asdict(self.objective) | {"energy": self.energy.tolist()})


def read_factors(directory: Path, tracks: int) -> Factors | None:
    """Memory-map the factors of a model whose catalogue has `tracks` rows; return None if it has no factors.

    Raises:
        ExperimentError: a file is missing or damaged, or has an unexpected shape.
    """
    if not (directory / FACTORS).exists():
        return None
    rows, record = read_array(directory / FACTORS, np.float32, 2), read_json(directory / FACTORS_JSON)
    try:
        objective = Objective(float(record["alpha"]), float(record["regularization"]), float(record["exponent"]))
        energy = np.array(record["energy"], np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise ExperimentError(f"{directory / FACTORS_JSON} is damaged: run sgp train again with --force") from error
    constants = (objective.alpha, objective.regularization, objective.exponent)
    sound = objective.alpha > 0 and objective.regularization > 0 and bool(np.isfinite(constants).all())
    sound = sound and bool((np.isfinite(energy) & (energy >= 0)).all())
    if not sound or rows.shape != (tracks, *energy.shape):
        raise ExperimentError(
            f"{directory / FACTORS} does not match {FACTORS_JSON} or the catalogue of {tracks:,} tracks: "
            "run sgp train again with --force"
        )
    return Factors(rows, energy, objective)


def gram(columns: Matrix) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of the columns, float64 (columns, columns), summed in float64 in blocks of rows."""
    products = np.zeros((columns.shape[1], columns.shape[1]))
    block = max(1, GATHERED // max(1, columns.shape[1]))
    tasks = (partial(_gram_of_block, columns[first : first + block]) for first in range(0, len(columns), block))
    for product in run_in_order(tasks):
        products += product
    return products


def _gram_of_block(columns: Matrix) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of the columns of a block of rows, float64 (columns, columns)."""
    some = columns.astype(np.float64)
    return np.asarray(some.T @ some)


def _product_into(out: Matrix, rows: Matrix, turn: Matrix) -> None:
    """Write the matrix product of `rows` and `turn` into the array `out`."""
    np.matmul(rows, turn, out=out)


@dataclass(frozen=True, slots=True)
class _Systems:
    """The linear systems that give the factors of all rows while the factors of the columns are fixed.

    If the rows are playlists, the columns are tracks. Systems of the same size form batches.
    """

    fixed: Factors
    rows: SparseRows

    def batches(self) -> Iterator[Callable[[], tuple[npt.NDArray[np.int64], Matrix]]]:
        """Yield tasks; each task computes the factors of some rows, and returns the row numbers and the factors."""
        dim, lengths = len(self.fixed.energy), np.diff(self.rows.offsets)
        is_long = lengths > dim
        sizes = np.where(is_long, _padded(lengths), np.minimum(_padded(lengths), dim))
        for solve, solved_so in ((self._solve_short, ~is_long & (lengths > 0)), (self._solve_long, is_long)):
            for size in np.unique(sizes[solved_so]).tolist():
                members = np.flatnonzero(solved_so & (sizes == size))
                batch = max(1, GATHERED // (size * (dim + min(size, dim))))
                for first in range(0, len(members), batch):
                    yield partial(solve, members[first : first + batch], size)

    def _scale(self, some: npt.NDArray[np.int64]) -> Matrix:
        """Return the diagonal of (S + lambda_p I)^-1/2 for some rows, float32 (rows, factors).

        S and lambda_p are defined in the module docstring.
        """
        penalties = self.fixed.objective.penalties(np.diff(self.rows.offsets)[some])
        return np.asarray(1 / np.sqrt(self.fixed.energy.astype(np.float64) + penalties[:, None]), np.float32)

    def _entries(self, some: npt.NDArray[np.int64], first: int, end: int) -> tuple[Any, Any, Matrix]:
        """Return the entries from position `first` to `end` of some rows; shorter rows are padded to the same length.

        Returns:
            Three arrays. A mask, bool (rows, end - first): true for entries, false for padding. The product alpha r_pi
            of each entry (see the module docstring), of the same shape: 0 for padding. The factors of each entry's
            column, float32 (rows, end - first, factors).
        """
        rows = self.rows
        starts, lengths = rows.offsets[some], np.diff(rows.offsets)[some]
        filled = np.arange(first, end) < lengths[:, None]
        at = np.where(filled, starts[:, None] + np.arange(first, end), 0)
        weights = np.where(filled, self.fixed.objective.alpha * rows.weights[at], 0)
        return filled, weights, self.fixed.rows[rows.columns[at]]

    def _solve_short(self, some: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int64], Matrix]:
        """Return `some` and the factors of these rows, from systems with one unknown per entry of a row.

        Each row has at most `size` entries, and not more than there are factors.
        """
        scale, (filled, weights, entries) = self._scale(some), self._entries(some, 0, size)
        root = np.sqrt(weights).astype(np.float32)
        entries = entries * root[:, :, None] * scale[:, None]
        systems = entries @ entries.transpose(0, 2, 1) + np.eye(size, dtype=np.float32)
        target = np.divide(1 + weights, root, out=np.zeros_like(root), where=filled)
        unknowns = np.linalg.solve(systems, target[:, :, None])  # (rows, size, 1)
        return some, np.asarray((unknowns.transpose(0, 2, 1) @ entries)[:, 0] * scale)

    def _solve_long(self, some: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int64], Matrix]:
        """Return `some` and the factors of these rows, from systems with one unknown per factor.

        Each row has at most `size` entries, and more than there are factors.
        """
        scale, dim = self._scale(some), len(self.fixed.energy)
        systems, targets = np.tile(np.eye(dim), (len(some), 1, 1)), np.zeros((len(some), dim))
        step = max(1, GATHERED // (dim * len(some)))
        for first in range(0, size, step):
            filled, weights, entries = self._entries(some, first, min(first + step, size))
            entries = entries * scale[:, None]
            systems += entries.transpose(0, 2, 1) @ (entries * weights[:, :, None].astype(np.float32))
            targets += ((filled + weights)[:, None].astype(np.float32) @ entries)[:, 0]
        solved = np.linalg.solve(systems, targets[:, :, None])[:, :, 0]
        return some, np.asarray(solved.astype(np.float32) * scale)


def _padded(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Round numbers of entries up by at most a quarter, so that many rows have systems of the same size.

    >>> _padded(np.array([0, 7, 9, 17, 33])).tolist()
    [0, 7, 10, 20, 40]
    """
    exponent = np.frexp(np.maximum(lengths - 1, 1).astype(np.float64))[1]
    step = np.where(lengths <= EXACT_SIZES, 1, 1 << np.maximum(exponent - 3, 0))
    return np.asarray(-(-lengths // step) * step)
