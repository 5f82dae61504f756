"""What is needed to go on with an upload in another process, as plain JSON values."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn, Protocol, Self, cast, final

from storewright.core.data import SupportsRead, measure
from storewright.core.errors import IntegrityFailed, PairValueInvalid, SizeMismatch
from storewright.core.parts import Part

__all__ = ["Resume", "path_of", "skip_parts"]

_VERSION: Final = 1
_PLAN: Final = ("base", "hold", "ceiling", "growth")
_PIECE_SIZE: Final = 1024 * 1024


@final
@dataclass(frozen=True, slots=True)
class Resume:
    """An upload that is under way: its id, how it is cut, and the parts that are stored."""

    service: str
    path: str
    upload_id: str
    plan: Mapping[str, int | None]
    parts: Mapping[int, Part]

    def to_state(self) -> dict[str, Any]:
        """The same as a dictionary that json can write."""
        parts = [
            [part.index, part.size, part.etag, part.checksum]
            for _, part in sorted(self.parts.items())
        ]
        return {
            "version": _VERSION,
            "service": self.service,
            "path": self.path,
            "upload_id": self.upload_id,
            "offset": sum(part.size for part in self.leading()),
            "plan": dict(self.plan),
            "parts": parts,
        }

    @classmethod
    def from_state(cls, state: Any, service: str, path: str) -> Self:
        """Read what :meth:`to_state` wrote, for the object at ``path``."""
        if not isinstance(state, Mapping):
            raise _refusal("it is not a dictionary that state() returned", service, path)
        known = cast("Mapping[str, Any]", state)
        if known.get("version") != _VERSION:
            raise _refusal("it is not of a version known here", service, path)
        if (known.get("service"), known.get("path")) != (service, path):
            raise _refusal("it belongs to another object", service, path)
        try:
            parts = {int(part[0]): Part(*part) for part in known["parts"]}
            plan = {name: known["plan"][name] for name in _PLAN}
            return cls(service, path, str(known["upload_id"]), plan, parts)
        except (KeyError, TypeError, ValueError, IndexError):
            raise _refusal("it is damaged", service, path) from None

    def leading(self) -> Iterator[Part]:
        """The parts from the first on, up to the first gap."""
        index = 0
        while (part := self.parts.get(index)) is not None:
            yield part
            index += 1


def path_of(state: Any, service: str) -> str:
    """The path of the object that ``state`` belongs to; PairValueInvalid if it does not tell."""
    path = cast("Mapping[str, Any]", state).get("path") if isinstance(state, Mapping) else None
    if not isinstance(path, str):
        raise _refusal("it is not a dictionary that state() returned", service, "")
    return path


def _refusal(reason: str, service: str, path: str) -> PairValueInvalid:
    return PairValueInvalid(
        f"cannot resume from this state: {reason}",
        pair="resume",
        op="open_writer",
        service=service,
        path=path,
    )


class _Hash(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_HASHES: Final[Mapping[str, Callable[[], _Hash]]] = {
    "crc32": _Crc32,
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def _hash_of(part: Part) -> _Hash | None:
    """A hash that can be compared with the part's checksum, if there is one."""
    make = _HASHES.get((part.checksum or "").partition(":")[0])
    return None if make is None else make()


class _Seekable(Protocol):
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


def skip_parts(source: SupportsRead, parts: Sequence[Part], service: str, path: str) -> int:
    """Read past what ``parts`` hold already; returns how many bytes that is.

    A seekable file is positioned without being read, unless checksums of the parts are known: then
    its bytes are compared. Raises IntegrityFailed when they differ, so that the end of one file is
    never joined to the beginning of another, and SizeMismatch when the source is too short.
    """
    total = sum(part.size for part in parts)
    length = measure(source)
    if length is not None and length < total:
        _fail_short(length, total, service, path)
    if length is not None and not any(map(_hash_of, parts)):
        cast("_Seekable", source).seek(total, 1)
        return total
    done = 0
    for part in parts:
        found = _skip_part(source, part, service, path)
        done += found
        if found < part.size:
            _fail_short(done, total, service, path)
    return total


def _skip_part(source: SupportsRead, part: Part, service: str, path: str) -> int:
    """Read one part and compare it; the bytes there were, fewer only at the end."""
    digest, left = _hash_of(part), part.size
    while left and (piece := bytes(source.read(min(left, _PIECE_SIZE)))):
        left -= len(piece)
        if digest is not None:
            digest.update(piece)
    if digest is not None and not left:
        expected = (part.checksum or "").partition(":")[2]
        if base64.b64encode(digest.digest()).decode() != expected:
            message = f"the source is not the one of the upload: part {part.index} differs"
            raise IntegrityFailed(message, op="skip", service=service, path=path)
    return part.size - left


def _fail_short(length: int, total: int, service: str, path: str) -> NoReturn:
    message = f"the source has {length} bytes, but {total} are stored already"
    raise SizeMismatch(message, op="skip", service=service, path=path)
