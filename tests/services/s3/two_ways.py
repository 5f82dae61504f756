"""The same operations in two ways: through a store, and through boto3 as its users call it."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from botocore.exceptions import ClientError, ParamValidationError

from storewright.core.errors import (
    ConditionFailed,
    ObjectExists,
    ObjectNotExist,
    PairUnsupported,
    PairValueInvalid,
    PermissionDenied,
    RestrictionDissatisfied,
    StorageError,
)
from storewright.services.s3 import object_metadata
from storewright.storage import ListMode

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["FUTURE", "MIB", "PAST", "Ours", "Outcome", "Theirs", "Way", "outcome", "short"]

MIB: Final = 1024 * 1024
Options: TypeAlias = Mapping[str, Any]
Outcome: TypeAlias = Any
"""What a call returned, or the status of its failure."""
PAST, FUTURE = datetime(2001, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


class Way(Protocol):
    """One way to do each operation. Options have Storewright's names."""

    def write(self, key: str, size: int, options: Options) -> Outcome: ...
    def stream(self, key: str, size: int, options: Options) -> Outcome: ...
    def upload(
        self, key: str, sizes: Sequence[int], order: Sequence[int], end: str, options: Options
    ) -> Outcome: ...
    def read(self, key: str, offset: int, size: int | None, options: Options) -> Outcome: ...
    def stat(self, key: str, options: Options) -> Outcome: ...
    def copy(self, source: str, target: str, options: Options) -> Outcome: ...
    def delete(self, key: str) -> Outcome: ...
    def delete_batch(self, keys: Sequence[str]) -> Outcome: ...
    def old(self, key: str, index: int, *, mark: bool, drop: bool) -> Outcome: ...
    def listing(self, prefix: str, mode: str, limit: int | None) -> Outcome: ...


CONTENT: Final = {
    "cache_control": "CacheControl",
    "content_disposition": "ContentDisposition",
    "content_encoding": "ContentEncoding",
    "content_language": "ContentLanguage",
    "content_type": "ContentType",
    "user_metadata": "Metadata",
}
VENDOR: Final = {
    **CONTENT,
    "checksum_algorithm": "ChecksumAlgorithm",
    "copy_source_if_match": "CopySourceIfMatch",
    "copy_source_if_none_match": "CopySourceIfNoneMatch",
    "if_match": "IfMatch",
    "if_modified_since": "IfModifiedSince",
    "if_none_match": "IfNoneMatch",
    "if_unmodified_since": "IfUnmodifiedSince",
    "server_side_encryption": "ServerSideEncryption",
    "server_side_encryption_aws_kms_key_id": "SSEKMSKeyId",
    "storage_class": "StorageClass",
}
"""Our names, and what boto3 calls them where both take the same value."""
STATUSES: Final[Mapping[int, tuple[type[StorageError], ...]]] = {
    304: (ConditionFailed,),
    400: (RestrictionDissatisfied, PairValueInvalid),
    403: (PermissionDenied,),
    404: (ObjectNotExist,),
    409: (ConditionFailed, ObjectExists),
    412: (ConditionFailed, ObjectExists),
    501: (PairUnsupported,),
}
"""HTTP status -> what we may call it."""


def blob(size: int) -> bytes:
    """Content that is told from others by its size."""
    return (b"%d bytes," % size * (size // 8 + 1))[:size]


def short(content: bytes) -> Outcome:
    """Content in a form that a failing test can show."""
    return content if len(content) < 80 else (len(content), hashlib.sha256(content).hexdigest())


def outcome(call: Callable[[], Outcome]) -> Outcome:
    """What a call came to, in a form that both ways share."""
    try:
        return call()
    except StorageError as error:
        return _failed(error)
    except ParamValidationError:
        return "refused"
    except ClientError as error:
        return "failed", error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _failed(error: StorageError) -> Outcome:
    if isinstance(error.__cause__, ParamValidationError):
        assert isinstance(error, PairValueInvalid)
        return "refused"
    assert error.http_status is not None, repr(error)
    assert isinstance(error, STATUSES.get(error.http_status, ())), repr(error)
    return "failed", error.http_status


def _versions(rows: Sequence[Any], limit: int | None) -> Outcome:
    """Where it is cut is certain only by keys: boto3 does not tell how versions and marks mix."""
    told = sorted((path, size, bool(latest), bool(mark)) for path, size, latest, mark in rows)
    return told if limit is None else [path for path, *_ in told][:limit]


def _uploads(keys: Sequence[str], limit: int | None) -> Outcome:
    """SeaweedFS lists them in an order of its own, so what a limit cuts off differs."""
    return sorted(keys) if limit is None else len(keys[:limit])


class Ours:
    """Operations through a store."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def _resolved(self, key: str, options: Options) -> dict[str, Any]:
        """``current`` stands for the ETag that the object has."""
        found = dict(options)
        for name, value in options.items():
            if value == "current":
                found[name] = next(
                    (item.etag for item in self.store.list(key) if item.path == key), '"none"'
                )
        return found

    def write(self, key: str, size: int, options: Options) -> Outcome:
        return self.store.write(key, blob(size), **self._resolved(key, options))

    def stream(self, key: str, size: int, options: Options) -> Outcome:
        options = self._resolved(key, options)
        with self.store.open_writer(key, part_size=5 * MIB, **options) as writer:
            writer.write(blob(size))
        return size

    def upload(
        self, key: str, sizes: Sequence[int], order: Sequence[int], end: str, options: Options
    ) -> Outcome:
        keys = {name: value for name, value in options.items() if "customer" in name}
        made = self.store.create_multipart(key, **options)
        sent = [self.store.write_multipart(made, blob(sizes[n]), n, **keys) for n in order]
        listed = {(part.index, part.size, part.etag) for part in self.store.list_multipart(made)}
        if end == "complete":
            self.store.complete_multipart(made, sent, **keys)
        elif end == "abort":
            self.store.delete(key, multipart_id=made.multipart_id)
        return sorted(listed)

    def read(self, key: str, offset: int, size: int | None, options: Options) -> Outcome:
        options = self._resolved(key, options)
        target = io.BytesIO()
        count = self.store.read(key, target, offset=offset, size=size, **options)
        whole = self.store.read_bytes(key, offset=offset, size=size, **options)
        assert short(target.getvalue()) == short(whole)
        assert count == len(whole)
        return short(target.getvalue())

    def stat(self, key: str, options: Options) -> Outcome:
        found = self.store.stat(key, **self._resolved(key, options))
        system = object_metadata(found)
        return {
            "ContentLength": found.content_length,
            "ETag": found.etag,
            **{theirs: getattr(found, ours) for ours, theirs in CONTENT.items()},
            "StorageClass": system.storage_class,
            "ServerSideEncryption": system.server_side_encryption,
            "SSECustomerAlgorithm": system.server_side_encryption_customer_algorithm,
        }

    def copy(self, source: str, target: str, options: Options) -> Outcome:
        self.store.copy(source, target, **self._resolved(source, options))

    def delete(self, key: str) -> Outcome:
        self.store.delete(key)

    def delete_batch(self, keys: Sequence[str]) -> Outcome:
        self.store.delete_batch(keys)

    def old(self, key: str, index: int, *, mark: bool, drop: bool) -> Outcome:
        items = [i for i in self.store.list(key, list_versions=True) if i.path == key]
        every = [i for i in items if bool(object_metadata(i).delete_marker) == mark]
        if not every:
            return None
        version = every[index % len(every)].version_id
        if drop:
            return self.store.delete(key, version_id=version)
        return short(self.store.read_bytes(key, version_id=version))

    def listing(self, prefix: str, mode: str, limit: int | None) -> Outcome:
        if mode == "part":
            uploads = self.store.list(prefix, list_mode=ListMode.PART, limit=limit)
            return _uploads([item.path for item in uploads], limit)
        if mode == "versions":
            items = self.store.list(prefix, list_versions=True, limit=limit)
            found = [(item, object_metadata(item)) for item in items]
            rows = [(i.path, i.content_length or 0, m.is_latest, m.delete_marker) for i, m in found]
            return _versions(rows, limit)
        flat = ListMode.DIR if mode == "dir" else ListMode.PREFIX
        items = self.store.list(prefix, list_mode=flat, limit=limit)
        return [(i.path, i.content_length, i.etag, object_metadata(i).storage_class) for i in items]


class Theirs:
    """The same through boto3. Where the two differ on purpose, the reason is said."""

    def __init__(self, client: "S3Client", bucket: str, folder: str) -> None:
        self.client: Any = client
        self.bucket, self.folder = bucket, folder

    def _where(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": f"{self.folder}/{key}"}

    def _args(self, key: str, options: Options) -> dict[str, Any]:
        found = {VENDOR[name]: value for name, value in options.items() if name in VENDOR}
        for name, value in found.items():
            if value == "current":
                found[name] = self._tag(key)
        for name, prefix in (("", ""), ("copy_source_", "CopySource")):
            customer = options.get(f"{name}server_side_encryption_customer_key")
            if customer is not None:
                found[f"{prefix}SSECustomerAlgorithm"] = "AES256"
                found[f"{prefix}SSECustomerKey"] = customer
        if "tagging" in options:
            found["Tagging"] = "&".join(f"{k}={v}" for k, v in options["tagging"].items())
        if options.get("if_not_exists"):
            found["IfNoneMatch"] = "*"
        return found

    def _tag(self, key: str) -> str:
        where = self._where(key)
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=where["Key"])
        every = {entry["Key"]: entry["ETag"] for entry in listed.get("Contents", ())}
        return str(every.get(where["Key"], '"none"'))

    def write(self, key: str, size: int, options: Options) -> Outcome:
        self.client.put_object(**self._where(key), Body=blob(size), **self._args(key, options))
        return size

    def stream(self, key: str, size: int, options: Options) -> Outcome:
        if size <= 5 * MIB:
            return self.write(key, size, options)
        content = blob(size)
        conditions = {n: v for n, v in options.items() if n.startswith("if_")}
        condition = self._args(key, conditions)
        parts = [content[start : start + 5 * MIB] for start in range(0, len(content), 5 * MIB)]
        rest = {name: value for name, value in options.items() if name not in conditions}
        self._upload(key, parts, range(len(parts)), "complete", self._args(key, rest), condition)
        return size

    def upload(
        self, key: str, sizes: Sequence[int], order: Sequence[int], end: str, options: Options
    ) -> Outcome:
        parts = [blob(size) for size in sizes]
        return self._upload(key, parts, order, end, self._args(key, options), {})

    def _upload(
        self,
        key: str,
        parts: Sequence[bytes],
        order: Sequence[int],
        end: str,
        args: dict[str, Any],
        condition: dict[str, Any],
    ) -> Outcome:
        where = self._where(key)
        made = self.client.create_multipart_upload(**where, **args)
        where["UploadId"] = made["UploadId"]
        repeated = {n: v for n, v in args.items() if n.startswith("SSECustomer")}
        if "ChecksumAlgorithm" in args:
            repeated["ChecksumAlgorithm"] = args["ChecksumAlgorithm"]
        sent = [self._part(where, n, parts[n], repeated) for n in sorted(order)]
        listed = self.client.list_parts(**where).get("Parts", ())
        if end == "complete":
            try:
                named = {"MultipartUpload": {"Parts": sent}}
                self.client.complete_multipart_upload(**where, **named, **condition)
            except ClientError:
                self.client.abort_multipart_upload(**where)
                raise
        elif end == "abort":
            self.client.abort_multipart_upload(**where)
        return [(part["PartNumber"] - 1, part["Size"], part["ETag"]) for part in listed]

    def _part(self, where: Any, index: int, content: bytes, repeated: Any) -> dict[str, Any]:
        number = index + 1
        answer = self.client.upload_part(**where, PartNumber=number, Body=content, **repeated)
        named = {
            n: v for n, v in answer.items() if n.startswith("Checksum") and n != "ChecksumType"
        }
        return {"PartNumber": number, "ETag": answer["ETag"], **named}

    def read(self, key: str, offset: int, size: int | None, options: Options) -> Outcome:
        args = self._args(key, options)
        if size == 0:  # no Range says nothing at all
            self.client.head_object(**self._where(key), **args)
            return b""
        if offset or size is not None:
            args["Range"] = f"bytes={offset}-{'' if size is None else offset + size - 1}"
        try:
            return short(self.client.get_object(**self._where(key), **args)["Body"].read())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "InvalidRange":
                return b""  # as files do beyond their end
            raise

    def stat(self, key: str, options: Options) -> Outcome:
        found = self.client.head_object(**self._where(key), **self._args(key, options))
        names = (*CONTENT.values(), "ContentLength", "ETag")
        more = ("StorageClass", "ServerSideEncryption", "SSECustomerAlgorithm")
        return {name: found.get(name) for name in (*names, *more)}

    def copy(self, source: str, target: str, options: Options) -> Outcome:
        args = self._args(source, options)
        found = self._head_source(source, args)
        if source == target and not set(options) - {"copy_source_if_match"}:
            return  # S3 refuses it; with us a copy onto itself changes nothing
        if source == target or set(options) & set(CONTENT):
            # S3 replaces all or nothing; with us what is not named stays
            kept = {n: found[n] for n in CONTENT.values() if found.get(n)}
            args = {**kept, **args, "MetadataDirective": "REPLACE"}
        if "Tagging" in args:
            args["TaggingDirective"] = "REPLACE"
        copied = self._where(source)
        self.client.copy_object(**self._where(target), **args, CopySource=copied)

    def _head_source(self, source: str, args: dict[str, Any]) -> Any:
        prefix = "CopySource"
        asked = {n.removeprefix(prefix): v for n, v in args.items() if n.startswith(prefix)}
        return self.client.head_object(**self._where(source), **asked)

    def delete(self, key: str) -> Outcome:
        self.client.delete_object(**self._where(key))

    def delete_batch(self, keys: Sequence[str]) -> Outcome:
        wanted = {"Objects": [{"Key": self._where(key)["Key"]} for key in keys]}
        assert not self.client.delete_objects(Bucket=self.bucket, Delete=wanted).get("Errors")

    def old(self, key: str, index: int, *, mark: bool, drop: bool) -> Outcome:
        where = self._where(key)
        rows = self._versions(where["Key"])
        every = [v for key, *_, marks, v in rows if key == where["Key"] and marks == mark]
        if not every:
            return None
        where["VersionId"] = every[index % len(every)]
        if drop:
            self.client.delete_object(**where)
            return None
        return short(self.client.get_object(**where)["Body"].read())

    def _versions(self, prefix: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        pages = self.client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            for kind in ("Versions", "DeleteMarkers"):
                for e in page.get(kind, ()):
                    mark = kind == "DeleteMarkers"
                    found.append((e["Key"], e.get("Size", 0), e["IsLatest"], mark, e["VersionId"]))
        return sorted(found, key=lambda row: str(row[0]))

    def listing(self, prefix: str, mode: str, limit: int | None) -> Outcome:
        below = f"{self.folder}/{prefix}"
        if mode == "versions":
            return _versions(
                [(self._path(k), *rest[:3]) for k, *rest in self._versions(below)], limit
            )
        if mode == "part":
            uploads = self._pages("list_multipart_uploads", "Uploads", below)
            return _uploads([self._path(upload["Key"]) for upload in uploads], limit)
        if mode == "prefix":
            return self._files(self._pages("list_objects_v2", "Contents", below))[:limit]
        if prefix and not prefix.endswith("/"):
            below += "/"  # a directory is listed, not what begins like it
        level = [
            self._pages("list_objects_v2", kind, below, "/")
            for kind in ("Contents", "CommonPrefixes")
        ]
        folders = [(self._path(e["Prefix"][:-1]), None, None, None) for e in level[1]]
        return sorted([*self._files(level[0]), *folders], key=lambda row: str(row[0]))[:limit]

    def _path(self, key: str) -> str:
        return key.removeprefix(f"{self.folder}/")

    def _files(self, entries: Sequence[Any]) -> list[tuple[Any, ...]]:
        """SeaweedFS may show an emptied folder, too; no path leads to the one that is ours."""
        found = [
            (self._path(e["Key"]), e["Size"], e["ETag"], e.get("StorageClass")) for e in entries
        ]
        return [row for row in found if row[0]]

    def _pages(self, call: str, kind: str, below: str, delimiter: str = "") -> list[Any]:
        pages = self.client.get_paginator(call)
        args = {"Bucket": self.bucket, "Prefix": below, "Delimiter": delimiter}
        return [entry for page in pages.paginate(**args) for entry in page.get(kind, ())]
