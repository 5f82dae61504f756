"""Calls operations of OSS in each way that leads to other requests."""

from typing import Any

from typing_extensions import override

from storewright.storage import ObjectMode
from tests.services.wire_calls import MultipartCallers

from .stub import Answer

__all__ = ["Callers"]


class Callers(MultipartCallers):
    """Calls operations of OSS in each way that leads to other requests."""

    header = "x-oss"

    @override
    def given(self, op: str) -> tuple[Any, ...] | None:
        given: dict[str, tuple[Any, ...]] = {
            "delete_batch": (["one", "two\x01"],),
            "write_append": (
                self.store.create("log", object_mode=ObjectMode.APPEND),
                b"some content",
            ),
        }
        return given.get(op) or super().given(op)

    @override
    def stat(self, **options: Any) -> None:
        """Of a link, too, whose target takes a request of its own."""
        super().stat(**options)
        if "multipart_id" not in options:
            link = Answer(headers={"x-oss-object-type": "Symlink"})
            with self.wire.answering("HeadObject", link):
                self.store.stat("key", **options)
