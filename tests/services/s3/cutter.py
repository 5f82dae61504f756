"""A relay between a store and its server that cuts connections, in either direction."""

import contextlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

__all__ = ["Cutter", "cutter"]

_PIECE = 65536


class Cutter:
    """Relays whatever it is sent, until a connection has carried as many bytes as it may."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        """How many connections there were to cut."""
        self._left, self._up, self._down = 0, 0, 0
        self._lock = threading.Lock()

    def cut(self, times: int, *, up: int = 0, down: int = 0) -> None:
        """Cut so many of the next connections that carry ``up`` or ``down`` bytes that way."""
        self._left, self._up, self._down, self.cuts = times, up, down, 0

    def serve(self) -> None:
        """Take connections until closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                for one, other, upwards in ((near, far, True), (far, near, False)):
                    run = threading.Thread(target=self._relay, args=(one, other, upwards))
                    run.daemon = True
                    run.start()

    def close(self) -> None:
        """Take no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _relay(self, one: socket.socket, other: socket.socket, upwards: bool) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while piece := one.recv(_PIECE):
                carried += len(piece)
                if self._is_enough(carried, upwards):
                    break
                other.sendall(piece)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            if upwards:
                each.close()

    def _is_enough(self, carried: int, upwards: bool) -> bool:
        most = self._up if upwards else self._down
        with self._lock:
            if not (most and carried > most and self._left):
                return False
            self._left -= 1
            self.cuts += 1
            return True


@contextmanager
def cutter(endpoint: str) -> Generator[Cutter]:
    """A relay to ``endpoint``."""
    address = urlsplit(endpoint)
    relay = Cutter((address.hostname or "", address.port or 0))
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join(10)
