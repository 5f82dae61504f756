"""One object in memory: its content, and what is known about it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final

from storewright.core.modes import OBJECT_MODES
from storewright.core.options import Options
from storewright.core.record import Record, field_names, replace
from storewright.generated.memory.options import WriteOptions
from storewright.generated.objects import Object

__all__ = ["DIR", "FILE", "LINK", "PLAIN", "Attributes", "Entry"]

DIR: Final = OBJECT_MODES["dir"]
LINK: Final = OBJECT_MODES["link"]
FILE: Final = OBJECT_MODES["read"] | OBJECT_MODES["page"] | OBJECT_MODES["append"]
"""What can be done with every object in memory."""

_serials: Final = itertools.count(1)


class Attributes(Record):
    """What is kept with an object besides its content, as it was given."""

    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_md5: str | None = None
    content_type: str | None = None
    user_metadata: Mapping[str, str] | None = None

    @classmethod
    def of_write(cls, options: WriteOptions) -> Attributes:
        """Those of a write, quickly: most have none."""
        given = _all_of(options)
        return PLAIN if given == _NOTHING else cls(*given)

    @classmethod
    def of(cls, options: Options) -> Attributes:
        """Those of any other operation's options."""
        return cls(**{name: getattr(options, name, None) for name in _NAMES})

    def updated(self, options: Options) -> Attributes:
        """These, but for what ``options`` say otherwise."""
        found = {name: getattr(options, name, None) for name in _NAMES}
        return replace(self, **{name: value for name, value in found.items() if value is not None})

    def describe(self, item: Object) -> None:
        """Tell ``item`` about them."""
        for name in _NAMES:
            setattr(item, name, getattr(self, name))
        if self.user_metadata is not None:
            item.user_metadata = dict(self.user_metadata)


_NAMES: Final = field_names(Attributes)
_NOTHING: Final = (None,) * len(_NAMES)
_all_of: Final = attrgetter(*_NAMES)
PLAIN: Final = Attributes()


class Entry:
    """An object, a directory or a link.

    ``content`` never changes while it is bytes. Once the object was appended to, it is a bytearray,
    which only who holds the lock of the space may touch. ``upload`` is the id of the upload that
    made the object, or empty. ``target`` is a link's key.
    """

    __slots__ = ("attributes", "content", "mode", "modified", "serial", "target", "upload")

    def __init__(
        self,
        content: bytes | bytearray = b"",
        attributes: Attributes = PLAIN,
        mode: int = FILE,
        target: str = "",
        upload: str = "",
    ) -> None:
        self.content = content
        self.attributes = attributes
        self.mode = mode
        self.target = target
        self.upload = upload
        self.serial = next(_serials)
        self.modified = time.time()

    @property
    def etag(self) -> str:
        """Another one for every change of the content; it is no MD5."""
        return f'"{self.serial:x}"'

    def change(self) -> bytearray:
        """The content, to be changed in place."""
        if not isinstance(self.content, bytearray):
            self.content = bytearray(self.content)
        if self.attributes.content_md5 is not None:
            self.attributes = replace(self.attributes, content_md5=None)
        self.serial, self.modified = next(_serials), time.time()
        return self.content

    def describe(self, path: str, id: str) -> Object:
        """The object as its users see it; a link's target is for the caller to fill in."""
        item = Object(path, id, self.mode)
        item.last_modified = datetime.fromtimestamp(self.modified, UTC)
        if self.mode & FILE:
            item.content_length = item.append_offset = len(self.content)
            item.etag = self.etag
            if self.attributes is not PLAIN:
                self.attributes.describe(item)
        return item
