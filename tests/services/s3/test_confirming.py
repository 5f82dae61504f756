"""A store that does not say that it encrypts, as S3 does, gets no content, or not for long.

What real stores ignore is in servers/test_ignored.py; here, what is sent to such a store.
"""

import io
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pytest

from storewright.core.errors import PairUnsupported
from storewright.services.s3 import S3Storage

from .stub import ETAG, Answer, Request, Stub, sent_at

MIB: Final = 1024 * 1024
KEY: Final[dict[str, Any]] = {"server_side_encryption_customer_key": bytes(range(32))}
MANAGED: Final[dict[str, Any]] = {"server_side_encryption": "aws:kms"}
SAID: Final = "x-amz-server-side-encryption"
OTHER: Final = '"ffffffffffffffffffffffffffffffff"'

Call: TypeAlias = Callable[..., object]


@pytest.fixture
def silent(wire: Stub) -> Stub:
    """A store that answers as S3 does, except that it says nothing of encryption."""

    def answer(request: Request) -> Answer:
        found = wire.answers[request.kind]
        assert isinstance(found, Answer)
        return found

    wire.other = answer
    return wire


def write(store: S3Storage, **options: Any) -> None:
    store.write("a", b"secret", **options)


def write_file(store: S3Storage, **options: Any) -> None:
    store.write("a", io.BytesIO(b"secret"), **options)


def writer(store: S3Storage, **options: Any) -> None:
    with store.open_writer("a", **options) as file:
        file.write(b"secret")


def writer_of_parts(store: S3Storage, **options: Any) -> None:
    with store.open_writer("a", part_size=5 * MIB, **options) as file:
        file.write(bytes(6 * MIB))


def directory(store: Any, **options: Any) -> None:
    store.create_dir("a", **options)


def link(store: Any, **options: Any) -> None:
    store.create_link("a", "b", **options)


def copy(store: S3Storage, **options: Any) -> None:
    store.copy("b", "a", **options)


def move(store: Any, **options: Any) -> None:
    store.move("b", "a", **options)


def multipart(store: S3Storage, **options: Any) -> None:
    store.write_multipart(store.create_multipart("a", **options), b"secret", 0, **options)


def segment(store: Any, **options: Any) -> None:
    store.write_segment(store.init_segment("a", **options), b"secret", 0, **options)


WHOLE: Final[list[Call]] = [write, write_file, writer, copy, move]
EMPTY: Final[list[Call]] = [directory, link]


def kinds(wire: Stub) -> list[str]:
    return [request.kind for request in wire.requests]


@pytest.mark.parametrize("options", [KEY, MANAGED])
@pytest.mark.parametrize("call", WHOLE)
def test_a_whole_object_is_removed_again(
    silent: Stub, wired: S3Storage, call: Call, options: dict[str, Any]
) -> None:
    (pair,) = options
    with pytest.raises(PairUnsupported, match=f"no notice of {pair}: the object was removed") as it:
        call(wired, **options)
    assert it.value.pair == pair
    assert "profile" in it.value.hint
    (removal,) = silent.of("DeleteObject")  # of the new object: a move leaves its source alone
    assert removal.path.rstrip("/").endswith("/a")
    assert sent_at(removal, "header:if-match") == ETAG
    assert kinds(silent)[-2:] == ["HeadObject", "DeleteObject"]


@pytest.mark.parametrize("options", [KEY, MANAGED])
def test_a_writer_publishes_nothing(
    silent: Stub, wired: S3Storage, options: dict[str, Any]
) -> None:
    (pair,) = options
    with pytest.raises(PairUnsupported, match=f"no notice of {pair}: a part"):
        writer_of_parts(wired, **options)
    assert kinds(silent)[0] == "CreateMultipartUpload"
    assert kinds(silent)[-1] == "AbortMultipartUpload"
    assert "CompleteMultipartUpload" not in kinds(silent)


@pytest.mark.parametrize("call", [multipart, segment])
def test_who_sends_parts_by_hand_is_told(silent: Stub, wired: S3Storage, call: Call) -> None:
    with pytest.raises(PairUnsupported, match=r"no notice of .*_customer_key: a part"):
        call(wired, **KEY)


def test_who_sends_parts_by_hand_is_told_what_only_their_upload_asked_for(
    silent: Stub, wired: S3Storage
) -> None:
    upload = wired.create_multipart("a", **MANAGED)
    with pytest.raises(PairUnsupported, match=r"no notice of server_side_encryption: a part"):
        wired.write_multipart(upload, b"secret", 0)
    wired.delete("a", multipart_id=upload.multipart_id)
    store: Any = wired
    begun = store.init_segment("b", **MANAGED)
    with pytest.raises(PairUnsupported, match=r"no notice of server_side_encryption: a part"):
        store.write_segment(begun, b"secret", 0)
    store.abort_segment(begun)
    store.write_segment(store.init_segment("c"), b"public", 0)  # the stub's ids are all the same


def test_of_the_parts_of_others_uploads_nothing_is_demanded(silent: Stub, wired: S3Storage) -> None:
    upload = wired.create("a", multipart_id="of-another-process")
    assert wired.write_multipart(upload, b"secret", 0).size == 6


def test_an_upload_that_its_store_confirms_has_parts_that_need_not(
    wire: Stub, wired: S3Storage
) -> None:
    upload = wired.create_multipart("a", **MANAGED)
    wired.complete_multipart(upload, [wired.write_multipart(upload, b"secret", 0)])
    assert len(wire.of("CompleteMultipartUpload")) == 1


@pytest.mark.parametrize("options", [KEY, MANAGED])
def test_a_large_copy_is_removed_again(
    silent: Stub, wired: S3Storage, options: dict[str, Any]
) -> None:
    size = str(6 * 1024 * MIB)
    silent.answers["HeadObject"] = Answer(headers={"ETag": ETAG, "Content-Length": size})
    with pytest.raises(PairUnsupported, match="the object was removed"):
        copy(wired, **options)
    assert kinds(silent)[-3:] == ["HeadObject", "HeadObject", "DeleteObject"]


@pytest.mark.parametrize("call", [copy, move])
def test_a_copy_that_cannot_be_seen_without_the_key_has_it(
    silent: Stub, wired: S3Storage, call: Call
) -> None:
    source = Answer(headers={"ETag": ETAG, "Content-Length": "6"})
    once: Final = {"HeadObject": iter([source, Answer(status=400)])}
    others = silent.other
    assert others is not None
    silent.other = lambda request: next(once.get(request.kind, iter([others(request)])))
    call(wired, **KEY)
    assert len(silent.of("DeleteObject")) == (1 if call is move else 0)
    assert sent_at(silent.of("HeadObject")[-1], f"header:{SAID}-customer-key") is None


def test_a_copy_that_the_store_says_is_encrypted_is_believed(
    silent: Stub, wired: S3Storage
) -> None:
    said = {"ETag": ETAG, SAID: "aws:kms", "Content-Length": "6"}
    silent.answers["HeadObject"] = Answer(headers=said)
    copy(wired, **MANAGED)
    assert silent.of("DeleteObject") == []


def test_a_copy_that_repeats_the_key_but_does_not_need_it_is_removed(
    silent: Stub, wired: S3Storage
) -> None:
    said = {"ETag": ETAG, f"{SAID}-customer-algorithm": "AES256", "Content-Length": "6"}
    silent.answers["HeadObject"] = Answer(headers=said)
    with pytest.raises(PairUnsupported, match="the object was removed"):
        copy(wired, **KEY)


def test_it_is_enough_to_say_so_of_parts(silent: Stub, wired: S3Storage) -> None:
    said = {"ETag": ETAG, SAID: "aws:kms", f"{SAID}-customer-algorithm": "AES256"}
    silent.answers["UploadPart"] = Answer(headers=said)
    writer_of_parts(wired, **MANAGED)
    writer_of_parts(wired, **KEY)
    multipart(wired, **KEY)


def test_of_an_object_with_versions_the_new_one_is_removed(silent: Stub, wired: S3Storage) -> None:
    silent.answers["PutObject"] = Answer(headers={"ETag": ETAG, "x-amz-version-id": "v7"})
    with pytest.raises(PairUnsupported, match="the object was removed"):
        write(wired, **KEY)
    assert kinds(silent) == ["PutObject", "DeleteObject"]
    assert sent_at(silent.of("DeleteObject")[0], "query:versionId") == "v7"


@pytest.mark.parametrize(
    "found",
    [
        Answer(headers={"ETag": OTHER, "Content-Length": "6"}),
        Answer(status=404),
        Answer(status=403),
    ],
)
def test_what_may_be_the_object_of_others_is_left_alone(
    silent: Stub, wired: S3Storage, found: Answer
) -> None:
    silent.answers["HeadObject"] = found
    with pytest.raises(PairUnsupported, match="the object may be there, unencrypted"):
        write(wired, **KEY)
    assert kinds(silent) == ["PutObject", "HeadObject"]


def test_a_removal_that_fails_is_told(silent: Stub, wired: S3Storage) -> None:
    silent.answers["DeleteObject"] = Answer(status=403)
    with pytest.raises(PairUnsupported, match="the object may be there, unencrypted"):
        write(wired, **KEY)


def test_another_encryption_than_asked_for_is_refused(silent: Stub, wired: S3Storage) -> None:
    said = {"ETag": ETAG, SAID: "AES256"}
    silent.answers["PutObject"] = Answer(headers=said)
    write(wired, server_side_encryption="AES256")
    with pytest.raises(PairUnsupported, match="no notice of server_side_encryption"):
        write(wired, **MANAGED)


@pytest.mark.parametrize("call", EMPTY)
def test_what_is_empty_needs_no_answer(silent: Stub, wired: S3Storage, call: Call) -> None:
    call(wired, **KEY)
    assert kinds(silent) == ["PutObject"]


def test_a_copy_of_what_is_empty_needs_no_answer(silent: Stub, wired: S3Storage) -> None:
    silent.answers["HeadObject"] = Answer(headers={"ETag": ETAG, "Content-Length": "0"})
    copy(wired, **KEY)
    assert silent.of("DeleteObject") == []


def test_what_asks_for_no_encryption_needs_no_answer(silent: Stub, wired: S3Storage) -> None:
    for call in (*WHOLE, multipart, segment, writer_of_parts):
        call(wired)
    assert len(silent.of("DeleteObject")) == 1  # the source of the move
