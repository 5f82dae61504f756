"""Files and statements end at the first row with which they are long enough."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storewright import storage
from storewright.dump import CsvOptions, DumpOptions, Layout, OptionInvalid, dump
from storewright.dump.cutting import Batch, Cutter, Framing, Lines
from storewright.dump.names import data_index, escape
from storewright.dump.options import parse_size
from storewright.dump.sqlite.csv_options import check_csv
from tests.dump.conftest import Build
from tests.dump.support import address, names, text


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a machine that does much else
@given(
    lines=st.booleans(),
    batches=st.lists(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=9)),
    statement_size=st.none() | st.integers(1, 200),
    file_size=st.none() | st.integers(1, 300),
)
def test_pieces_are_the_rows_in_order(
    lines: bool, batches: list[list[bytes]], statement_size: int | None, file_size: int | None
) -> None:
    between = b"|\n<" if lines else b"|"
    framing = Framing(b"H", b"<", between, b">", statement_size)
    batches = [[row.replace(b"\n", b"n") for row in batch] for batch in batches]
    rows = [row for batch in batches for row in batch]
    given: list[Batch] = [_joined(batch, between) if lines else batch for batch in batches]
    found = 0
    for pieces in Cutter(iter(given), framing, file_size).files():
        data, counts = zip(*pieces, strict=True)
        mine = rows[found : found + sum(counts)]
        found += len(mine)
        file = b"".join(data)
        assert len(file) >= (file_size or 0) or found == len(rows)
        if mine:
            shorter = len(file) - len(mine[-1]) - len(between + b">")
            assert file_size is None or shorter < file_size or len(mine) == 1
        assert file[:2] == b"H<"
        assert _rows(file[1:].replace(between, b"|"), mine, statement_size, len(between))
    assert found == len(rows)


def _joined(rows: list[bytes], between: bytes) -> Lines:
    return Lines(b"".join(row + between for row in rows), len(rows))


def _rows(file: bytes, rows: list[bytes], statement_size: int | None, between: int) -> bool:
    """Whether ``file`` is exactly these rows, in statements that are no longer than they must."""
    size = 0
    for row in rows:
        assert file[:1] in (b"<", b"|")
        if file[:1] == b"<":
            size = 1 - between  # a statement begins with one byte, a row after another with more
        assert file[1 : 1 + len(row)] == row
        size += between + len(row)
        file = file[1 + len(row) :]
        if file[:1] == b">":
            file = file[1:]
        else:
            assert statement_size is None or size < statement_size
    return file == b""


def _numbers(count: int) -> str:
    """A table whose rows are 20 bytes long between their parentheses."""
    values = ",".join(f"({number:04d}+1000,'{'x' * 13}')" for number in range(count))
    return f"CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES{values};"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (DumpOptions(), ["app.t.000000000.sql"]),
        (DumpOptions(rows=10), [f"app.t.{i:09d}.sql" for i in range(10)]),
        (DumpOptions(filesize=260), [f"app.t.{i:09d}.sql" for i in range(10)]),
        (
            DumpOptions(rows=10, filesize=60),
            [f"app.t.{c:09d}{f:04d}.sql" for c in range(10) for f in range(5)],
        ),
    ],
)
def test_files_are_cut_and_numbered(
    build: Build, store: storage.Storager, options: DumpOptions, expected: list[str]
) -> None:
    dump(address(build(_numbers(100))), store, options)
    assert [name for name in names(store) if ".t.0" in name] == expected
    assert sum(len(re.findall(r"\n\(", text(store, name))) for name in expected) == 100


def test_statements_end_at_the_size_wanted(build: Build, store: storage.Storager) -> None:
    options = DumpOptions(layout=Layout(statement_size=200))
    dump(address(build(_numbers(100))), store, options)
    statements = text(store, "app.t.000000000.sql").split(";\n")[:-1]
    assert all(150 < len(statement) < 240 for statement in statements[:-1])


def test_csv_files_start_with_a_header_each(build: Build, store: storage.Storager) -> None:
    layout = Layout("csv", csv=CsvOptions(";", "`", "NULL"))
    dump(address(build(_numbers(4))), store, DumpOptions(rows=2, layout=layout))
    assert text(store, "app.t.000000001.csv") == (
        "`a`;`b`\n1002;`xxxxxxxxxxxxx`\n1003;`xxxxxxxxxxxxx`\n"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("a.b/c", "a%2Eb%2Fc"),
        ('%"*:<>?\\|', "%25%22%2A%3A%3C%3E%3F%5C%7C"),
        ("x-schema", "x%2Dschema"),
        ("X-SCHEMA-create", "X%2DSCHEMA-create"),
        ("tab\there", "tab%09here"),
        ("blank and é stay", "blank and é stay"),
    ],
)
def test_awkward_names_are_percent_encoded(name: str, expected: str) -> None:
    assert escape(name) == expected


def test_numbers_count_chunks_or_files_or_both() -> None:
    assert data_index(3, 0, by_rows=True, by_size=False) == "000000003"
    assert data_index(0, 4, by_rows=False, by_size=True) == "000000004"
    assert data_index(3, 4, by_rows=True, by_size=True) == "0000000030004"


@pytest.mark.parametrize(
    ("text_", "size"),
    [("311B", 311), ("256MiB", 256 << 20), ("1.5KiB", 1536), ("2GB", 2 * 10**9), ("7", 7 << 20)],
)
def test_sizes(text_: str, size: int) -> None:
    assert parse_size(text_, "MiB") == size


@pytest.mark.parametrize("wrong", ["", "x", "-1", "5 apples", "0", "1e3", "0.1B", "9" * 400])
def test_what_is_no_size_is_refused(wrong: str) -> None:
    with pytest.raises(OptionInvalid, match="size"):
        parse_size(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"separator": ""},
        {"separator": ",,"},
        {"separator": "é"},
        {"separator": "1"},
        {"delimiter": "'"},
        {"delimiter": ","},
        {"null": "a,b"},
        {"null": "1"},
        {"null": "-inf"},
        {"null": "X'"},
        {"null": "é"},
    ],
)
def test_csv_that_could_not_be_read_back_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionInvalid, match="csv"):
        check_csv(CsvOptions(**wrong))
