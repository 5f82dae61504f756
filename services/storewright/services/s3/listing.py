"""Pages of S3's listings as objects, parts, segments and tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from storewright.core.iterators import Page
from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Part, Segment
from storewright.core.paths import WorkDir
from storewright.core.tokens import read_number, read_token, write_token
from storewright.generated.objects import Object
from storewright.generated.s3 import object_metadata
from storewright.generated.s3.bindings import (
    object_from_list_object_versions,
    object_from_list_objects_v2,
)
from storewright.services.s3.errors import code_of
from storewright.services.s3.uploads import part_of

__all__ = ["PAGE", "ObjectPages", "PartPages", "UploadPages", "VersionPages"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_PART: Final = OBJECT_MODES["part"]
PAGE: Final = 1000
"""Items in one answer at most."""
_DAMAGED: Final = "\ufffd"
"""What some stores write in the place of what XML cannot hold."""

Ask = Callable[..., Mapping[str, Any]]
"""A vendor call."""


class _Pages(ABC):
    """Fetches pages of objects below ``args["Prefix"]``; with ``delimiter``, of one level.

    ``marked`` says that keys ending in a slash are directories, which the user enabled.
    """

    def __init__(
        self, ask: Ask, args: dict[str, Any], work_dir: WorkDir, *, directory: bool, marked: bool
    ) -> None:
        self._ask, self._work_dir, self._marked = ask, work_dir, marked
        self._args = {**args, "Delimiter": "/"} if directory else args

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        answer = self._ask_page(token)
        items = self._sorted((*self._dirs(answer), *self._files(answer)))
        return Page(items, self._following(answer) if answer.get("IsTruncated") else None)

    def _sorted(self, items: Iterable[Object]) -> list[Object]:
        """They come in groups."""
        return sorted(items, key=_id)

    @abstractmethod
    def _ask_page(self, token: str | None) -> Mapping[str, Any]:
        """The service's answer."""

    @abstractmethod
    def _following(self, answer: Mapping[str, Any]) -> str:
        """The token of the next page."""

    @abstractmethod
    def _entries(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """What it says of each object."""

    @abstractmethod
    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        """One of them."""

    def _dirs(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        for entry in answer.get("CommonPrefixes", ()):
            yield self._dir(entry["Prefix"])

    def _dir(self, key: str) -> Object:
        return Object(self._work_dir.path(key).removesuffix("/"), key, _DIR)

    def _files(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        path_of, own = self._work_dir.path, self._work_dir.key_prefix
        for entry in self._entries(answer):
            key = entry["Key"]
            if key == own:
                continue  # the mark of work_dir: no path leads to it
            if not (self._marked and key.endswith("/")):
                yield self._object(path_of(key), key, entry)
            elif key != self._args["Prefix"]:  # a directory does not list itself
                yield self._dir(key)


class ObjectPages(_Pages):
    """Fetches pages of objects."""

    def _ask_page(self, token: str | None) -> Mapping[str, Any]:
        more = {} if token is None else {"ContinuationToken": token}
        return self._ask(**self._args, **more)

    def _following(self, answer: Mapping[str, Any]) -> str:
        token: str = answer["NextContinuationToken"]
        return token

    def _entries(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        entries: Iterable[Mapping[str, Any]] = answer.get("Contents", ())
        return entries

    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        return object_from_list_objects_v2(path, key, _READ, entry)


class VersionPages(_Pages):
    """Fetches pages of every version of objects, and of the marks that say they were deleted."""

    def _ask_page(self, token: str | None) -> Mapping[str, Any]:
        if token is None:
            return self._ask(**self._args)
        key, version = read_token(token, 2)
        more = {"VersionIdMarker": version} if version else {}
        return self._ask(**self._args, KeyMarker=key, **more)

    def _following(self, answer: Mapping[str, Any]) -> str:
        return write_token(answer["NextKeyMarker"], answer.get("NextVersionIdMarker", ""))

    def _entries(self, answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from answer.get("Versions", ())
        for entry in answer.get("DeleteMarkers", ()):
            yield {**entry, "DeleteMarker": True}

    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        return object_from_list_object_versions(path, key, _READ, entry)

    def _sorted(self, items: Iterable[Object]) -> list[Object]:
        return sorted(items, key=_newest_first)


def _id(item: Object) -> str:
    return item.id


def _newest_first(item: Object) -> tuple[str, bool, float]:
    """By key; of one key the latest version first, as the service has them in one document."""
    told = object_metadata(item)
    age = -item.last_modified.timestamp() if item.last_modified is not None else 0.0
    return item.id, not told.is_latest, age


class _Upload(NamedTuple):
    """An upload in progress."""

    key: str
    id: str
    begun: datetime | None
    """Without it nobody could tell what was left behind from what is under way."""


class UploadPages:
    """Fetches pages of uploads in progress below ``args["Prefix"]``."""

    def __init__(self, ask: Ask, args: dict[str, Any]) -> None:
        self._ask, self._args = ask, args

    def __call__(self, token: str | None) -> tuple[list[_Upload], str | None]:
        """The uploads of one page, and the token of the next."""
        answer, decode = self._answer(_markers(token))
        items = [
            _Upload(decode(entry["Key"]), entry["UploadId"], entry.get("Initiated"))
            for entry in answer.get("Uploads", ())
        ]
        if not answer.get("IsTruncated"):
            return items, None
        key, upload = decode(answer.get("NextKeyMarker", "")), answer.get("NextUploadIdMarker", "")
        if items and not (key or upload):  # Swift does not say where to go on after a single upload
            key, upload = items[-1].key, items[-1].id
        return items, write_token(key, upload)

    def _answer(self, markers: Mapping[str, str]) -> tuple[Mapping[str, Any], Callable[[str], str]]:
        """The service's answer, and how its keys are read.

        They are asked for in URL form only if XML cannot hold them: some stores promise that form
        and do not keep it.
        """
        plain = self._plain(markers)
        if plain is not None and not any(_DAMAGED in key for key in _keys(plain)):
            return plain, str
        encoded = self._ask(**self._args, **markers, EncodingType="url")
        if plain is not None and not all(key.isascii() for key in _keys(encoded)):
            return plain, str
        return encoded, unquote_plus

    def _plain(self, markers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The service's answer, unless it is no XML for a key that XML cannot hold."""
        try:
            return self._ask(**self._args, **markers)
        except ClientError as error:
            if code_of(error) != "500":  # what botocore makes of an answer that is no XML
                raise
            return None

    def objects(self, work_dir: WorkDir) -> Callable[[str | None], Page[Object]]:
        """A fetcher of objects in part mode."""

        def fetch(token: str | None) -> Page[Object]:
            items, following = self(token)
            return Page([_unfinished(work_dir, upload) for upload in items], following)

        return fetch

    def segments(self, work_dir: WorkDir) -> Callable[[str | None], Page[Segment]]:
        """A fetcher of segment uploads."""

        def fetch(token: str | None) -> Page[Segment]:
            items, following = self(token)
            return Page([Segment(work_dir.path(u.key), u.id) for u in items], following)

        return fetch


def _keys(answer: Mapping[str, Any]) -> Iterator[str]:
    return (entry["Key"] for entry in answer.get("Uploads", ()))


def _unfinished(work_dir: WorkDir, upload: _Upload) -> Object:
    return Object(
        work_dir.path(upload.key),
        upload.key,
        _PART,
        multipart_id=upload.id,
        last_modified=upload.begun,
    )


def _markers(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    markers = zip(("KeyMarker", "UploadIdMarker"), read_token(token, 2), strict=True)
    return {name: marker for name, marker in markers if marker}  # some stores give only one


class PartPages:
    """Fetches pages of the parts of one upload."""

    def __init__(self, ask: Ask, args: dict[str, Any]) -> None:
        self._ask, self._args = ask, args

    def __call__(self, token: str | None) -> Page[Part]:
        """One page, from the service's token on."""
        more = {} if token is None else {"PartNumberMarker": read_number(token)}
        answer = self._ask(**self._args, **more)
        items = [part_of(entry) for entry in answer.get("Parts", ())]
        return Page(
            items, str(answer["NextPartNumberMarker"]) if answer.get("IsTruncated") else None
        )
