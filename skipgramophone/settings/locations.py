"""Where experiments are kept by default."""

from __future__ import annotations

ROOT_VARIABLE = "SGP_EXPERIMENTS"  # environment variable with the experiments directory
DEFAULT_ROOT = "experiments"
