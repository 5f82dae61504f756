"""Calls operations of a store in each way that leads to other requests."""

import http.client
import io
import ssl
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from storewright.core.parts import SignedRequest
from storewright.services.azblob import AzblobStorage
from storewright.storage import ListMode, ObjectMode

from .stub import ETAG, Answer, Request, Stub

__all__ = ["Callers", "send"]

MIB: Final = 1024 * 1024
SMALL: Final = b"small content"
REWRITING: Final = (
    "content_disposition",
    "content_encoding",
    "content_language",
    "cache_control",
    "content_type",
    "encryption_key",
    "encryption_scope",
    "copy_source_encryption_key",
)
"""Options with which a copy is made from the source's URL."""


class Callers:
    """Calls an operation in each way that leads to other requests."""

    def __init__(self, wire: Stub, store: AzblobStorage) -> None:
        self.wire: Stub = wire
        self.store: Any = store

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
        blocky = self.store.create("key", object_mode=ObjectMode.BLOCK)
        appendable = self.store.create("key", object_mode=ObjectMode.APPEND)
        pages = self.store.create("key", object_mode=ObjectMode.PAGE)
        given: dict[str, tuple[Any, ...]] = {
            "combine_block": (blocky, ["b1"]),
            "commit_append": (appendable,),
            "copy": ("source", "target"),
            "create_dir": ("dir",),
            "create_link": ("link", "target"),
            "delete_batch": (["one", "two"],),
            "list_block": (blocky,),
            "move": ("source", "target"),
            "read": ("key", io.BytesIO()),
            "write": ("key", SMALL),
            "write_append": (appendable, b"some content"),
            "write_block": (blocky, b"some content", "b1"),
            "write_page": (pages, bytes(512), 0),
        }
        signing = op == "reach" or op.startswith("query_sign")
        return given.get(op, ("key", 60) if signing else ("key",))

    def use(self, result: Any) -> None:
        """Read a listing to its end; send a signed request; write something."""
        if isinstance(result, str):
            result = SignedRequest("GET", result, {})
        if isinstance(result, SignedRequest):
            send(result, self.wire.ca_file)
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
        self.store.write("key", io.BytesIO(bytes(8 * MIB + 1)), **options)
        self.lose_answer(lambda: self.store.write("key", io.BytesIO(bytes(9 * MIB)), **options))

    def open_writer(self, **options: Any) -> None:
        with self.store.open_writer("key", **options) as writer:
            writer.write(SMALL)
        self.large(**options)
        self.lose_answer(lambda: self.large(**options))

    def large(self, **options: Any) -> None:
        with self.store.open_writer("key", part_size=MIB, concurrency=1, **options) as writer:
            writer.write(bytes(2 * MIB))

    def lose_answer(self, call: Callable[[], object]) -> None:
        """Let the publishing request fail although it published."""
        ids: list[str] = []

        def other(request: Request) -> Answer | None:
            if request.kind == "PutBlock":
                ids.append(request.query["blockid"])
            if request.kind == "PutBlockList":
                return Answer(status=500)
            if request.kind == "GetBlockList":
                return _committed(ids)
            return None

        self.wire.other = other
        try:
            call()
        finally:
            self.wire.other = None

    def read(self, **options: Any) -> None:
        self.store.read("key", io.BytesIO(), **options)
        self.store.read_bytes("key", **options)
        if "size" not in options and "offset" not in options:
            self.store.read_bytes("key", size=0, **options)

    def delete(self, **options: Any) -> None:
        self.store.delete("key", **options)

    def list(self, **options: Any) -> None:
        self.use(self.store.list("", **options))
        self.use(self.store.list("", list_mode=ListMode.DIR, **options))

    def create_block(self, **options: Any) -> None:
        self.store.combine_block(self.store.create_block("key", **options), ["b1"])

    def write_page(self, **options: Any) -> None:
        page = self.store.create("key", object_mode=ObjectMode.PAGE)
        self.store.write_page(page, bytes(512), 512, **options)

    def copy(self, **options: Any) -> None:
        self.twice("copy", options)

    def move(self, **options: Any) -> None:
        self.twice("move", options)

    def twice(self, op: str, options: Mapping[str, Any]) -> None:
        """With one request, and block by block if it is made from the source's URL."""
        getattr(self.store, op)("source", "target", **options)
        if not any(name in options for name in REWRITING):
            return
        limits = self.store._limits
        self.store._limits = replace(limits, copy_size_maximum=5)
        getattr(self.store, op)("source", "target", **options)
        self.store._limits = limits


def _committed(ids: list[str]) -> Answer:
    blocks = "".join(
        f"<Block><Name>{i}</Name><Size>1</Size></Block>" for i in sorted(ids, key=b64decode)
    )
    text = f"<BlockList><CommittedBlocks>{blocks}</CommittedBlocks></BlockList>"
    headers = {"Content-Type": "application/xml", "ETag": ETAG}
    return Answer(f'<?xml version="1.0"?>{text}'.encode(), headers=headers)


def send(request: SignedRequest, ca_file: str) -> int:
    """Send a signed request as it is, without anything that it does not name."""
    address = urlsplit(request.url)
    context = ssl.create_default_context(cafile=ca_file)
    connection = http.client.HTTPSConnection(address.netloc, timeout=10, context=context)
    names = {name.lower() for name in request.headers}
    connection.putrequest(request.method, f"{address.path}?{address.query}")
    for name, value in request.headers.items():
        connection.putheader(name, value)
    length = int(request.headers.get("content-length", len(request.body)))
    if "content-length" not in names:
        connection.putheader("content-length", str(length))
    connection.endheaders(request.body.ljust(length, b"x"))
    with connection.getresponse() as answer:
        answer.read()
        status = answer.status
    connection.close()
    return status
