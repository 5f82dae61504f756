"""Calls operations of a store in each way that leads to other requests."""

import http.client
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from storewright.core.errors import StorageError
from storewright.core.parts import Part, SignedRequest
from storewright.services.cos import CosStorage
from storewright.storage import ListMode, ObjectMode

from .stub import Answer, Request, Stub

__all__ = ["Callers", "send"]

MIB: Final = 1024 * 1024
SMALL: Final = b"small content"
LARGE: Final = bytes(8 * MIB + 1)


class Broken(io.RawIOBase):
    """A stream of a part and a bit, and then an error."""

    def __init__(self, content: bytes, *, fails: bool) -> None:
        super().__init__()
        self.content, self.fails = io.BytesIO(content), fails

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self.content.read(size)
        if not chunk and self.fails:
            raise ZeroDivisionError
        return chunk


class Callers:
    """Calls an operation in each way that leads to other requests."""

    def __init__(self, wire: Stub, store: CosStorage) -> None:
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
        upload, log = self.upload(), self.store.create("log", object_mode=ObjectMode.APPEND)
        log.append_offset = 17
        given: dict[str, tuple[Any, ...]] = {
            "commit_append": (log,),
            "complete_multipart": (upload, [self.part]),
            "copy": ("source", "target"),
            "create_dir": ("dir",),
            "create_link": ("link", "target"),
            "delete_batch": (["one", "two\x01"],),
            "list": ("",),
            "list_multipart": (upload,),
            "move": ("source", "target"),
            "query_sign_http_complete_multipart": (upload, [self.part], 60),
            "query_sign_http_list_multipart": (upload, 60),
            "query_sign_http_write_multipart": (upload, 3, 60),
            "read": ("key", io.BytesIO()),
            "write": ("key", SMALL),
            "write_multipart": (upload, b"some content", 2),
            "write_append": (log, b"some content"),
        }
        signing = op == "reach" or op.startswith("query_sign")
        return given.get(op, ("key", 60) if signing else ("key",))

    @staticmethod
    def everything(store: CosStorage) -> Any:
        """The store with the operations that its features added, of which its type is silent."""
        return store

    def upload(self) -> Any:
        return self.store.create("key", multipart_id="upload-0")

    def use(self, result: Any) -> None:
        """Read a listing to its end; send a signed request; write something."""
        if isinstance(result, str):
            result = SignedRequest("GET", result, {})
        if isinstance(result, SignedRequest):
            send(result, self.wire.endpoint)
        elif hasattr(result, "continuation_token"):
            list(result)
        elif hasattr(result, "commit"):
            with result:
                result.write(SMALL)

    def write(self, **options: Any) -> None:
        if "content_md5" in options or "size" in options:
            self.store.write("key", b"some content", **options)
            return
        self.store.write("key", SMALL, **options)
        self.store.write("key", Broken(LARGE, fails=False), **options)
        self.lose_answer(lambda: self.store.write("key", Broken(LARGE, fails=False), **options))
        with pytest.raises(ZeroDivisionError):
            self.store.write("key", Broken(LARGE, fails=True), **options)

    def open_writer(self, **options: Any) -> None:
        with self.store.open_writer("key", **options) as writer:
            writer.write(SMALL)
        self.large(**options)
        self.lose_answer(lambda: self.large(**options))
        with pytest.raises(ZeroDivisionError):
            self.large(fails=True, **options)
        writer = self.store.open_writer("key", part_size=5 * MIB, **options)
        writer.write(bytes(6 * MIB))
        state = writer.suspend()
        self.store.open_writer("key", resume=state, **options).abort()

    def large(self, *, fails: bool = False, **options: Any) -> None:
        with self.store.open_writer("key", part_size=5 * MIB, concurrency=1, **options) as writer:
            writer.write(bytes(6 * MIB))
            if fails:
                raise ZeroDivisionError

    def lose_answer(self, call: Callable[[], object]) -> None:
        """Let Complete fail in a way that leaves open whether it succeeded."""
        before = self.wire.answers["CompleteMultipartUpload"]
        self.wire.answers["CompleteMultipartUpload"] = Answer(status=500)
        try:
            with pytest.raises(StorageError):
                call()
        finally:
            self.wire.answers["CompleteMultipartUpload"] = before

    def read(self, **options: Any) -> None:
        self.store.read("key", io.BytesIO(), **options)
        self.store.read_bytes("key", **options)
        if "size" not in options:
            self.store.read_bytes("key", size=0, **options)

    def stat(self, **options: Any) -> None:
        if "multipart_id" in options:
            self.store.stat("key", **options)
            return
        self.store.stat("key", **options)
        self.store.stat("key", multipart_id="upload-0", **options)

    def delete(self, **options: Any) -> None:
        self.store.delete("key", **options)
        if "multipart_id" not in options:
            self.store.delete("key", multipart_id="upload-0", **options)

    def query_sign_http_delete(self, **options: Any) -> None:
        self.use(self.store.query_sign_http_delete("key", 60, **options))
        if "multipart_id" not in options:
            signed = self.store.query_sign_http_delete("key", 60, multipart_id="u", **options)
            self.use(signed)

    def list(self, **options: Any) -> None:
        for extra in ({}, {"list_mode": ListMode.PART}, {"list_versions": True}):
            self.use(self.store.list("", **options, **extra))

    def copy(self, **options: Any) -> None:
        self.twice("copy", options)

    def move(self, **options: Any) -> None:
        self.twice("move", options)

    def twice(self, op: str, options: Mapping[str, Any]) -> None:
        """With one request, and part by part; the latter also with an error."""
        getattr(self.store, op)("source", "target", **options)
        limits = self.store._limits
        head = self.wire.answers["HeadObject"]
        self.store._limits = replace(limits, copy_size_maximum=5)
        tags = {"x-cos-tagging-count": "1"}
        self.wire.answers["HeadObject"] = Answer(
            headers={"ETag": '"e"', "Content-Length": "7", **tags}
        )
        getattr(self.store, op)("source", "target", **options)
        copied = self.wire.answers["UploadPartCopy"]
        self.wire.answers["UploadPartCopy"] = Answer(status=403)
        with pytest.raises(StorageError):
            getattr(self.store, op)("source", "target", **options)
        self.wire.answers |= {"UploadPartCopy": copied, "HeadObject": head}
        self.store._limits = limits


def send(request: SignedRequest, proxy: str) -> None:
    """Send a signed request as it is, without anything that it does not name."""
    connection = http.client.HTTPConnection(urlsplit(proxy).netloc, timeout=10)
    names = {name.lower(): value for name, value in request.headers.items()}
    connection.putrequest(request.method, request.url)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    length = int(names.get("content-length", len(request.body)))
    if "content-length" not in names:
        connection.putheader("content-length", str(length))
    connection.endheaders(request.body.ljust(length, b"x"))
    connection.getresponse().read()
    connection.close()
