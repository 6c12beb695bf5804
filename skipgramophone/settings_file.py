"""Settings files: TOML with a table a stage, as `sgp experiments NAME --toml` prints and `--config` takes.

[train]
window_size = "bag"
epochs = 30
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from skipgramophone.errors import SettingError, storage_errors

STAGES = ("extract", "train", "index")


def read_settings(path: Path, stage: str, kind: type[Any]) -> dict[str, Any]:
    """The settings of one stage, by name; those that the file leaves out are left out.

    Args:
        path: the file.
        stage: "extract", "train" or "index".
        kind: the settings class of the stage.

    Raises:
        SettingError: the file is no TOML, or names a setting or stage that there is not.
        StorageError: it cannot be read.
    """
    try:
        with storage_errors(path, "read"):
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} is no settings file: {error}") from error
    known = {field.name for field in fields(kind)}
    for name, table in tables.items():
        if name not in STAGES or not isinstance(table, dict):
            raise SettingError(f"{path} has {name!r}, which is no stage: tables are {', '.join(STAGES)}")
    asked: dict[str, Any] = tables.get(stage, {})
    for name in asked:
        if name.replace("-", "_") not in known:
            raise SettingError(f"{path}: {stage} has no setting {name!r}: there are {', '.join(sorted(known))}")
    return {name.replace("-", "_"): value for name, value in asked.items()}


def settings_text(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """A settings file; what is None is left out, for TOML has no such value.

    >>> print(settings_text({"train": {"epochs": 2, "learning_rate": None}}), end="")
    [train]
    epochs = 2
    """
    tables = []
    for stage, settings in stages.items():
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items() if value is not None]
        tables.append(f"[{stage}]\n" + "".join(lines))
    return "\n".join(tables)
