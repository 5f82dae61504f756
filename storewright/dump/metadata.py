"""The file `metadata`: when a dump was taken, and where the server's log was.

Two programs read it in two forms: dumpling's is text, mydumper's since 0.11 an INI file, without
which its loader does not start. Neither says that a dump is complete; the manifest does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from storewright.dump.options import MetadataFormat

__all__ = ["Position", "metadata_text"]


class Position(NamedTuple):
    """Where the server's binary log was; empty where there is none, or it may not be asked."""

    file: str = ""
    offset: str = ""
    gtid: str = ""


def metadata_text(
    form: MetadataFormat,
    started: datetime,
    finished: datetime,
    position: Position,
    rows: Mapping[str, Mapping[str, int]],
) -> str:
    """The text of the file; `rows` of each table of each database."""
    if form == "dumpling":
        return _dumpling(started, finished, position)
    return _ini(started, finished, position, rows)


def _dumpling(started: datetime, finished: datetime, position: Position) -> str:
    status = (
        "SHOW MASTER STATUS:\n"
        f"\tLog: {position.file}\n\tPos: {position.offset}\n\tGTID:{position.gtid}\n\n"
    )
    return (
        f"Started dump at: {_time(started)}\n{status if position.file else ''}"
        f"Finished dump at: {_time(finished)}\n"
    )


def _ini(
    started: datetime,
    finished: datetime,
    position: Position,
    rows: Mapping[str, Mapping[str, int]],
) -> str:
    lines = [f"# Started dump at: {_time(started)}", "[config]", "quote-character=BACKTICK", ""]
    if position.file:
        lines += ["[source]", f'# File = "{position.file}"', f'# Position = "{position.offset}"']
        lines += [f'# Executed_Gtid_Set = "{position.gtid}"', ""]
    for database, tables in rows.items():
        for table, count in tables.items():
            lines += [f"[`{database}`.`{table}`]", f"real_table_name={table}", f"rows={count}", ""]
    return "\n".join([*lines, f"# Finished dump at: {_time(finished)}", ""])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
