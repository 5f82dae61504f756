"""Where log lines go, and in which form: dumpling's options."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override

from storewright.dump.commands.flags import together
from storewright.dump.errors import OptionInvalid
from storewright.storage import redact

__all__ = ["OneLine", "log_handler", "log_options"]

_LEVELS: Final = {
    **{name: name.upper() for name in ("debug", "info", "warn", "error", "fatal")},
    **dict.fromkeys(("dpanic", "panic"), "FATAL"),
}
"""dumpling's levels, and those of Python."""

_OPTIONS: Final[tuple[Any, ...]] = (
    click.option(
        "--loglevel",
        type=click.Choice([*_LEVELS], case_sensitive=False),
        default="info",
        show_default=True,
        help="How much is told.",
    ),
    click.option("-L", "--logfile", metavar="FILE", help="Log to a file, not to standard error."),
    click.option(
        "--logfmt",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Form of the log lines.",
    ),
)


log_options = together(_OPTIONS)
"""Options of a command that runs long."""


def log_handler(loglevel: str, logfile: str | None, logfmt: str) -> logging.Handler:
    """The handler that the options describe; it makes the folder of the file.

    Raises OptionInvalid if the file is not writable.
    """
    try:
        if logfile:
            Path(logfile).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(logfile) if logfile else logging.StreamHandler()
    except OSError as error:
        raise OptionInvalid(f"--logfile: {error}") from error
    handler.setLevel(_LEVELS[loglevel.lower()])
    plain = "%(asctime)s %(levelname)s %(message)s" if logfile else "%(message)s"
    handler.setFormatter(_Json() if logfmt == "json" else _plain(loglevel)(plain))
    return handler


def _plain(loglevel: str) -> type[logging.Formatter]:
    return logging.Formatter if loglevel.lower() == "debug" else OneLine


class OneLine(logging.Formatter):
    """Text without tracebacks, which are no answer to anybody's question."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        if self.usesTime():
            record.asctime = self.formatTime(record)
        return self.formatMessage(record)


class _Json(logging.Formatter):
    """One JSON object a line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        content = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        return json.dumps(content, ensure_ascii=False)
