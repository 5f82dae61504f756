"""A metrics endpoint for Prometheus, while a dump runs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import time
from typing import TypeAlias

from storewright import storage
from storewright.dump.errors import OptionInvalid
from storewright.dump.progress import Progress

__all__ = ["serving"]

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - as dumpling: what collects metrics is another machine

Gauges: TypeAlias = Mapping[str, tuple[str, Callable[[], float]]]
"""Description and value of what is to be shown, by name."""


class _Counted:
    """Progress that is also counted."""

    def __init__(self, inner: Progress, gauges: Gauges) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge

        self.registry = CollectorRegistry()
        name = "storewright_dump"
        self._inner = inner
        self._rows = Counter(f"{name}_rows", "Rows written", registry=self.registry)
        self._bytes = Counter(f"{name}_bytes", "Bytes written, stored", registry=self.registry)
        self._expected = Gauge(f"{name}_expected_rows", "About all rows", registry=self.registry)
        self._running = Gauge(f"{name}_running", "1 while rows are read", registry=self.registry)
        started = Gauge(f"{name}_start_time_seconds", "When it began", registry=self.registry)
        started.set(time())
        for gauge, (description, value) in gauges.items():
            Gauge(f"{name}_{gauge}", description, registry=self.registry).set_function(value)

    def begin(self, label: str, rows: int) -> None:
        """Work begins on about so many rows."""
        self._expected.set(rows)
        self._running.set(1)
        self._inner.begin(label, rows)

    def advance(self, rows: int, size: int) -> None:
        """So many more rows, and bytes of files, are done."""
        self._rows.inc(rows)
        self._bytes.inc(size)
        self._inner.advance(rows, size)

    def end(self) -> None:
        """The work has ended, well or not."""
        self._running.set(0)
        self._inner.end()


@contextmanager
def serving(
    address: str | None, progress: Progress, gauges: Gauges | None = None
) -> Generator[Progress]:
    """Serve ``/metrics`` at ``host:port`` while the block runs; without an address, nothing.

    Raises OptionInvalid for what is no address or is in use, MissingExtra without the extra.
    """
    if not address:
        yield progress
        return
    try:
        from prometheus_client import start_http_server
    except ImportError:
        raise storage.MissingExtra("metrics", "metrics") from None
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        raise OptionInvalid(f"--status-addr {address!r} must be host:port, or :port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]  # of IPv6
    counted = _Counted(progress, gauges or {})
    try:
        server, thread = start_http_server(int(port), host or _EVERYWHERE, counted.registry)
    except (OSError, OverflowError, ValueError) as error:
        raise OptionInvalid(f"--status-addr {address!r}: {error}") from error
    try:
        yield counted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
