"""The words for rows that readers left out."""

from __future__ import annotations

import importlib
import pkgutil

import skipgramophone.playlists.readers as readers
from skipgramophone.playlists.left_out import SINGULAR
from skipgramophone.playlists.readers.rows import LeftOut


def test_each_reason_that_is_a_noun_has_a_singular() -> None:
    reasons = set()
    for module in pkgutil.iter_modules(readers.__path__):
        for value in vars(importlib.import_module(f"{readers.__name__}.{module.name}")).values():
            values = value.values() if isinstance(value, dict) else [value]
            reasons |= {found.reason for found in values if isinstance(found, LeftOut)}
    assert len(reasons) > 10
    assert {reason for reason in reasons if not reason.startswith("in ")} == SINGULAR.keys()
