"""Which tests apply to which service: chosen when the test class is made, so nothing is skipped."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar, cast

import pytest

from storewright.storage import ListMode, Storager
from storewright.testing.conformance.declared import Declared, name_of

__all__ = ["applies", "each", "generate", "has", "is_local", "lists", "local", "shared", "takes"]
__all__ += ["tests_of", "when"]

T = TypeVar("T")
Predicate: TypeAlias = Callable[[Declared], bool]
Cases: TypeAlias = Callable[[Declared], Sequence[Any]]

_LOCAL = "_conformance_local"
_WHEN = "_conformance_when"
_EACH = "_conformance_each"


def when(predicate: Predicate) -> Callable[[T], T]:
    """Mark a test, or each test of a class, as applying only to services of a kind."""

    def mark(target: T) -> T:
        tests = tests_of(target) if isinstance(target, type) else [target]
        for test in tests:
            setattr(test, _WHEN, (*getattr(test, _WHEN, ()), predicate))
        return target

    return mark


def local(test: T) -> T:
    """Mark a test of what is decided before any request, whatever the server would answer."""
    setattr(test, _LOCAL, True)
    return test


def is_local(test: object) -> bool:
    """Whether one run of the test, on any server, says all."""
    return hasattr(test, _LOCAL)


def each(names: str, cases: Cases) -> Callable[[T], T]:
    """Run a test once for each case that follows from what the service declares, if any."""

    def mark(test: T) -> T:
        setattr(test, _EACH, (*getattr(test, _EACH, ()), (names, cases)))
        return test

    return mark


def has(*interfaces: type[Storager]) -> Predicate:
    """The service has all these interfaces, perhaps only with features."""
    names = [name_of(interface) for interface in interfaces]
    return lambda declared: declared.possible.issuperset(names)


def takes(op: str, *pairs: str) -> Predicate:
    """The service's operation takes all these pairs, perhaps only with features."""
    return lambda declared: all(declared.takes(op, pair) for pair in pairs)


def lists(mode: ListMode) -> Predicate:
    """The service lists in this mode."""
    return lambda declared: mode in declared.list_modes


def shared(declared: Declared) -> bool:
    """Two stores opened on the same place see the same objects."""
    return declared.shared


def tests_of(cls: type) -> Iterator[Any]:
    """The test functions that stand in the body of a class."""
    for name, test in vars(cls).items():
        if name.startswith("test_") and callable(test):
            yield test


def applies(test: object, declared: Declared) -> bool:
    """Whether a test has anything to show about a service."""
    wanted = all(predicate(declared) for predicate in getattr(test, _WHEN, ()))
    return wanted and all(cases(declared) for _, cases in getattr(test, _EACH, ()))


def generate(metafunc: pytest.Metafunc, declared: Declared) -> None:
    """Give a test its cases."""
    for names, cases in getattr(metafunc.function, _EACH, ()):
        values = cases(declared)
        metafunc.parametrize(names, values, ids=[_label(value) for value in values])


def _label(case: Any) -> str:
    """How a case is called in the test's id."""
    if isinstance(case, tuple):
        return "-".join(map(str, cast("tuple[object, ...]", case)))
    return case.__name__ if isinstance(case, type) else str(case)
