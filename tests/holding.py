"""Programs that wait at a moment of the test's choice, however busy the machine is.

The interpreter tells audit hooks of each file that it opens, renames or links, and http.client of
each piece that it sends. The program is the one that users run; a hook holds it there.
"""

import fcntl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

from tests.processes import await_true

__all__ = ["Hold", "holding"]

_PROGRAM: Final = """
import fcntl, os, runpy, sys
_, gate, event, text, number, module, *arguments = sys.argv
gate = os.open(gate, os.O_RDWR)
before = iter(range(1, int(number)))
def hold(name, details):
    if name == event and text in str(details) and next(before, None) is None:
        os.write(gate, b"!")
        fcntl.flock(gate, fcntl.LOCK_SH)
sys.addaudithook(hold)
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


class Hold:
    """A gate that is closed; whoever waits before it wrote a byte into its file."""

    def __init__(self, gate: IO[bytes], event: str, text: str, number: int) -> None:
        self._gate = gate
        self._moment = (gate.name, event, text, str(number))

    def program(self, module: str) -> tuple[str, ...]:
        """What the interpreter runs instead of ``-m module``."""
        return ("-c", _PROGRAM, *self._moment, module)

    def await_arrival(self, process: "subprocess.Popen[Any]") -> None:
        """Wait until somebody in the program waits; others of its threads may go on."""
        await_true("it is there", lambda: self._is_reached or process.poll() is not None)
        assert self._is_reached, "the program ended before that moment"

    @property
    def _is_reached(self) -> bool:
        return Path(self._gate.name).stat().st_size > 0

    def open(self) -> None:
        """Let everybody go on, now and later."""
        fcntl.flock(self._gate, fcntl.LOCK_UN)


@contextmanager
def holding(folder: Path, event: str, text: str = "", number: int = 1) -> Generator[Hold]:
    """Hold a program from the ``number``-th audit event on that has ``text`` in its arguments."""
    with (folder / f"gate-{uuid4().hex}").open("wb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield Hold(gate, event, text, number)
