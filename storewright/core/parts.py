"""Small immutable results and arguments of the operations. All sizes are in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from storewright.core.checks import refuse_type
from storewright.core.record import Record
from storewright.core.redact import MASK, redact

__all__ = ["Block", "Part", "PartLimits", "Segment", "SignedRequest", "WriteResult", "as_parts"]


class Part(Record):
    """One part of a multipart upload, as the service acknowledged it."""

    index: int
    """Position, counted from zero; adapters add one where the service counts from one."""
    size: int
    """Length in bytes."""
    etag: str = ""
    """The service's tag of this part, unmodified (not necessarily an MD5); empty if it has none."""
    checksum: str | None = None
    """The service's checksum of this part, as ``algorithm:base64``, or None."""


class Block(Record):
    """One block of a block object, as the service acknowledged it."""

    id: str
    """The block's id, chosen by the caller of write_block."""
    size: int
    """Length in bytes."""


class Segment(Record):
    """An upload in progress whose bytes are written at offsets, from init_segment."""

    path: str
    """Where the object will appear once the segment is completed."""
    id: str
    """The upload's id, unique only together with the path."""


class SignedRequest(Record):
    """An HTTP request that anybody may send until it expires; its repr hides the signature."""

    method: str
    """``GET``, ``PUT``, ``POST`` or ``DELETE``."""
    url: str
    """Complete URL. It carries the signature: treat it as a secret."""
    headers: Mapping[str, str]
    """Headers that must be sent unchanged, because they are part of the signature."""
    body: bytes = b""
    """What must be sent with it; empty where the sender chooses, as in a write."""

    def __repr__(self) -> str:
        headers = dict.fromkeys(self.headers, MASK)
        return f"SignedRequest({self.method!r}, {redact(self.url)!r}, {headers!r})"


class WriteResult(Record):
    """What is known about an object that has just been written."""

    size: int
    """Length in bytes of the stored object."""
    etag: str | None = None
    """The service's tag of the object, unmodified, or None."""
    version: str | None = None
    """The service's version id, or None where versions are off or unknown."""
    checksum: str | None = None
    """The checksum the service computed, as ``algorithm:base64``, or None."""
    parts: tuple[Part, ...] = ()
    """The parts it was made of; empty when it was sent in one request."""
    path: str = ""
    """Path of the object, relative to work_dir."""


class PartLimits(Record):
    """What a service demands of the parts of an upload (``[limits]`` of its spec)."""

    part_minimum: int = 0
    """Smallest part in bytes; the last part may be smaller."""
    part_maximum: int | None = None
    """Largest part in bytes; None means no limit."""
    parts_maximum: int | None = None
    """Most parts of one upload; None means no limit."""
    size_maximum: int | None = None
    """Largest whole object in bytes; None means no limit."""
    equal_parts: bool = False
    """True where all parts but the last must have the same size."""
    put_maximum: int | None = None
    """Largest object in bytes that one request may carry; None means no limit."""


def as_parts(name: str, value: object) -> list[Part]:
    """A new list from any iterable of Part, also from one that can be gone through only once."""
    if not isinstance(value, Iterable):
        refuse_type(name, "a list of Part", value)
    parts: list[Part] = []
    for item in cast("Iterable[object]", value):
        if not isinstance(item, Part):
            refuse_type(name, "a list of Part", item)
        parts.append(item)
    return parts
