from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import pprint
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from storewright.core.record import Record, field_names, replace

T = TypeVar("T")


class Point(Record):
    """A place."""

    ORIGIN: ClassVar[int] = 0
    x: int
    y: int = 0
    label: str = ""


class Flags(Record, kw_only=True):
    on: bool = False
    names: tuple[str, ...] = ()


class Box(Record, Generic[T]):
    items: Sequence[T]


class Even(Record):
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            message = "odd"
            raise ValueError(message)


class WithMap(Record):
    entries: types.MappingProxyType[str, int] = types.MappingProxyType({})


def test_fields_are_given_by_position_or_name_or_default() -> None:
    expected = (1, 2, "a")
    for point in (Point(1, 2, "a"), Point(1, label="a", y=2), Point(y=2, label="a", x=1)):
        assert (point.x, point.y, point.label) == expected
    assert (Point(1).y, Point(1).label) == (Point.ORIGIN, "")
    assert (Flags().on, Flags(on=True).on) == (False, True)
    assert Box[int]([1]).items == [1]


MISTAKES: list[tuple[Callable[[Any], object], str]] = [
    (lambda cls: cls(), "missing 1 required positional argument: 'x'"),
    (lambda cls: cls(1, 2, "a", 4), "takes from 2 to 4 positional arguments but 5 were given"),
    (lambda cls: cls(1, x=2), "multiple values for argument 'x'"),
    (lambda cls: cls(1, z=2), "unexpected keyword argument 'z'"),
    (lambda cls: replace(cls(1), z=2), "unexpected keyword argument 'z'"),
]


@pytest.mark.parametrize(("wrong", "message"), MISTAKES)
def test_wrong_arguments_are_a_type_error(wrong: Callable[[Any], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        wrong(Point)


@pytest.mark.parametrize("given", [(True,), (True, ("a",))])
def test_fields_by_keyword_only_are_not_given_by_position(given: tuple[Any, ...]) -> None:
    cls: Any = Flags
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        cls(*given)


def test_a_record_may_refuse_its_values() -> None:
    assert Even(2).number == 2
    with pytest.raises(ValueError, match="odd"):
        Even(3)
    with pytest.raises(ValueError, match="odd"):
        replace(Even(2), number=3)


@pytest.mark.parametrize("name", ["x", "other"])
def test_records_are_frozen(name: str) -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"'{name}'"):
        setattr(point, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"'{name}'"):
        delattr(point, name)
    assert point == Point(1)
    assert not hasattr(point, "__dict__")


def test_records_are_values() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 2) != Point(2, 1)
    assert Even(1 + 1) != WithMap()
    assert Point(1).__eq__((1, 0, "")) is NotImplemented
    assert repr(Point(1, label="a")) == "Point(x=1, y=0, label='a')"
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("record", [Point(1, 2, "a"), Flags(on=True), Box([Point(1)])])
def test_records_are_copied_and_pickled(record: Record) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(record, protocol)) == record
    assert copy.copy(record) == copy.deepcopy(record) == record


def test_some_fields_are_replaced() -> None:
    point = Point(1, 2)
    assert replace(point, y=3) == Point(1, 3)
    assert point == Point(1, 2)
    assert replace(point) is point


def test_the_functions_of_dataclasses_work() -> None:
    point = Point(1, 2)
    assert (
        [f.name for f in dataclasses.fields(Point)]
        == list(field_names(Point))
        == ["x", "y", "label"]
    )
    assert [f.default for f in dataclasses.fields(point)] == [dataclasses.MISSING, 0, ""]
    assert [f.kw_only for f in dataclasses.fields(Flags)] == [True, True]
    assert dataclasses.replace(point, y=3) == Point(1, 3)
    assert dataclasses.asdict(Box([point])) == {"items": [{"x": 1, "y": 2, "label": ""}]}
    entries = dataclasses.fields(WithMap)[0]  # Python 3.12 takes an empty mapping as a default
    assert entries.default == {} or entries.default_factory is not dataclasses.MISSING
    assert pprint.pformat(point) == repr(point)


@pytest.mark.parametrize("candidate", [Point, Point(1), Flags, Box])
def test_records_are_dataclasses_to_those_who_ask(candidate: object) -> None:
    assert dataclasses.is_dataclass(candidate)


def test_help_shows_what_a_record_takes() -> None:
    assert str(inspect.signature(Point)) == "(x: 'int', y: 'int' = 0, label: 'str' = '') -> None"
    assert list(inspect.signature(Flags).parameters) == ["on", "names"]


def test_a_record_without_fields_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="must import annotations from __future__"):
        types.new_class("Empty", (Record,))


def test_dataclasses_are_not_imported_before_they_are_needed() -> None:
    program = (
        "import sys; from storewright.core.parts import Part; part = Part(0, size=1);"
        "repr(part), hash(part), part == part; print('dataclasses' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == "False\n"
