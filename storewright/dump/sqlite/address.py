"""Addresses of SQLite databases: `sqlite:///relative.db` and `sqlite:////absolute.db`."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from storewright.dump.errors import OptionInvalid

__all__ = ["database_path"]


def database_path(address: str) -> Path:
    """The file an address names; its parts are percent-encoded. Raises OptionInvalid."""
    parts = urlsplit(address)
    path = unquote(parts.path[1:])
    if parts.netloc or not path:
        raise OptionInvalid(
            f"{address!r} is not sqlite:///relative.db or sqlite:////absolute/path.db"
        )
    if parts.query or parts.fragment:
        raise OptionInvalid(f"{address!r}: sqlite takes no options; write ? as %3F and # as %23")
    if path == ":memory:" or "\0" in path:
        raise OptionInvalid(f"{address!r} does not name a file")
    return Path(path)
