"""What a vendor knows of an object and S3 has no place for: its CRC-64, its type, its ACL."""

from __future__ import annotations

import importlib
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, final

from tests.servers.shim.message import Readable

__all__ = ["Counted", "Fact", "Facts", "State"]

_ECMA: Final = 0x142F0E1EBA9EA3693
_crcmod: Any = importlib.import_module("crcmod")


def _new_crc() -> Any:
    return _crcmod.Crc(_ECMA, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


@final
class Counted:
    """A body whose CRC-64 (ECMA-182) is known when it has been read; others may see it too."""

    def __init__(self, body: Readable, see: Callable[[bytes], object] | None = None) -> None:
        self._body, self._see, self._crc = body, see, _new_crc()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        piece = self._body.read(size)
        if piece:
            self._crc.update(piece)
            self.size += len(piece)
            if self._see is not None:
                self._see(piece)
        return piece

    @property
    def crc(self) -> int:
        """Of all that was read."""
        value: int = self._crc.crcValue
        return value


@dataclass
class Fact:
    """What is known of one object, as long as it has this ETag."""

    etag: str
    crc: int | None = None
    type: str = "Normal"
    acl: str = "default"
    restore: str = ""


@dataclass
class State:
    """What is known of one bucket."""

    acl: str = "private"
    storage_class: str = "Standard"
    objects: dict[str, Fact] = field(default_factory=dict[str, Fact])


class Facts:
    """All that is known, for as long as the server lives."""

    def __init__(self) -> None:
        self.buckets: dict[str, State] = defaultdict(State)
        self._guard = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}

    def find(self, bucket: str, key: str, etag: str) -> Fact:
        """What is known of the object with this ETag."""
        fact = self.buckets[bucket].objects.get(key)
        if fact is not None and fact.etag == etag:
            return fact
        return Fact(etag, type="Multipart" if "-" in etag else "Normal")

    def keep(self, bucket: str, key: str, fact: Fact) -> None:
        """Remember it instead of what was known."""
        self.buckets[bucket].objects[key] = fact

    @contextmanager
    def alone(self, bucket: str, key: str) -> Generator[None]:
        """Nobody else changes the object meanwhile."""
        with self._guard:
            lock = self._locks.setdefault((bucket, key), threading.Lock())
        with lock:
            yield
