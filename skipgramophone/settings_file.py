"""Settings files: TOML with one table per stage, as printed by `sgp experiments NAME --toml` and read by `--config`.

[train]
window_size = "bag"
epochs = 16
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from skipgramophone.errors import SettingError, reason_of, storage_errors

STAGES = ("extract", "train", "index")
LARGEST = 1 << 20  # maximum size in bytes; a larger file is not a settings file, and would fill the memory


def read_settings(path: Path, stage: str, kind: type[Any]) -> dict[str, Any]:
    """Read the settings of one stage from a settings file; return name -> value.

    Args:
        path: the settings file.
        stage: "extract", "train" or "index".
        kind: the settings class of the stage.

    Raises:
        SettingError: the file is not valid TOML, or names an unknown setting or stage.
        StorageError: the file cannot be read.
    """
    if path.exists() and not path.is_file():
        raise SettingError(f"{path} is not a regular file: save the settings to a file first")
    try:
        with storage_errors(path, "read"):
            if path.stat().st_size > LARGEST:
                raise SettingError(f"{path} is larger than {LARGEST >> 20} MiB, so it is not a settings file")
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # ValueError: also for a number with thousands of digits
        raise SettingError(f"{path} is not a valid settings file: {reason_of(error)}") from error
    known = {field.name for field in fields(kind)}
    for name, table in tables.items():
        if name not in STAGES or not isinstance(table, dict):
            raise SettingError(f"{path}: {name!r} is not a known table; known tables: {', '.join(STAGES)}")
    given: dict[str, Any] = tables.get(stage, {})
    for name in given:
        if name.replace("-", "_") not in known:
            raise SettingError(f"{path}: {stage} has no setting {name!r}; known settings: {', '.join(sorted(known))}")
    return {name.replace("-", "_"): _without_dates(value) for name, value in given.items()}


def _without_dates(value: Any) -> Any:
    """Return a date or a time as text, as a user would type it in an option; return other values unchanged."""
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date too


def settings_text(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of a settings file; settings that are None are left out because TOML has no such value.

    >>> print(settings_text({"train": {"epochs": 2, "learning_rate": None}}), end="")
    [train]
    epochs = 2
    """
    tables = []
    for stage, settings in stages.items():
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items() if value is not None]
        tables.append(f"[{stage}]\n" + "".join(lines))
    return "\n".join(tables)
