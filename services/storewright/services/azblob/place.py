"""Where a store is: its container, its directory in it, and the clients that lead there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, final

from storewright.core.errors import PathInvalid
from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.services.azblob.calls import Call, address_of
from storewright.services.azblob.client import Clients, Connected

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

__all__ = ["Blob", "Place"]

_DIR: Final = OBJECT_MODES["dir"]


@final
class Place:
    """What every call of one store has in common."""

    __slots__ = ("_any_blob", "_connected", "_container", "clients", "name", "work_dir")

    def __init__(self, name: str, work_dir: WorkDir, clients: Clients) -> None:
        self.name, self.work_dir, self.clients = name, work_dir, clients
        self._connected: Connected | None = None

    @property
    def connected(self) -> Connected:
        """This process's clients."""
        connected = self.clients.get()
        if connected is not self._connected:
            self._container = connected.container(self.name)
            self._any_blob: BlobClient = connected.any_blob(self.name)
            self._connected = connected
        return connected

    @property
    def container(self) -> ContainerClient:
        """This process's client of the container."""
        self.connected  # noqa: B018 - makes it
        return self._container

    @property
    def any_blob(self) -> BlobClient:
        """This process's client of all blobs in the container."""
        self.connected  # noqa: B018 - makes it
        return self._any_blob

    def key(self, path: str, mode: int | None = None) -> str:
        """The key of an object; that of a directory ends in a slash.

        Raises PathInvalid for one that Azure would take for another.
        """
        key = self.work_dir.object_key(path)
        if "\\" in key:
            message = "path has a backslash, which Azure takes for a slash"
            raise PathInvalid(message, path=path)
        return key + "/" if mode is not None and mode & _DIR and not key.endswith("/") else key

    def blob(self, path: str, mode: int | None = None) -> Blob:
        """The blob at a path."""
        return Blob(self, self.key(path, mode))

    def blob_of(self, key: str) -> Blob:
        """The blob of a key."""
        return Blob(self, key)


@final
class Blob:
    """One blob, for calls of the SDK."""

    __slots__ = ("_place", "key")

    def __init__(self, place: Place, key: str) -> None:
        self._place, self.key = place, key

    @property
    def client(self) -> BlobClient:
        """The client of all blobs: what is called needs ``raw_request_hook=self.says(…)``."""
        return self._place.any_blob

    def says(self, args: dict[str, Any]) -> Call:
        """What a call says with ``args``, of this blob."""
        return Call(self.key, args)

    @property
    def container(self) -> str:
        """The name of its container."""
        return self._place.name

    @property
    def connected(self) -> Connected:
        """This process's clients."""
        return self._place.connected

    def address(self, parameters: Sequence[str] = ()) -> str:
        """Its URL; without parameters, nothing in it gives a right to it."""
        container = f"{self.connected.access.url}/{self._place.name}/"
        return address_of(container, self.key, parameters)
