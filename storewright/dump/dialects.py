"""The dialects there are, by the scheme of an address."""

from typing import Final

from storewright.dump.dialect import Dialect
from storewright.dump.errors import OptionInvalid
from storewright.dump.mysql import MysqlDialect
from storewright.dump.sqlite import SqliteDialect

__all__ = ["dialect_of"]

_DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect for dialect in (SqliteDialect(), MysqlDialect())
}


def dialect_of(address: str) -> Dialect:
    """The dialect of a database's address. Raises OptionInvalid if there is none."""
    scheme, found, _ = address.partition("://")
    dialect = _DIALECTS.get(scheme.lower()) if found else None
    if dialect is None:
        known = ", ".join(f"{name}:///…" for name in _DIALECTS)
        shown = f"{scheme}://…" if found else repr(address)
        raise OptionInvalid(f"{shown} is not the address of a database; known are {known}")
    return dialect
