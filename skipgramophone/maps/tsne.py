"""t-SNE: positions in the plane that keep nearest neighbours together.

Neighbours attract each other, all points repel each other, and gradient descent with momentum moves the points. Unlike
in standard t-SNE, all nearest tracks of a track attract it with the same force. The initial positions are the principal
components, so that similar groups of tracks are near each other on the map.

Source: van der Maaten and Hinton 2008; Kobak and Berens, arXiv 1812.02633 (start and learning rate); Linderman et al.,
arXiv 1712.09005. The repulsion is computed in `repulsion.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.maps.repulsion import RepulsionGrid, direct_forces

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# number of iterations at the start in which the attraction is multiplied by EXAGGERATION, so that clusters form
EXAGGERATED = 250
ITERATIONS = 750  # total number of iterations, as in scikit-learn and openTSNE
EXAGGERATION = 12.0
MOMENTUM = 0.8
LEAST_RATE = 50.0  # minimum learning rate; the rate grows with the number of points
LONGEST_STEP = 5.0  # maximum distance that a point moves per iteration
# For at most this many tracks, forces are summed directly. Few points are far apart compared with the width of the
# kernel, so a grid would need many nodes.
FEW = 400
# standard deviation of the first coordinate at the start; it is small compared with the kernel's width, which is 1
START = 1e-2


def attraction(near: Rows) -> csr_matrix:
    """Return symmetric weights of pairs of neighbours that add up to 1, sparse float32 (tracks, tracks).

    Args:
        near: nearest rows of each track, int64 (tracks, neighbours).
    """
    from scipy.sparse import csr_matrix

    tracks, number = near.shape
    weights = np.full(near.size, 1 / (2 * near.size), np.float32)
    one_way = csr_matrix((weights, near.ravel(), np.arange(tracks + 1) * number), shape=(tracks, tracks))
    both = csr_matrix(one_way + one_way.T)
    both.sort_indices()
    return both


def by_tsne(
    near: Rows, start: Matrix, seed: int, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Matrix:
    """Return the t-SNE projection, float32 (tracks, 2).

    Args:
        near: nearest rows of each track, int64 (tracks, neighbours).
        start: initial positions, float32 (tracks, 2); their scale does not matter.
        seed: random seed of the small noise that separates tracks with equal positions.
        progress: called before each iteration with the number of finished iterations and the total number.
    """
    weights, repulsion = attraction(near), direct_forces if len(near) <= FEW else RepulsionGrid().forces
    first = np.repeat(np.arange(len(near)), np.diff(weights.indptr))
    pulls = weights.copy()
    noise = np.random.default_rng(seed).standard_normal(start.shape)
    plane = (start / max(float(start[:, 0].std()), 1e-12) * START + noise * (START / 100)).astype(np.float32)
    step, gains = np.zeros_like(plane), np.ones_like(plane)
    for iteration in range(ITERATIONS):
        progress(iteration, ITERATIONS)
        exaggeration = EXAGGERATION if iteration < EXAGGERATED else 1.0
        apart = plane[first] - plane[weights.indices]
        pulls.data = weights.data / (1 + np.einsum("ed,ed->e", apart, apart))
        pulled = plane * np.add.reduceat(pulls.data, pulls.indptr[:-1])[:, None] - pulls @ plane
        pushed, normalizer = repulsion(plane)
        gradient = 4 * (exaggeration * pulled - (pushed / normalizer).astype(np.float32))
        gains = np.maximum(np.where(np.sign(gradient) == np.sign(step), gains * 0.8, gains + 0.2), 0.01)
        rate = np.float32(max(LEAST_RATE, len(near) / exaggeration))
        step = (MOMENTUM * step - rate * gains * gradient).astype(np.float32)
        length = np.sqrt(np.einsum("pd,pd->p", step, step))
        step *= np.minimum(1, LONGEST_STEP / np.maximum(length, 1e-12))[:, None]
        plane = plane + step
        plane -= plane.mean(axis=0)
    return plane
