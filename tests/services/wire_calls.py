"""Calls operations of a store in each way that leads to other requests."""

import http.client
import io
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import pytest

from storewright.core.errors import StorageError
from storewright.core.parts import Part, SignedRequest
from storewright.storage import ListMode

from .stub import Answer, Recorder

__all__ = ["MIB", "SMALL", "Broken", "Callers", "MultipartCallers", "send"]

MIB: Final = 1024 * 1024
SMALL: Final = b"small content"
_LARGE: Final = bytes(8 * MIB + 1)


class Broken(io.RawIOBase):
    """A stream of a part and a bit, and then perhaps an error."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.content, self.fails = io.BytesIO(_LARGE), fails

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self.content.read(size)
        if not chunk and self.fails:
            raise ZeroDivisionError
        return chunk


class Callers:
    """Calls operations that every service may have; a service adds its own."""

    def __init__(self, wire: Recorder[Any], store: Any) -> None:
        self.wire = wire
        self.store = store
        self.part = Part(0, 7, '"e"')

    def __call__(self, op: str, options: Mapping[str, Any]) -> list[Any]:
        """The requests that came of it."""
        caller: Callable[..., None] = getattr(self, op)
        caller(**options)
        return self.wire.take()

    def __getattr__(self, op: str) -> Callable[..., None]:
        """Operations that have no method here make the same requests each time."""
        return partial(self.once, op)

    def once(self, op: str, **options: Any) -> None:
        """Call an operation once, with what its signature demands."""
        arguments = self.given(op) or self.arguments(op)
        self.use(getattr(self.store, op)(*arguments, **options))

    def given(self, op: str) -> tuple[Any, ...] | None:
        """Right arguments for an operation that only some services have."""
        return None

    def arguments(self, op: str) -> tuple[Any, ...]:
        """Right arguments for an operation."""
        given: dict[str, tuple[Any, ...]] = {
            "copy": ("source", "target"),
            "create_dir": ("dir",),
            "create_link": ("link", "target"),
            "delete_batch": (["one", "two"],),
            "list": ("",),
            "move": ("source", "target"),
            "read": ("key", io.BytesIO()),
            "write": ("key", SMALL),
        }
        signing = op == "reach" or op.startswith("query_sign")
        return given.get(op, ("key", 60) if signing else ("key",))

    def use(self, result: Any) -> None:
        """Read a listing to its end; send a signed request; write something."""
        if isinstance(result, str):
            result = SignedRequest("GET", result, {})
        if isinstance(result, SignedRequest):
            self.send(result)
        elif hasattr(result, "continuation_token"):
            list(result)
        elif hasattr(result, "commit"):
            with result:
                result.write(SMALL)

    def send(self, request: SignedRequest) -> None:
        """Send a signed request to where it says."""
        send(request, ca_file=self.wire.ca_file)

    def read(self, **options: Any) -> None:
        self.store.read("key", io.BytesIO(), **options)
        self.store.read_bytes("key", **options)
        if "size" not in options:
            self.store.read_bytes("key", size=0, **options)


class MultipartCallers(Callers):
    """Calls operations of a service that takes objects in parts, as S3 does."""

    header: ClassVar[str]
    """How headers of the vendor's own begin."""

    def given(self, op: str) -> tuple[Any, ...] | None:
        upload = self.store.create("key", multipart_id="upload-0")
        given: dict[str, tuple[Any, ...]] = {
            "complete_multipart": (upload, [self.part]),
            "list_multipart": (upload,),
            "query_sign_http_complete_multipart": (upload, [self.part], 60),
            "query_sign_http_list_multipart": (upload, 60),
            "query_sign_http_write_multipart": (upload, 3, 60),
            "write_multipart": (upload, b"some content", 2),
        }
        return given.get(op)

    def also_of_uploads(self, options: Mapping[str, Any]) -> bool:
        """Whether an upload takes these options, too."""
        return "multipart_id" not in options

    def write(self, **options: Any) -> None:
        self.store.write("key", b"some content", **options)
        if "content_md5" in options or "size" in options:
            return
        self.store.write("key", Broken(fails=False), **options)
        self.lose_answer(lambda: self.store.write("key", Broken(fails=False), **options))
        with pytest.raises(ZeroDivisionError):
            self.store.write("key", Broken(fails=True), **options)

    def open_writer(self, **options: Any) -> None:
        with self.store.open_writer("key", **options) as writer:
            writer.write(SMALL)
        self.large(**options)
        self.lose_answer(lambda: self.large(**options))
        with pytest.raises(ZeroDivisionError):
            self.large(fails=True, **options)
        self.resume(5 * MIB, **options)

    def resume(self, part_size: int, **options: Any) -> None:
        """Suspend a writer, take its upload up again and abort it."""
        writer = self.store.open_writer("key", part_size=part_size, **options)
        writer.write(bytes(part_size + MIB))
        state = writer.suspend()
        self.store.open_writer("key", resume=state, **options).abort()

    def large(self, *, fails: bool = False, **options: Any) -> None:
        with self.store.open_writer("key", part_size=5 * MIB, concurrency=1, **options) as writer:
            writer.write(bytes(6 * MIB))
            if fails:
                raise ZeroDivisionError

    def lose_answer(self, call: Callable[[], object]) -> None:
        """Let Complete fail in a way that leaves open whether it succeeded."""
        self.fail_with("CompleteMultipartUpload", Answer(status=500), call)

    def fail_with(self, kind: str, answer: Answer, call: Callable[[], object]) -> None:
        """The call fails if requests of one kind are answered so."""
        with self.wire.answering(kind, answer), pytest.raises(StorageError):
            call()

    def stat(self, **options: Any) -> None:
        self.store.stat("key", **options)
        if self.also_of_uploads(options):
            self.store.stat("key", multipart_id="upload-0", **options)

    def delete(self, **options: Any) -> None:
        self.store.delete("key", **options)
        if self.also_of_uploads(options):
            self.store.delete("key", multipart_id="upload-0", **options)

    def query_sign_http_delete(self, **options: Any) -> None:
        self.use(self.store.query_sign_http_delete("key", 60, **options))
        if self.also_of_uploads(options):
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
        call = partial(getattr(self.store, op), "source", "target", **options)
        call()
        limits = self.store._limits
        self.store._limits = replace(limits, copy_size_maximum=5)
        told = {"ETag": '"e"', "Content-Length": "7", f"{self.header}-tagging-count": "1"}
        with self.wire.answering("HeadObject", Answer(headers=told)):
            call()
            self.fail_with("UploadPartCopy", Answer(status=403), call)
        self.store._limits = limits


def send(request: SignedRequest, *, proxy: str = "", ca_file: str = "") -> int:
    """Send a signed request with nothing that it does not name; returns the status."""
    address = urlsplit(request.url)
    connection = _connection(proxy or request.url, ca_file)
    names = {name.lower(): value for name, value in request.headers.items()}
    target = f"{address.path}?{address.query}"
    connection.putrequest(request.method, request.url if proxy else target)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    length = int(names.get("content-length", len(request.body)))
    if "content-length" not in names:
        connection.putheader("content-length", str(length))
    connection.endheaders(request.body.ljust(length, b"x"))
    with connection.getresponse() as answer:
        answer.read()
    connection.close()
    return answer.status


def _connection(url: str, ca_file: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    if address.scheme == "http":
        return http.client.HTTPConnection(address.netloc, timeout=60)
    context = ssl.create_default_context(cafile=ca_file)
    return http.client.HTTPSConnection(address.netloc, timeout=60, context=context)
