"""The default directory for experiments, and the environment variable that overrides it."""

from __future__ import annotations

ROOT_VARIABLE = "SGP_EXPERIMENTS"  # environment variable with the experiments directory
DEFAULT_ROOT = "experiments"
