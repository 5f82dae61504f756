"""Calls operations of Azure in each way that leads to other requests."""

import io
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from typing_extensions import override

from storewright.storage import ListMode, ObjectMode
from tests.services import wire_calls
from tests.services.wire_calls import MIB, SMALL

from .stub import ETAG, Answer, Request, xml

__all__ = ["Callers"]

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


class Callers(wire_calls.Callers):
    """Calls operations of Azure in each way that leads to other requests."""

    @override
    def given(self, op: str) -> tuple[Any, ...] | None:
        blocky = self.store.create("key", object_mode=ObjectMode.BLOCK)
        appendable = self.store.create("key", object_mode=ObjectMode.APPEND)
        pages = self.store.create("key", object_mode=ObjectMode.PAGE)
        given: dict[str, tuple[Any, ...]] = {
            "combine_block": (blocky, ["b1"]),
            "commit_append": (appendable,),
            "list_block": (blocky,),
            "write_append": (appendable, b"some content"),
            "write_block": (blocky, b"some content", "b1"),
            "write_page": (pages, bytes(512), 512),
        }
        return given.get(op)

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

    def list(self, **options: Any) -> None:
        self.use(self.store.list("", **options))
        self.use(self.store.list("", list_mode=ListMode.DIR, **options))

    def create_block(self, **options: Any) -> None:
        self.store.combine_block(self.store.create_block("key", **options), ["b1"])

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
    answer = xml(f"<BlockList><CommittedBlocks>{blocks}</CommittedBlocks></BlockList>")
    answer.headers["ETag"] = ETAG
    return answer
