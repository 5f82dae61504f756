"""A line of one gigabit to a server: what lies between a program and a database that is elsewhere.

`python dump_line.py HOST PORT` prints the port that it listens on. All connections share what comes
from the server; the kernel moves it, which takes hardly any processor.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Final

__all__ = ["line_to"]

_RATE: Final = 125_000_000
"""Bytes a second."""
_PIECE: Final = 64 * 1024
_BURST_SECONDS: Final = 0.005


@contextmanager
def line_to(host: str, port: int) -> Generator[int]:
    """A port of this machine from which it leads there."""
    command = [sys.executable, "-S", str(Path(__file__)), host, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


class _Rate:
    """So many bytes a second, for all who ask."""

    def __init__(self) -> None:
        self._free, self._lock = time.monotonic(), Lock()

    def wait(self, size: int) -> None:
        """Wait until so many more may go."""
        with self._lock:
            now = time.monotonic()
            self._free = max(self._free, now - _BURST_SECONDS) + size / _RATE
            ahead = self._free - now
        if ahead > _BURST_SECONDS:
            time.sleep(ahead)


def _to_server(client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while data := client.recv(_PIECE):
            server.sendall(data)
    with suppress(OSError):
        server.shutdown(socket.SHUT_WR)


def _from_server(server: socket.socket, client: socket.socket, rate: _Rate) -> None:
    inlet, outlet = os.pipe()
    with suppress(OSError):
        while size := os.splice(server.fileno(), outlet, _PIECE):
            rate.wait(size)
            while size:
                size -= os.splice(inlet, client.fileno(), size)
    for descriptor in (inlet, outlet):
        os.close(descriptor)
    with suppress(OSError):
        client.shutdown(socket.SHUT_WR)


def main(host: str, port: str) -> None:
    """Be the line, until killed."""
    shared = _Rate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client = listener.accept()[0]
            server = socket.create_connection((host, int(port)))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Thread(target=_to_server, args=(client, server), daemon=True).start()
            Thread(target=_from_server, args=(server, client, shared), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
