"""Pages of listings as objects, parts and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from storewright.core.iterators import Page
from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Part
from storewright.core.tokens import read_number, read_token, write_token
from storewright.generated.objects import Object
from storewright.services.gcs import uploads
from storewright.services.gcs.errors import parsed
from storewright.services.gcs.links import LINKS
from storewright.services.gcs.resources import object_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from storewright.core.paths import WorkDir
    from storewright.services.gcs.calls import Calls
    from storewright.services.gcs.place import Place

__all__ = ["PAGE", "ObjectPages", "PartPages", "UploadPages"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_PART: Final = OBJECT_MODES["part"]
PAGE: Final = 1000
"""Items in one answer at most."""

Begin = Callable[[], "Calls"]
"""What sends the requests of one page: nobody knows when the next one is wanted."""


class ObjectPages:
    """Fetches pages of objects below ``args["prefix"]``; with a delimiter, of one level.

    ``marked`` says that keys ending in a slash are directories, and ``linked`` that metadata may
    make a link of an object: both are for the user to enable.
    """

    def __init__(
        self, begin: Begin, place: Place, args: dict[str, Any], *, marked: bool, linked: bool
    ) -> None:
        self._begin, self._place, self._args = begin, place, args
        self._marked, self._linked = marked, linked

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        more = {} if token is None else {"pageToken": token}
        answer = self._begin().json("GET", self._place.objects, {**self._args, **more})
        items = sorted((*self._dirs(answer), *self._files(answer)), key=_id)
        return Page(items, answer.get("nextPageToken") or None)

    def _dirs(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        for key in answer.get("prefixes", ()):
            yield self._dir(key)

    def _dir(self, key: str) -> Object:
        return Object(self._place.work_dir.path(key).removesuffix("/"), key, _DIR)

    def _files(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        work_dir = self._place.work_dir
        for resource in answer.get("items", ()):
            key = resource["name"]
            if key == work_dir.key_prefix:
                continue  # the mark of work_dir: no path leads to it
            if not (self._marked and key.endswith("/")):
                yield self._file(work_dir, key, resource)
            elif key != self._args["prefix"]:  # a directory does not list itself
                yield self._dir(key)

    def _file(self, work_dir: WorkDir, key: str, resource: Mapping[str, Any]) -> Object:
        item = object_of(work_dir.path(key), key, _READ, resource)
        if self._linked:
            LINKS.as_link(item, work_dir)
        return item


def _id(item: Object) -> str:
    return item.id


class UploadPages:
    """Fetches pages of multipart uploads in progress below ``args["prefix"]``."""

    def __init__(self, begin: Begin, place: Place, args: dict[str, Any]) -> None:
        self._begin, self._place, self._args = begin, place, args

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the markers in the token on."""
        args = {**self._args, **_markers(token)}
        answer = parsed(self._begin().send("GET", f"{self._place.xml()}?uploads", args).content)
        items = [self._upload(entry) for entry in answer.iterfind("Upload")]
        if answer.findtext("IsTruncated") != "true":
            return Page(items, None)
        names = ("NextKeyMarker", "NextUploadIdMarker")
        return Page(items, write_token(*(answer.findtext(name) or "" for name in names)))

    def _upload(self, entry: Element) -> Object:
        key, begun = entry.findtext("Key") or "", entry.findtext("Initiated")
        return Object(
            self._place.work_dir.path(key),
            key,
            _PART,
            multipart_id=entry.findtext("UploadId"),
            last_modified=None if begun is None else datetime.fromisoformat(begun),
        )


def _markers(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    markers = zip(("key-marker", "upload-id-marker"), read_token(token, 2), strict=True)
    return {name: marker for name, marker in markers if marker}


class PartPages:
    """Fetches pages of the parts of the upload that ``args`` name, of the object at ``path``."""

    def __init__(self, begin: Begin, path: str, args: dict[str, Any]) -> None:
        self._begin, self._path, self._args = begin, path, args

    def __call__(self, token: str | None) -> Page[Part]:
        """One page, from the service's marker on."""
        more = {} if token is None else {"part-number-marker": read_number(token)}
        answer = uploads.list_parts(self._begin(), self._path, {**self._args, **more})
        items = [uploads.part_of(entry) for entry in answer.iterfind("Part")]
        more_follow = answer.findtext("IsTruncated") == "true"
        return Page(items, answer.findtext("NextPartNumberMarker") if more_follow else None)
