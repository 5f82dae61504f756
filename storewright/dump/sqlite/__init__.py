"""SQLite as a dialect of dump and restore."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

from storewright.dump.dialect import Dialect, Source, Target
from storewright.dump.errors import SourceFailed
from storewright.dump.options import DumpOptions, Layout
from storewright.dump.sqlite.address import database_path
from storewright.dump.sqlite.source import SqliteSource
from storewright.dump.sqlite.sums import content_sum, schema, table_names
from storewright.dump.sqlite.target import SqliteTarget

__all__ = ["SqliteDialect", "content_sum", "schema", "table_names"]


class SqliteDialect(Dialect):
    """SQLite databases, as ``sqlite:///relative.db`` or ``sqlite:////absolute/path.db``."""

    name = "sqlite"

    def source(self, address: str, options: DumpOptions) -> Source:
        """The database to dump."""
        return SqliteSource(address, options)

    def target(
        self,
        address: str,
        *,
        layout: Layout,
        details: Mapping[str, str],
        overwrite: bool,
        threads: int,
    ) -> Target:
        """The database file to restore into."""
        return SqliteTarget(address, layout=layout, details=details, overwrite=overwrite)

    def content_sums(
        self, address: str, tables: Mapping[str, Iterable[str]]
    ) -> Iterator[tuple[str, str, str | None]]:
        """The sums of tables in a file, whatever its name."""
        path = database_path(address)
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
                there = set(table_names(found))
                for database, wanted in tables.items():
                    for table in wanted:
                        total = content_sum(found, table) if table in there else None
                        yield database, table, total
        except sqlite3.Error as error:
            raise SourceFailed(f"cannot read {path}: {error}") from error
