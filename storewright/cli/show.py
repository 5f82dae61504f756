"""What commands print: lines for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, cast

import click

from storewright import storage
from storewright.cli.session import End

__all__ = [
    "columns",
    "line",
    "mode_names",
    "plain",
    "print_json",
    "record",
    "size_text",
    "time_text",
]
__all__ += ["written"]


def line(text: str = "") -> None:
    """Print a line. On a terminal, what could control it is escaped."""
    click.echo(_escaped(text) if sys.stdout.isatty() else _encodable(text))


def _encodable(text: str) -> str | bytes:
    """``text``, or its bytes where it holds bytes of a file name that are no text."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape")


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_json(value: Mapping[str, Any]) -> None:
    """Print ``value`` as one line of JSON; what is None is left out."""
    click.echo(json.dumps(plain(value)))


def plain(value: Any) -> Any:
    """``value`` with only what JSON has."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, Any]", value)
        return {str(key): plain(item) for key, item in entries.items() if item is not None}
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in cast("Iterable[Any]", value)]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return value


def record(object: storage.Object) -> dict[str, Any]:
    """Everything that is known about an object, by name."""
    known = {name: getattr(object, name) for name in object.__slots__}
    known["mode"] = mode_names(object.mode)
    return {name: value for name, value in known.items() if plain(value) not in (None, {})}


def written(end: End, result: storage.WriteResult) -> dict[str, Any]:
    """What is known about an object that was just written."""
    return {
        "uri": str(end.place),
        "size": result.size,
        "etag": result.etag,
        "version": result.version,
        "checksum": result.checksum,
        "parts": len(result.parts),
    }


def mode_names(mode: int) -> list[str]:
    """The names of an object's mode bits."""
    return [flag.name.lower() for flag in storage.ObjectMode if flag.name and mode & flag]


def time_text(time: datetime) -> str:
    """ISO 8601 to the second; ``Z`` for UTC."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def size_text(size: float) -> str:
    """``size`` bytes for people: ``12.3MiB``, which ``--option`` and its like read back."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f}{unit}" if unit == "B" else f"{size:.1f}{unit}"
        size /= 1024
    return f"{size:.1f}TiB"


def columns(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Print rows with their columns aligned."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line((indent + "  ".join(cells)).rstrip())
