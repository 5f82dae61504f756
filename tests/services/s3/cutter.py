"""A relay between a store and its server that cuts connections, or is away for a while."""

import contextlib
import socket
import threading
import time
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
        self.away = threading.Event()
        """Whether the outage that was planned has begun."""
        self._until_outage, self._outage, self._back = 0, 0.0, 0.0
        self._open: set[socket.socket] = set()

    def cut(self, times: int, *, up: int = 0, down: int = 0) -> None:
        """Cut so many of the next connections that carry ``up`` or ``down`` bytes that way."""
        self._left, self._up, self._down, self.cuts = times, up, down, 0

    def plan_outage(self, seconds: float, *, after: int) -> None:
        """Once ``after`` more bytes went up, cut all connections, and refuse others for a while."""
        self.away.clear()
        self._until_outage, self._outage = after, seconds

    def end_outage(self) -> None:
        """Be there again."""
        self._until_outage, self._back = 0, 0.0

    def serve(self) -> None:
        """Take connections until closed."""
        with contextlib.suppress(OSError):
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        try:
            if time.monotonic() < self._back:
                raise ConnectionRefusedError
            far = socket.create_connection(self._target)
        except OSError:
            near.close()
            return
        with self._lock:
            self._open |= {near, far}
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
                if self._is_enough(carried, upwards) or self._goes_away(len(piece), upwards):
                    break
                other.sendall(piece)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            if upwards:
                each.close()
        with self._lock:
            self._open -= {one, other}

    def _goes_away(self, size: int, upwards: bool) -> bool:
        with self._lock:
            if not (upwards and self._until_outage):
                return False
            self._until_outage = max(0, self._until_outage - size)
            if self._until_outage:
                return False
            self._back = time.monotonic() + self._outage
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self.away.set()
        return True

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
