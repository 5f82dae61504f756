"""What a user can choose about a dump, checked when it is built."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from storewright.dump.errors import OptionInvalid
from storewright.dump.selection import Selection
from storewright.dump.templates import FileNames

__all__ = [
    "Compression",
    "Consistency",
    "CsvOptions",
    "DumpOptions",
    "FileType",
    "Layout",
    "parse_size",
]

FileType: TypeAlias = Literal["sql", "csv"]
Compression: TypeAlias = Literal["none", "gzip", "zstd"]
MetadataFormat: TypeAlias = Literal["dumpling", "ini"]
Consistency: TypeAlias = Literal["auto", "flush", "lock", "none"]

_UNITS: Final = {
    "B": 1,
    **{f"{letter}iB": 1024 ** (power + 1) for power, letter in enumerate("KMGT")},
    **{f"{letter}B": 1000 ** (power + 1) for power, letter in enumerate("KMGT")},
}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


def parse_size(text: str, bare: str = "B") -> int:
    """Bytes of ``"256MiB"``, ``"1.5GB"`` or ``"311B"``; a number alone counts in ``bare`` units.

    Raises OptionInvalid for anything else, and for zero.
    """
    match = _SIZE.fullmatch(text.strip())
    units = {name.lower(): size for name, size in _UNITS.items()}
    unit = units.get((match[2] or bare).lower()) if match else None
    if match is None or unit is None:
        raise OptionInvalid(f"{text!r} is not a size; write for example 64MiB, 1GB or 311B")
    try:
        size = int(float(match[1]) * unit)
    except OverflowError:
        raise OptionInvalid(f"size {text!r} is more than there is anywhere") from None
    if size < 1:
        raise OptionInvalid(f"size {text!r} must be at least one byte")
    return size


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How values are written to CSV files; each kind of database says which of it can be done."""

    separator: str = ","
    """What stands between values."""
    delimiter: str = '"'
    """What stands around text; empty for nothing."""
    null: str = r"\N"
    """How NULL is written, unquoted."""
    header: bool = True
    """Whether each file starts with the names of the columns."""
    terminator: str = "\n"
    """What stands at the end of a row."""

    def __post_init__(self) -> None:
        if not self.separator:
            raise OptionInvalid("csv separator may not be empty")
        if not self.terminator:
            raise OptionInvalid("csv line terminator may not be empty")
        if self.separator == self.delimiter:
            raise OptionInvalid("csv separator and csv delimiter must differ")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a reader of the files must know; it is stored in the manifest."""

    filetype: FileType = "sql"
    """``sql`` for INSERT statements, ``csv`` for values separated by a character."""
    compress: Compression = "none"
    """Compression of every file except the manifest and the metadata."""
    csv: CsvOptions = field(default_factory=CsvOptions)
    """Only used if ``filetype`` is ``csv``."""
    complete_insert: bool = False
    """Whether INSERT statements always name the columns."""
    escape_backslash: bool = True
    """Whether a backslash escapes the character after it; else quotes inside text are doubled."""
    statement_size: int = 1_000_000
    """Bytes after which an INSERT statement ends at the next row."""

    def __post_init__(self) -> None:
        _check_choice("filetype", self.filetype, get_args(FileType))
        _check_choice("compress", self.compress, get_args(Compression))
        _check_positive("statement_size", self.statement_size)

    @property
    def suffix(self) -> str:
        """What the names of data files end with, for example ``.sql.gz``."""
        return f".{self.filetype}{self.compression_suffix}"

    @property
    def compression_suffix(self) -> str:
        """What the compression adds to the name of a file."""
        return {"none": "", "gzip": ".gz", "zstd": ".zst"}[self.compress]


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpOptions:
    """Everything about a dump but its source and destination."""

    layout: Layout = field(default_factory=Layout)
    filesize: int | None = None
    """Bytes, before compression, after which a data file ends at the next row; None: no limit."""
    rows: int | None = None
    """Rows of a table that one worker takes at a time, and one file holds; None: whole tables."""
    threads: int = 4
    """Files written at the same time."""
    part_size: int | None = None
    """Bytes of one part of an upload; None leaves it to the storage."""
    overwrite: bool = False
    """Whether an earlier dump at the destination is deleted first."""
    selection: Selection | None = None
    """Which tables, views and sequences are dumped; None: all but those of the server itself."""
    where: str | None = None
    """SQL condition for the rows of every table."""
    schemas: bool = True
    """Whether definitions are written."""
    data: bool = True
    """Whether rows are written."""
    views: bool = True
    """Whether views are among the definitions."""
    empty_databases: bool = True
    """Whether a database of which no table is dumped is among the definitions."""
    content_sums: bool = False
    """Whether the content of each table is summed up, to be compared with a database later.

    It costs the server about as much as reading the rows.
    """
    sql: str | None = None
    """A query whose answer is dumped instead of tables."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Session variables to set; one that the server does not know is logged, and skipped."""
    file_names: FileNames | None = None
    """How data files are named; None: as dumpling and mydumper do."""
    metadata_format: MetadataFormat = "dumpling"
    """What the file of that name looks like; myloader from version 0.11 on needs ``ini``."""
    consistency: Consistency = "auto"
    """How all threads get the same snapshot; only a server of databases offers a choice."""
    lock_timeout: float = 30.0
    """Seconds to wait for another process that is just writing to the database."""
    patience: float = 60.0
    """Seconds of pauses before what may pass is a failure: of the storage, or of a connection."""

    def __post_init__(self) -> None:
        _check_positive("threads", self.threads)
        _check_choice("metadata-format", self.metadata_format, get_args(MetadataFormat))
        _check_choice("consistency", self.consistency, get_args(Consistency))
        if self.patience < 0:
            raise OptionInvalid(f"patience must be at least 0, not {self.patience}")
        if self.content_sums and (self.where is not None or self.sql is not None):
            raise OptionInvalid("content-sums are of whole tables: leave out where and sql")
        for name in ("filesize", "rows", "part_size"):
            value = getattr(self, name)
            if value is not None:
                _check_positive(name, value)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise OptionInvalid(f"{name} {value!r} is unknown; choose {' or '.join(choices)}")


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise OptionInvalid(f"{name} must be at least 1, not {value}")
