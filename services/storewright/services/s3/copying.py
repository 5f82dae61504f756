"""Copying an object inside the service: with one request, or part by part above its limit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from storewright.core.deadline import Deadline, within
from storewright.core.parts import Part
from storewright.services.s3 import uploads
from storewright.services.s3.confirming import confirm_copy, copy_object
from storewright.services.s3.errors import exclusive

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from storewright.generated.objects import Limits

__all__ = ["copy"]

_PART_SIZE: Final = 128 * 1024 * 1024
_CONCURRENCY: Final = 8
_KEPT: Final = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
)
"""What S3 copies or replaces only together."""
_OF_SOURCE: Final[Mapping[str, str]] = {
    "CopySourceIfMatch": "IfMatch",
    "CopySourceIfModifiedSince": "IfModifiedSince",
    "CopySourceIfNoneMatch": "IfNoneMatch",
    "CopySourceIfUnmodifiedSince": "IfUnmodifiedSince",
    "CopySourceSSECustomerAlgorithm": "SSECustomerAlgorithm",
    "CopySourceSSECustomerKey": "SSECustomerKey",
    "ExpectedSourceBucketOwner": "ExpectedBucketOwner",
    "RequestPayer": "RequestPayer",
}
"""What says something of the source, and how it is said when the source is asked for."""
_OF_BOTH: Final = ("ExpectedBucketOwner", "RequestPayer")
_KEY_OF_SOURCE: Final = {"CopySourceSSECustomerAlgorithm", "CopySourceSSECustomerKey"}
_UNCHANGING: Final = {*_OF_SOURCE, *_OF_BOTH} - _KEY_OF_SOURCE
"""What leaves an object that is copied onto itself as it is; without its key it is decrypted."""


def copy(
    client: S3Client,
    source: dict[str, Any],
    target: dict[str, Any],
    args: dict[str, Any],
    part_args: dict[str, Any],
    limits: Limits,
    deadline: Deadline | None,
) -> None:
    """Copy the object ``source`` (bucket, key, perhaps version) to ``target`` (bucket, key).

    ``args`` are those of copy_object, ``part_args`` those of upload_part_copy. Content headers and
    user metadata that ``args`` do not name are the source's.
    """
    found = _head(client, source, args)
    if source == target and not set(args) - _UNCHANGING:
        return  # S3 refuses to copy an object onto itself without any change
    if limits.copy_size_maximum is not None and found["ContentLength"] > limits.copy_size_maximum:
        _PartCopy(client, source, target, args, part_args, limits, deadline).run(found)
        return
    if source == target or any(name in args for name in _KEPT):
        args = {**_kept(found), **args, "MetadataDirective": "REPLACE"}
    if "Tagging" in args:
        args = {**args, "TaggingDirective": "REPLACE"}
    with exclusive(args):
        copy_object(client, {**target, **args, "CopySource": _copy_source(source)})


def _head(client: S3Client, source: dict[str, Any], args: dict[str, Any]) -> Any:
    """What is known of the source: that it is there, its length, and its metadata."""
    wanted = {theirs: args[ours] for ours, theirs in _OF_SOURCE.items() if ours in args}
    owner = {"ExpectedBucketOwner": args["ExpectedBucketOwner"]} if _OF_BOTH[0] in args else {}
    return client.head_object(**{**source, **owner, **wanted})


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in _KEPT if found.get(name)}


def _copy_source(source: dict[str, Any]) -> Any:
    return dict(source)


class _PartCopy:
    """One large object, copied part by part at the same time."""

    def __init__(
        self,
        client: S3Client,
        source: dict[str, Any],
        target: dict[str, Any],
        args: dict[str, Any],
        part_args: dict[str, Any],
        limits: Limits,
        deadline: Deadline | None,
    ) -> None:
        self._client, self._deadline = client, deadline
        self._source, self._target = source, target
        self._args, self._part_args = args, part_args
        self._size = min(_PART_SIZE, limits.copy_size_maximum or _PART_SIZE)
        self._most = limits.multipart_number_maximum or 10_000

    def run(self, found: Any) -> None:
        """Copy the object that HEAD ``found``; leave no upload behind if that fails."""
        args: dict[str, Any] = {**_kept(found), **self._tags(found), **self._create_args()}
        upload_id, demanded = uploads.begin(self._client, {**self._target, **args})
        upload = {**self._target, "UploadId": upload_id}
        try:
            parts = self._copy_parts(upload, found)
            answer = uploads.complete(self._client, {**upload, **self._complete_args()}, parts)
        except BaseException:
            with within(None):
                uploads.abort(self._client, {**upload, **self._both()})
            raise
        if demanded:
            confirm_copy(self._client, {**self._target, **self._args}, answer, answer.get("ETag"))

    def _tags(self, found: Any) -> dict[str, Any]:
        """The source's tags, which an upload does not take along by itself."""
        if not found.get("TagCount") or "Tagging" in self._args:
            return {}
        answer = self._client.get_object_tagging(**self._source, **self._both())
        tags = [(tag["Key"], tag["Value"]) for tag in answer["TagSet"]]
        return {"Tagging": urlencode(tags, quote_via=quote)} if tags else {}

    def _both(self) -> dict[str, Any]:
        return {name: self._args[name] for name in _OF_BOTH if name in self._args}

    def _create_args(self) -> dict[str, Any]:
        barred = {*_OF_SOURCE, "IfMatch", "IfNoneMatch"} - {"RequestPayer"}
        return {name: value for name, value in self._args.items() if name not in barred}

    def _complete_args(self) -> dict[str, Any]:
        mine = (
            "IfMatch",
            "IfNoneMatch",
            "SSECustomerAlgorithm",
            "SSECustomerKey",
            *_OF_BOTH,
        )
        return {name: self._args[name] for name in mine if name in self._args}

    def _copy_parts(self, upload: dict[str, Any], found: Any) -> list[Part]:
        total = found["ContentLength"]
        size = max(self._size, -(-total // self._most))
        args = {**upload, **self._part_args, "CopySource": _copy_source(self._source)}
        args["CopySourceIfMatch"] = found["ETag"]  # all parts of one object
        ranges = [(start, min(start + size, total)) for start in range(0, total, size)]
        with ThreadPoolExecutor(_CONCURRENCY, "storewright-copy") as pool:
            tasks = [pool.submit(self._part, args, n, *span) for n, span in enumerate(ranges)]
            try:
                return [task.result() for task in tasks]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _part(self, args: dict[str, Any], index: int, start: int, end: int) -> Part:
        span = f"bytes={start}-{end - 1}"
        with within(self._deadline):
            answer: Any = self._client.upload_part_copy(
                **args, PartNumber=index + 1, CopySourceRange=span
            )
        result = answer["CopyPartResult"]
        return Part(index, end - start, result["ETag"], uploads.checksum(result))
