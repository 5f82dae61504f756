"""Appending: each append says where the object ends, and OSS refuses it if that is not so."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final, final

from storewright.core.bodies import MemoryBody
from storewright.generated.objects import Object
from storewright.services.oss import checksums
from storewright.services.oss.sdk import Bucket

__all__ = ["Tails"]

_STRIPES: Final = 16


@final
class Tails:
    """Where the objects end that this store appends to, and the checksums of what is there.

    Appends to one object are made one after the other, by whichever threads.
    """

    def __init__(self) -> None:
        self._locks = [threading.Lock() for _ in range(_STRIPES)]
        self._crcs: dict[str, tuple[int, int]] = {}

    def begin(self, bucket: Bucket, key: str, headers: Mapping[str, str]) -> None:
        """Make an empty object that can be appended to, instead of what is there."""
        with self._lock(key):
            bucket.append_object(key, 0, b"", headers)
            self._crcs[key] = (0, 0)

    def append(
        self,
        bucket: Bucket,
        key: str,
        object: Object,
        data: bytes | memoryview,
        headers: Mapping[str, str],
    ) -> None:
        """Append to the object, whose append_offset moves on."""
        if not len(data):
            return
        with self._lock(key):
            offset = object.append_offset or 0
            known = self._crcs.pop(key, None)
            before = known[1] if known is not None and known[0] == offset else None
            answer = bucket.append_object(key, offset, MemoryBody(data), headers)
            expected = None if before is None else checksums.crc(data, before)
            checksums.check(answer.headers, expected, "append")
            object.append_offset = object.content_length = answer.next_position
            if expected is not None:
                self._crcs[key] = (answer.next_position, expected)

    def _lock(self, key: str) -> threading.Lock:
        return self._locks[hash(key) % _STRIPES]
