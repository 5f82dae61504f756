"""What the commands share: options, reporting, and what they print in the end."""

import json
import logging
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import click

from storewright import storage
from storewright.dump.commands.hiding import hide_secrets
from storewright.dump.commands.logs import OneLine
from storewright.dump.errors import DumpError, OptionInvalid
from storewright.dump.manifest import Manifest
from storewright.dump.options import parse_size
from storewright.dump.progress import size_text

__all__ = [
    "LOG",
    "common_options",
    "place_options",
    "reporting",
    "size_callback",
    "summary",
    "with_options",
]

LOG = logging.getLogger("storewright.dump")
_Command = TypeVar("_Command", bound=Callable[..., None])


def size_callback(
    bare: str,
) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """A callback that reads a size such as 64MiB; a number alone counts in ``bare`` units."""

    def convert(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        try:
            return None if value is None else parse_size(value, bare)
        except OptionInvalid as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return convert


def place_options(command: _Command) -> _Command:
    """Options of every command."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON.")
    storage_options = click.option(
        "--storage-option",
        "storage_options",
        multiple=True,
        metavar="KEY=VALUE",
        help="Add an option to the connection string; may be repeated.",
    )
    return as_json(storage_options(command))


def common_options(command: _Command) -> _Command:
    """Options of the commands that work on many files at a time."""
    threads = click.option(
        "-t",
        "--threads",
        default=4,
        show_default=True,
        type=click.IntRange(min=1),
        help="Files written or read at the same time.",
    )
    return threads(place_options(command))


def with_options(address: str, options: tuple[str, ...]) -> str:
    """The connection string with the options of the command line added."""
    for option in options:
        key, found, value = option.partition("=")
        if not found or not key:
            raise OptionInvalid(f"--storage-option {key!r} must be KEY=VALUE")
        mark = "&" if "?" in address else "?"
        address += f"{mark}{quote(key, safe='')}={quote(value, safe='')}"
    return address


def _to_standard_error() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(message)s"))
    return handler


@contextmanager
def reporting(
    what: str,
    make_handler: Callable[[], logging.Handler] = _to_standard_error,
    *,
    password: str = "",
) -> Generator[None]:
    """One clear line and an exit code for whatever goes wrong; log lines to the handler made.

    From now on nobody sees the `password`, or another secret, among this process's arguments.
    """
    hide_secrets(password)
    try:
        with (
            _logging(make_handler()),
            storage.abort_on_signal(signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
        ):
            yield
    except storage.Signalled as error:
        _fail(what, f"interrupted by {error.name}", 128 + error.number)
    except (DumpError, OSError, ImportError, NotImplementedError) as error:
        _fail(what, str(error), 1)


@contextmanager
def _logging(handler: logging.Handler) -> Generator[None]:
    root = logging.getLogger("storewright")
    level = root.level
    root.addHandler(handler)
    root.setLevel(handler.level or logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _fail(what: str, message: str, code: int) -> None:
    click.echo(f"{what} failed: {message}", err=True)
    sys.exit(code)


def summary(done: str, place: str, manifest: Manifest, seconds: float, *, as_json: bool) -> None:
    """Print what was done, for people or as JSON."""
    shown = place.partition("?")[0]  # options may be secrets
    if as_json:
        content = {
            "storage": shown,
            "databases": manifest.databases,
            "rows": manifest.rows,
            "files": len(manifest.files),
            "bytes": manifest.size,
            "finished": manifest.finished,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(content))
        return
    rows = f"{manifest.title}: {manifest.tables} tables, {manifest.rows:,} rows, "
    click.echo(
        f"{done} {rows if manifest.databases else ''}{len(manifest.files)} files,"
        f" {size_text(manifest.size)} in {seconds:.1f} s at {shown}"
    )
