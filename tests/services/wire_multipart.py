"""What the wire proof asks of services that take objects in parts."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from storewright.storage import ListMode, ObjectMode

from .stub import Answer
from .wire_calls import MIB
from .wire_proof import WireSuite

__all__ = ["MultipartWireSuite", "UploadWireSuite"]


class UploadWireSuite(WireSuite):
    """Listings over several pages, and uploads that one knows by their id."""

    bucket: ClassVar[str]
    """What the paths of requests begin with."""
    slash: ClassVar[str] = "/"
    """A slash in a key."""
    kinds: ClassVar[Mapping[str, str]] = {"stat": "HeadObject", "delete": "DeleteObject"}
    """Operation -> its request."""
    following: ClassVar[Mapping[str, Mapping[str, str]]]
    """Listing -> what asks for its next page."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "listing" in metafunc.fixturenames:
            metafunc.parametrize("listing", sorted(cls.following))
        else:
            super().pytest_generate_tests(metafunc)

    @abstractmethod
    def unfinished(self, wire: Any, listing: str) -> Answer:
        """A page with an entry, which says that there are more."""

    @abstractmethod
    def listed(self, wired: Any, listing: str, **options: Any) -> Any:
        """What the store lists by such requests."""

    def kind_of(self, listing: str) -> str:
        """The request that makes a listing."""
        return listing

    def test_token_goes_on(self, wire: Any, wired: Any, listing: str) -> None:
        kind = self.kind_of(listing)
        wire.answers[kind] = [self.unfinished(wire, listing), wire.answers[kind]]
        items = self.listed(wired, listing)
        next(items)
        token = items.continuation_token
        wire.take()
        list(self.listed(wired, listing, continuation_token=token))
        *others, following = wire.take()
        assert kind not in {request.kind for request in others}
        assert self.following[listing].items() <= following.query.items()

    @pytest.mark.parametrize("call", ["stat", "delete"])
    def test_object_mode(self, wire: Any, wired: Any, call: str) -> None:
        getattr(wired, call)("some", object_mode=ObjectMode.DIR)
        (request,) = wire.take()
        path = f"{self.bucket}/some{self.slash}"
        assert (request.kind, request.path) == (self.kinds[call], path)

    def test_object_mode_of_what_is_not_there(self, wire: Any, wired: Any) -> None:
        made = wired.create("some", object_mode=ObjectMode.DIR)
        assert (made.id, made.mode) == ("some/", ObjectMode.DIR)
        assert wire.take() == []

    def test_create_of_an_upload_makes_no_request(self, wire: Any, wired: Any) -> None:
        made = wired.create("some", multipart_id="upload-52")
        assert (made.id, made.mode, made.multipart_id) == ("some", ObjectMode.PART, "upload-52")
        assert wire.take() == []

    def test_a_signed_completion_has_its_body(self, wire: Any, wired: Any) -> None:
        self.calling(wire, wired).query_sign_http_complete_multipart()
        (request,) = wire.take()
        assert b'<Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part>' in request.body


class MultipartWireSuite(UploadWireSuite):
    """The protocol of S3, whatever its headers are called."""

    versions: ClassVar[str] = "ListObjectVersions"
    """The request that lists versions."""
    pages: ClassVar[Mapping[str, str]]
    """Listing -> what an unfinished page says."""
    following: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "ListObjectsV2": {"continuation-token": "next-50"},
        "ListObjectVersions": {"key-marker": "a/b 50", "version-id-marker": "v51"},
        "ListMultipartUploads": {"key-marker": "a/b 50", "upload-id-marker": "u51"},
        "ListParts": {"part-number-marker": "50"},
    }

    def unfinished(self, wire: Any, listing: str) -> Answer:
        usual = wire.answers[self.kind_of(listing)].body
        entry = usual.partition(b"false</IsTruncated>")[2].rpartition(b"</")[0]
        head = f"<R><IsTruncated>true</IsTruncated>{self.pages[listing]}"
        return Answer(head.encode() + entry + b"</R>")

    def listed(self, wired: Any, listing: str, **options: Any) -> Any:
        if listing == "ListParts":
            return wired.list_multipart(wired.create("key", multipart_id="upload-0"), **options)
        part = listing == "ListMultipartUploads"
        options["list_mode"] = ListMode.PART if part else ListMode.PREFIX
        return wired.list("", list_versions=listing == self.versions, **options)

    def test_part_size(self, wire: Any, wired: Any) -> None:
        with wired.open_writer("key", part_size=6 * MIB, concurrency=1) as writer:
            writer.write(bytes(13 * MIB))
        parts = {r.query["partNumber"]: len(r.body) for r in wire.of("UploadPart")}
        assert parts == {"1": 6 * MIB, "2": 6 * MIB, "3": MIB}

    def test_resume(self, wire: Any, wired: Any) -> None:
        writer = wired.open_writer("key", part_size=5 * MIB)
        writer.write(bytes(6 * MIB))
        state = writer.suspend()
        wire.take()
        with wired.open_writer("key", resume=state) as resumed:
            resumed.write(b"rest")
        kinds = [(request.kind, request.query["uploadId"]) for request in wire.take()]
        assert kinds[0] == ("ListParts", "upload-1")
        assert kinds[-1] == ("CompleteMultipartUpload", "upload-1")

    def test_a_part_is_numbered_from_one(self, wire: Any, wired: Any) -> None:
        upload = wired.create("key", multipart_id="upload-0")
        part = wired.write_multipart(upload, b"x", 0)
        wired.complete_multipart(upload, [part])
        sent, completed = wire.take()
        assert sent.query["partNumber"] == "1"
        assert b"<PartNumber>1</PartNumber>" in completed.body
        assert part.etag.replace('"', "").encode() in completed.body
