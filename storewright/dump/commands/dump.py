"""The command `dump`, with the options of dumpling."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, Final, cast

import click
from typing_extensions import override

from storewright import storage
from storewright.dump.commands.common import (
    LOG,
    common_options,
    reporting,
    size_callback,
    summary,
    with_options,
)
from storewright.dump.commands.flags import GoCommand, switch, together
from storewright.dump.commands.logs import log_handler, log_options
from storewright.dump.commands.pipe import pipe_command
from storewright.dump.commands.server import server_address, server_options
from storewright.dump.dumper import dump
from storewright.dump.errors import OptionInvalid
from storewright.dump.external import BACKEND_OPTIONS, connection_string
from storewright.dump.manifest import tool_version
from storewright.dump.options import CsvOptions, DumpOptions, Layout
from storewright.dump.progress import default_progress
from storewright.dump.selection import Selection
from storewright.dump.status import serving
from storewright.dump.templates import FileNames

__all__ = ["dump_command"]

_SECRET: Final = ("access-key", "secret-access-key", "session-token", "account-key", "sas-token")
_PROTECTS: Final = ("sse", "sse-kms-key-id", "encryption-scope")
_COMPRESSIONS: Final = {"no-compression": "none", "": "none"}
_ESCAPES: Final = {"\\t": "\t", "\\r": "\r", "\\n": "\n"}

_WHAT: Final[tuple[Any, ...]] = (
    click.option(
        "-T",
        "--tables-list",
        multiple=True,
        metavar="DB.TABLE,...",
        help="Dump these tables and no other.",
    ),
    click.option(
        "-f",
        "--filter",
        "filters",
        multiple=True,
        metavar="RULE",
        help="Tables to dump: db.*, !db.log_*, /^db[0-9]+$/.*; the last rule that matches counts.",
    ),
    switch("case-sensitive", help="Whether case counts in --filter and --tables-list."),
    click.option("--where", help="SQL condition for the rows of every table."),
    click.option("-S", "--sql", help="Dump the answer of a query, not tables; to CSV only."),
    switch("no-views", "-W", help="Leave out views."),
    switch("no-schemas", "-m", help="Leave out definitions."),
    switch("no-data", "-d", help="Leave out rows."),
    switch("dump-empty-database", default=True, help="Create databases without tables, too."),
    click.option(
        "--consistency",
        type=click.Choice(["auto", "flush", "lock", "none", "snapshot"]),
        default="auto",
        show_default=True,
        help="How a server is kept still while all threads begin the same snapshot.",
    ),
    click.option("--snapshot", help="A moment of TiDB's; no other server has one."),
    click.option(
        "--params",
        multiple=True,
        metavar="NAME=VALUE,...",
        help="Session variables; one the server does not know is skipped, with a log line.",
    ),
    click.option(
        "--tidb-mem-quota-query", metavar="BYTES", help="The session variable of that name."
    ),
    switch("transactional-consistency", default=True, hidden=True, help="dumpling's; see the log."),
    switch("allow-cleartext-passwords", hidden=True, help="dumpling's; see the log."),
    click.option(
        "--lock-timeout",
        type=click.FloatRange(min=0),
        default=30.0,
        show_default=True,
        help="Seconds to wait for those who are writing to the database.",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to try again when the storage, or without a lock the database, is away.",
    ),
)
_FILES: Final[tuple[Any, ...]] = (
    click.option("-o", "--output", metavar="PLACE", help="DEST, as dumpling writes it."),
    click.option("--output-filename-template", metavar="TEMPLATE", help="How files are named."),
    click.option(
        "--filetype",
        type=click.Choice(["sql", "csv"]),
        help="Format of the data files; sql unless --sql is given.",
    ),
    click.option(
        "-F",
        "--filesize",
        callback=size_callback("MiB"),
        metavar="SIZE",
        help="Start another data file after so many bytes, before compression; bare number: MiB.",
    ),
    click.option(
        "-s",
        "--statement-size",
        callback=size_callback("B"),
        metavar="SIZE",
        default="1000000",
        show_default=True,
        help="Start another INSERT statement after so many bytes.",
    ),
    click.option(
        "-r",
        "--rows",
        type=click.IntRange(min=0),
        help="Cut tables into chunks of so many rows, which threads write side by side.",
    ),
    click.option(
        "-c",
        "--compress",
        type=click.Choice(["none", "no-compression", "gzip", "zstd", ""]),
        default="none",
        show_default=True,
        help="Compression of schema and data files.",
    ),
    switch("complete-insert", help="Name the columns in INSERT statements."),
    switch("escape-backslash", default=True, help="Escape with backslashes, or double quotes."),
    click.option("--csv-separator", default=",", show_default=True, help="Between values."),
    click.option("--csv-delimiter", default='"', show_default=True, help="Around text."),
    click.option("--csv-null-value", default=r"\N", show_default=True, help="How NULL is written."),
    click.option(
        "--csv-line-terminator", default=r"\n", show_default=True, help="At the end of a row."
    ),
    switch("no-header", help="Write CSV files without the names of columns."),
    click.option(
        "--metadata-format",
        type=click.Choice(["dumpling", "ini"]),
        default="dumpling",
        show_default=True,
        help="Form of the file `metadata`; myloader 1.x needs ini.",
    ),
    click.option(
        "--part-size",
        callback=size_callback("B"),
        metavar="SIZE",
        help="Bytes of one part of an upload; the storage chooses if this is not given.",
    ),
    click.option(
        "--content-sums",
        is_flag=True,
        help="Keep a sum of each table's content, for `verify --database`; one more read of it.",
    ),
    click.option("--overwrite", is_flag=True, help="Delete an earlier dump at DEST first."),
    click.option("--status-addr", metavar="HOST:PORT", help="Serve metrics for Prometheus."),
)


def _backend_options() -> list[Any]:
    """The options of dumpling for each storage, such as --s3.region."""
    return [
        click.option(
            f"--{service}.{name}",
            _parameter(service, name),
            help=f"{service}: {name}, as in the URL of the destination.",
            hidden=name in _SECRET,
        )
        for service, names in BACKEND_OPTIONS.items()
        for name in names
    ]


def _parameter(service: str, name: str) -> str:
    return f"{service}__{name.replace('-', '_')}"


class _DumpCommand(GoCommand):
    """`dump`, and `dump pipe`, which has arguments of its own."""

    @override
    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments, as those of `pipe` after that word."""
        if args[:1] == ["pipe"]:
            return pipe_command.make_context(f"{info_name} pipe", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command whose arguments were read."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command("dump", cls=_DumpCommand)
@click.argument("source", required=False)
@click.argument("dest", required=False)
@server_options
@together(_WHAT)
@together(_FILES)
@together(_backend_options())
@log_options
@click.version_option(tool_version(), "-V", "--version", prog_name="storewright dump")
@common_options
def dump_command(**given: Any) -> None:
    """Write the database SOURCE, as it is now, to files at DEST.

    SOURCE is a database such as sqlite:///app.db or mysql://user@host/name, DEST a folder or a
    connection string such as s3://bucket/backups/monday. A server may also be named by --host and
    its like, and DEST by --output, as for dumpling. The dump is complete once manifest.json is
    there. `dump pipe DEST -- COMMAND` keeps what any other program writes to standard output.
    """
    logs = (given["loglevel"], given["logfile"], given["logfmt"])
    with reporting("dump", partial(log_handler, *logs), password=given["password"] or ""):
        start = monotonic()
        source, dest = _places(given)
        options = _options(given)
        _tell_what_has_no_effect(given)
        store = storage.open(with_options(dest, given["storage_options"]))
        with serving(given["status_addr"], default_progress()) as progress:
            manifest = dump(source, store, options, progress=progress)
        summary("dumped", dest, manifest, monotonic() - start, as_json=given["as_json"])


def _tell_what_has_no_effect(given: Mapping[str, Any]) -> None:
    if not given["transactional_consistency"]:
        LOG.info(
            "--transactional-consistency=false changes nothing: no lock outlives the beginning of"
            " the snapshot, but those of tables without transactions"
        )
    if given["allow_cleartext_passwords"]:
        LOG.info("--allow-cleartext-passwords changes nothing: the driver has its own rules")


def _places(given: Mapping[str, Any]) -> tuple[str, str]:
    """Where from and where to: from the arguments, or from dumpling's options."""
    names = ("host", "port", "user", "password", "databases", "ca", "cert", "key", "read_timeout")
    server = server_address(**{name: given[name] for name in names})
    source, dest = given["source"], given["dest"] or given["output"]
    if server and (source or given["dest"]):
        raise OptionInvalid(
            f"{source!r} and --host, --user and the like both name a database: write one of them"
        )
    if given["dest"] and given["output"]:
        raise OptionInvalid("DEST and --output both name the destination: write one of them")
    if not source and not server:
        raise OptionInvalid(
            "which database? Write for example sqlite:///app.db or mysql://user@host/name"
        )
    if source and not dest:
        raise OptionInvalid("where to? Write for example ./dump or s3://bucket/backups/monday")
    default = f"./export-{datetime.now().astimezone().isoformat(timespec='seconds')}"
    backend = _backend(given)
    place = connection_string(dest or default, backend)
    _check_backend(place.partition("://")[0], backend)
    return source or cast(str, server), place


def _check_backend(service: str, backend: Mapping[str, Mapping[str, str]]) -> None:
    """Tell what is for another storage; nobody shall believe a dump encrypted because of it."""
    for other, options in backend.items():
        for name in options if other != service else ():
            if name in _PROTECTS:
                raise OptionInvalid(
                    f"--{other}.{name} protects data at {other}://, the destination is {service}://"
                )
            LOG.info("--%s.%s changes nothing: it is for %s://", other, name, other)


def _backend(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        service: {
            name: value for name in names if (value := given[_parameter(service, name)]) is not None
        }
        for service, names in BACKEND_OPTIONS.items()
    }


def _options(given: Mapping[str, Any]) -> DumpOptions:
    if given["consistency"] == "snapshot" or given["snapshot"]:
        raise OptionInvalid("only TiDB has snapshots: use --consistency flush, lock or none")
    template = given["output_filename_template"]
    return DumpOptions(
        layout=_layout(given),
        filesize=given["filesize"],
        rows=given["rows"] or None,
        threads=given["threads"],
        part_size=given["part_size"],
        overwrite=given["overwrite"],
        selection=_selection(given),
        where=given["where"],
        sql=given["sql"],
        content_sums=given["content_sums"],
        schemas=not given["no_schemas"],
        data=not given["no_data"],
        views=not given["no_views"],
        empty_databases=given["dump_empty_database"],
        variables=_variables(given),
        file_names=FileNames(template, tables=not given["sql"]) if template else None,
        metadata_format=given["metadata_format"],
        consistency=given["consistency"],
        lock_timeout=given["lock_timeout"],
        patience=given["patience"],
    )


def _layout(given: Mapping[str, Any]) -> Layout:
    csv = CsvOptions(
        _mark(given["csv_separator"]),
        _mark(given["csv_delimiter"]),
        given["csv_null_value"],
        header=not given["no_header"],
        terminator=_mark(given["csv_line_terminator"]),
    )
    compress = given["compress"]
    return Layout(
        filetype=given["filetype"] or ("csv" if given["sql"] else "sql"),
        compress=cast(Any, _COMPRESSIONS.get(compress, compress)),
        csv=csv,
        complete_insert=given["complete_insert"],
        escape_backslash=given["escape_backslash"],
        statement_size=given["statement_size"],
    )


def _mark(text: str) -> str:
    for written, meant in _ESCAPES.items():
        text = text.replace(written, meant)
    return text


def _selection(given: Mapping[str, Any]) -> Selection | None:
    tables = [name for names in given["tables_list"] for name in names.split(",") if name]
    if tables and given["filters"]:
        raise OptionInvalid("--tables-list and --filter both choose tables: write one of them")
    case_sensitive = given["case_sensitive"]
    if tables:
        return Selection.of_tables(tables, case_sensitive=case_sensitive)
    if given["filters"]:
        return Selection(given["filters"], case_sensitive=case_sensitive)
    return None


def _variables(given: Mapping[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for setting in (s for settings in given["params"] for s in settings.split(",") if s):
        name, found, value = setting.partition("=")
        if not found or not name:
            raise OptionInvalid(f"--params {setting!r} must be NAME=VALUE")
        variables[name.strip()] = value.strip()
    if given["tidb_mem_quota_query"]:
        variables["tidb_mem_quota_query"] = given["tidb_mem_quota_query"]
    return variables
