"""SQLite as a dialect of dump and restore."""

from collections.abc import Mapping

from storewright.dump.dialect import Dialect, Source, Target
from storewright.dump.options import DumpOptions, Layout
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
