"""What the wire proof asks of the answers: every metadatum, from the bytes on the wire."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from storewright.generated.objects import Object

from .stub import Answer

__all__ = ["HTTP_HEADERS", "MODIFIED", "AnswerSuite", "VersionSuite"]

MODIFIED: Final = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
HTTP_HEADERS: Final[Mapping[str, tuple[str, str, Any]]] = {
    "cache_control": ("Cache-Control", "max-age=60", "max-age=60"),
    "content_disposition": ("Content-Disposition", "inline; n=61", "inline; n=61"),
    "content_encoding": ("Content-Encoding", "enc62", "enc62"),
    "content_language": ("Content-Language", "tlh-63", "tlh-63"),
    "content_length": ("Content-Length", "64", 64),
    "content_type": ("Content-Type", "text/x-65", "text/x-65"),
    "etag": ("ETag", '"tag66"', '"tag66"'),
    "last_modified": ("Last-Modified", "Thu, 04 Mar 2021 05:06:07 GMT", MODIFIED),
}
"""Field of Object -> header that all services call the same, its text, and what it becomes."""


class AnswerSuite:
    """What headers say of an object, told by `stat` and by the writer.

    It needs the fixtures `wire` and `wired`.
    """

    headers: ClassVar[Mapping[str, tuple[str, str, Any]]]
    """Field of Object -> header, its text, and the value it becomes."""
    system_headers: ClassVar[Mapping[str, tuple[str, str, Any]]]
    """Field of the service's metadata -> the same."""
    never_told: ClassVar[frozenset[str]]
    """Fields of Object that the service does not tell of an object that can be read."""
    system: ClassVar[type[Any]]
    """The service's metadata."""
    of_listings: ClassVar[frozenset[str]] = frozenset({"is_latest", "delete_marker"})
    """Those that only a listing tells."""
    system_of: ClassVar[Callable[[Object], Any]]
    """The service's metadata of an object."""
    head: ClassVar[str] = "HeadObject"
    """The request that `stat` makes."""
    put: ClassVar[str] = "PutObject"
    """The request that writes an object at once."""
    written: ClassVar[Mapping[str, str]]
    """What is said of five bytes, 12345, that were written."""
    version: ClassVar[str]
    """Their version."""
    checksum: ClassVar[str | None] = None
    """Their checksum."""

    def test_every_metadatum_is_in_a_table(self) -> None:
        told = set(Object.__slots__) - {"path", "id", "mode", "system_metadata"} - self.never_told
        assert set(self.headers) == told
        assert set(self.system_headers) == set(self.system.__annotations__) - self.of_listings

    def test_stat_tells_what_the_headers_say(self, wire: Any, wired: Any) -> None:
        rows = [*self.headers.values(), *self.system_headers.values()]
        wire.answers[self.head] = Answer(headers={name: text for name, text, _ in rows})
        found = wired.stat("key")
        told = {name: value for name, (_, _, value) in self.headers.items()}
        assert {name: getattr(found, name) for name in told} == told
        told = {name: value for name, (_, _, value) in self.system_headers.items()}
        system = type(self).system_of(found)
        assert {name: getattr(system, name) for name in told} == told
        assert all(getattr(found, name) is None for name in self.never_told)

    def test_stat_tells_nothing_that_no_header_says(self, wire: Any, wired: Any) -> None:
        wire.answers[self.head] = Answer()
        found = wired.stat("key")
        absent = {name for name in self.headers if getattr(found, name) is None}
        assert absent == set(self.headers) - {"content_length", "user_metadata"}
        assert found.user_metadata == {}
        system = type(self).system_of(found)
        assert all(getattr(system, name) is None for name in self.system_headers)

    def test_the_writer_tells_what_was_answered(self, wire: Any, wired: Any) -> None:
        told = {"ETag": '"TAG92"', **self.written}
        wire.answers[self.put] = replace(wire.answers[self.put], headers=told)
        with wired.open_writer("key") as writer:
            writer.write(b"12345")
        result = writer.result
        assert (result.size, result.etag, result.version) == (5, '"TAG92"', self.version)
        assert self.checksum is None or result.checksum == self.checksum


class VersionSuite(AnswerSuite):
    """The same where versions are listed in S3's XML."""

    versions: ClassVar[str]
    """The request that lists them."""

    def test_versions_are_told_apart(self, wire: Any, wired: Any) -> None:
        body = (
            "<R><IsTruncated>false</IsTruncated><Version><Key>k</Key><VersionId>v88</VersionId>"
            "<IsLatest>false</IsLatest><Size>89</Size><StorageClass>CLASS90</StorageClass>"
            "</Version><DeleteMarker><Key>k</Key><VersionId>v91</VersionId><IsLatest>true"
            "</IsLatest></DeleteMarker></R>"
        )
        wire.answers[self.versions] = Answer(body.encode())
        mark, old = wired.list(list_versions=True)  # the latest first
        assert (old.version_id, old.content_length, mark.version_id) == ("v88", 89, "v91")
        system_of = type(self).system_of
        assert system_of(old) == self.system(is_latest=False, storage_class="CLASS90")
        assert system_of(mark) == self.system(is_latest=True, delete_marker=True)
