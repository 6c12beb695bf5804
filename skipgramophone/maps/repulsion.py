"""Computes the repulsive forces of t-SNE on a grid, in time that is linear in the number of points.

Each point is spread over 4 x 4 grid nodes by cubic B-splines. A Fourier transform convolves the grid with the kernel
1 / (1 + d²), and the splines interpolate the potential and its gradient at the points. All steps run in one thread, so
the result does not depend on the number of threads.

Sources: Linderman et al., arXiv 1712.09005 (interpolation on a grid); Essmann et al. 1995 (particle mesh Ewald, with
splines).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.embeddings import Matrix

SPACING = 1 / 3  # maximum distance between grid nodes: a third of the kernel's width, which is 1
LEAST_CELLS = 32  # minimum number of nodes along the longer side
MOST_CELLS = 1024  # maximum number of nodes along the longer side; a larger map gets a coarser grid
MARGIN = 4  # number of extra nodes around the points; a spline covers this many nodes in each dimension

Floats = npt.NDArray[np.float64]


def spline(offset: Floats) -> tuple[Floats, Floats]:
    """Return the values and the derivatives of the four cubic B-splines that cover each point, both (points, 4).

    Args:
        offset: distance of each point from the next lower grid node, in node spacings, from 0 to 1, (points,).
    """
    rest = 1 - offset
    values = (
        rest**3 / 6,
        2 / 3 - offset**2 * (1 + rest) / 2,
        2 / 3 - rest**2 * (1 + offset) / 2,
        offset**3 / 6,
    )
    slopes = (-(rest**2) / 2, offset * (3 * offset - 4) / 2, -rest * (3 * rest - 4) / 2, offset**2 / 2)
    return np.stack(values, axis=1), np.stack(slopes, axis=1)


def direct_forces(plane: Matrix) -> tuple[Floats, float]:
    """Return the result of `RepulsionGrid.forces`, computed exactly by sums over all pairs of points."""
    apart = plane[:, None].astype(np.float64) - plane
    kernel = 1 / (1 + np.einsum("abd,abd->ab", apart, apart))
    return np.einsum("abd,ab->ad", apart, kernel**2), float(kernel.sum()) - len(plane)


class RepulsionGrid:
    """Computes repulsive forces, and caches the transformed kernel between calls."""

    def __init__(self) -> None:
        self._shape: tuple[int, float] = (0, 0.0)
        self._kernel: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def forces(self, plane: Matrix) -> tuple[Floats, float]:
        """Return the forces on points, float64 (points, 2), and their normalizer.

        The force on point i is the sum over all j of (y_i - y_j) / (1 + d²)². The normalizer is the sum over all pairs
        i != j of 1 / (1 + d²). d is the distance of i and j.
        """
        from scipy import fft

        low = plane.min(axis=0)
        span = float((plane.max(axis=0) - low).max())
        spacing = min(SPACING, span / LEAST_CELLS) if span else SPACING
        spacing = max(spacing, span / MOST_CELLS)
        nodes = math.ceil(span / spacing / LEAST_CELLS) * LEAST_CELLS + 2 * MARGIN
        side = fft.next_fast_len(2 * nodes, real=True)  # twice as long as the grid, because the transform is periodic
        at = (plane - low).astype(np.float64) / spacing + MARGIN / 2
        below = at.astype(np.int64)
        (across, across_slope), (down, down_slope) = (spline(at[:, axis] - below[:, axis]) for axis in (0, 1))
        corner = (below[:, 0] - 1) * side + below[:, 1] - 1
        cells = corner[:, None, None] + (np.arange(4) * side)[:, None] + np.arange(4)
        density = np.bincount(cells.ravel(), (across[:, :, None] * down[:, None]).ravel(), minlength=side * side)
        waves = fft.rfft2(density.reshape(side, side).astype(np.float32)) * self._transformed_kernel(side, spacing)
        potential = fft.irfft2(waves, s=(side, side)).ravel()[cells]
        rows = np.einsum("pab,pb->pa", potential, down)
        slopes = np.stack(
            [
                np.einsum("pa,pa->p", rows, across_slope),
                np.einsum("pa,pa->p", np.einsum("pab,pb->pa", potential, down_slope), across),
            ],
            axis=1,
        )
        normalizer = float(np.einsum("pa,pa->", rows, across)) - len(plane)  # without i = j
        return slopes / (-2 * spacing), normalizer  # the gradient of 1 / (1 + d²) is -2 (y_i - y_j) / (1 + d²)²

    def _transformed_kernel(self, side: int, spacing: float) -> npt.NDArray[np.float32]:
        """Return the Fourier transform of the kernel.

        The splines smooth the result twice: when the points are spread over the grid, and when the potential is
        interpolated. To compensate for this, the transform is divided by the smoothing effect of both steps.
        """
        from scipy import fft

        if self._shape != (side, spacing):
            steps = np.arange(side)
            distance = np.minimum(steps, side - steps) * spacing
            kernel = fft.rfft2(1 / (1 + distance[:, None] ** 2 + distance**2)).real
            for axis, frequency in ((0, fft.fftfreq(side)), (1, fft.rfftfreq(side))):
                smoothing = ((2 + np.cos(2 * np.pi * frequency)) / 3) ** 2
                kernel /= smoothing[:, None] if axis == 0 else smoothing
            self._shape, self._kernel = (side, spacing), kernel.astype(np.float32)
        return self._kernel
