"""Azure's containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from typing_extensions import override

from storewright.core.deadline import within
from storewright.core.errors import RestrictionDissatisfied, StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.generated.azblob import AzblobServiceBase
from storewright.generated.azblob import options as opt
from storewright.generated.interfaces import Storager
from storewright.generated.objects import Fetch
from storewright.services.azblob import errors
from storewright.services.azblob.client import Clients
from storewright.services.azblob.listing import PAGE, first_page
from storewright.services.azblob.storage import AzblobStorage

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

__all__ = ["AzblobService"]


class AzblobService(AzblobServiceBase):
    """The containers of an account. See AzblobServiceBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewServiceOptions) -> None:
        self._clients = Clients(options)
        self._shared = dict(options.given())

    @property
    def client(self) -> BlobServiceClient:
        """The SDK's client, for what only Azure can do. It is this process's, and thread-safe."""
        return self._clients.get().service()

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _storage(self, name: str) -> AzblobStorage:
        """A storage for a container, with the clients of this service."""
        store = AzblobStorage(name=name, **self._shared)
        store.share(self._clients)
        return store

    @override
    def _create(self, name: str, options: opt.ServiceCreateOptions) -> Storager:
        client: Any = self.client
        access: Any = options.public_access
        with within(options.timeout):
            client.create_container(name, public_access=access)
        return self._storage(name)

    @override
    def _delete(self, name: str, options: opt.ServiceDeleteOptions) -> None:
        lease: dict[str, Any] = {} if options.lease_id is None else {"lease": options.lease_id}
        with within(options.timeout):
            try:
                self._check_empty(name)
                self.client.delete_container(name, **lease)
            except HttpResponseError as error:
                if errors.code_of(error) not in ("ContainerNotFound", "404"):
                    raise

    def _check_empty(self, name: str) -> None:
        """Azure would delete the objects together with their container."""
        client: Any = self._clients.get().container(name)
        found, _ = first_page(client.list_blobs(results_per_page=1).by_page())
        if found:
            raise RestrictionDissatisfied("the container is not empty", hint="delete its objects")

    @override
    def _get(self, name: str, options: opt.ServiceGetOptions) -> Storager:
        with within(options.timeout):
            self._clients.get().container(name).get_container_properties()
        return self._storage(name)

    @override
    def _list(self, options: opt.ServiceListOptions) -> Fetch[Storager]:
        size = page_size(options.limit, options.continuation_token, PAGE)

        def fetch(token: str | None) -> Page[Storager]:
            listing: Any = self.client.list_containers(results_per_page=size)
            with within(options.timeout):
                items, following = first_page(listing.by_page(token))
            return Page([self._storage(item.name) for item in items], following)

        return fetch
