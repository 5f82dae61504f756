"""A space: the objects that one or several stores see, and the lock over them."""

import os
import threading
from typing import ClassVar, Final, TypeVar

from storewright.core.errors import (
    ConditionFailed,
    ObjectExists,
    ObjectModeInvalid,
    ObjectNotExist,
    PathInvalid,
)
from storewright.services.memory.entries import DIR, FILE, LINK, Entry
from storewright.services.memory.uploads import Blocks, Multipart, Segments, Upload

__all__ = ["Space", "check_match", "find_upload", "forget", "named_space"]

_LONGEST_CHAIN: Final = 40
U = TypeVar("U", bound=Upload)


class Space:
    """Objects by key. Every method is atomic.

    A key that ends in a slash is a directory. One is there once it was created, and as long as
    anything is below it; an object and a directory never have the same name.
    """

    lock: ClassVar = threading.RLock()
    """One for all spaces: it is never held while anything waits, and a fork can wait for it."""

    def __init__(self) -> None:
        self.objects: dict[str, Entry] = {}
        self.multiparts: dict[str, Multipart] = {}
        self.segments: dict[str, Segments] = {}
        self.blocks: dict[str, Blocks] = {}
        # Directory -> how many keys and directories are right in it, itself included if created.
        self._dirs: dict[str, int] = {}
        self._order: list[str] | None = None

    # ------------------------------------------------------------------------------------ writing

    def put(
        self,
        key: str,
        entry: Entry,
        if_match: str | None = None,
        if_not_exists: bool | None = None,
    ) -> None:
        """Publish an object or a link under ``key``, replacing what was there."""
        with self.lock:
            if if_match is not None or if_not_exists:
                _check_replace(self.objects.get(key), if_match, if_not_exists)
            if key not in self.objects:
                if key + "/" in self._dirs:
                    raise ObjectModeInvalid(expected=FILE, actual=DIR)
                self._adopt(key[: key.rfind("/") + 1])
            self.objects[key] = entry

    def put_dir(self, key: str) -> Entry:
        """Create the directory ``key`` unless it is there."""
        with self.lock:
            if key not in self.objects:
                self._adopt(key)
                self.objects[key] = Entry(mode=DIR)
            return self.objects[key]

    def extend(self, key: str, content: bytes) -> int:
        """Append to an object, and return its new length."""
        with self.lock:
            grown = self.file(key).change()
            grown += content
            return len(grown)

    def overwrite(self, key: str, content: bytes, offset: int) -> None:
        """Write into an object at ``offset``; a hole before it is filled with zeros."""
        with self.lock:
            changed = self.file(key).change()
            changed.extend(bytes(max(0, offset - len(changed))))
            changed[offset : offset + len(content)] = content

    def move(self, src: str, dst: str, entry: Entry) -> None:
        """Give the object or link ``entry`` another key, replacing what was there."""
        with self.lock:
            self.put(dst, entry)
            if src != dst and self.objects.get(src) is entry:
                self._drop(src)

    def remove(self, key: str, if_match: str | None = None) -> None:
        """Remove an object or a link; that it is not there is no error."""
        with self.lock:
            if key in self.objects or key + "/" in self._dirs:
                check_match(self.find(key), if_match)
                self._drop(key)

    def remove_dir(self, key: str) -> None:
        """Remove the directory ``key``; what is below it stays."""
        with self.lock:
            if (file := self.objects.get(key[:-1])) is not None:
                raise ObjectModeInvalid(expected=DIR, actual=file.mode)
            if key in self.objects:
                self._drop(key)

    def _drop(self, key: str) -> None:
        del self.objects[key]
        self._leave(key[: key.rfind("/") + 1])

    def _adopt(self, directory: str) -> None:
        """Make room for a new key in ``directory``, whose parents must not be objects."""
        new: list[str] = []
        while directory and directory not in self._dirs:
            if (file := self.objects.get(directory[:-1])) is not None:
                raise ObjectModeInvalid(expected=DIR, actual=file.mode, hint=_PARENT)
            new.append(directory)
            directory = directory[: directory.rfind("/", 0, -1) + 1]
        if directory:
            self._dirs[directory] += 1
        self._dirs.update(dict.fromkeys(new, 1))
        self._order = None

    def _leave(self, directory: str) -> None:
        """Note that a key in ``directory`` has gone."""
        while directory:
            self._dirs[directory] -= 1
            if self._dirs[directory]:
                return
            del self._dirs[directory]
            directory = directory[: directory.rfind("/", 0, -1) + 1]

    def begin(self, upload: Multipart) -> Multipart:
        """Keep the parts of ``upload`` until it is completed or aborted."""
        self.multiparts[upload.id] = upload
        return upload

    # ------------------------------------------------------------------------------------ reading

    def find(self, key: str) -> Entry:
        """The object or link under ``key``."""
        try:
            return self.objects[key]
        except KeyError:
            if key + "/" in self._dirs:
                raise ObjectModeInvalid(expected=FILE, actual=DIR) from None
            raise ObjectNotExist("object does not exist") from None

    def find_dir(self, key: str) -> Entry | None:
        """The directory ``key``; its entry is None if it was not created, but anything is in it."""
        if (file := self.objects.get(key[:-1])) is not None:
            raise ObjectModeInvalid(expected=DIR, actual=file.mode)
        if key and key not in self._dirs:
            raise ObjectNotExist("directory does not exist")
        return self.objects.get(key)

    def is_dir(self, key: str) -> bool:
        """Whether there is a directory ``key``."""
        return not key or key in self._dirs

    def file(self, key: str) -> Entry:
        """The object under ``key``, which is no link."""
        entry = self.find(key)
        if not entry.mode & FILE:
            raise ObjectModeInvalid(expected=FILE, actual=entry.mode)
        return entry

    def follow(self, key: str, within: str) -> Entry:
        """The object under ``key``, or the one that links lead to without leaving ``within``."""
        entry = self.find(key)
        for _ in range(_LONGEST_CHAIN):
            if not entry.mode & LINK:
                return entry
            if not entry.target.startswith(within):
                raise PathInvalid("the link points outside work_dir")
            entry = self.find(entry.target)
        raise PathInvalid("the link leads in a circle")

    def content(self, entry: Entry, start: int = 0, stop: int | None = None) -> bytes:
        """Some of an object's content, all of one moment. A whole object is not copied."""
        content = entry.content
        if isinstance(content, bytes):
            return content[start:stop]
        with self.lock, memoryview(content) as view:
            return bytes(view[start:stop])

    def order(self) -> list[str]:
        """The keys, sorted. Some may have been removed since, but none is missing."""
        with self.lock:
            if self._order is None:
                self._order = sorted(self.objects)
            return self._order


_PARENT: Final = "a parent of the path is an object"


def check_match(
    entry: Entry, if_match: str | None = None, if_none_match: str | None = None
) -> None:
    """Raise ConditionFailed unless the object has, or has not, these entity tags."""
    if if_match is not None and entry.etag != if_match:
        raise ConditionFailed(f"the object's ETag is {entry.etag}, not {if_match}")
    if if_none_match is not None and entry.etag == if_none_match:
        raise ConditionFailed(f"the object's ETag is {entry.etag}")


def _check_replace(entry: Entry | None, if_match: str | None, if_not_exists: bool | None) -> None:
    """Whether a write may replace ``entry``."""
    if if_not_exists and entry is not None:
        raise ObjectExists("object exists already")
    if entry is not None:
        check_match(entry, if_match)
    elif if_match is not None:
        raise ConditionFailed(f"there is no object whose ETag could be {if_match}")


def find_upload(uploads: dict[str, U], key: str, upload_id: str) -> U:
    """The upload of that id, which must be one for ``key``."""
    upload = uploads.get(upload_id)
    if upload is None or upload.key != key:
        raise ObjectNotExist(f"there is no upload {upload_id!r} of this object")
    return upload


_named: Final[dict[str, Space]] = {}


def named_space(name: str) -> Space:
    """The space that all stores of this process with that name share."""
    with Space.lock:
        return _named.setdefault(name, Space())


def forget(name: str) -> None:
    """Drop the space ``name`` and all its objects; stores that are open keep theirs."""
    with Space.lock:
        _named.pop(name, None)


if hasattr(os, "register_at_fork"):
    # a child forked in the middle of another thread's write would find a lock nobody releases
    os.register_at_fork(
        before=Space.lock.acquire,
        after_in_parent=Space.lock.release,
        after_in_child=Space.lock.release,
    )
