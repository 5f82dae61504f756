import math
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core import checks
from storewright.core.errors import PairTypeInvalid, PairValueInvalid
from storewright.core.modes import LIST_MODES, OBJECT_MODES

Checker = Callable[[str, object], object]


class Color(StrEnum):
    RED = "red"


class Number(IntEnum):
    TWO = 2


class Mode(IntFlag):
    DIR = 1
    READ = 2


class Index:
    """What a number of numpy looks like."""

    def __index__(self) -> int:
        return 7


ACCEPTED: list[tuple[Checker, object, object]] = [
    (checks.as_string, "a", "a"),
    (checks.as_string, Color.RED, "red"),
    (checks.as_int, 5, 5),
    (checks.as_int, -5, -5),
    (checks.as_int, Number.TWO, 2),
    (checks.as_int, Index(), 7),
    (checks.as_float, 1.5, 1.5),
    (checks.as_float, 2, 2.0),
    (checks.as_bool, True, True),
    (checks.as_bool, False, False),
    (checks.as_bytes, b"a", b"a"),
    (checks.as_bytes, bytearray(b"a"), b"a"),
    (checks.as_bytes, memoryview(b"abc")[::2], b"ac"),
    (checks.as_duration, 1.5, 1.5),
    (checks.as_duration, 0, 0.0),
    (checks.as_duration, timedelta(minutes=1, milliseconds=500), 60.5),
    (checks.as_size, 0, 0),
    (checks.as_size, Index(), 7),
    (checks.as_strings, ["a", Color.RED], ["a", "red"]),
    (checks.as_strings, ("a",), ["a"]),
    (checks.as_strings, (letter for letter in "ab"), ["a", "b"]),
    (checks.as_string_map, {"a": Color.RED}, {"a": "red"}),
    (checks.as_time, datetime(2024, 3, 5, tzinfo=UTC), datetime(2024, 3, 5, tzinfo=UTC)),
    (checks.as_object_mode, Mode.DIR | Mode.READ, 3),
    (checks.as_object_mode, sum(OBJECT_MODES.values()), 127),
    (checks.as_list_mode, 2, 2),
    (checks.as_callback, print, print),
    (checks.as_any, None, None),
]

WRONG_TYPES: list[tuple[Checker, object, str]] = [
    (checks.as_string, 5, "expected str, got int"),
    (checks.as_string, b"a", "expected str, got bytes"),
    (checks.as_int, "x", "expected int, got str"),
    (checks.as_int, True, "expected int, got bool"),
    (checks.as_int, 1.0, "expected int, got float"),
    (checks.as_float, "1.0", "expected float, got str"),
    (checks.as_float, False, "expected float, got bool"),
    (checks.as_bool, 1, "expected bool, got int"),
    (checks.as_bool, "false", "expected bool, got str"),
    (checks.as_bytes, "a", "expected bytes, got str"),
    (checks.as_bytes, [1], "expected bytes, got list"),
    (checks.as_duration, "5m", "expected a number of seconds or a timedelta, got str"),
    (checks.as_duration, True, "expected a number of seconds or a timedelta, got bool"),
    (checks.as_size, True, "expected int, got bool"),
    (checks.as_size, "8MiB", "expected int, got str"),
    (checks.as_strings, "abc", "expected a list of str, got str"),
    (checks.as_strings, 5, "expected a list of str, got int"),
    (checks.as_strings, ["a", 5], "expected a list of str, got an item of type int"),
    (checks.as_string_map, ["a"], "expected a mapping of str to str, got list"),
    (checks.as_string_map, {"a": 1}, "expected a mapping of str to str, got an item of type int"),
    (checks.as_string_map, {1: "a"}, "expected a mapping of str to str, got an item of type int"),
    (checks.as_time, "2024-03-05", "expected datetime, got str"),
    (checks.as_object_mode, "dir", "expected an object mode, got str"),
    (checks.as_list_mode, True, "expected a list mode, got bool"),
    (checks.as_callback, 5, "expected a callable, got int"),
]

WRONG_VALUES: list[tuple[Checker, object]] = [
    (checks.as_float, math.nan),
    (checks.as_float, math.inf),
    (checks.as_float, 10**400),
    (checks.as_duration, -1),
    (checks.as_duration, math.inf),
    (checks.as_duration, math.nan),
    (checks.as_duration, timedelta(seconds=-1)),
    (checks.as_size, -1),
    (checks.as_time, datetime(2024, 3, 5)),  # noqa: DTZ001  (naive is the point)
    (checks.as_object_mode, 0),
    (checks.as_object_mode, 128),
    (checks.as_object_mode, -1),
    (checks.as_list_mode, 16),
]


def of(checker: Checker, *_: object) -> str:
    return checker.__name__


@pytest.mark.parametrize(("checker", "value", "expected"), ACCEPTED)
def test_a_good_value_becomes_the_plain_type(
    checker: Checker, value: object, expected: object
) -> None:
    result = checker("x", value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(("checker", "value", "message"), WRONG_TYPES)
def test_a_wrong_type_is_named_and_the_value_is_not_shown(
    checker: Checker, value: object, message: str
) -> None:
    with pytest.raises(PairTypeInvalid) as caught:
        checker("x", value)
    assert str(caught.value) == f"pair 'x': {message}"
    assert caught.value.pair == "x"


@pytest.mark.parametrize(("checker", "value"), WRONG_VALUES)
def test_a_value_out_of_range_is_refused(checker: Checker, value: object) -> None:
    with pytest.raises(PairValueInvalid, match=r"pair 'x': expected ") as caught:
        checker("x", value)
    assert caught.value.pair == "x"


def test_every_checker_is_tested() -> None:
    checkers = {name for name in checks.__all__ if name.startswith("as_")} - {"as_enum"}
    assert {of(*row) for row in ACCEPTED} == checkers
    assert {of(*row) for row in WRONG_TYPES} == checkers - {"as_any"}


def test_an_enumerated_string_must_be_one_of_the_set() -> None:
    allowed = frozenset({"STANDARD", "STANDARD_IA"})
    assert checks.as_enum("storage_class", "STANDARD", allowed) == "STANDARD"
    with pytest.raises(PairValueInvalid) as caught:
        checks.as_enum("storage_class", "STANDRAD", allowed)
    assert str(caught.value) == (
        "pair 'storage_class': expected one of STANDARD, STANDARD_IA (did you mean 'STANDARD'?)"
    )
    with pytest.raises(PairTypeInvalid):
        checks.as_enum("storage_class", 5, allowed)


def test_the_callers_containers_are_copied() -> None:
    strings, mapping = ["a"], {"a": "b"}
    assert checks.as_strings("x", strings) is not strings
    assert checks.as_string_map("x", mapping) is not mapping


@given(
    st.text(min_size=8),
    st.sampled_from([row[0] for row in WRONG_TYPES if row[0] is not checks.as_string]),
)
def test_no_checker_repeats_what_it_was_given(secret: str, checker: Checker) -> None:
    secret = f"<{secret}>"
    with pytest.raises((PairTypeInvalid, PairValueInvalid)) as caught:
        checker("x", secret)
    shown = f"{caught.value}{caught.value!r}{caught.value.args}"
    assert secret not in shown
    assert secret.encode("utf-8", "replace") not in pickle.dumps(caught.value)


def test_the_mode_bits_do_not_overlap() -> None:
    for modes in (OBJECT_MODES, LIST_MODES):
        assert sorted(modes.values()) == [1 << n for n in range(len(modes))]
