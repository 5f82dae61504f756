"""The pieces of metadata become one file that tells of every table once, with its last count."""

import configparser

from hypothesis import given
from hypothesis import strategies as st

from storewright.dump.mydumper.pieces import MetadataPieces, Table, tables_in

from .test_protocol import RECORDED, parsed

TABLES = [
    Table("shop", "customers", "customers", 400, is_view=False),
    Table("shop", "large", "large", 0, is_view=True),
    Table("shop", "no_key", "no_key", 250, is_view=False),
    Table("shop", "nothing", "nothing", 0, is_view=False),
    Table("shop", "odd name", "odd name", 2, is_view=False),
    Table("shop", "orders", "orders", 3000, is_view=False),
    Table("shop", "we.ird/name", "mydumper_0", 3, is_view=False),
]


def _merged(files: list[tuple[str, bytes]]) -> bytes:
    pieces = MetadataPieces()
    for name, content in files:
        if pieces.is_piece(name):
            pieces.add(name, content)
    return pieces.merged()


def test_the_recorded_pieces_become_one_file() -> None:
    files = parsed(RECORDED)
    text = _merged(files).decode()
    assert text == (dict(files)["metadata.header"] + dict(files)["metadata"]).decode()
    assert sorted(tables_in(text.encode())) == TABLES
    assert (text.count("# Started dump at"), text.count("# Finished dump at")) == (1, 1)


def test_another_reader_of_such_files_agrees() -> None:
    """The loader reads them by glib, which joins sections of the same name, as this one can."""
    parser = configparser.ConfigParser(strict=False, allow_no_value=True, delimiters="=")
    parser.read_string(_merged(parsed(RECORDED)).decode())
    rows = {name: parser[name]["rows"] for name in parser.sections() if "rows" in parser[name]}
    assert rows == {f"`shop`.`{table.file_name}`": str(table.rows) for table in TABLES}
    assert dict(parser["config"]) == {
        "quote-character": "BACKTICK",
        "max-statement-size": "32141",
        "num-sequences": "0",
    }


def test_a_table_that_the_last_piece_leaves_out_is_kept() -> None:
    files = [
        ("metadata.header", b"# Started dump at: 1\n[config]\nquote-character = BACKTICK\n"),
        (
            "metadata.partial.0",
            b"\n[`a`.`x`]\nreal_table_name=x\nrows = 1\n\n[`a`.`y`]\nrows = 5\n",
        ),
        ("metadata.partial.1", b"[config]\nn = 0\n\n[`a`.`x`]\nreal_table_name=x\nrows = 2\n"),
        ("metadata", b"\n[`a`.`y`]\nrows = 6\n\n[`a`]\nschema_checksum = 1\n# Finished\n"),
    ]
    merged = _merged(files)
    assert [(table.name, table.rows) for table in tables_in(merged)] == [("x", 2), ("y", 6)]
    assert merged.startswith(files[0][1])
    assert merged.endswith(files[-1][1])


def test_what_is_no_piece_stays_a_file() -> None:
    names = ["metadata.sql", "metadata.partial", "a.metadata-schema.sql", "metadata.partial.1.sql"]
    assert not any(map(MetadataPieces.is_piece, names))


@given(st.binary(max_size=300))
def test_any_bytes_are_kept_as_they_are(content: bytes) -> None:
    assert _merged([("metadata.header", b"\xff\n"), ("metadata", content)]) == b"\xff\n" + content
    list(tables_in(content))


def test_the_text_of_earlier_versions_tells_of_no_table() -> None:
    assert list(tables_in(b"Started dump at: 2026-01-01 00:00:00\nSHOW MASTER STATUS:\n")) == []
