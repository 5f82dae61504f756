"""The command line: `storewright ls|cat|cp|put|…`, and `python -m storewright.cli`."""

import sys
from typing import NoReturn

__all__ = ["main"]

_PACKAGES = ("click", "rich")


def main() -> NoReturn:
    """Run the command in sys.argv and exit: 0 done, 1 failed, 2 wrong usage, 128 + n: signal n."""
    try:
        from storewright.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        sys.exit("storewright: its packages are not installed; run: pip install 'storewright[cli]'")
    app.main(prog_name="storewright")
    sys.exit(0)  # not reached: it exits by itself
