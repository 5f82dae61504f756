"""A custom endpoint just works: nobody has to know a profile in order to store and to delete.

boto3 as it comes fails in each of these places, which the tests show first.
"""

import io
import uuid
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError

from storewright import storage
from storewright.services.s3 import S3Storage
from storewright.testing.servers import Ceph, JuiceFS, Rclone, S3Server, Swift
from tests.conftest import Running

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

pytestmark = [pytest.mark.server, pytest.mark.slow]

MIB: Final = 1024 * 1024
CONTENT: Final = uuid.uuid4().bytes * (MIB // 2)
"""Eight MiB: more than a part."""
OVER_TLS: Final = [
    pytest.param(Ceph, marks=pytest.mark.xdist_group("Ceph over TLS")),
    pytest.param(Rclone, marks=pytest.mark.xdist_group("rclone")),
]
BATCHES: Final = [
    pytest.param(JuiceFS, marks=pytest.mark.xdist_group("JuiceFS")),
    pytest.param(Swift, marks=pytest.mark.xdist_group("Swift")),
]


class Unknown(io.RawIOBase):
    """A stream of unknown length."""

    def __init__(self) -> None:
        super().__init__()
        self.left = memoryview(CONTENT)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        piece, self.left = self.left[: len(target)], self.left[len(target) :]
        target[: len(piece)] = piece
        return len(piece)


def open_by_string(server: S3Server) -> S3Storage:
    """A store on a new bucket, given only what a user must know."""
    bucket = f"custom-{uuid.uuid4().hex}"
    options: dict[str, Any] = {"ca_bundle": str(server.ca_file)} if server.tls else {}
    store = storage.open(server.connection(bucket), type=S3Storage, **options)
    store.client.create_bucket(Bucket=bucket)
    return store


@pytest.mark.parametrize("kind", OVER_TLS)
def test_content_is_stored_over_tls(running: Running, kind: type[S3Server]) -> None:
    server = running(kind, tls=True)
    store = open_by_string(server)
    with pytest.raises(ClientError, match="MissingContentLength"):
        server.client().put_object(Bucket=store.metadata().name, Key="a", Body=b"1")
    store.write("a", b"1")
    assert store.read_bytes("a") == b"1"
    store.write("stream", Unknown())
    assert store.read_bytes("stream") == CONTENT
    with store.open_writer("writer", part_size=5 * MIB) as writer:
        for piece in (CONTENT[:MIB], CONTENT[MIB:]):
            writer.write(piece)
    assert store.read_bytes("writer") == CONTENT
    assert writer.result is not None
    assert len(writer.result.parts) == 2


@pytest.mark.parametrize("kind", OVER_TLS)
def test_parts_are_stored_over_tls(running: Running, kind: type[S3Server]) -> None:
    store = open_by_string(running(kind, tls=True))
    made = store.create_multipart("a")
    parts = [store.write_multipart(made, piece, i) for i, piece in enumerate((CONTENT, b"last"))]
    store.complete_multipart(made, parts)
    assert store.read_bytes("a") == CONTENT + b"last"
    store.copy("a", "b")
    assert store.read_bytes("b") == CONTENT + b"last"


@pytest.mark.parametrize("kind", BATCHES)
def test_a_batch_is_deleted(running: Running, kind: type[S3Server]) -> None:
    server = running(kind)
    store = open_by_string(server)
    for name in "ab":
        store.write(name, b"1")
    objects: Any = {"Objects": [{"Key": "a"}, {"Key": "b"}]}
    with pytest.raises(ClientError, match=r"MissingContentMD5|InvalidRequest"):
        server.client().delete_objects(Bucket=store.metadata().name, Delete=objects)
    assert store.delete_batch(["a", "b"]) == 2
    assert list(store.list()) == []


@pytest.mark.xdist_group("Ceph over TLS")
def test_a_batch_is_deleted_over_tls(running: Running) -> None:
    store = open_by_string(running(Ceph, tls=True))
    store.write("a", b"1")
    assert store.delete_batch(["a", "missing"]) == 2
    assert list(store.list()) == []
