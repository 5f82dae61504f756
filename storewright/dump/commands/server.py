"""The options that say which server of databases is dumped, as an address."""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, urlencode

import click

from storewright.dump.commands.flags import together
from storewright.dump.errors import OptionInvalid

__all__ = ["server_address", "server_options"]

_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """The seconds of a duration as Go writes it."""
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    hours, minutes, seconds = (int(text or 0) for text in found.groups()) if found else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total == 0:
        raise click.BadParameter(f"{value!r} is no duration such as 15m or 90s", ctx, param)
    return total


_OPTIONS: Final[tuple[Any, ...]] = (
    click.option("-h", "--host", help="The server's host."),
    click.option("-P", "--port", type=click.IntRange(1, 65535), help="The server's port."),
    click.option("-u", "--user", help="Who asks."),
    click.option(
        "-p",
        "--password",
        help="The password; better in the variable MYSQL_PWD, where other users cannot see it.",
    ),
    click.option("-B", "--database", "databases", multiple=True, help="Databases, with commas."),
    click.option("--ca", metavar="FILE", help="Authorities that may vouch for the server."),
    click.option("--cert", metavar="FILE", help="A certificate of our own."),
    click.option("--key", metavar="FILE", help="The certificate's key."),
    click.option(
        "--read-timeout",
        show_default="15m",
        callback=_seconds,
        help="How long the server may say nothing, such as 90s or 1h30m.",
    ),
)


server_options = together(_OPTIONS)
"""Options of a command that reads from a server."""


def server_address(
    *,
    host: str | None,
    port: int | None,
    user: str | None,
    password: str | None,
    databases: Iterable[str],
    ca: str | None,
    cert: str | None,
    key: str | None,
    read_timeout: int | None,
) -> str | None:
    """The address that the options name, or None if none of them is given."""
    named = [name for names in databases for name in names.split(",") if name]
    if not any((host, port, user, password, named, ca, cert, key, read_timeout)):
        return None
    if cert and not key:
        raise OptionInvalid("--cert needs --key")
    who = quote(user or "root", safe="")
    if password is not None:
        who += f":{quote(password, safe='')}"
    files = {"ssl-ca": ca, "ssl-cert": cert, "ssl-key": key}
    options = {**files, "read-timeout": read_timeout}
    query = urlencode({name: value for name, value in options.items() if value})
    where = f"{_host(host or '127.0.0.1')}:{port or 3306}"
    path = ",".join(quote(name, safe="") for name in named)
    return f"mysql://{who}@{where}/{path}{'?' if query else ''}{query}"


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
