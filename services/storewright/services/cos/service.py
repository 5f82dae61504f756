"""COS's buckets."""

from __future__ import annotations

from typing import Any, Final

import qcloud_cos
from typing_extensions import override

from storewright.core.deadline import within
from storewright.core.errors import StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.generated.cos import CosServiceBase
from storewright.generated.cos import options as opt
from storewright.generated.interfaces import Storager
from storewright.generated.objects import Fetch
from storewright.services.cos import errors
from storewright.services.cos.calls import headers_of
from storewright.services.cos.client import Clients
from storewright.services.cos.listing import PAGE
from storewright.services.cos.storage import CosStorage

__all__ = ["CosService"]

_sdk: Any = qcloud_cos
_GONE: Final = ("NoSuchBucket", "404")


class CosService(CosServiceBase):
    """The buckets of an account. See CosServiceBase for its options.

    A bucket's name ends in a dash and the account's APPID, and its host name has its region: a
    bucket of another region is reached only if its location is given.
    """

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewServiceOptions) -> None:
        self._location = options.location
        self._clients = Clients(options)
        self._shared = {name: value for name, value in options.given() if name != "location"}

    @property
    def client(self) -> Any:
        """The CosS3Client, for what only COS can do. It is this process's, and thread-safe."""
        return self._clients.get()

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _storage(self, name: str, location: str | None) -> CosStorage:
        """A storage for a bucket; it has a client of its own only if it is in another region."""
        location = location or self._location
        store = CosStorage(name=name, location=location, **self._shared)
        if location == self._location:
            store.share(self._clients)
        return store

    @override
    def _create(self, name: str, options: opt.ServiceCreateOptions) -> Storager:
        store = self._storage(name, options.location)
        args = {} if options.acl is None else {"ACL": options.acl}
        with within(options.timeout):
            store.client.create_bucket(Bucket=name, **args)
        return store

    @override
    def _delete(self, name: str, options: opt.ServiceDeleteOptions) -> None:
        with within(options.timeout):
            try:
                self._storage(name, options.location).client.delete_bucket(Bucket=name)
            except _sdk.CosServiceError as error:
                if errors.code_of(error) not in _GONE:
                    raise

    @override
    def _get(self, name: str, options: opt.ServiceGetOptions) -> Storager:
        store = self._storage(name, options.location)
        with within(options.timeout):
            answer = headers_of(store.client.head_bucket(Bucket=name))
        return self._storage(name, options.location or answer.get("x-cos-bucket-region"))

    @override
    def _list(self, options: opt.ServiceListOptions) -> Fetch[Storager]:
        args: dict[str, Any] = {
            "MaxKeys": page_size(options.limit, options.continuation_token, PAGE)
        }
        if options.location is not None:
            args["Region"] = options.location

        def fetch(token: str | None) -> Page[Storager]:
            with within(options.timeout):
                answer = self.client.list_buckets(**args, Marker=token or "")
            entries: list[Any] = answer["Buckets"]["Bucket"] if answer["Buckets"] else []
            found = [self._listed(entry) for entry in entries]
            more = answer.get("IsTruncated") == "true"
            return Page(found, answer["NextMarker"] if more else None)

        return fetch

    def _listed(self, entry: Any) -> Storager:
        return self._storage(entry["Name"], entry.get("Location"))
