"""The ready sinks: adapters only fill in their calls."""

import pytest

from storewright.core.errors import ConnectionFailed, OperationUnsupported, RestrictionDissatisfied
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.sinks import BufferSink, MultipartSink
from storewright.core.writer import Writer
from tests.writer.support import SMALL, MemorySink, Service, fails_at

DATA = bytes(range(200))


@pytest.fixture
def service() -> Service:
    return Service()


def multipart(service: Service, *, confirm: bool = False) -> MultipartSink:
    """A sink over the calls of a service that takes the upload's id each time."""

    def at(upload: str) -> MemorySink:
        sink = service.sink()
        sink.upload_id = upload
        return sink

    def found(upload: str, parts: object) -> WriteResult | None:
        data = service.objects.get("a")
        return None if data is None else WriteResult(size=len(data))

    return MultipartSink(
        limits=SMALL,
        put=service.sink().put,
        create=service.sink().start,
        part=lambda upload, index, data: at(upload).write_part(index, data),
        finish=lambda upload, parts: at(upload).complete(parts),
        discard=lambda upload: at(upload).abort(),
        list=lambda upload: reversed(at(upload).resume(upload)),
        confirm=found if confirm else None,
    )


@pytest.mark.parametrize("size", [0, 5, 100, 200])
def test_multipart_publishes(service: Service, size: int) -> None:
    with Writer(multipart(service), path="a", part_size=8) as writer:
        writer.write(DATA[:size])
    assert service.objects == {"a": DATA[:size]}
    assert not service.uploads


def test_multipart_aborts(service: Service) -> None:
    with pytest.raises(KeyError), Writer(multipart(service), path="a", part_size=8) as writer:
        writer.write(DATA)
        raise KeyError
    assert service.empty
    with pytest.raises(KeyError), Writer(multipart(service), path="a", part_size=8) as writer:
        raise KeyError
    assert service.calls.count("abort") == 1  # nothing had begun: nothing to ask for


def test_multipart_resumes(service: Service) -> None:
    first = Writer(multipart(service), path="a", part_size=8)
    first.write(DATA[:100])
    state = first.suspend()
    with Writer(multipart(service), path="a", resume=state) as second:
        second.write(DATA[second.resumed :])
    assert service.objects == {"a": DATA}


@pytest.mark.parametrize("confirm", [True, False])
def test_multipart_confirms_if_it_can(
    service: Service, confirm: bool, caplog: pytest.LogCaptureFixture
) -> None:
    service.after = fails_at("complete")
    writer = Writer(multipart(service, confirm=confirm), path="a", part_size=8)
    writer.write(DATA)
    if confirm:
        assert writer.commit().size == len(DATA)
        assert len(caplog.messages) == 1
    else:
        with pytest.raises(ConnectionFailed, match="may have been published"):
            writer.commit()
        assert not caplog.messages


def buffered(published: list[bytes], most: int | None = None) -> BufferSink:
    def publish(data: memoryview) -> WriteResult:
        published.append(bytes(data))
        return WriteResult(size=len(data))

    return BufferSink(publish=publish, limits=PartLimits(put_maximum=most))


@pytest.mark.parametrize("size", [0, 5, 8, 100, 200])
def test_buffer_publishes_in_one_request(size: int) -> None:
    published: list[bytes] = []
    with Writer(buffered(published), path="a", part_size=8) as writer:
        writer.write(DATA[:size])
    assert published == [DATA[:size]]
    assert writer.result is not None
    assert writer.result.size == size


def test_buffer_publishes_nothing_when_aborted() -> None:
    published: list[bytes] = []
    with pytest.raises(KeyError), Writer(buffered(published), path="a", part_size=8) as writer:
        writer.write(DATA)
        raise KeyError
    assert published == []


def test_buffer_refuses_more_than_one_request_takes() -> None:
    published: list[bytes] = []
    sink = buffered(published, most=50)
    with pytest.raises(RestrictionDissatisfied, match="write: a: object exceeds the 50 bytes"):
        with Writer(sink, path="a", part_size=8) as writer:
            writer.write(DATA)
    assert published == []


def test_buffer_cannot_be_resumed() -> None:
    with pytest.raises(OperationUnsupported):
        buffered([]).resume("x")
    sink = buffered([])
    assert sink.write_part(0, memoryview(b"abc")) == Part(0, 3)
