"""MySQL and MariaDB as a dialect of dump and restore."""

from collections.abc import Mapping

from storewright.dump.dialect import Dialect, Source, Target
from storewright.dump.mysql.source import MysqlSource
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
