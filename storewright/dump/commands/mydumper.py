"""The command `mydumper`, with the environment of mydumpergo."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

import click
from click.core import ParameterSource

from storewright import storage
from storewright.dump.commands.common import reporting, size_callback, with_options
from storewright.dump.commands.flags import together
from storewright.dump.commands.logs import log_handler, log_options
from storewright.dump.errors import OptionInvalid
from storewright.dump.external import connection_string
from storewright.dump.manifest import Manifest
from storewright.dump.mydumper import Figures, Settings, mydumper
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.dump.progress import default_progress, size_text
from storewright.dump.status import serving

__all__ = ["mydumper_command"]

_POSITIVE: Final = click.IntRange(min=1)
_SECONDS: Final = click.FloatRange(min=0, min_open=True)


def _option(name: str, variable: str, **more: Any) -> Any:
    """An option that may also be set in the environment, under a name of ours."""
    return click.option(name, envvar=f"STOREWRIGHT_DUMP_{variable}", show_envvar=True, **more)


def _seed(name: str, variable: str, **more: Any) -> Any:
    """An option that may also be set in the environment, under mydumpergo's name."""
    return click.option(name, envvar=variable, show_envvar=True, **more)


_OPTIONS: Final[tuple[Any, ...]] = (
    _option("--to", "URL", metavar="PLACE", help="Where to: a folder or a connection string."),
    _seed("--bucket", "BUCKET", help="Where to, if not --to: a bucket of S3."),
    _seed("--region", "REGION", default="eu-central-1", show_default=True, help="Its region."),
    _option("--endpoint", "ENDPOINT", help="A server that speaks S3, if it is not Amazon's."),
    _option("--sse", "SSE", help="Encryption at rest: AES256 or aws:kms."),
    _option("--sse-kms-key-id", "SSE_KMS_KEY_ID", help="The key for aws:kms."),
    _option(
        "--prefix",
        "PREFIX",
        help="Folder below --to or in the bucket; {host} and {time} are put in. In a bucket its"
        " default is {host}/{time}.",
    ),
    _seed("--host", "HOST", default="localhost", show_default=True, help="The database server."),
    _seed("--port", "PORT", default=3306, show_default=True, type=click.IntRange(1, 65535)),
    _seed("--user", "USERNAME", default="root", show_default=True, help="Who asks."),
    _seed(
        "--outputdir", "OUTPUTDIR", default="output", show_default=True, help="A folder on disk."
    ),
    _seed(
        "--chunk-size",
        "CHUNK_FILE_SIZE_MB",
        default=1,
        show_default=True,
        type=_POSITIVE,
        metavar="MIB",
        help="mydumper begins another file after so much.",
    ),
    _seed(
        "--max-files",
        "MAX_FILE_COUNT",
        default=10,
        show_default=True,
        type=_POSITIVE,
        help="The disk may hold so many files of --chunk-size, if not --max-disk.",
    ),
    _option(
        "--max-disk",
        "MAX_DISK",
        callback=size_callback("MiB"),
        metavar="SIZE",
        help="The disk may hold so much, such as 2GiB; bare number: MiB.",
    ),
    _option(
        "--threads", "THREADS", type=_POSITIVE, help="Of mydumper; default: as the disk allows."
    ),
    _option(
        "--uploads", "UPLOADS", default=4, show_default=True, type=_POSITIVE, help="At a time."
    ),
    _option(
        "--retries",
        "RETRIES",
        default=7,
        show_default=True,
        type=click.IntRange(min=0),
        help="How often an upload that failed is tried again.",
    ),
    _option(
        "--part-size",
        "PART_SIZE",
        callback=size_callback("B"),
        metavar="SIZE",
        help="Bytes of one part of an upload; the storage chooses if this is not given.",
    ),
    _option(
        "--mode",
        "MODE",
        type=click.Choice(["auto", "stream", "watch"]),
        default="auto",
        show_default=True,
        help="Stream, as mydumper 1.x can, or watch the files of any version.",
    ),
    _option("--overwrite", "OVERWRITE", is_flag=True, help="Delete an earlier dump there first."),
    _option("--timeout", "TIMEOUT", type=_SECONDS, help="Seconds that all of it may take."),
    _option(
        "--stall-timeout",
        "STALL_TIMEOUT",
        type=_SECONDS,
        default=600.0,
        show_default=True,
        help="Seconds without a new byte after which mydumper is given up.",
    ),
    _option("--extra-args", "EXTRA_ARGS", default="", help="ARGUMENTS, as one text."),
    _option("--program", "PROGRAM", default="mydumper", show_default=True, help="Which mydumper."),
    _option(
        "--status-addr", "STATUS_ADDR", metavar="HOST:PORT", help="Serve metrics for Prometheus."
    ),
    click.option("--password", envvar=["PASSWORD", "MYSQL_PWD"], default="", hidden=True),
    click.option("--storage-option", "storage_options", multiple=True, metavar="KEY=VALUE"),
    click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON."),
)


@click.command("mydumper")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@together(_OPTIONS)
@log_options
def mydumper_command(**given: Any) -> None:
    """Run mydumper on a disk smaller than its dump, and store its files while it writes.

    ARGUMENTS after two dashes are mydumper's own: storewright mydumper --to s3://bucket/shop -- -B
    shop. The password is taken from PASSWORD or MYSQL_PWD. The dump is complete once manifest.json
    is there.
    """
    with reporting("mydumper", partial(log_handler, *(given[name] for name in _LOGS))):
        if (
            click.get_current_context().get_parameter_source("password")
            is ParameterSource.COMMANDLINE
        ):
            raise OptionInvalid("every user of this machine could read it: use PASSWORD")
        start = monotonic()
        place = with_options(_place(given), given["storage_options"])
        settings, figures = _settings(given), Figures()
        store = storage.open(place)
        with serving(given["status_addr"], default_progress(), figures.gauges()) as progress:
            manifest = mydumper(settings, store, progress=progress, figures=figures)
        _summary(place, manifest, figures, monotonic() - start, as_json=given["as_json"])


_LOGS: Final = ("loglevel", "logfile", "logfmt")


def _place(given: Mapping[str, Any]) -> str:
    """Where to, as a connection string."""
    names = ("region", "endpoint", "sse", "sse_kms_key_id")
    options = {name.replace("_", "-"): given[name] for name in names if given[name]}
    if given["to"]:
        options.pop("region")  # its default is mydumpergo's
        base, question, query = connection_string(given["to"], {"s3": options}).partition("?")
        prefix = _prefix(given["prefix"] or "", given)
        path = f"{base.rstrip('/')}/{prefix}" if prefix else base
        return f"{path}{question}{query}"
    if not given["bucket"]:
        raise OptionInvalid("where to? Set BUCKET, or write --to PLACE")
    prefix = _prefix(given["prefix"] or "{host}/{time}", given)
    return connection_string(f"s3://{given['bucket']}/{prefix}", {"s3": options})


def _prefix(template: str, given: Mapping[str, Any]) -> str:
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return quote(template.replace("{host}", given["host"]).replace("{time}", time).strip("/"))


def _settings(given: Mapping[str, Any]) -> Settings:
    names = ("host", "port", "user", "password", "chunk_size", "threads", "uploads", "retries")
    more = ("mode", "stall_timeout", "timeout", "program", "part_size", "overwrite")
    return Settings(
        **{name: given[name] for name in (*names, *more)},
        output=Path(given["outputdir"]),
        disk_limit=given["max_disk"] or given["chunk_size"] * given["max_files"] * MEBIBYTE,
        arguments=(*_split(given["extra_args"]), *given["arguments"]),
    )


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise OptionInvalid(f"--extra-args: {error}") from error


def _summary(
    place: str, manifest: Manifest, figures: Figures, seconds: float, *, as_json: bool
) -> None:
    """Print what was done, for people or as JSON."""
    shown = place.partition("?")[0]  # options may be secrets
    if not as_json:
        click.echo(
            f"stored {len(manifest.files)} files of mydumper {manifest.details['mydumper']},"
            f" {size_text(manifest.size)} in {seconds:.1f} s at {shown}"
        )
        return
    content = {
        "storage": shown,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "finished": manifest.finished,
        "seconds": round(seconds, 3),
        "disk_limit": figures.disk_limit,
        "disk_peak": figures.disk_peak,
        "pauses": figures.pauses,
        "paused_seconds": round(figures.paused_seconds, 3),
        "retries": figures.retries,
    }
    click.echo(json.dumps(content))
