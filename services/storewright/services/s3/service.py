"""S3's buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from storewright.core.deadline import within
from storewright.core.errors import StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.generated.interfaces import Storager
from storewright.generated.objects import Fetch
from storewright.generated.s3 import S3ServiceBase
from storewright.generated.s3 import options as opt
from storewright.services.s3 import errors
from storewright.services.s3.client import Clients
from storewright.services.s3.listing import PAGE
from storewright.services.s3.storage import S3Storage

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["S3Service"]

_HOME: Final = ("us-east-1", "aws-global")
"""The region that S3 does not want to be named when a bucket is created in it."""
_CREATE: Final[Mapping[str, str]] = {
    "acl": "ACL",
    "object_lock_enabled": "ObjectLockEnabledForBucket",
    "object_ownership": "ObjectOwnership",
}
_OWNER: Final[Mapping[str, str]] = {"expected_bucket_owner": "ExpectedBucketOwner"}


class S3Service(S3ServiceBase):
    """The buckets of an account. See S3ServiceBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewServiceOptions) -> None:
        self._location = options.location
        self._is_amazon = options.endpoint is None
        self._clients = Clients(options)
        self._shared = {name: value for name, value in options.given() if name != "location"}

    @property
    def client(self) -> S3Client:
        """The boto3 client, for what only S3 can do. It is this process's, and thread-safe."""
        return self._clients.get()

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _storage(self, name: str, location: str | None) -> S3Storage:
        """A storage for a bucket; it has a client of its own only if it is in another region."""
        location = location or self._location
        store = S3Storage(name=name, location=location, **self._shared)
        if location == self._location:
            store.share(self._clients)
        return store

    @override
    def _create(self, name: str, options: opt.ServiceCreateOptions) -> Storager:
        store = self._storage(name, options.location)  # a region makes no buckets for another
        args: dict[str, Any] = {"Bucket": name, **_given(_CREATE, options)}
        location = options.location or self._region()
        if location is not None and location not in _HOME:
            args["CreateBucketConfiguration"] = {"LocationConstraint": location}
        with within(options.timeout):
            store.client.create_bucket(**args)
        return store

    def _region(self) -> str | None:
        """Where buckets are made unless another place is named. Amazon must be told it."""
        return self.client.meta.region_name if self._is_amazon else self._location

    @override
    def _delete(self, name: str, options: opt.ServiceDeleteOptions) -> None:
        with within(options.timeout):
            try:
                self.client.delete_bucket(Bucket=name, **_given(_OWNER, options))
            except ClientError as error:
                if errors.code_of(error) not in ("NoSuchBucket", "404"):
                    raise

    @override
    def _get(self, name: str, options: opt.ServiceGetOptions) -> Storager:
        with within(options.timeout):
            answer = self.client.head_bucket(Bucket=name, **_given(_OWNER, options))
        return self._storage(name, options.location or answer.get("BucketRegion"))

    @override
    def _list(self, options: opt.ServiceListOptions) -> Fetch[Storager]:
        size = page_size(options.limit, options.continuation_token, PAGE)
        args: dict[str, Any] = {"MaxBuckets": size}
        if options.location is not None:
            args["BucketRegion"] = options.location

        def fetch(token: str | None) -> Page[Storager]:
            more: dict[str, Any] = {} if token is None else {"ContinuationToken": token}
            with within(options.timeout):
                answer: Any = self.client.list_buckets(**args, **more)
            found = [self._listed(entry) for entry in answer.get("Buckets", ())]
            return Page(found, answer.get("ContinuationToken"))

        return fetch

    def _listed(self, entry: Any) -> Storager:
        return self._storage(entry["Name"], entry.get("BucketRegion"))


def _given(names: Mapping[str, str], options: Any) -> dict[str, Any]:
    """The options that are given, under the vendor's names."""
    found = {theirs: getattr(options, ours) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value is not None}
