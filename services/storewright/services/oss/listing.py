"""Pages of OSS's listings as objects, parts and tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from storewright.core.iterators import Page
from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Part
from storewright.core.paths import WorkDir
from storewright.core.tokens import read_number, read_token, write_token
from storewright.generated.objects import Object
from storewright.generated.oss import object_metadata
from storewright.generated.oss.bindings import (
    object_from_list_object_versions,
    object_from_list_objects_v2,
)
from storewright.services.oss.documents import Listed, read
from storewright.services.oss.sdk import Answer
from storewright.services.oss.uploads import part_of

__all__ = ["PAGE", "ObjectPages", "PartPages", "UploadPages", "VersionPages", "mode_of"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_PART: Final = OBJECT_MODES["part"]
_MODES: Final = {"Appendable": _READ | OBJECT_MODES["append"], "Symlink": OBJECT_MODES["link"]}
PAGE: Final = 1000
"""Items in one answer at most."""

Ask = Callable[..., Any]
"""A vendor call that wants to know no more than the page."""


def mode_of(kind: str | None) -> int:
    """The mode of an object of OSS's type."""
    return _MODES.get(kind or "", _READ)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _entry(entry: Any) -> dict[str, Any]:
    """What a listing tells of a version, as values."""
    found: dict[str, Any] = {**vars(entry), "last_modified": _moment(entry.last_modified)}
    if found.get("etag"):
        found["etag"] = f'"{found["etag"]}"'
    if found.get("type") == "Appendable":
        found["position"] = found["size"]
    return found


class _Pages(ABC):
    """Fetches pages of objects below ``prefix``, or with ``directory`` of one level.

    ``marked`` says that keys ending in a slash are directories, which the user enabled.
    """

    def __init__(
        self, ask: Ask, prefix: str, work_dir: WorkDir, *, directory: bool, marked: bool
    ) -> None:
        self._ask, self._prefix = ask, prefix
        self._work_dir, self._marked = work_dir, marked
        self._delimiter = "/" if directory else ""

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        listed = self._ask_page(token)
        items = self._sorted((*map(self._dir, listed.prefixes), *self._files(listed)))
        return Page(items, listed.following)

    def _sorted(self, items: Iterable[Object]) -> list[Object]:
        """They come in groups."""
        return sorted(items, key=_id)

    @abstractmethod
    def _ask_page(self, token: str | None) -> Listed:
        """The service's answer."""

    @abstractmethod
    def _object(self, path: str, key: str, entry: dict[str, Any]) -> Object:
        """One of its objects."""

    def _dir(self, key: str) -> Object:
        return Object(self._work_dir.path(key).removesuffix("/"), key, _DIR)

    def _files(self, listed: Listed) -> Iterator[Object]:
        path_of, own = self._work_dir.path, self._work_dir.key_prefix
        for entry in listed.entries:
            key = entry["key"]
            if key == own:
                continue  # the mark of work_dir: no path leads to it
            if not (self._marked and key.endswith("/")):
                yield self._object(path_of(key), key, entry)
            elif key != self._prefix:  # a directory does not list itself
                yield self._dir(key)


class ObjectPages(_Pages):
    """Fetches pages of objects."""

    def _ask_page(self, token: str | None) -> Listed:
        return read(
            self._ask(self._prefix, delimiter=self._delimiter, continuation_token=token or "")
        )

    def _object(self, path: str, key: str, entry: dict[str, Any]) -> Object:
        return object_from_list_objects_v2(path, key, mode_of(entry["type"]), entry)


class VersionPages(_Pages):
    """Fetches pages of every version of objects, and of the marks that say they were deleted."""

    def _ask_page(self, token: str | None) -> Listed:
        key, version = ("", "") if token is None else read_token(token, 2)
        answer = self._ask(
            self._prefix, delimiter=self._delimiter, key_marker=key, versionid_marker=version
        )
        return Listed(self._entries(answer), answer.common_prefix, self._following(answer))

    def _following(self, answer: Answer) -> str | None:
        if not answer.is_truncated:
            return None
        return write_token(answer.next_key_marker, answer.next_versionid_marker or "")

    def _sorted(self, items: Iterable[Object]) -> list[Object]:
        return sorted(items, key=_newest_first)

    def _entries(self, answer: Answer) -> Iterator[dict[str, Any]]:
        yield from map(_entry, answer.versions)
        for mark in answer.delete_marker:
            yield {**_entry(mark), "delete_marker": True}

    def _object(self, path: str, key: str, entry: dict[str, Any]) -> Object:
        return object_from_list_object_versions(path, key, mode_of(entry.get("type")), entry)


def _id(item: Object) -> str:
    return item.id


def _newest_first(item: Object) -> tuple[str, bool, float]:
    """By key; of one key the latest version first, as the service has them in one document."""
    told = object_metadata(item)
    age = -item.last_modified.timestamp() if item.last_modified is not None else 0.0
    return item.id, not told.is_latest, age


class UploadPages:
    """Fetches pages of uploads in progress below ``prefix``."""

    def __init__(self, ask: Ask, prefix: str, work_dir: WorkDir) -> None:
        self._ask, self._prefix, self._work_dir = ask, prefix, work_dir

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        key, upload = ("", "") if token is None else read_token(token, 2)
        answer = self._ask(self._prefix, key_marker=key, upload_id_marker=upload)
        items = [self._object(entry) for entry in answer.upload_list]
        if not answer.is_truncated:
            return Page(items, None)
        return Page(items, write_token(answer.next_key_marker, answer.next_upload_id_marker))

    def _object(self, entry: Any) -> Object:
        return Object(
            self._work_dir.path(entry.key),
            entry.key,
            _PART,
            multipart_id=entry.upload_id,
            last_modified=_moment(entry.initiation_date),
        )


class PartPages:
    """Fetches pages of the parts of one upload."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __call__(self, token: str | None) -> Page[Part]:
        """One page, from the service's token on."""
        if token is not None:
            read_number(token)
        answer = self._ask(marker=token or "")
        items = [part_of(entry) for entry in answer.parts]
        return Page(items, str(answer.next_marker) if answer.is_truncated else None)
