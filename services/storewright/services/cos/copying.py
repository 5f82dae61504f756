"""Copying an object inside the service: with one request, or part by part above its limit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from storewright.core.deadline import Deadline, within
from storewright.core.parts import Part
from storewright.services.cos import errors, uploads
from storewright.services.cos.arguments import said
from storewright.services.cos.calls import headers_of

if TYPE_CHECKING:
    from storewright.generated.objects import Limits

__all__ = ["copy"]

_PART_SIZE: Final = 128 * 1024 * 1024
_CONCURRENCY: Final = 8
_KEPT: Final[Mapping[str, str]] = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "metadata": "Metadata",
}
"""What COS copies or replaces only together: header of the source -> argument."""
_OF_SOURCE: Final[Mapping[str, str]] = {
    "CopySourceIfMatch": "IfMatch",
    "CopySourceIfModifiedSince": "IfModifiedSince",
    "CopySourceIfNoneMatch": "IfNoneMatch",
    "CopySourceIfUnmodifiedSince": "IfUnmodifiedSince",
    "CopySourceSSECustomerAlgorithm": "SSECustomerAlgorithm",
    "CopySourceSSECustomerKey": "SSECustomerKey",
}
"""What says something of the source, and how it is said when the source is asked for."""


def copy(
    client: Any,
    source: dict[str, Any],
    target: dict[str, Any],
    args: dict[str, Any],
    part_args: dict[str, Any],
    limits: Limits,
    deadline: Deadline | None,
) -> None:
    """Copy the object ``source`` (as CopySource, perhaps with a version) to ``target``.

    ``args`` are those of copy_object, ``part_args`` those of upload_part_copy, both as the bindings
    say them. Content headers and user metadata that ``args`` do not name are the source's.
    """
    found = _head(client, source, args)
    same = source["Key"] == target["Key"] and "VersionId" not in source
    if same and not set(args) - set(_OF_SOURCE):
        return  # COS refuses to copy an object onto itself without any change
    if limits.copy_size_maximum is not None and found["content-length"] > limits.copy_size_maximum:
        _PartCopy(client, source, target, args, part_args, limits, deadline).run(found)
        return
    status = "Copy"
    if same or any(name in args for name in _KEPT.values()):
        args, status = {**_kept(found), **args}, "Replaced"
    if "Tagging" in args:
        args = {**args, "x-cos-tagging-directive": "Replaced"}
    client.copy_object(**target, **said(dict(args)), CopySource=source, CopyStatus=status)


def _head(client: Any, source: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    """What is known of the source: that it is there, its length, and its metadata."""
    wanted = {theirs: args[ours] for ours, theirs in _OF_SOURCE.items() if ours in args}
    return headers_of(client.head_object(**_object(source), **said(wanted)))


def _object(source: dict[str, Any]) -> dict[str, Any]:
    return {name: source[name] for name in ("Bucket", "Key", "VersionId") if name in source}


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return {theirs: found[name] for name, theirs in _KEPT.items() if found.get(name)}


class _PartCopy:
    """One large object, copied part by part at the same time."""

    def __init__(
        self,
        client: Any,
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

    def run(self, found: Mapping[str, Any]) -> None:
        """Copy the object that HEAD ``found``; leave no upload behind if that fails."""
        args = said({**_kept(found), **self._tags(found), **self._create_args()})
        answer = self._client.create_multipart_upload(**self._target, **args)
        upload = {**self._target, "UploadId": answer["UploadId"]}
        try:
            parts = self._copy_parts(upload, found)
            uploads.complete(self._client, {**upload, **self._complete_args()}, parts)
        except BaseException:
            with within(None):
                uploads.abort(self._client, upload)
            raise

    def _tags(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The source's tags, which an upload does not take along by itself."""
        if not found.get("x-cos-tagging-count") or "Tagging" in self._args:
            return {}
        answer = self._client.get_object_tagging(**_object(self._source))
        entries: list[dict[str, str]] = answer["TagSet"]["Tag"]
        tags = [(entry["Key"], entry["Value"]) for entry in entries]
        return {"Tagging": urlencode(tags, quote_via=quote)} if tags else {}

    def _create_args(self) -> dict[str, Any]:
        return {name: value for name, value in self._args.items() if name not in _OF_SOURCE}

    def _complete_args(self) -> dict[str, Any]:
        mine = ("SSECustomerAlgorithm", "SSECustomerKey")
        return said({name: self._args[name] for name in mine if name in self._args})

    def _copy_parts(self, upload: dict[str, Any], found: Mapping[str, Any]) -> list[Part]:
        total = found["content-length"]
        size = max(self._size, -(-total // self._most))
        args = {**upload, **said(dict(self._part_args)), "CopySource": self._source}
        args["CopySourceIfMatch"] = found["etag"]  # all parts of one object
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
            answer = self._client.upload_part_copy(
                **args, PartNumber=index + 1, CopySourceRange=span
            )
        if "ETag" not in answer:  # an error after the status was sent
            raise errors.from_code(answer.get("Code", ""), answer.get("Message") or "")
        return Part(index, end - start, answer["ETag"])
