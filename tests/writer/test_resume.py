"""Going on with an upload that another writer began: nothing twice, nothing missing, no mixture."""

import base64
import hashlib
import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.errors import (
    ConnectionFailed,
    IntegrityFailed,
    ObjectNotExist,
    PairConflict,
    PairValueInvalid,
    SizeMismatch,
    WriterAborted,
)
from storewright.core.parts import Part
from storewright.core.writer import Writer
from tests.writer.support import SMALL, MemorySink, Service, fails_at

DATA = bytes(range(256)) * 2


@pytest.fixture
def service() -> Service:
    return Service()


def suspended(service: Service, size: int, **options: Any) -> dict[str, Any]:
    """The state, gone through json, of a writer that was suspended after ``size`` bytes."""
    writer = service.writer(**options)
    writer.write(DATA[:size])
    state: dict[str, Any] = json.loads(json.dumps(writer.suspend()))
    assert writer.closed
    return state


def finish(service: Service, state: dict[str, Any], **options: Any) -> Writer:
    """Resume, skip what is there, and write the rest."""
    source = io.BytesIO(DATA)
    with service.writer(resume=state, **options) as writer:
        writer.skip(source)
        writer.write(source.read())
    return writer


@pytest.mark.parametrize("size", [0, 3, 8, 9, 16, 100, 400, 512])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_resume_completes_the_object(service: Service, size: int, concurrency: int) -> None:
    state = suspended(service, size, concurrency=concurrency)
    assert not service.objects
    sent = service.calls.count("write_part")
    writer = finish(service, state)
    assert service.objects == {"a": DATA}
    assert not service.uploads
    assert writer.result is not None
    parts = len(writer.result.parts)
    assert service.calls.count("write_part") == parts
    assert state["offset"] == sum(part.size for part in writer.result.parts[:sent])


def test_what_came_after_a_gap_is_not_sent_again(service: Service) -> None:
    state = suspended(service, 100)
    upload = service.uploads[state["upload_id"]]
    sent = len(upload)
    del upload[2], upload[5]
    upload[7] = b"short"  # of another size than planned: not what this writer would send
    service.calls.clear()
    writer = finish(service, state)
    assert service.objects == {"a": DATA}
    assert writer.resumed == 16
    assert writer.result is not None
    assert service.calls.count("write_part") == len(writer.result.parts) - sent + 3


def test_the_service_is_believed_not_the_state(service: Service) -> None:
    """The state may be older than the upload: parts stored since then are found."""
    writer = service.writer(concurrency=1)
    writer.write(DATA[:50])
    old = writer.state()
    writer.write(DATA[50:200])
    writer.suspend()
    service.calls.clear()
    finish(service, old)
    assert service.objects == {"a": DATA}
    assert service.calls.count("write_part") < 64 - 20


def test_the_parts_are_cut_as_before_whatever_the_new_writer_asks_for(service: Service) -> None:
    state = suspended(service, 200, part_size=6)
    writer = finish(service, state, part_size=20, concurrency=2)
    assert service.objects == {"a": DATA}
    assert writer.result is not None
    assert writer.result.parts[0].size == 6


def test_a_shorter_end_replaces_a_part(service: Service) -> None:
    state = suspended(service, 100)
    with service.writer(resume=state) as writer:
        writer.write(DATA[writer.resumed :][:3])
    assert service.objects == {"a": DATA[: writer.resumed + 3]}


def test_all_was_stored_already(service: Service) -> None:
    service.before = fails_at("complete")
    writer = service.writer(part_size=8, concurrency=1)
    writer.write(DATA[:24])
    writer.write(b"")
    state = writer.suspend()
    service.before = lambda op, index: None
    with service.writer(resume=state) as again:
        assert again.resumed == 24
    assert service.objects == {"a": DATA[:24]}


def test_suspend_works_after_a_failure_too(service: Service) -> None:
    service.before = fails_at("write_part", 5)
    writer = service.writer(concurrency=1)
    with pytest.raises(ConnectionFailed):
        writer.write(DATA)
    state = writer.suspend()
    assert service.uploads
    service.before = lambda op, index: None
    finish(service, state)
    assert service.objects == {"a": DATA}


@pytest.mark.parametrize("size", [0, 3, 16, 100])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_finish_stores_every_part_and_commit_publishes(
    service: Service, size: int, concurrency: int
) -> None:
    writer = service.writer(concurrency=concurrency)
    writer.write(DATA[:size])
    writer.finish()
    assert writer.closed
    assert not service.objects
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"x")
    service.calls.clear()
    writer.commit()
    assert "write_part" not in service.calls
    assert service.objects == {"a": DATA[:size]}


def test_what_finish_could_not_send_can_be_resumed(service: Service) -> None:
    service.before = fails_at("write_part", 5)
    writer = service.writer(concurrency=3, part_size=8)
    writer.write(DATA[:44])
    with pytest.raises(ConnectionFailed):
        writer.finish()
    state = writer.suspend()
    service.before = lambda op, index: None
    finish(service, state)
    assert service.objects == {"a": DATA}


def test_suspended_is_closed_without_outcome(service: Service) -> None:
    writer = service.writer()
    writer.write(DATA)
    writer.suspend()
    writer.close()
    writer.abort()
    del writer
    assert "abort" not in service.calls
    assert not service.objects
    assert len(service.uploads) == 1
    again = service.writer()
    again.suspend()
    with pytest.raises(WriterAborted, match="suspended"):
        again.write(b"x")
    with pytest.raises(WriterAborted, match="suspended"):
        again.commit()


def test_state_while_threads_send(service: Service) -> None:
    with service.writer() as writer:
        for start in range(0, len(DATA), 16):
            writer.write(DATA[start : start + 16])
            state = writer.state()
            assert state["upload_id"] or start < 16
            sizes = [size for _, size, *_ in state["parts"]]
            assert state["offset"] <= sum(sizes) <= writer.tell()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2}, "not of a version known here"),
        ({"path": "b"}, "belongs to another object"),
        ({"service": "s3"}, "belongs to another object"),
        ({"plan": {}}, "damaged"),
        ({"plan": None}, "damaged"),
        ({"parts": [["x"]]}, "damaged"),
        ({"parts": 3}, "damaged"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    service: Service, change: dict[str, object], says: str
) -> None:
    state = suspended(service, 20)
    with pytest.raises(PairValueInvalid, match=says):
        service.writer(resume=state | change)
    with pytest.raises(PairValueInvalid, match="not a dictionary"):
        service.writer(resume="upload-0")
    assert "resume" not in service.calls


def test_an_upload_that_is_gone_is_an_error(service: Service) -> None:
    state = suspended(service, 20)
    service.uploads.clear()
    with pytest.raises(ObjectNotExist, match="write: memory: a: there is no upload"):
        service.writer(resume=state)


def test_abort_of_a_resumed_writer_removes_the_upload(service: Service) -> None:
    state = suspended(service, 100)
    with service.writer(resume=state) as writer:
        writer.abort()
    assert service.empty


@pytest.mark.parametrize("options", [{"encoding": "utf-8"}, {"compression": "gzip"}])
def test_text_and_compression_cannot_be_resumed(service: Service, options: dict[str, Any]) -> None:
    state = suspended(service, 20)
    with pytest.raises(PairConflict, match="cannot be resumed"):
        service.writer(resume=state, **options)
    with service.writer(**options) as writer:
        with pytest.raises(PairConflict):
            writer.state()
        with pytest.raises(PairConflict):
            writer.suspend()


# --- skipping -------------------------------------------------------------------------------------


class Pipe(io.RawIOBase):
    """A source that cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._file.readinto(memoryview(buffer)[:7])


def test_skip_reads_a_source_that_cannot_seek(service: Service) -> None:
    state = suspended(service, 100)
    source = Pipe(DATA)
    with service.writer(resume=state) as writer:
        writer.skip(source)
        writer.write(source.read())
    assert service.objects == {"a": DATA}


@pytest.mark.parametrize("make", [io.BytesIO, Pipe])
def test_skip_of_a_source_that_is_too_short(service: Service, make: Any) -> None:
    state = suspended(service, 100)
    with pytest.raises(SizeMismatch, match="has 50 bytes, but"):
        with service.writer(resume=state) as writer:
            writer.skip(make(DATA[:50]))
    assert service.empty


class Checked(MemorySink):
    """A sink whose service knows checksums of parts."""

    algorithm = "crc32"

    def resume(self, upload_id: str) -> Sequence[Part]:
        parts = super().resume(upload_id)
        stored = self.service.uploads[upload_id]
        return [
            replace(part, checksum=f"{self.algorithm}:{self.checksum(stored[part.index])}")
            for part in parts
        ]

    def checksum(self, data: bytes) -> str:
        digests = {
            "crc32": zlib.crc32(data).to_bytes(4, "big"),
            "sha256": hashlib.sha256(data).digest(),
            "md5": hashlib.md5(data, usedforsecurity=False).digest(),
            "crc64nvme": b"unknown here",
        }
        return base64.b64encode(digests[self.algorithm]).decode()


@pytest.mark.parametrize("algorithm", ["crc32", "sha256", "md5"])
@pytest.mark.parametrize("make", [io.BytesIO, Pipe])
def test_skip_refuses_another_source(service: Service, algorithm: str, make: Any) -> None:
    state = suspended(service, 100)
    sink = Checked(service, "a", SMALL, concurrent=True)
    sink.algorithm = algorithm
    writer = Writer(sink, path="a", service="memory", resume=state)
    writer.skip(make(DATA))
    other = bytearray(DATA)
    other[20] ^= 1
    with pytest.raises(IntegrityFailed, match="not the one of the upload: part 2 differs"):
        writer.skip(make(bytes(other)))
    writer.abort()


def test_skip_does_not_read_what_it_cannot_compare(service: Service) -> None:
    state = suspended(service, 100)
    sink = Checked(service, "a", SMALL, concurrent=True)
    sink.algorithm = "crc64nvme"
    with Writer(sink, path="a", service="memory", resume=state) as writer:
        source = io.BytesIO(DATA)
        assert writer.skip(source) == source.tell() == writer.resumed


# --- any interruption -----------------------------------------------------------------------------


@given(
    stops=st.lists(st.integers(0, len(DATA)), max_size=4).map(sorted),
    lost=st.sets(st.integers(0, 40)),
    concurrency=st.integers(1, 4),
    part_size=st.integers(1, 30),
)
def test_however_often_it_is_interrupted_the_object_is_the_source(
    stops: list[int], lost: set[int], concurrency: int, part_size: int
) -> None:
    service = Service()
    part_size = max(part_size, 11)  # 512 bytes must fit into 50 parts even if they hardly grow
    state: dict[str, Any] | None = None
    for stop in stops:
        writer = service.writer(resume=state, concurrency=concurrency, part_size=part_size)
        position = writer.resumed
        writer.write(DATA[position : max(stop, position)])
        state = writer.suspend()
        for upload in service.uploads.values():
            for index in lost & upload.keys():
                del upload[index]
    finish(service, state or suspended(service, 0), concurrency=concurrency)
    assert service.objects == {"a": DATA}
    assert not service.uploads
