"""Constants of training that have changed between versions of sgp.

A run that is resumed keeps the constants with which it began. If a model is trained again for an evaluation, the
constants of its first training are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

MOST_SHARED = 1 << 10


@dataclass(frozen=True, slots=True)
class Method:
    """Constants of training.

    Attributes:
        decay: the share of the run, at its end, during which the learning rate decays.
        shared: number of negative samples that the tokens of a group share.
    """

    decay: float
    shared: int


OLD_METHOD = Method(decay=1.0, shared=16)  # the constants of versions up to 0.6.0


def is_decay(value: object) -> TypeGuard[float]:
    """Whether a value is a valid `decay`: 0 < float <= 1."""
    return type(value) is float and 0 < value <= 1


def is_shared(value: object) -> TypeGuard[int]:
    """Whether a value is a valid `shared`: 1 <= int <= 1024."""
    return type(value) is int and 1 <= value <= MOST_SHARED


def method_of(facts: Mapping[str, Any]) -> Method:
    """Return the constants with which a model was trained, from the facts in its manifest."""
    decay, layout = facts.get("learning_rate_decay"), facts.get("layout")
    shared = layout.get("shared") if isinstance(layout, dict) else None
    return Method(
        decay=decay if is_decay(decay) else OLD_METHOD.decay, shared=shared if is_shared(shared) else OLD_METHOD.shared
    )
