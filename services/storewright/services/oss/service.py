"""OSS's buckets."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from storewright.core.deadline import within
from storewright.core.errors import StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.generated.interfaces import Storager
from storewright.generated.objects import Fetch
from storewright.generated.oss import OssServiceBase
from storewright.generated.oss import options as opt
from storewright.services.oss import errors, sdk
from storewright.services.oss.client import Clients
from storewright.services.oss.listing import PAGE
from storewright.services.oss.storage import OssStorage

__all__ = ["OssService"]

_PREFIX: Final = "oss-"
"""Of a region's name where it is called a location: oss-cn-hangzhou."""


class OssService(OssServiceBase):
    """The buckets of an account. See OssServiceBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewServiceOptions) -> None:
        self._location = options.location
        self._clients = Clients(options)
        self._shared = {name: value for name, value in options.given() if name != "location"}

    @property
    def client(self) -> sdk.Service:
        """oss2's Service, for what only OSS can do. It is this process's, and thread-safe."""
        return self._clients.service()

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _storage(self, name: str, location: str | None) -> OssStorage:
        """A storage for a bucket; it has connections of its own only if it is elsewhere."""
        location = location or self._location
        store = OssStorage(name=name, location=location, **self._shared)
        if location == self._location:
            store.share(self._clients)
        return store

    def _there(self, name: str, location: str | None) -> OssStorage:
        """A storage where it was asked for; by itself it has no region but the service's."""
        return self._storage(name, location or self._location)

    @override
    def _create(self, name: str, options: opt.ServiceCreateOptions) -> Storager:
        store = self._there(name, options.location)
        config = sdk.bucket_config(options.storage_class, options.redundancy_type)
        with within(options.timeout):
            store.client.create_bucket(options.acl, config)
        return store

    @override
    def _delete(self, name: str, options: opt.ServiceDeleteOptions) -> None:
        store = self._there(name, options.location)
        with within(options.timeout):
            try:
                store.client.delete_bucket()
            except sdk.errors.OssError as error:
                if errors.code_of(error) != "NoSuchBucket":
                    raise

    @override
    def _get(self, name: str, options: opt.ServiceGetOptions) -> Storager:
        store = self._there(name, options.location)
        with within(options.timeout):
            store.client.get_bucket_info()
        return store

    @override
    def _list(self, options: opt.ServiceListOptions) -> Fetch[Storager]:
        size = page_size(options.limit, options.continuation_token, PAGE)

        def fetch(token: str | None) -> Page[Storager]:
            with within(options.timeout):
                answer: Any = self.client.list_buckets(marker=token or "", max_keys=size)
            found = [self._listed(entry) for entry in answer.buckets]
            return Page(found, answer.next_marker if answer.is_truncated else None)

        return fetch

    def _listed(self, entry: Any) -> Storager:
        location: str = entry.region or entry.location.removeprefix(_PREFIX)
        return self._storage(entry.name, location if self._location is not None else None)
