"""Calls operations of COS in each way that leads to other requests."""

from typing import Any

from typing_extensions import override

from storewright.core.parts import SignedRequest
from storewright.storage import ObjectMode
from tests.services.wire_calls import MultipartCallers, send

__all__ = ["Callers"]


class Callers(MultipartCallers):
    """Calls operations of COS in each way that leads to other requests."""

    header = "x-cos"

    @override
    def given(self, op: str) -> tuple[Any, ...] | None:
        log = self.store.create("log", object_mode=ObjectMode.APPEND)
        log.append_offset = 17
        given: dict[str, tuple[Any, ...]] = {
            "commit_append": (log,),
            "delete_batch": (["one", "two\x01"],),
            "write_append": (log, b"some content"),
        }
        return given.get(op) or super().given(op)

    @override
    def send(self, request: SignedRequest) -> None:
        send(request, proxy=self.wire.endpoint)
