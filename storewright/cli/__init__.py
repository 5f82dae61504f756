"""The command line: `storewright ls|cat|cp|put|…`, and `python -m storewright.cli`."""

import atexit
import gc
import os
import sys
from typing import Final, NoReturn

__all__ = ["main"]

_PACKAGES: Final = ("click", "rich")
_OBJECTS_BETWEEN_COLLECTIONS: Final = 20_000


def main() -> NoReturn:
    """Run the command in sys.argv and exit: 0 done, 1 failed, 2 wrong usage, 128 + n: signal n."""
    _collect_rarely()
    _hold_closed_streams()
    try:
        from storewright.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        sys.exit("storewright: its packages are not installed; run: pip install 'storewright[cli]'")
    app.main(prog_name="storewright")
    sys.exit(0)  # not reached: it exits by itself


def _hold_closed_streams() -> None:
    """Where standard input or output is closed, let its use fail as that of a closed file does.

    Otherwise the next file that is opened would get its number, and Python has no object for it.
    """
    if sys.stdin is None and _hold(0, os.O_WRONLY):
        sys.stdin = os.fdopen(0, closefd=False)
    if sys.stdout is None and _hold(1, os.O_RDONLY):
        sys.stdout = os.fdopen(1, "w", closefd=False)


def _hold(number: int, flags: int) -> bool:
    """Open nothing under a number of a file; False if that is taken by now."""
    nowhere = os.open(os.devnull, flags)
    if nowhere == number:
        return True
    os.close(nowhere)
    return False


def _collect_rarely() -> None:
    """Have Python look for garbage rarely, and not at the end of the process.

    An SDK is a hundred thousand objects for as long as the process lives. To look at all of them
    time and again, and once more in the end, takes a third of a short command's time.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
