"""Where a store is: its bucket, its directory in it, and oss2's object that leads there."""

from __future__ import annotations

from typing import Final, final

from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.services.oss.client import Clients
from storewright.services.oss.sdk import Bucket

__all__ = ["Place"]

_DIR: Final = OBJECT_MODES["dir"]


@final
class Place:
    """What every call of one store has in common."""

    __slots__ = ("clients", "name", "work_dir")

    def __init__(self, name: str, work_dir: WorkDir, clients: Clients) -> None:
        self.name, self.work_dir, self.clients = name, work_dir, clients

    @property
    def bucket(self) -> Bucket:
        """This process's object for the bucket."""
        return self.clients.bucket(self.name)

    def key(self, path: str, mode: int | None = None) -> str:
        """The key of an object; that of a directory ends in a slash."""
        key = self.work_dir.object_key(path)
        return key + "/" if mode is not None and mode & _DIR and not key.endswith("/") else key
