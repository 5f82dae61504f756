"""Calls operations of a store in each way that leads to other requests."""

import http.client
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from storewright.core.parts import Part, SignedRequest
from storewright.services.gcs import GcsStorage
from storewright.storage import ListMode

from .stub import Answer, Request, Stub

__all__ = ["Callers", "send"]

MIB: Final = 1024 * 1024
SMALL: Final = b"small content"


class Broken(io.RawIOBase):
    """A stream of a part and a bit, and then perhaps an error."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.content, self.fails = io.BytesIO(bytes(8 * MIB + 1)), fails

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self.content.read(size)
        if not chunk and self.fails:
            raise ZeroDivisionError
        return chunk


class Callers:
    """Calls an operation in each way that leads to other requests."""

    def __init__(self, wire: Stub, store: GcsStorage) -> None:
        self.wire: Stub = wire
        self.store: Any = store
        self.part = Part(0, 7, '"e"')

    def __call__(self, op: str, options: Mapping[str, Any]) -> list[Request]:
        """The requests that came of it."""
        caller: Callable[..., None] = getattr(self, op)
        caller(**options)
        return self.wire.take()

    def __getattr__(self, op: str) -> Callable[..., None]:
        """Operations that have no method here make the same requests each time."""
        return partial(self.once, op)

    def once(self, op: str, **options: Any) -> None:
        """Call an operation once, with what its signature demands."""
        self.use(getattr(self.store, op)(*self.arguments(op), **options))

    def arguments(self, op: str) -> tuple[Any, ...]:
        """Right arguments for an operation."""
        upload = self.store.create("key", multipart_id="upload-0")
        given: dict[str, tuple[Any, ...]] = {
            "complete_multipart": (upload, [self.part]),
            "copy": ("source", "target"),
            "create_dir": ("dir",),
            "create_link": ("link", "target"),
            "delete_batch": (["one", "two"],),
            "list_multipart": (upload,),
            "move": ("source", "target"),
            "query_sign_http_complete_multipart": (upload, [self.part], 60),
            "query_sign_http_list_multipart": (upload, 60),
            "query_sign_http_write_multipart": (upload, 3, 60),
            "read": ("key", io.BytesIO()),
            "write": ("key", b"some content"),
            "write_multipart": (upload, b"some content", 2),
        }
        signing = op == "reach" or op.startswith("query_sign")
        return given.get(op, ("key", 60) if signing else ("key",))

    def use(self, result: Any) -> None:
        """Read a listing to its end; send a signed request; write something."""
        if isinstance(result, str):
            result = SignedRequest("GET", result, {})
        if isinstance(result, SignedRequest):
            send(result)
        elif hasattr(result, "continuation_token"):
            list(result)
        elif hasattr(result, "commit"):
            with result:
                result.write(b"some content")

    def write(self, **options: Any) -> None:
        if "size" in options:
            self.store.write("key", b"some content", **options)
            return
        self.store.write("key", b"some content", **options)
        if "content_md5" in options:
            with pytest.raises(Exception, match="content_md5"):
                self.store.write("key", Broken(fails=False), **options)
            return
        self.store.write("key", Broken(fails=False), **options)
        with pytest.raises(ZeroDivisionError):
            self.store.write("key", Broken(fails=True), **options)

    def open_writer(self, **options: Any) -> None:
        with self.store.open_writer("key", **options) as writer:
            writer.write(SMALL)
        with self.store.open_writer("key", part_size=MIB, **options) as writer:
            writer.write(bytes(2 * MIB))
        with pytest.raises(ZeroDivisionError):
            self.fail_in_the_block(**options)
        writer = self.store.open_writer("key", part_size=MIB, **options)
        writer.write(bytes(2 * MIB))
        state = writer.suspend()
        self.store.open_writer("key", resume=state, **options).abort()

    def fail_in_the_block(self, **options: Any) -> None:
        with self.store.open_writer("key", part_size=MIB, **options) as writer:
            writer.write(bytes(2 * MIB))
            raise ZeroDivisionError

    def read(self, **options: Any) -> None:
        self.store.read("key", io.BytesIO(), **options)
        self.store.read_bytes("key", **options)
        if "size" not in options:
            self.store.read_bytes("key", size=0, **options)

    def stat(self, **options: Any) -> None:
        self.store.stat("key", **options)
        if options.keys() <= {"user_project"}:
            self.store.stat("key", multipart_id="upload-0", **options)

    def delete(self, **options: Any) -> None:
        self.store.delete("key", **options)
        if options.keys() <= {"user_project"}:
            self.store.delete("key", multipart_id="upload-0", **options)

    def query_sign_http_delete(self, **options: Any) -> None:
        self.use(self.store.query_sign_http_delete("key", 60, **options))
        if options.keys() <= {"user_project"}:
            signed = self.store.query_sign_http_delete("key", 60, multipart_id="u", **options)
            self.use(signed)

    def list(self, **options: Any) -> None:
        for extra in ({}, {"list_mode": ListMode.PART}, {"list_versions": True}):
            self.use(self.store.list("", **options, **extra))

    def copy(self, **options: Any) -> None:
        self.store.copy("source", "target", **options)
        before = self.wire.answers["RewriteObject"]
        more = Answer(b'{"done": false, "rewriteToken": "token"}')
        self.wire.answers["RewriteObject"] = [more, Answer(b'{"done": true}')]
        self.store.copy("source", "target", **options)
        self.wire.answers["RewriteObject"] = before


def send(request: SignedRequest) -> None:
    """Send a signed request as it is, without anything that it does not name."""
    address = urlsplit(request.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    names = {name.lower() for name in request.headers}
    connection.putrequest(request.method, f"{address.path}?{address.query}")
    for name, value in request.headers.items():
        connection.putheader(name, value)
    length = int(request.headers.get("content-length", len(request.body)))
    if "content-length" not in names:
        connection.putheader("content-length", str(length))
    connection.endheaders(request.body.ljust(length, b"x"))
    connection.getresponse().read()
    connection.close()
