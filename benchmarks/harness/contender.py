"""What takes part in a comparison: its tasks, and the data they move."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.rounds import Task

__all__ = ["MIB", "TINY", "Contender", "Place", "Sizes", "Stream", "Void"]

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of what is moved, and how it is cut."""

    small: int = 4096
    large: int = 64 * MIB
    stream: int = 256 * MIB
    part: int = 8 * MIB
    chunk: int = MIB
    threads: int = 4
    """Parts under way at once."""


TINY: Final = Sizes(large=6 * MIB, stream=12 * MIB)
"""For a test of the harness itself: enough for two parts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is: the settings that all contenders take from here."""

    endpoint: str
    ca_file: str
    bucket: str = "bench"
    access_key: str = "access"
    secret_key: str = "c2VjcmV0LW9mLXRoZS1iZW5jaG1hcms="
    region: str = "us-east-1"
    pool: int = 32
    retries: int = 4
    connect_timeout: int = 60
    read_timeout: int = 60
    sizes: Sizes = field(default_factory=Sizes)

    @property
    def secure(self) -> bool:
        """Whether the endpoint is https."""
        return self.endpoint.startswith("https:")


class Contender(ABC):
    """One way to use a storage service. Its name is that of its row."""

    name: str

    def __init__(self, place: Place) -> None:
        """Connect. Raises ImportError where the library is not installed."""
        self.place, self.sizes = place, place.sizes
        dice = random.Random(5)
        self.small = dice.randbytes(self.sizes.small)
        self.large = dice.randbytes(self.sizes.large)
        self.connect(place)

    @abstractmethod
    def connect(self, place: Place) -> None:
        """Make the client."""

    @abstractmethod
    def tasks(self) -> Mapping[str, Task]:
        """What it can do, by the name of the case."""

    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        """Other ways to do a task, each with the name of its row."""
        return {}

    def rows(self, case: str) -> Mapping[str, Task]:
        """All its ways to do a task, by the names of their rows."""
        return {self.name: self.tasks()[case], **self.ways().get(case, {})}

    def stream(self) -> Stream:
        """What is to be streamed, from the start."""
        return Stream(self.large, self.sizes.stream)

    def pour(self, open_writer: Callable[[], Any]) -> Task:
        """Streams through a file that the library opens."""

        def run() -> None:
            source = self.stream()
            with open_writer() as writer:
                while chunk := source.read(self.sizes.chunk):
                    writer.write(chunk)

        return run


class Stream:
    """A file that can only be read on, as a pipe: so many bytes, the same ones again and again."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._left = memoryview(data), size

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        count = min(wanted, len(self._data))
        self._left -= count
        return bytes(self._data[:count])

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It cannot seek."""
        return False


class Void:
    """A file that forgets what is written to it."""

    def write(self, data: bytes | memoryview, /) -> int:
        """Take all of ``data``."""
        return len(data)
