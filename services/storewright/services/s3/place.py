"""Where a store is: its bucket, its directory in it, and the client that leads there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, final

from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.services.s3.client import Clients

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["Place"]

_DIR: Final = OBJECT_MODES["dir"]


@final
class Place:
    """What every call of one store has in common."""

    __slots__ = ("bucket", "clients", "work_dir")

    def __init__(self, bucket: str, work_dir: WorkDir, clients: Clients) -> None:
        self.bucket, self.work_dir, self.clients = bucket, work_dir, clients

    @property
    def client(self) -> S3Client:
        """This process's client."""
        return self.clients.get()

    def key(self, path: str, mode: int | None = None) -> str:
        """The key of an object; that of a directory ends in a slash."""
        key = self.work_dir.object_key(path)
        return key + "/" if mode is not None and mode & _DIR and not key.endswith("/") else key

    def object(self, path: str, mode: int | None = None) -> dict[str, Any]:
        """What names an object in a call."""
        return {"Bucket": self.bucket, "Key": self.key(path, mode)}

    def upload(self, path: str, id: str | None) -> dict[str, Any]:
        """What names an upload in a call."""
        return {**self.object(path), "UploadId": id or ""}

    def call(self, name: str) -> Callable[..., Any]:
        """A vendor call of whichever client the process has when it is made."""

        def call(**args: Any) -> Any:
            return getattr(self.client, name)(**args)

        return call
