"""Where a store is: its bucket, its directory in it, and the client that leads there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from storewright.core.errors import PathInvalid
from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.services.cos.client import Clients

__all__ = ["Place"]

_DIR: Final = OBJECT_MODES["dir"]


@final
class Place:
    """What every call of one store has in common."""

    __slots__ = ("bucket", "clients", "work_dir")

    def __init__(self, bucket: str, work_dir: WorkDir, clients: Clients) -> None:
        self.bucket, self.work_dir, self.clients = bucket, work_dir, clients

    @property
    def client(self) -> Any:
        """This process's client."""
        return self.clients.get()

    def key(self, path: str, mode: int | None = None) -> str:
        """The key of an object; that of a directory ends in a slash.

        Raises PathInvalid for a key that would become another one on its way: URLs have no last
        segment of a dot, and requests merges slashes at the beginning.
        """
        key = self.work_dir.object_key(path)
        if mode is not None and mode & _DIR and not key.endswith("/"):
            key += "/"
        if key == "." or key.endswith("/.") or key.startswith("/"):
            raise PathInvalid("the SDK cannot send a key that begins with / or ends in /.")
        return key

    def object(self, path: str, mode: int | None = None) -> dict[str, Any]:
        """What names an object in a call."""
        return {"Bucket": self.bucket, "Key": self.key(path, mode)}

    def upload(self, path: str, id: str | None) -> dict[str, Any]:
        """What names an upload in a call."""
        return {**self.object(path), "UploadId": id or ""}

    def source(self, path: str, version: str | None = None) -> dict[str, Any]:
        """What names an object as the source of a copy."""
        named = {**self.object(path), **self.clients.source}
        return named if version is None else {**named, "VersionId": version}

    def call(self, name: str) -> Callable[..., Any]:
        """A vendor call of whichever client the process has when it is made."""

        def call(**args: Any) -> Any:
            return getattr(self.client, name)(**args)

        return call
