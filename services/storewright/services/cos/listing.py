"""Pages of COS's listings as objects, parts and tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from storewright.core.iterators import Page
from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Part
from storewright.core.paths import WorkDir
from storewright.core.tokens import read_number, read_token, write_token
from storewright.generated.cos import object_metadata
from storewright.generated.cos.bindings import (
    object_from_list_objects,
    object_from_list_objects_versions,
)
from storewright.generated.objects import Object
from storewright.services.cos.uploads import part_of

__all__ = ["PAGE", "ObjectPages", "PartPages", "UploadPages", "VersionPages"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_PART: Final = OBJECT_MODES["part"]
PAGE: Final = 1000
"""Items in one answer at most."""

Ask = Callable[..., Mapping[str, Any]]
"""A vendor call; all that it answers is text."""


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
        return Page(items, self._following(answer) if _goes_on(answer) else None)

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
    def _entries(self, answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        """What it says of each object."""

    @abstractmethod
    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        """One of them."""

    def _dirs(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        for entry in answer.get("CommonPrefixes") or ():
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
                yield self._object(path_of(key), key, _understood(entry))
            elif key != self._args["Prefix"]:  # a directory does not list itself
                yield self._dir(key)


def _goes_on(answer: Mapping[str, Any]) -> bool:
    return answer.get("IsTruncated") == "true"


def _understood(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with its numbers, times and truths as such."""
    if "Size" in entry:
        entry["Size"] = int(entry["Size"])
    if "LastModified" in entry:
        entry["LastModified"] = datetime.fromisoformat(entry["LastModified"])
    if "IsLatest" in entry:
        entry["IsLatest"] = entry["IsLatest"] == "true"
    return entry


class ObjectPages(_Pages):
    """Fetches pages of objects."""

    def _ask_page(self, token: str | None) -> Mapping[str, Any]:
        return self._ask(**self._args, Marker=token or "")

    def _following(self, answer: Mapping[str, Any]) -> str:
        marker: str = answer["NextMarker"]
        return marker

    def _entries(self, answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        entries: Iterable[dict[str, Any]] = answer.get("Contents") or ()
        return entries

    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        return object_from_list_objects(path, key, _READ, entry)


class VersionPages(_Pages):
    """Fetches pages of every version of objects, and of the marks that say they were deleted."""

    def _ask_page(self, token: str | None) -> Mapping[str, Any]:
        key, version = ("", "") if token is None else read_token(token, 2)
        return self._ask(**self._args, KeyMarker=key, VersionIdMarker=version)

    def _following(self, answer: Mapping[str, Any]) -> str:
        return write_token(answer["NextKeyMarker"], answer.get("NextVersionIdMarker") or "")

    def _entries(self, answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield from answer.get("Version") or ()
        for entry in answer.get("DeleteMarker") or ():
            yield {**entry, "DeleteMarker": True}

    def _object(self, path: str, key: str, entry: Mapping[str, Any]) -> Object:
        return object_from_list_objects_versions(path, key, _READ, entry)

    def _sorted(self, items: Iterable[Object]) -> list[Object]:
        return sorted(items, key=_newest_first)


def _id(item: Object) -> str:
    return item.id


def _newest_first(item: Object) -> tuple[str, bool, float]:
    """By key; of one key the latest version first, as the service has them in one document."""
    told = object_metadata(item)
    age = -item.last_modified.timestamp() if item.last_modified is not None else 0.0
    return item.id, not told.is_latest, age


class UploadPages:
    """Fetches pages of uploads in progress below ``args["Prefix"]``, as objects in part mode."""

    def __init__(self, ask: Ask, args: dict[str, Any], work_dir: WorkDir) -> None:
        self._ask, self._args, self._work_dir = ask, args, work_dir

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        key, upload = ("", "") if token is None else read_token(token, 2)
        answer = self._ask(**self._args, KeyMarker=key, UploadIdMarker=upload)
        items = [self._unfinished(entry) for entry in answer.get("Upload") or ()]
        if not _goes_on(answer):
            return Page(items, None)
        key, upload = answer.get("NextKeyMarker") or "", answer.get("NextUploadIdMarker") or ""
        return Page(items, write_token(key, upload))

    def _unfinished(self, entry: Mapping[str, str]) -> Object:
        """Without the time nobody could tell what was left behind from what is under way."""
        key, begun = entry["Key"], entry.get("Initiated")
        return Object(
            self._work_dir.path(key),
            key,
            _PART,
            multipart_id=entry["UploadId"],
            last_modified=None if begun is None else datetime.fromisoformat(begun),
        )


class PartPages:
    """Fetches pages of the parts of one upload."""

    def __init__(self, ask: Ask, args: dict[str, Any]) -> None:
        self._ask, self._args = ask, args

    def __call__(self, token: str | None) -> Page[Part]:
        """One page, from the service's token on."""
        answer = self._ask(**self._args, PartNumberMarker=read_number(token or "0"))
        items = [part_of(entry) for entry in answer.get("Part") or ()]
        return Page(items, answer["NextPartNumberMarker"] if _goes_on(answer) else None)
