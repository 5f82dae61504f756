"""Several processes as one server: a shell script starts them, and they die with its shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from storewright.testing.servers.server import find_program

__all__ = ["daemon", "run", "script"]

_HEAD = """\
set -euo pipefail
# Some daemons leave the process group; this way they still die with this shell.
daemon() { setpriv --pdeathsig KILL -- "$@" & }
"""
_TAIL = """\
touch started
wait -n || true
echo 'one of the daemons has ended'
exit 1
"""


def run(*words: object) -> str:
    """A line of the script that runs a program to its end."""
    return shlex.join(str(word) for word in words)


def daemon(*words: object) -> str:
    """A line of the script that starts a program which must stay in the foreground."""
    return f"daemon {run(*words)}"


def script(folder: Path, lines: Sequence[str]) -> list[str]:
    """The command that runs the lines in the folder; the file `started` appears at their end."""
    file = folder / "run.sh"
    file.write_text(_HEAD + "".join(f"{line}\n" for line in lines) + _TAIL, encoding="utf-8")
    find_program("setpriv", "apt-get install util-linux")
    return [find_program("bash", "apt-get install bash"), str(file)]
