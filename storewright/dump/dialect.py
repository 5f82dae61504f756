"""What a database must offer to be dumped and restored; the rest of the package is neutral.

A :class:`Source` is a database in one snapshot, which several threads read. A :class:`Target` is a
database that does not exist until everything is in it. Both are context managers.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Final, Literal, TypeAlias, get_args

from storewright.dump.cutting import Batch, Framing
from storewright.dump.metadata import Position
from storewright.dump.options import DumpOptions, Layout

__all__ = [
    "DEFINITION_KINDS",
    "Chunk",
    "Definition",
    "DefinitionKind",
    "Dialect",
    "Load",
    "Source",
    "Table",
    "Target",
]

DefinitionKind: TypeAlias = Literal[
    "schema-create",  # the database itself
    "schema",  # a table with its indexes
    "schema-sequence",  # where automatic numbering goes on
    "schema-view",
    "schema-triggers",
    "schema-post",  # what can only come last
]

DEFINITION_KINDS: Final = get_args(DefinitionKind)

Load: TypeAlias = Callable[[], int]
"""A step of a restore: puts rows into the database and returns how many."""


@dataclass(frozen=True, slots=True)
class Definition:
    """SQL that creates one thing; it is one file of the dump."""

    kind: DefinitionKind
    database: str
    name: str
    """The table or view it belongs to; empty for the whole database."""
    text: str
    """Statements, each ended by a semicolon and a line end."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows are dumped."""

    database: str
    name: str
    columns: tuple[str, ...]
    """Columns with values of their own: generated ones are computed again by the restore."""
    generated: bool
    """Whether there are other columns besides."""
    key: str | None
    """Column, or its like, that the rows are ordered and cut into chunks by; None: neither."""
    rows: int
    """About how many rows there are; only for the progress."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a table whose key is at least ``lower`` and below ``upper``; None means no bound.

    A bound is a number, or whatever SQL its dialect writes for a value of the key.
    """

    table: Table
    index: int
    lower: int | str | None = None
    upper: int | str | None = None


class Source(AbstractContextManager["Source"], ABC):
    """A database in one snapshot, taken when the context is entered."""

    details: Mapping[str, str]
    """What the manifest tells about the source, for example the version of the server."""
    threads: int
    """How many threads can read the snapshot at the same time."""
    position: Position = Position()
    """Where the log of the server is that goes on from the snapshot."""

    @abstractmethod
    def definitions(self) -> Sequence[Definition]:
        """The schema, `schema-create` first."""

    @abstractmethod
    def tables(self) -> Sequence[Table]:
        """Every table that has rows of its own."""

    @abstractmethod
    def chunks(self, table: Table, rows: int | None) -> Iterator[Chunk]:
        """Cut a table into chunks of ``rows`` rows; None, or a table without a key: one chunk."""

    @abstractmethod
    def framing(self, table: Table, layout: Layout) -> Framing:
        """What stands around the rows of ``table``."""

    @abstractmethod
    def batches(self, chunk: Chunk, layout: Layout) -> Generator[Batch]:
        """Rows as text, in batches of about a MiB at most; may be called from any thread.

        A generator that is given up must be closed, for it holds one of the connections. The same
        rows can then be read again. Raises SourceLost where a connection broke, but another one
        would do as well.
        """

    def finished(self, chunk: Chunk) -> None:
        """The files of a chunk are written: it will not be read again. Nothing, unless told."""
        return

    @abstractmethod
    def content_sum(self, table: Table) -> Callable[[], str]:
        """What computes the content sum of a table in the snapshot, in any thread."""

    @abstractmethod
    def interrupt(self) -> None:
        """Make running queries of all threads fail soon."""


class Target(AbstractContextManager["Target"], ABC):
    """A new database: it appears whole when the context ends well, and not at all otherwise."""

    writers: int = 1
    """How many threads may run loads at the same time."""

    @abstractmethod
    def prepare(self, definitions: Iterable[Definition]) -> None:
        """Create what must be there before the rows, and remember the rest."""

    @abstractmethod
    def parse(self, database: str, table: str, stream: BinaryIO) -> Iterator[Load]:
        """Cut a file of rows into steps; runs in a reader's thread and touches no database."""

    @abstractmethod
    def finish(self) -> None:
        """Create what comes after the rows: indexes, sequences, views, triggers."""

    @abstractmethod
    def interrupt(self) -> None:
        """Make a running statement fail soon; may be called from any thread."""


class Dialect(ABC):
    """One kind of database, found by the scheme of its address."""

    name: ClassVar[str]
    """The scheme, for example ``sqlite`` in ``sqlite:///app.db``."""

    @abstractmethod
    def source(self, address: str, options: DumpOptions) -> Source:
        """The database to dump; raises OptionInvalid or SourceFailed if it cannot be opened."""

    @abstractmethod
    def target(
        self,
        address: str,
        *,
        layout: Layout,
        details: Mapping[str, str],
        overwrite: bool,
        threads: int,
    ) -> Target:
        """The database to restore into, by up to `threads` writers at the same time.

        Raises OptionInvalid, DumpRefused or TargetFailed.
        """

    @abstractmethod
    def content_sums(
        self, address: str, tables: Mapping[str, Iterable[str]]
    ) -> Iterator[tuple[str, str, str | None]]:
        """Database, table and content sum of each table, as they are now; None: there is none.

        Where the address names databases, they stand for those of ``tables``, in their order.
        Raises OptionInvalid or SourceFailed.
        """
