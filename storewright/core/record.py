"""Records: frozen dataclasses with slots that are cheap to define.

Importing ``dataclasses`` takes 8 ms (it imports ``inspect``), and each class that it makes another
half, for it writes source and compiles it. ``import storewright.storage`` and the first ``open()``
would together pay for some twenty of them. To those who ask, a record is a dataclass all the same:
``is_dataclass``, ``fields``, ``replace`` and ``asdict`` work, and type checkers know its fields.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import (
    Any,
    ClassVar,
    Final,
    NoReturn,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    dataclass_transform,
)

__all__ = ["Record", "field_names", "replace"]

_store: Final = object.__setattr__


_Layout: TypeAlias = tuple[tuple[str, ...], frozenset[str], tuple[str, ...], dict[str, Any]]
"""Names of the fields, the same as a set, those that may be given by position, defaults."""


@dataclass_transform(frozen_default=True)
class _RecordType(type):
    """Makes the annotated names of a class body fields, and the values there their defaults."""

    __record__: _Layout

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, Any], *, kw_only: bool = False
    ) -> _RecordType:
        annotations: dict[str, str] = body.get("__annotations__", {})
        names = tuple(n for n, type_ in annotations.items() if not type_.startswith("ClassVar"))
        if bases and not names:  # Python 3.14 keeps annotations elsewhere, unless they are text
            message = f"{name} has no fields: its module must import annotations from __future__"
            raise TypeError(message)
        defaults = {field: body.pop(field) for field in names if field in body}
        positional = () if kw_only else names
        layout = (names, frozenset(names), positional, defaults)
        added = {"__record__": layout, "__match_args__": positional, "__slots__": names}
        return super().__new__(cls, name, bases, body | added)


class _Borrowed:
    """An attribute that few ask for, taken from a real dataclass when somebody does."""

    def __init__(self, borrow: Callable[[Any], Any]) -> None:
        self._borrow = borrow

    def __get__(self, instance: object, owner: _RecordType) -> Any:
        return self._borrow(_twin(owner))


@cache
def _twin(cls: _RecordType) -> type:
    """The real dataclass with the same fields."""
    from dataclasses import field, make_dataclass

    names, _, positional, defaults = cls.__record__

    def described(name: str) -> Any:
        if name not in defaults:
            return field()
        value = defaults[name]
        return field(default=value) if value.__hash__ else field(default_factory=lambda: value)

    fields = [(name, cls.__annotations__[name], described(name)) for name in names]
    return make_dataclass(cls.__name__, fields, kw_only=not positional, frozen=True)


def _signature(twin: type) -> Any:
    from inspect import signature

    return signature(twin)


class Record(metaclass=_RecordType):
    """Base of records, which list their fields as a dataclass does; they are not derived from.

    ``class Part(Record, kw_only=True)`` takes its fields by keyword only. All instances share a
    default, so it must be immutable. ``__post_init__`` may refuse what was given.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]] = cast(
        "dict[str, Any]", _Borrowed(lambda twin: twin.__dataclass_fields__)
    )
    __dataclass_params__ = _Borrowed(lambda twin: twin.__dataclass_params__)
    __signature__ = _Borrowed(_signature)

    def __init__(self, *given: Any, **named: Any) -> None:
        names, _, positional, _ = type(self).__record__
        if named or not positional or len(given) != len(names):
            given = _completed(type(self), given, named)
        for name, value in zip(names, given, strict=True):
            _store(self, name, value)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Check the fields, in classes that have something to check."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(tuple(_values(self).values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in _values(self).items())
        return f"{type(self).__qualname__}({shown})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        _frozen("assign to", name)

    def __delattr__(self, name: str) -> NoReturn:
        _frozen("delete", name)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **_values(self)), ()

    def __replace__(self, **changes: Any) -> Self:
        return type(self)(**(_values(self) | changes))


R = TypeVar("R", bound=Record)


def field_names(cls: type[Record]) -> tuple[str, ...]:
    """The names of a record's fields, in order."""
    return cls.__record__[0]


def replace(record: R, **changes: Any) -> R:
    """The same record with some fields changed."""
    return record.__replace__(**changes) if changes else record


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__record__[0]}


def _completed(cls: type[Record], given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """The values of all fields in order, or the TypeError that Python would raise."""
    names, known, positional, defaults = cls.__record__
    placed = dict(zip(positional, given, strict=False))
    values = defaults | placed | named
    if len(placed) < len(given) or values.keys() != known or placed.keys() & named.keys():
        _twin(cls)(*given, **named)
    return tuple(values[name] for name in names)


def _frozen(verb: str, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    message = f"cannot {verb} field {name!r}"
    raise FrozenInstanceError(message)
