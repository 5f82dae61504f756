"""Honest classes: a store's class has exactly the interfaces that its features enable."""

from typing import Any

__all__ = ["compose"]

_composed: dict[tuple[type, tuple[type, ...]], type] = {}


def compose(cls: type, mixins: tuple[type, ...]) -> type:
    """Return ``cls`` with ``mixins``, always the same class for the same request.

    The class keeps its name and module, and ``_declared`` leads back to ``cls``.
    """
    if not mixins:
        return cls
    try:
        return _composed[cls, mixins]
    except KeyError:
        # setdefault has one winner, also when several threads build the class at once
        return _composed.setdefault((cls, mixins), _build(cls, mixins))


def _build(cls: type, mixins: tuple[type, ...]) -> type:
    body: dict[str, Any] = {
        "__slots__": (),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_declared": cls,
    }
    return type(cls.__name__, (cls, *mixins), body)
