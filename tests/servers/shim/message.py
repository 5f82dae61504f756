"""What goes through the shim: requests as they came, and answers as they go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

__all__ = ["Account", "Readable", "Refused", "Request", "Response", "words"]


class Readable(Protocol):
    """A body that has not been read yet."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Account:
    """Keys that may sign requests to the emulated vendor."""

    access_key: str
    secret_key: str
    region: str
    token: str = ""
    """What must come with the keys if they are temporary ones."""


@dataclass
class Request:
    """One request as it came over the wire."""

    method: str
    raw_path: str
    """Percent-encoded, as it was sent."""
    query: list[tuple[str, str]]
    """Decoded, in the order they were sent; a parameter without a value has an empty one."""
    headers: Mapping[str, str]
    """Under lower-case names."""
    body: Readable
    length: int | None
    """None for a body in chunks."""
    bucket: str = ""
    key: str = ""

    @property
    def params(self) -> dict[str, str]:
        """The query as a map."""
        return dict(self.query)

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    def split_path(self) -> tuple[str, str]:
        """Bucket and key, where the path names both."""
        bucket, _, key = self.raw_path.removeprefix("/").partition("/")
        return unquote(bucket), unquote(key)

    def content(self) -> bytes:
        """All of the body, which is short."""
        return b"".join(iter(lambda: self.body.read(1 << 20), b""))


@dataclass
class Response:
    """One answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Under lower-case names."""
    body: bytes | Readable = b""
    length: int | None = None
    """The Content-Length, where it is not that of ``body``: of a stream, or of HEAD."""


class Refused(Exception):
    """A request that is answered with an error, in the vendor's words."""

    def __init__(
        self, status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})


def words(text: str) -> frozenset[str]:
    """The words of a text, which reads better than a list of names."""
    return frozenset(text.split())
