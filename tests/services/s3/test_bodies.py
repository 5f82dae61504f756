"""What a failing or lying file leaves at the server: nothing, over http and over TLS."""

import hashlib
from base64 import b64encode
from io import BytesIO
from typing import Final

import pytest

from storewright.core.errors import IntegrityFailed, SizeMismatch

from .conftest import OpenStore

MIB: Final = 1024 * 1024


class Stream:
    """A file that cannot be taken back, as a pipe."""

    def __init__(self, content: bytes, fail_at: int | None = None) -> None:
        self._file, self._fail_at = BytesIO(content), fail_at

    def read(self, size: int, /) -> bytes:
        if self._fail_at is not None and self._file.tell() + size > self._fail_at:
            raise ZeroDivisionError
        return self._file.read(size)


class Failing(BytesIO):
    """A file that can be taken back and fails in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= MIB:
            raise ZeroDivisionError
        return super().read(MIB)


@pytest.mark.server
@pytest.mark.parametrize("size", [2 * MIB, 20 * MIB])
def test_a_file_that_fails_publishes_nothing(open_store: OpenStore, size: int) -> None:
    store = open_store()
    store.write("a", b"old")
    for data in (Failing(bytes(size)), Stream(bytes(size), fail_at=size - 1)):
        with pytest.raises(ZeroDivisionError):
            store.write("a", data, size=size)
        assert store.read_bytes("a") == b"old"
    assert list(store.list("", list_mode=4)) == []


@pytest.mark.server
@pytest.mark.parametrize("size", [2 * MIB, 20 * MIB])
def test_a_file_that_ends_early_publishes_nothing(open_store: OpenStore, size: int) -> None:
    store = open_store()
    for data in (BytesIO(bytes(size)), Stream(bytes(size))):
        with pytest.raises(SizeMismatch):
            store.write("a", data, size=size + 1)
    assert [item.path for item in store.list("")] == []
    assert list(store.list("", list_mode=4)) == []


@pytest.mark.server
@pytest.mark.parametrize("size", [3, 20 * MIB])
def test_a_digest_is_checked(open_store: OpenStore, size: int) -> None:
    store, content = open_store(), bytes(range(3)) * (size // 3)
    digest = b64encode(hashlib.md5(content).digest()).decode()
    for data in (content, BytesIO(content), Stream(content)):
        assert store.write("a", data, content_md5=digest) == len(content)
        assert store.stat("a").content_length == len(content)
        store.delete("a")
    for data in (content[::-1], BytesIO(content[::-1]), Stream(content[::-1])):
        with pytest.raises(IntegrityFailed):
            store.write("a", data, content_md5=digest)
    assert list(store.list("")) == []
    assert list(store.list("", list_mode=4)) == []
