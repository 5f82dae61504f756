"""A line to the database that carries little until mydumper can be stopped.

Between the release of the server's lock and the first setting of the brake, the kernel lets it
write as fast as it can: how far it comes in that time would be the scheduler's decision.
"""

import contextlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import pytest

from storewright.dump.mydumper import watch
from storewright.dump.mydumper.brake import Brake, Until

__all__ = ["Valve", "opened_by_the_brake", "valve"]

_PIECE: Final = 65536


class Valve:
    """Relays connections to a port on loopback; each answers ``least`` bytes until it is opened."""

    def __init__(self, port: int, least: int) -> None:
        self._target, self._least = port, least
        self._open = threading.Event()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def open(self) -> None:
        """Let everything through from now on."""
        self._open.set()

    def serve(self) -> None:
        """Take connections until closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                for one, other, limited in ((near, far, False), (far, near, True)):
                    run = threading.Thread(target=self._relay, args=(one, other, limited))
                    run.daemon = True
                    run.start()

    def close(self) -> None:
        """Take no more, and end those that there are."""
        self.open()
        for each in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _relay(self, one: socket.socket, other: socket.socket, limited: bool) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while piece := one.recv(_PIECE):
                carried += len(piece)
                if limited and carried > self._least:
                    self._open.wait()
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@contextmanager
def valve(port: int, least: int = 600_000) -> Generator[Valve]:
    """A closed one before the server at a port."""
    made = Valve(port, least)
    thread = threading.Thread(target=made.serve)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


@contextmanager
def opened_by_the_brake(port: int) -> Generator[int]:
    """The port of a valve that opens when the brake is set in this process."""
    with valve(port) as made:

        class Opening(Brake):
            def set(self, until: Until) -> None:
                super().set(until)
                if until is not Until.PAUSED:
                    made.open()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watch, "Brake", Opening)
            yield made.port
