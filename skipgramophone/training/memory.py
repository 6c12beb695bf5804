"""Estimates how much memory a training run needs, and how much is free."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from skipgramophone.errors import TrainingError
from skipgramophone.training.regression import has_ease

FLOAT = 4  # number of bytes in a float
TABLES = 2  # centre and context
LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
ADDRESSES = 7 << 29  # bytes of address space for libraries and thread stacks, in addition to the tables
BYTES_PER_PAIR = 24  # see `bytes_for_ease`
OVERHEAD = 1 << 30  # bytes for TensorFlow, compiled programs, the rows of the current batches, and the noise table


def bytes_for(tracks: int, dim: int) -> int:
    """Estimate the bytes that training needs: the tables, a reserve of the size of one table, and the overhead."""
    rows = tracks * (dim + 1) * FLOAT
    return (TABLES + 1) * rows + OVERHEAD


def require_memory(tracks: int, dim: int) -> None:
    """Check that this machine has enough free memory for a training run.

    Raises:
        TrainingError: the run needs more memory than is free; the message names a dimension that would fit.
    """
    _require_addresses(tracks, dim)
    needed, free = bytes_for(tracks, dim), free_bytes()
    if free is None or needed <= free:
        return
    max_dim = (free - OVERHEAD) // ((TABLES + 1) * FLOAT * tracks) - 1
    advice = f"-emb {max_dim} would fit" if max_dim >= 1 else "close other programs, or extract fewer tracks"
    raise TrainingError(
        f"training {tracks:,} tracks with {dim} dimensions needs about {needed / 1e9:.1f} GB of memory, but only "
        f"{free / 1e9:.1f} GB are free: {advice}"
    )


def require_memory_for_factors(tracks: int, dim: int, playlists: int, occurrences: int, *, has_tables: bool) -> None:
    """Check that this machine has enough free memory for the factors and the regression of the hybrid ranking.

    If the tables are in this process (`has_tables`), the memory of the tables is needed in addition, because TensorFlow
    does not release it.

    Raises:
        TrainingError: the factors or the regression need more memory than is free.
    """
    needed, free = bytes_for_ranking(tracks, dim, playlists, occurrences), free_bytes()
    needed += bytes_for(tracks, dim) if has_tables else 0
    if free is not None and needed > free:
        problem = (
            f"training with the factors of the hybrid ranking needs about {needed / 1e9:.1f} GB of memory, but only "
            f"{free / 1e9:.1f} GB are free"
        )
        raise TrainingError.naming(lambda named: f"{problem}: add {named('factors', False)} to train only the vectors")


def has_memory_for(needed: int) -> bool:
    """Whether `needed` bytes are free. If the address space is limited, this is not known, and the result is False."""
    free = free_bytes()
    return not _allowed_addresses() and (free is None or needed <= free)


def bytes_for_ranking(tracks: int, dim: int, playlists: int, occurrences: int) -> int:
    """Estimate the bytes that the hybrid ranking needs: the larger of its two steps, factors and regression."""
    needed = bytes_for_factors(tracks, dim, playlists, occurrences)
    return max(needed, bytes_for_ease(playlists, tracks)) if has_ease(playlists, tracks) else needed


def bytes_for_ease(playlists: int, tracks: int) -> int:
    """Estimate the bytes that EASE needs: a float32 copy and a float64 copy of one matrix, and a sparse matrix."""
    return BYTES_PER_PAIR * min(playlists, tracks) ** 2


def bytes_for_factors(tracks: int, dim: int, playlists: int, occurrences: int) -> int:
    """Estimate the bytes that the factorization needs: two copies of all factors, and the playlist-track matrix.

    There are two factors per dimension, and one of the copies is rotated (`Factors.rotated`). The sparse matrix is
    stored by playlist and by track, with copies while it is transposed.
    """
    return 2 * (tracks + playlists) * 2 * dim * FLOAT + 24 * occurrences


def _require_addresses(tracks: int, dim: int) -> None:
    """Raise an error if ulimit allows too little address space, because TensorFlow would abort."""
    needed = bytes_for(tracks, dim) - OVERHEAD + ADDRESSES
    allowed = _allowed_addresses()
    if allowed and needed > min(allowed):
        raise TrainingError(
            f"training {tracks:,} tracks with {dim} dimensions needs {needed / 1e9:.1f} GB of address space, but only "
            f"{min(allowed) / 1e9:.1f} GB are allowed: raise the limit with ulimit -v {-(-needed // 1024)} or more"
        )


def _allowed_addresses() -> list[int]:
    """Return the limits on the address space of this process in bytes; empty if there is none."""
    return [limit for limit, _ in map(resource.getrlimit, LIMITS) if limit != resource.RLIM_INFINITY]


def free_bytes() -> int | None:
    """Return the free memory of the machine or of its container, whichever is less, in bytes; None if unknown."""
    free = [found for found in (_machine_bytes(), _group_bytes()) if found is not None]
    return min(free) if free else None


def _machine_bytes() -> int | None:
    """Return the available memory in bytes on Linux, and the total memory on other systems."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _group_bytes() -> int | None:
    """Return how many more bytes a container may use (control group version 2); None if it has no memory limit."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        # Cached files count as used, but the kernel frees them on demand.
        cached = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, StopIteration, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used + cached)
