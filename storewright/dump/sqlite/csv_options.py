"""Which CSV options keep a dump of SQLite exact.

Text is always quoted and nothing else ever is, so that text, NULL, numbers and binary values
(``X'…'``) stay apart and a restore gives every value its type back.
"""

import re
from typing import Final

from storewright.dump.errors import OptionInvalid
from storewright.dump.options import CsvOptions

__all__ = ["check_csv"]

_BARE: Final = re.compile(r"[-+]?[0-9.]|[XTxt]'|[-+]?(inf|nan)", re.IGNORECASE)
"""Starts of unquoted values other than NULL."""


def check_csv(csv: CsvOptions) -> None:
    """Raise OptionInvalid for options with which two different values could look the same."""
    _check_mark("csv separator", csv.separator)
    _check_mark("csv delimiter", csv.delimiter)
    if csv.terminator != "\n":
        raise OptionInvalid("csv line terminator of a SQLite dump is the line feed")
    if any(mark in csv.null for mark in (csv.separator, csv.delimiter, "\n", "\r", "\0")):
        raise OptionInvalid(
            f"csv null value {csv.null!r} contains a separator, a delimiter or a line end"
        )
    if _BARE.match(csv.null) or not csv.null.isprintable() or not csv.null.isascii():
        raise OptionInvalid(f"csv null value {csv.null!r} could be mistaken for another value")


def _check_mark(what: str, mark: str) -> None:
    """Refuse what can be part of an unquoted value, or is more than one byte."""
    usable = len(mark) == 1 and mark.isascii() and (mark.isprintable() or mark == "\t")
    if not usable or mark.isalnum() or mark in "'.+-\\":
        raise OptionInvalid(f"{what} {mark!r} must be one ASCII character such as , ; | or a tab")
