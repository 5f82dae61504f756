"""The commands `dump`, `restore` and `verify`, as click commands that any group can mount."""

import json
import logging
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar, cast
from urllib.parse import quote

import click

from storewright import storage
from storewright.dump.dumper import dump
from storewright.dump.errors import DumpError, OptionInvalid
from storewright.dump.manifest import Manifest
from storewright.dump.options import CsvOptions, DumpOptions, Layout, parse_size
from storewright.dump.progress import default_progress, size_text
from storewright.dump.restorer import restore
from storewright.dump.verifier import verify

__all__ = ["dump_command", "restore_command", "verify_command"]

_log = logging.getLogger("storewright.dump")
_Command = TypeVar("_Command", bound=Callable[..., None])


def _size(bare: str) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """A callback that reads a size such as 64MiB; a number alone counts in ``bare`` units."""

    def convert(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        try:
            return None if value is None else parse_size(value, bare)
        except OptionInvalid as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return convert


def _common(command: _Command) -> _Command:
    """Options of all three commands."""
    options = (
        click.option(
            "--storage-option",
            "storage_options",
            multiple=True,
            metavar="KEY=VALUE",
            help="Add an option to the connection string; may be repeated.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON."),
        click.option(
            "-t",
            "--threads",
            default=4,
            show_default=True,
            type=click.IntRange(min=1),
            help="Files written or read at the same time.",
        ),
    )
    for option in options:
        command = option(command)
    return command


@click.command("dump")
@click.argument("source")
@click.argument("dest")
@click.option(
    "--filetype",
    type=click.Choice(["sql", "csv"]),
    default="sql",
    show_default=True,
    help="Format of the data files.",
)
@click.option(
    "-F",
    "--filesize",
    callback=_size("MiB"),
    metavar="SIZE",
    help="Start another data file after so many bytes, before compression; a number alone: MiB.",
)
@click.option(
    "-s",
    "--statement-size",
    callback=_size("B"),
    metavar="SIZE",
    default="1000000",
    show_default=True,
    help="Start another INSERT statement after so many bytes.",
)
@click.option(
    "-r",
    "--rows",
    type=click.IntRange(min=1),
    help="Cut tables into chunks of so many rows, which threads write side by side.",
)
@click.option(
    "-c",
    "--compress",
    type=click.Choice(["none", "no-compression", "gzip", "zstd"]),
    default="none",
    show_default=True,
    help="Compression of schema and data files.",
)
@click.option("--complete-insert", is_flag=True, help="Name the columns in INSERT statements.")
@click.option("--csv-separator", default=",", show_default=True, help="Character between values.")
@click.option("--csv-delimiter", default='"', show_default=True, help="Character around text.")
@click.option("--csv-null-value", default=r"\N", show_default=True, help="How NULL is written.")
@click.option("--no-header", is_flag=True, help="Write CSV files without the names of columns.")
@click.option(
    "--part-size",
    callback=_size("B"),
    metavar="SIZE",
    help="Bytes of one part of an upload; the storage chooses if this is not given.",
)
@click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Seconds to wait for another process that is writing to the database.",
)
@click.option("--overwrite", is_flag=True, help="Delete an earlier dump at DEST first.")
@_common
def dump_command(
    source: str, dest: str, *, storage_options: tuple[str, ...], as_json: bool, **chosen: Any
) -> None:
    """Write the database SOURCE, as it is now, to files at DEST.

    SOURCE is a database such as sqlite:///app.db, DEST a connection string such as
    s3://bucket/backups/monday. The dump is complete once manifest.json is there.
    """
    with _reporting("dump"):
        options = _dump_options(**chosen)
        start = monotonic()
        store = storage.open(_with_options(dest, storage_options))
        manifest = dump(source, store, options, progress=default_progress())
        _summary("dumped", dest, manifest, monotonic() - start, as_json=as_json)


@click.command("restore")
@click.argument("source")
@click.argument("target")
@click.option("--overwrite", is_flag=True, help="Replace the database TARGET if there is one.")
@_common
def restore_command(
    source: str,
    target: str,
    *,
    overwrite: bool,
    threads: int,
    storage_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Build the new database TARGET from the dump at SOURCE.

    SOURCE is a connection string such as s3://bucket/backups/monday, TARGET a database such as
    sqlite:///new.db. Sizes and checksums are verified; TARGET appears only when it is complete.
    """
    with _reporting("restore"):
        start = monotonic()
        store = storage.open(_with_options(source, storage_options))
        manifest = restore(
            store, target, threads=threads, overwrite=overwrite, progress=default_progress()
        )
        _summary("restored", source, manifest, monotonic() - start, as_json=as_json)


@click.command("verify")
@click.argument("source")
@_common
def verify_command(
    source: str, *, threads: int, storage_options: tuple[str, ...], as_json: bool
) -> None:
    """Compare every file of the dump at SOURCE with its manifest."""
    with _reporting("verify"):
        start = monotonic()
        store = storage.open(_with_options(source, storage_options))
        found = verify(store, threads=threads, progress=default_progress())
        for path in found.foreign:
            _log.warning("%s is no part of the dump", path)
        if not found.good:
            raise DumpError("the dump is damaged: " + "; ".join(found.problems))
        _summary("verified", source, found.manifest, monotonic() - start, as_json=as_json)


def _dump_options(
    *,
    filetype: str,
    compress: str,
    complete_insert: bool,
    statement_size: int,
    csv_separator: str,
    csv_delimiter: str,
    csv_null_value: str,
    no_header: bool,
    **rest: Any,
) -> DumpOptions:
    csv = CsvOptions(
        csv_separator.replace("\\t", "\t"), csv_delimiter, csv_null_value, header=not no_header
    )
    layout = Layout(
        filetype=cast(Any, filetype),
        compress=cast(Any, "none" if compress == "no-compression" else compress),
        csv=csv,
        complete_insert=complete_insert,
        statement_size=statement_size,
    )
    return DumpOptions(layout=layout, **rest)


def _with_options(address: str, options: tuple[str, ...]) -> str:
    """The connection string with the options of the command line added."""
    for option in options:
        key, found, value = option.partition("=")
        if not found or not key:
            raise OptionInvalid(f"--storage-option {key!r} must be KEY=VALUE")
        mark = "&" if "?" in address else "?"
        address += f"{mark}{quote(key, safe='')}={quote(value, safe='')}"
    return address


@contextmanager
def _reporting(what: str) -> Generator[None]:
    """One clear line and an exit code for whatever goes wrong; log lines to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    root = logging.getLogger("storewright")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with storage.abort_on_signal(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            yield
    except storage.Signalled as error:
        _fail(what, f"interrupted by {error.name}", 128 + error.number)
    except (DumpError, OSError, ImportError, NotImplementedError) as error:
        _fail(what, str(error), 1)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _fail(what: str, message: str, code: int) -> None:
    click.echo(f"{what} failed: {message}", err=True)
    sys.exit(code)


def _summary(done: str, place: str, manifest: Manifest, seconds: float, *, as_json: bool) -> None:
    shown = place.partition("?")[0]  # options may be secrets
    if as_json:
        summary = {
            "storage": shown,
            "databases": manifest.databases,
            "rows": manifest.rows,
            "files": len(manifest.files),
            "bytes": manifest.size,
            "finished": manifest.finished,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(summary))
        return
    click.echo(
        f"{done} {manifest.title}: {manifest.tables} tables, {manifest.rows:,} rows,"
        f" {len(manifest.files)} files, {size_text(manifest.size)} in {seconds:.1f} s at {shown}"
    )
