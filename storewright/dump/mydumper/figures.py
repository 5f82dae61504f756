"""What can be counted about a run, for log lines, metrics and the manifest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

__all__ = ["Figures"]


@dataclass(slots=True)
class Figures:
    """Counts of one run. Any thread may count."""

    disk_limit: int = 0
    """Bytes that the folder may take."""
    disk_used: int = 0
    """Bytes that it took when it was last looked at."""
    disk_peak: int = 0
    pauses: int = 0
    """How often mydumper was stopped."""
    paused_seconds: float = 0.0
    files: int = 0
    """Files stored and verified."""
    size: int = 0
    """Bytes of them."""
    retries: int = 0
    """Uploads that failed and were tried again."""
    _lock: Lock = field(default_factory=Lock, repr=False)

    def used(self, size: int) -> None:
        """So many bytes are on disk."""
        self.disk_used = size
        self.disk_peak = max(self.disk_peak, size)

    def stored(self, size: int) -> None:
        """A file of so many bytes is stored and verified."""
        with self._lock:
            self.files += 1
            self.size += size

    def retried(self) -> None:
        """An upload failed and is tried again."""
        with self._lock:
            self.retries += 1

    def gauges(self) -> Mapping[str, tuple[str, Callable[[], float]]]:
        """Name, description and value of each, for the metrics endpoint."""
        return {
            "disk_limit_bytes": ("Bytes that may be on disk", lambda: self.disk_limit),
            "disk_used_bytes": ("Bytes on disk", lambda: self.disk_used),
            "paused_seconds": ("Seconds that mydumper stood still", lambda: self.paused_seconds),
            "pauses": ("How often mydumper was stopped", lambda: self.pauses),
            "files": ("Files stored and verified", lambda: self.files),
            "retries": ("Uploads that were tried again", lambda: self.retries),
        }
