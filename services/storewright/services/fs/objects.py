"""What a file looks like as an object."""

import os
import stat
from collections.abc import Collection
from typing import final

from storewright.generated.fs.metadata import FsObjectMetadata
from storewright.generated.objects import Object
from storewright.services.fs.attributes import load
from storewright.services.fs.files import FILE, LINK, mode_of, moment
from storewright.services.fs.moving import linked_file
from storewright.services.fs.places import Places

__all__ = ["Objects"]


@final
class Objects:
    """Describes files; ``kept`` are the virtual metadata that the user has enabled."""

    def __init__(self, places: Places, kept: Collection[str]) -> None:
        self._places = places
        self.kept = kept

    def of(self, path: str, name: str, file: str, found: os.stat_result) -> Object:
        """The object at ``path`` that ``file`` is."""
        item = Object(path, self._places.id(name), mode_of(found))
        item.last_modified = moment(found.st_mtime)
        item.system_metadata = FsObjectMetadata(
            found.st_dev, found.st_ino, stat.S_IMODE(found.st_mode)
        )
        if item.mode & FILE:
            item.content_length = item.append_offset = found.st_size
            for key, value in load(file, self.kept, found).items():
                setattr(item, key, value)
        elif item.mode & LINK:
            item.link_target = self._places.shown(linked_file(file))
        return item
