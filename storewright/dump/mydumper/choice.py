"""Which mode suits the mydumper that is installed."""

import re
from typing import Final, Literal

from storewright.dump.errors import OptionInvalid
from storewright.dump.mydumper.program import Program
from storewright.dump.mydumper.settings import ModeName

__all__ = ["choose"]

_WITH_SIZES: Final = (0, 14)
"""The first version whose stream says how long its files are."""
_MEASURED: Final = (1, 0)
"""The first version whose stream was measured, so that it is chosen unasked."""


def choose(wanted: ModeName, program: Program) -> Literal["stream", "watch"]:
    """The mode that is `wanted`, or else the better one of what `program` can do.

    Raises OptionInvalid if it cannot do what is wanted.
    """
    version = tuple(map(int, re.findall(r"\d+", program.version)[:2]))
    can_stream = program.can_stream and version >= _WITH_SIZES
    if wanted == "stream" and not can_stream:
        raise OptionInvalid(
            f"mydumper {program.version} cannot stream in a way that can be trusted, which needs"
            " 0.14 or later: choose --mode watch"
        )
    if wanted == "auto":
        return "stream" if can_stream and version >= _MEASURED else "watch"
    return wanted
