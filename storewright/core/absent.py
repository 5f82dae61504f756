"""Operations that a store does not have: asking says no, and calling says why."""

from typing import Any, Final, NoReturn

from storewright.core.errors import OperationUnsupported

__all__ = ["Absent"]


class Absent:
    """Stands in a class for an operation of an interface that the class does not have.

    ``hasattr`` is false, and the access raises OperationUnsupported, which names the feature that
    would enable the operation. A ``__getattr__`` would do the same, but a class that has one loses
    the interpreter's fast path for every attribute, three times the cost of ``store.features``.
    """

    __slots__ = ("op",)

    def __init__(self, op: str) -> None:
        self.op: Final = op

    def __get__(self, store: Any, owner: Any) -> NoReturn:
        if store is None:
            raise OperationUnsupported(self.op, owner.service)
        raise store._unsupported(self.op)  # noqa: SLF001 - a part of the store's class
