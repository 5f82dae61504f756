"""Copying an object inside the service: with one request, or part by part above its limit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from storewright.core.deadline import Deadline, within
from storewright.core.parts import Part
from storewright.services.oss import uploads
from storewright.services.oss.sdk import Bucket

if TYPE_CHECKING:
    from storewright.generated.objects import Limits

__all__ = ["Source", "copy"]

_PART_SIZE: Final = 128 * 1024 * 1024
_CONCURRENCY: Final = 8
_META: Final = "x-oss-meta-"
_KEPT: Final = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
)
"""What OSS copies or replaces only together, beside user metadata."""
_CONDITIONS: Final = "x-oss-copy-source-if-"
_PAYER: Final = "x-oss-request-payer"


@dataclass(frozen=True)
class Source:
    """What is copied."""

    key: str
    version: str | None

    @property
    def params(self) -> dict[str, str]:
        """What names the version."""
        return {} if self.version is None else {"versionId": self.version}


def copy(
    bucket: Bucket,
    source: Source,
    target: str,
    headers: dict[str, str],
    part_headers: dict[str, str],
    limits: Limits,
    deadline: Deadline | None,
) -> None:
    """Copy an object to the key ``target``.

    ``headers`` are those of copy_object, ``part_headers`` those of upload_part_copy. Content
    headers and user metadata that ``headers`` do not name are the source's.
    """
    found = bucket.head_object(source.key, _of_source(headers), source.params).headers
    same = source == Source(target, None)
    if same and not [name for name in headers if name != _PAYER and _CONDITIONS not in name]:
        return  # nothing would change
    limit = limits.copy_size_maximum
    if limit is not None and int(found["content-length"]) > limit:
        _PartCopy(bucket, source, target, headers, part_headers, limits, deadline).run(found)
        return
    if same or any(_is_kept(name) for name in headers):
        headers = {**_with_kept(found, headers), "x-oss-metadata-directive": "REPLACE"}
    if "x-oss-tagging" in headers:
        headers = {**headers, "x-oss-tagging-directive": "Replace"}
    params = source.params or None
    answer = bucket.copy_object(bucket.bucket_name, source.key, target, headers, params)
    answer.resp.read()


def _of_source(headers: Mapping[str, str]) -> dict[str, str]:
    """The conditions on the source, as a request for the source itself says them."""
    found = {n.replace("x-oss-copy-source-", ""): v for n, v in headers.items() if _CONDITIONS in n}
    return found | ({_PAYER: headers[_PAYER]} if _PAYER in headers else {})


def _is_kept(name: str) -> bool:
    return name.lower() in _KEPT or name.lower().startswith(_META)


def _with_kept(found: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """``headers``, and those of the source which they do not name; user metadata are one."""
    named = {name.lower() for name in headers}
    renewed = any(name.startswith(_META) for name in named)
    kept = {
        name: value
        for name, value in ((name.lower(), value) for name, value in found.items())
        if (name in _KEPT and name not in named) or (name.startswith(_META) and not renewed)
    }
    return {**kept, **headers}


class _PartCopy:
    """One large object, copied part by part at the same time."""

    def __init__(
        self,
        bucket: Bucket,
        source: Source,
        target: str,
        headers: dict[str, str],
        part_headers: dict[str, str],
        limits: Limits,
        deadline: Deadline | None,
    ) -> None:
        self._bucket, self._source, self._target = bucket, source, target
        self._headers, self._part_headers = headers, part_headers
        self._deadline = deadline
        self._size = min(_PART_SIZE, limits.copy_size_maximum or _PART_SIZE)
        self._most = limits.multipart_number_maximum or 10_000

    def run(self, found: Mapping[str, str]) -> None:
        """Copy the object that HEAD ``found``; leave no upload behind if that fails."""
        headers = {**_with_kept(found, self._init_headers()), **self._tags(found)}
        upload = str(self._bucket.init_multipart_upload(self._target, headers).upload_id)
        try:
            parts = self._copy_parts(upload, found)
            names = (_PAYER, "x-oss-forbid-overwrite")
            uploads.complete(self._bucket, self._target, upload, parts, self._only(*names))
        except BaseException:
            with within(None):
                uploads.abort(self._bucket, self._target, upload, self._only(_PAYER))
            raise

    def _only(self, *names: str) -> dict[str, str]:
        return {name: self._headers[name] for name in names if name in self._headers}

    def _tags(self, found: Mapping[str, str]) -> dict[str, str]:
        """The source's tags, which an upload does not take along by itself."""
        if not int(found.get("x-oss-tagging-count", "0")) or "x-oss-tagging" in self._headers:
            return {}
        answer: Any = self._bucket.get_object_tagging(
            self._source.key, self._source.params, self._only(_PAYER)
        )
        rules: Mapping[str, str] = answer.tag_set.tagging_rule
        return {"x-oss-tagging": urlencode(rules, quote_via=quote)}

    def _init_headers(self) -> dict[str, str]:
        barred = ("x-oss-traffic-limit",)
        return {n: v for n, v in self._headers.items() if _CONDITIONS not in n and n not in barred}

    def _copy_parts(self, upload: str, found: Mapping[str, str]) -> list[Part]:
        total = int(found["content-length"])
        size = max(self._size, -(-total // self._most))
        headers = {**self._part_headers, "x-oss-copy-source-if-match": found["etag"]}
        ranges = [(start, min(start + size, total)) for start in range(0, total, size)]
        with ThreadPoolExecutor(_CONCURRENCY, "storewright-copy") as pool:
            tasks = [pool.submit(self._part, upload, headers, n, *s) for n, s in enumerate(ranges)]
            try:
                return [task.result() for task in tasks]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _part(self, upload: str, headers: dict[str, str], index: int, start: int, end: int) -> Part:
        bucket, source = self._bucket, self._source
        with within(self._deadline):
            answer = bucket.upload_part_copy(
                bucket.bucket_name,
                source.key,
                (start, end - 1),
                self._target,
                upload,
                index + 1,
                headers,
                source.params or None,
            )
            answer.resp.read()
        return Part(index, end - start, answer.headers["etag"])
