from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core import texts, values
from storewright.core.errors import PairValueInvalid

Parser = Callable[[str, str | None], object]

ZONES = st.integers(-86399, 86399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
TEXT = st.text(st.characters() | st.sampled_from('",=[]{}|%&\\\ud800'))

ROUND_TRIPS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "bytes": st.binary(),
    "duration": st.floats(0, allow_infinity=False),
    "size": st.integers(0) | st.integers(0, 9).map(lambda n: n * 1024**5),
    "strings": st.lists(TEXT | st.sampled_from(["", "a,b", "[", "[]"])),
    "string_map": st.dictionaries(TEXT, TEXT),
    "time": st.datetimes(timezones=ZONES | st.just(UTC)),
    "object_mode": st.integers(1, 127),
    "list_mode": st.integers(1, 15),
}


@pytest.mark.parametrize("kind", ROUND_TRIPS)
@given(data=st.data())
def test_what_is_written_is_read_back(kind: str, data: st.DataObject) -> None:
    value = data.draw(ROUND_TRIPS[kind])
    checked = getattr(values, f"as_{kind}")("x", value)
    text = getattr(values, f"format_{kind}")(checked)
    assert isinstance(text, str)
    again = getattr(values, f"parse_{kind}")("x", text)
    assert again == checked
    assert type(again) is type(checked)


def test_every_type_has_its_three_functions() -> None:
    only_code = {"callback", "any"}
    kinds = {name.removeprefix("as_") for name in values.__all__ if name.startswith("as_")}
    for prefix in ("parse_", "format_"):
        names = {name.removeprefix(prefix) for name in values.__all__ if name.startswith(prefix)}
        assert names == kinds
    assert kinds == set(ROUND_TRIPS) | only_code | {"enum"}


PARSED: list[tuple[Parser, str | None, object]] = [
    (texts.parse_string, "", ""),
    (texts.parse_int, "-12", -12),
    (texts.parse_float, "1e-3", 0.001),
    *((texts.parse_bool, text, True) for text in (None, "true", "1", "yes", "on", "TRUE")),
    *((texts.parse_bool, text, False) for text in ("false", "0", "no", "off", "Off")),
    (texts.parse_bytes, "YWI=", b"ab"),
    (texts.parse_duration, "90", 90.0),
    (texts.parse_duration, "1.5s", 1.5),
    (texts.parse_duration, "250ms", 0.25),
    (texts.parse_duration, "5m", 300.0),
    (texts.parse_duration, "1h30m", 5400.0),
    (texts.parse_duration, "2d0.5h", 174600.0),
    (texts.parse_duration, "1m30s500ms", 90.5),
    (texts.parse_size, "1048576", 2**20),
    (texts.parse_size, "8MiB", 2**23),
    (texts.parse_size, "8 mib", 2**23),
    (texts.parse_size, "8MB", 8_000_000),
    (texts.parse_size, "1.5GiB", 3 * 2**29),
    (texts.parse_size, "100B", 100),
    (texts.parse_strings, "", []),
    (texts.parse_strings, "a,,b", ["a", "", "b"]),
    (texts.parse_strings, '["a,b", "c"]', ["a,b", "c"]),
    (texts.parse_string_map, "", {}),
    (texts.parse_string_map, "a=1,b=x=y", {"a": "1", "b": "x=y"}),
    (texts.parse_string_map, '{"a": "b,c"}', {"a": "b,c"}),
    (texts.parse_time, "2024-03-05T10:00:00Z", datetime(2024, 3, 5, 10, tzinfo=UTC)),
    (texts.parse_object_mode, "dir|read", 3),
    (texts.parse_list_mode, "prefix", 2),
]

REFUSED: list[tuple[Parser, str | None]] = [
    *((parse, None) for parse in (texts.parse_string, texts.parse_int, texts.parse_float)),
    *((parse, None) for parse in (texts.parse_bytes, texts.parse_size, texts.parse_duration)),
    *((parse, None) for parse in (texts.parse_strings, texts.parse_string_map, texts.parse_time)),
    *((parse, None) for parse in (texts.parse_object_mode, texts.parse_list_mode)),
    *((texts.parse_int, text) for text in ("", "x", "1.0", "1_000", " 1", "٣", "9" * 5000)),
    *((texts.parse_float, text) for text in ("", "nan", "inf", "1e999", ".5", "1_0", "٣")),
    *((texts.parse_bool, text) for text in ("", "2", "t", "wahr")),
    *((texts.parse_bytes, text) for text in ("YWI", "YW I=", "YW-_", "ü")),
    *((texts.parse_duration, text) for text in ("", "s", "5 m", "-5", "-5s", "1m1h", "1..5h")),
    *((texts.parse_duration, text) for text in ("5x", "1e999", "nan", "1m1m", ".m")),
    *((texts.parse_size, text) for text in ("", "MiB", "-1", "8M", "0.5B", "1.0001KB", "8XB")),
    (texts.parse_size, "9" * 5000),
    *((texts.parse_strings, text) for text in ("[", "[1]", '["a"', "[" * 100_000)),
    *((texts.parse_string_map, text) for text in ("a", "a=1,a=2", '{"a":1}', '{"a":"1","a":"2"}')),
    *((texts.parse_time, text) for text in ("", "2021-03-05T10:00:00", "yesterday")),
    *((texts.parse_object_mode, text) for text in ("", "dir|", "folder", "1", "dir|READ")),
    (texts.parse_callback, "print"),
    (texts.parse_any, "x"),
]


@pytest.mark.parametrize(("parse", "text", "expected"), PARSED)
def test_good_text(parse: Parser, text: str | None, expected: object) -> None:
    assert parse("x", text) == expected


@pytest.mark.parametrize(("parse", "text"), REFUSED)
def test_bad_text_is_refused_in_one_line_that_does_not_repeat_it(
    parse: Parser, text: str | None
) -> None:
    with pytest.raises(PairValueInvalid, match=r"^pair 'x': expected ") as caught:
        parse("x", text)
    if text is not None and len(text) > 4:
        assert text not in str(caught.value)


def test_a_bare_key_says_how_to_give_a_value() -> None:
    with pytest.raises(PairValueInvalid, match=r"expected an int such as 12: write x=\.\.\."):
        texts.parse_int("x", None)


def test_a_misspelled_mode_is_corrected() -> None:
    with pytest.raises(PairValueInvalid, match=r"\(did you mean 'prefix'\?\)"):
        texts.parse_list_mode("list_mode", "prefx")


def test_an_enumerated_text() -> None:
    assert texts.parse_enum("x", "a", frozenset({"a", "b"})) == "a"
    assert texts.format_enum("a") == "a"
    for text in ("c", None):
        with pytest.raises(PairValueInvalid, match="expected one of a, b"):
            texts.parse_enum("x", text, frozenset({"a", "b"}))


def test_what_has_no_text_is_not_written() -> None:
    with pytest.raises(PairValueInvalid):
        texts.format_callback(print)
    with pytest.raises(PairValueInvalid):
        texts.format_any(object())


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1000, "1000"), (8 * 2**20, "8MiB"), (1536, "1536"), (2**60, "1024PiB")],
)
def test_sizes_are_written_as_people_write_them(value: int, text: str) -> None:
    assert texts.format_size(value) == text


def test_lists_and_maps_are_written_plainly_where_that_is_unambiguous() -> None:
    assert texts.format_strings(["a", "b"]) == "a,b"
    assert texts.format_strings(["a,b"]) == '["a,b"]'
    assert texts.format_string_map({"a": "1", "b": "2"}) == "a=1,b=2"
    assert texts.format_string_map({"a": "1,2"}) == '{"a": "1,2"}'
    assert texts.format_time(datetime(2024, 3, 5, tzinfo=UTC)) == "2024-03-05T00:00:00Z"
