"""`sgp continue` on the experiment of the sample, as several tests run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import Ran, run_sgp


def continued(root: Path, *arguments: str | Path, stdin: str | None = None) -> Ran:
    """Run `sgp continue demo`."""
    return run_sgp("continue", "demo", *arguments, "--experiments-dir", root, stdin=stdin)


def answer(root: Path, *arguments: str | Path) -> dict[str, Any]:
    """Run `sgp continue demo`, and return its answer as JSON."""
    ran = continued(root, *arguments, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found
