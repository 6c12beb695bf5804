"""A base class of objects that cannot be used after the end of their `with` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from skipgramophone.errors import ClosedLookupError


class Closable:
    """An object that the end of a `with` block closes.

    Closing removes all attributes of the object. Every later use needs an attribute, does not find it, and therefore
    raises `ClosedLookupError`. Open objects do not become slower, because Python calls `__getattr__` only for missing
    attributes.
    """

    _removed: frozenset[str] = frozenset()  # names of the attributes that were removed when the object was closed

    def _release(self) -> None:
        """Close the files of the object. A subclass overrides this method."""

    def __enter__(self) -> Self:
        if self._removed:
            raise ClosedLookupError
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._removed:
            self._release()
            removed = frozenset(vars(self))
            vars(self).clear()
            self._removed = removed

    if not TYPE_CHECKING:  # hidden from type checkers, which would otherwise accept any attribute

        def __getattr__(self, name: str) -> Any:
            """Raise the error for an attribute that was removed, or that never existed."""
            if name in self._removed:
                raise ClosedLookupError
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
