"""Calls operations of GCS in each way that leads to other requests."""

from collections.abc import Mapping
from typing import Any

import pytest
from typing_extensions import override

from tests.services.wire_calls import MIB, SMALL, Broken, MultipartCallers

from .stub import Answer

__all__ = ["Callers"]


class Callers(MultipartCallers):
    """Calls operations of GCS in each way that leads to other requests."""

    @override
    def also_of_uploads(self, options: Mapping[str, Any]) -> bool:
        return options.keys() <= {"user_project"}

    @override
    def write(self, **options: Any) -> None:
        self.store.write("key", b"some content", **options)
        if "size" in options:
            return
        if "content_md5" in options:
            with pytest.raises(Exception, match="content_md5"):
                self.store.write("key", Broken(fails=False), **options)
            return
        self.store.write("key", Broken(fails=False), **options)
        with pytest.raises(ZeroDivisionError):
            self.store.write("key", Broken(fails=True), **options)

    @override
    def open_writer(self, **options: Any) -> None:
        with self.store.open_writer("key", **options) as writer:
            writer.write(SMALL)
        self.large(**options)
        with pytest.raises(ZeroDivisionError):
            self.large(fails=True, **options)
        self.resume(MIB, **options)

    @override
    def large(self, *, fails: bool = False, **options: Any) -> None:
        with self.store.open_writer("key", part_size=MIB, **options) as writer:
            writer.write(bytes(2 * MIB))
            if fails:
                raise ZeroDivisionError

    @override
    def copy(self, **options: Any) -> None:
        """In one request, and in two."""
        self.once("copy", **options)
        more = Answer(b'{"done": false, "rewriteToken": "token"}')
        with self.wire.answering("RewriteObject", [more, Answer(b'{"done": true}')]):
            self.once("copy", **options)

    @override
    def move(self, **options: Any) -> None:
        self.once("move", **options)
