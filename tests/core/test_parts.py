import copy
import dataclasses
import pickle

import pytest

from storewright.core.parts import Block, Part, PartLimits, Segment, SignedRequest, WriteResult

EXAMPLES = [
    Part(0, 5, "e"),
    Part(0, 5, "e", "crc32:AAAA"),
    Block("b1", 5),
    Segment("a", "u1"),
    SignedRequest("GET", "https://h/k?X-Amz-Signature=s3cr3t&a=1", {"x-key": "s3cr3t"}),
    WriteResult(5, "e", "v1", None, (Part(0, 5, "e"),), "a"),
    PartLimits(5, 10, 10_000, 100, equal_parts=True, put_maximum=7),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda value: type(value).__name__)
def test_they_are_small_immutable_values(example: object) -> None:
    assert pickle.loads(pickle.dumps(example)) == example
    assert copy.deepcopy(example) == example
    assert not hasattr(example, "__dict__")
    assert dataclasses.is_dataclass(example)
    name = dataclasses.fields(example)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(example, name, 1)


def test_a_signed_request_hides_its_signature() -> None:
    request = SignedRequest("GET", "https://h/k?X-Amz-Signature=s3cr3t&a=1", {"x-key": "s3cr3t"})
    assert "s3cr3t" in request.url
    assert repr(request) == (
        "SignedRequest('GET', 'https://h/k?X-Amz-Signature=***&a=1', {'x-key': '***'})"
    )


def test_without_limits_everything_is_allowed() -> None:
    limits = PartLimits()
    assert (limits.part_minimum, limits.equal_parts) == (0, False)
    for value in (
        limits.part_maximum,
        limits.parts_maximum,
        limits.size_maximum,
        limits.put_maximum,
    ):
        assert value is None


def test_a_result_may_know_the_size_only() -> None:
    result = WriteResult(5)
    assert (result.etag, result.version, result.checksum, result.parts, result.path) == (
        None,
        None,
        None,
        (),
        "",
    )
