"""Addresses of MySQL and MariaDB servers: `mysql://user@host:3306/database,other?ssl-ca=ca.pem`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from storewright.dump.errors import OptionInvalid

__all__ = ["Address"]

_DEFAULT_PORT: Final = 3306
_FILES: Final = {"ssl-ca": "ca", "ssl-cert": "cert", "ssl-key": "key"}
_READ_TIMEOUT: Final = "read-timeout"
_READ_SECONDS: Final = 15 * 60
_OPTIONS: Final = (*_FILES, "socket", _READ_TIMEOUT)
_PASSWORD_VARIABLE: Final = "MYSQL_PWD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, who asks, and which databases are meant.

    The password is in no representation of it.
    """

    host: str = "127.0.0.1"
    port: int = _DEFAULT_PORT
    user: str = "root"
    password: str = field(default="", repr=False)
    databases: tuple[str, ...] = ()
    """Empty: all that are not the server's own."""
    socket: str = ""
    """Path of a socket to use instead of host and port."""
    ca: str = ""
    """File of the authorities that may vouch for the server; makes TLS a condition."""
    cert: str = ""
    key: str = ""
    read_timeout: int = _READ_SECONDS
    """Seconds without an answer after which the server is taken for lost."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; its parts are percent-encoded. Raises OptionInvalid.

        A password that is not in the address is taken from the variable MYSQL_PWD.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or _DEFAULT_PORT
        except ValueError as error:
            raise OptionInvalid(f"the address of the database is malformed: {error}") from None
        if parts.fragment:
            raise OptionInvalid("the address of the database has a '#': write it as %23")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        _check_options(options)
        databases = tuple(unquote(name) for name in parts.path[1:].split(",") if name)
        password = unquote(parts.password) if parts.password is not None else None
        return cls(
            host=unquote(parts.hostname or "127.0.0.1"),
            port=port,
            user=unquote(parts.username or "root"),
            password=os.environ.get(_PASSWORD_VARIABLE, "") if password is None else password,
            databases=databases,
            socket=options.get("socket", ""),
            read_timeout=_seconds(options.get(_READ_TIMEOUT)),
            **{name: options.get(option, "") for option, name in _FILES.items()},
        )

    @property
    def place(self) -> str:
        """The server, for messages: without user and password."""
        return self.socket or f"{self.host}:{self.port}"

    def stand_ins(self, databases: Sequence[str]) -> dict[str, str]:
        """The databases that stand here for those of a dump: of the same names, unless others are.

        Raises OptionInvalid if the address names more or fewer.
        """
        wanted = self.databases or databases
        if len(wanted) != len(databases):
            raise OptionInvalid(
                f"the dump has {len(databases)} databases ({', '.join(databases)}), the address"
                f" names {len(wanted)}: name as many, or none to keep their names"
            )
        return dict(zip(databases, wanted, strict=True))


def _seconds(text: str | None) -> int:
    if text is None:
        return _READ_SECONDS
    if not text.isdecimal() or int(text) < 1:
        raise OptionInvalid(f"{_READ_TIMEOUT} must be a number of seconds, not {text!r}")
    return int(text)


def _check_options(options: Mapping[str, str]) -> None:
    for name in options:
        if name not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            raise OptionInvalid(f"mysql:// has no option {name!r}; there are {known}")
