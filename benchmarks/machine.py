"""Describes the machine on which a benchmark runs."""

from __future__ import annotations

import importlib.util
import os
import platform
from importlib.metadata import version
from pathlib import Path

ALWAYS = ("skipgramophone", "numpy")


def describe(*packages: str) -> str:
    """Return processor, cores, memory, load, and the versions of Python and of packages that are installed."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    known = [f"{name} {version(name)}" for name in (*ALWAYS, *packages) if importlib.util.find_spec(name.split("-")[0])]
    facts = (
        _processor(),
        f"{os.cpu_count()} cores",
        f"{memory / 2**30:.0f} GiB of memory",
        f"load average {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}",
        *known,
    )
    return ", ".join(facts)


def _processor() -> str:
    """Return the model of the processor on Linux, and its architecture on other systems."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
