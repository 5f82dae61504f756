"""Where a store is: its bucket, its directory in it, and the connection that leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from storewright.core.errors import PathInvalid, RestrictionDissatisfied
from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.services.gcs.calls import Calls, quoted
from storewright.services.gcs.client import Clients

if TYPE_CHECKING:
    from storewright.core.deadline import Deadline

__all__ = ["Place"]

_DIR: Final = OBJECT_MODES["dir"]
_KEY_MAXIMUM: Final = 1024


@final
class Place:
    """What every call of one store has in common."""

    __slots__ = ("_objects", "bucket", "clients", "work_dir")

    def __init__(self, bucket: str, work_dir: WorkDir, clients: Clients) -> None:
        self.bucket, self.work_dir, self.clients = bucket, work_dir, clients
        self._objects = f"/b/{quoted(bucket)}/o"

    def calls(self, timeout: float | Deadline | None = None) -> Calls:
        """What sends the requests of one call, over this process's connection."""
        return Calls(self.clients.get(), timeout)

    def key(self, path: str, mode: int | None = None) -> str:
        """The key of an object; that of a directory ends in a slash.

        Raises PathInvalid and RestrictionDissatisfied for a key that no object can have.
        """
        key = self.work_dir.object_key(path)
        if mode is not None and mode & _DIR and not key.endswith("/"):
            key += "/"
        if len(key) * 4 > _KEY_MAXIMUM and len(key.encode()) > _KEY_MAXIMUM:
            message = f"the key has {len(key.encode())} bytes; at most {_KEY_MAXIMUM} are allowed"
            raise RestrictionDissatisfied(message)
        if key == ".":  # a URL's path cannot say it
            raise PathInvalid("the service has no object with the key '.'")
        return key

    @property
    def objects(self) -> str:
        """The path of the bucket's objects in the JSON API."""
        return f"/storage/v1{self._objects}"

    @property
    def uploads(self) -> str:
        """The path that objects are sent to."""
        return f"/upload/storage/v1{self._objects}"

    def object(self, key: str) -> str:
        """The path of one object's resource."""
        return f"/storage/v1{self._objects}/{quoted(key)}"

    def content(self, key: str) -> str:
        """The path of one object's content."""
        return f"/download/storage/v1{self._objects}/{quoted(key)}"

    def xml(self, key: str = "") -> str:
        """The path of the bucket or of one object in the XML API."""
        return f"/{quoted(self.bucket)}/{quoted(key)}" if key else f"/{quoted(self.bucket)}"
