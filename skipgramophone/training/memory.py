"""Memory: what a training run will take, and what the machine has left."""

from __future__ import annotations

import os
from pathlib import Path

from skipgramophone.errors import TrainingError

FLOAT = 4  # bytes
TABLES = 2  # centre and context
BESIDE = 1 << 30  # TensorFlow, its compiled programs, the rows that are being trained, the noise table


def bytes_for(tracks: int, dim: int) -> int:
    """Memory that training takes: the tables, one of them twice for a moment at the start, and what stands beside."""
    rows = tracks * (dim + 1) * FLOAT
    return (TABLES + 1) * rows + BESIDE


def require_memory(tracks: int, dim: int) -> None:
    """Refuse a run that this machine has no memory for, before it starts.

    Raises:
        TrainingError: the memory that is free now is less than the run takes; names a dimension that would fit.
    """
    needed, free = bytes_for(tracks, dim), free_bytes()
    if free is None or needed <= free:
        return
    fitting = (free - BESIDE) // ((TABLES + 1) * FLOAT * tracks) - 1
    cure = f"-emb {fitting} would fit" if fitting >= 1 else "free some, or extract fewer tracks"
    raise TrainingError(
        f"training {tracks:,} tracks × {dim} takes about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are "
        f"free: {cure}"
    )


def free_bytes() -> int | None:
    """Memory that a process may still take, within the machine's and its control group's; None where nothing tells."""
    free = [found for found in (_of_machine(), _of_group()) if found is not None]
    return min(free) if free else None


def _of_machine() -> int | None:
    """What Linux says is available; elsewhere, all that the machine has."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _of_group() -> int | None:
    """What is left of the limit of a control group (version 2), as containers have one."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        # Cached files count as used, and give way.
        cached = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, StopIteration, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used + cached)
