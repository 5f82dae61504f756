"""Calls operations of S3 in each way that leads to other requests."""

from typing import Any, Final

from typing_extensions import override

from storewright.core.parts import Segment
from tests.services.wire_calls import MIB, MultipartCallers

from .stub import Answer

__all__ = ["Callers"]

_NO_PARTS: Final = b"<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>"


class Callers(MultipartCallers):
    """Calls operations of S3 in each way that leads to other requests."""

    header = "x-amz"

    @override
    def given(self, op: str) -> tuple[Any, ...] | None:
        segment = self.segment()
        given: dict[str, tuple[Any, ...]] = {
            "abort_segment": (segment,),
            "complete_segment": (segment,),
            "delete_batch": (["one", "two\x01"],),
            "list_segments": ("",),
            "write_segment": (segment, b"some content", 10 * MIB),
        }
        return given.get(op) or super().given(op)

    def segment(self) -> Segment:
        return Segment("key", "upload-0")

    def complete_segment(self, **options: Any) -> None:
        self.once("complete_segment", **options)
        with self.wire.answering("ListParts", Answer(_NO_PARTS)):
            self.once("complete_segment", **options)
