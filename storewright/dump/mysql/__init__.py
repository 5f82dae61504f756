"""MySQL and MariaDB as a dialect of dump and restore."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

from storewright.dump.dialect import Dialect, Source, Target
from storewright.dump.errors import SourceFailed
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import ServerError, connect
from storewright.dump.mysql.source import MysqlSource
from storewright.dump.mysql.sums import content_sum, table_names
from storewright.dump.mysql.target import MysqlTarget
from storewright.dump.options import DumpOptions, Layout

__all__ = ["MysqlDialect"]


class MysqlDialect(Dialect):
    """Databases of a server, as ``mysql://user@host:3306/database,other``."""

    name = "mysql"

    def source(self, address: str, options: DumpOptions) -> Source:
        """The databases to dump."""
        return MysqlSource(address, options)

    def target(
        self,
        address: str,
        *,
        layout: Layout,
        details: Mapping[str, str],
        overwrite: bool,
        threads: int,
    ) -> Target:
        """The server to restore into."""
        return MysqlTarget(address, layout=layout, overwrite=overwrite, threads=threads)

    def content_sums(
        self, address: str, tables: Mapping[str, Iterable[str]]
    ) -> Iterator[tuple[str, str, str | None]]:
        """The sums of tables on a server."""
        server = Address.parse(address)
        names = server.stand_ins([*tables])
        try:
            with closing(connect(server)) as connection:
                for database, wanted in tables.items():
                    there = set(table_names(connection, names[database]))
                    for table in wanted:
                        found = table in there
                        total = content_sum(connection, names[database], table) if found else None
                        yield database, table, total
        except ServerError as error:
            raise SourceFailed(f"cannot read {server.place}: {error}") from error
