"""Copying an object inside the service.

Copy Blob copies every kind of object of any length together with its content headers and tier, and
can change none of the headers. Put Blob From URL can, and encrypts with keys and scopes, but takes
block blobs of 5000 MiB; above that, it is done block by block.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from azure.core.exceptions import AzureError

from storewright.core.deadline import Deadline, within
from storewright.core.errors import ConditionFailed, ServiceInternal
from storewright.generated.objects import Limits
from storewright.services.azblob import blocks, sending
from storewright.services.azblob.calls import Answer, headers_of
from storewright.services.azblob.errors import exclusive
from storewright.services.azblob.place import Blob
from storewright.services.azblob.signing import signed_url

__all__ = ["Arguments", "copy"]

_PART_SIZE: Final = 256 * 1024 * 1024
_CONCURRENCY: Final = 8
_SCOPE: Final = "https://storage.azure.com/.default"
_HOUR: Final = 3600
_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_HEADERS: Final = {
    "cache-control": "x-ms-blob-cache-control",
    "content-disposition": "x-ms-blob-content-disposition",
    "content-encoding": "x-ms-blob-content-encoding",
    "content-language": "x-ms-blob-content-language",
    "content-md5": "x-ms-blob-content-md5",
    "content-type": "x-ms-blob-content-type",
    "x-ms-meta": "x-ms-meta",
}
"""What is kept with an object: as it is told, and as it is given."""
_REWRITING: Final = (
    *(set(_HEADERS.values()) - {"x-ms-meta"}),
    "x-ms-encryption-key",
    "x-ms-encryption-scope",
    "x-ms-source-encryption-key",
)
"""What Copy Blob does not know."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user's options say in each of the calls that a copy may make."""

    copy: dict[str, Any]
    put: dict[str, Any]
    block: dict[str, Any]
    commit: dict[str, Any]
    head: dict[str, Any]
    """Of the source."""
    source: dict[str, Any]
    """What names a version or snapshot of the source."""


def copy(
    source: Blob, target: Blob, says: Arguments, limits: Limits, deadline: Deadline | None
) -> None:
    """Copy the object ``source`` to ``target``.

    Content headers and user metadata that the arguments do not name are the source's.
    """
    if not any(name in says.put for name in _REWRITING):
        _copy_whole(source, target, says)
        return
    head = {**says.source, **says.head}
    found = source.client.get_blob_properties(cls=headers_of, raw_request_hook=source.says(head))
    _Rewrite(source, target, says, limits, deadline).run(Answer(found))


# -------------------------------------------------------------------------------------- Copy Blob


def _copy_whole(source: Blob, target: Blob, says: Arguments) -> None:
    access = source.connected.access
    url = _address(source, says.source, [] if access.sas is None else [access.sas])
    with exclusive(says.copy):
        answer = target.client.start_copy_from_url(url, raw_request_hook=target.says(says.copy))
    if answer["copy_status"] == "pending":
        _await(target, str(answer["copy_id"]), says.copy)


def _await(target: Blob, copy_id: str, args: dict[str, Any]) -> None:
    """Wait for a copy that the service makes in its own time; stop it if nobody waits any more."""
    pause = _PAUSE
    try:
        while (status := _status(target, copy_id)) == "pending":
            target.connected.pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
    except BaseException:
        _stop(target, copy_id, args)
        raise
    if status != "success":
        raise ServiceInternal(f"the copy ended as {status!r}")


def _status(target: Blob, copy_id: str) -> str:
    told: Any = target.client.get_blob_properties(cls=headers_of, raw_request_hook=target.says({}))
    if told.get("x-ms-copy-id") != copy_id:
        raise ConditionFailed("another object was written in the place of the copy")
    return str(told.get("x-ms-copy-status"))


def _stop(target: Blob, copy_id: str, args: dict[str, Any]) -> None:
    lease = {name: args[name] for name in ("x-ms-lease-id",) if name in args}
    # It may have ended meanwhile; and if it goes on, why it is given up matters more.
    with within(None), suppress(AzureError):
        target.client.abort_copy(copy_id, raw_request_hook=target.says(lease))


def _address(source: Blob, named: dict[str, Any], more: Sequence[str]) -> str:
    return source.address([*(f"{name[1:]}={value}" for name, value in named.items()), *more])


# ---------------------------------------------------------------------------------- from its URL


class _Rewrite:
    """One block blob, made from the content of another."""

    def __init__(
        self,
        source: Blob,
        target: Blob,
        says: Arguments,
        limits: Limits,
        deadline: Deadline | None,
    ) -> None:
        self._source, self._target, self._says = source, target, says
        self._limits, self._deadline = limits, deadline
        self._url, self._right = self._source_url()

    def run(self, found: Answer) -> None:
        """Copy the object that HEAD ``found``."""
        length, most = int(found["content-length"]), self._limits.copy_size_maximum
        if most is not None and length > most:
            self._by_blocks(found, length)
            return
        args = {**self._kept(found), **self._says.put, **self._right}
        with exclusive(args):
            self._target.client.upload_blob_from_url(
                self._url,
                overwrite=True,
                include_source_blob_properties=False,
                raw_request_hook=self._target.says(args),
            )

    def _kept(self, found: Answer) -> dict[str, Any]:
        return {given: found[told] for told, given in _HEADERS.items() if found.get(told)}

    def _source_url(self) -> tuple[str, dict[str, str]]:
        """Where the service finds the source, and what it says there to be let in."""
        access, named = self._source.connected.access, self._says.source
        if access.key is not None:
            return signed_url(self._source, "GET", named, _HOUR, {}), {}
        url = _address(self._source, named, [] if access.sas is None else [access.sas])
        if access.token is None:
            return url, {}
        bearer = f"Bearer {access.token.get_token(_SCOPE).token}"
        return url, {"x-ms-copy-source-authorization": bearer}

    def _by_blocks(self, found: Answer, length: int) -> None:
        """The blocks of a failed copy are left to the service: see storewright.….blocks."""
        upload, ids = blocks.new_upload(), list[str]()
        count = self._limits.multipart_number_maximum or 50_000
        size = max(_PART_SIZE, -(-length // count))
        args = {**self._says.block, **self._right, "x-ms-source-if-match": found["etag"]}
        with ThreadPoolExecutor(_CONCURRENCY, "storewright-copy") as pool:
            tasks: list[Any] = []
            for index, start in enumerate(range(0, length, size)):
                ids.append(blocks.block_id(upload, index))
                span = (start, min(size, length - start))
                tasks.append(pool.submit(self._block, ids[-1], span, args))
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        commit = {**self._kept(found), **self._says.commit}
        with exclusive(commit):
            sending.commit(self._target, ids, commit)

    def _block(self, id: str, span: tuple[int, int], args: dict[str, Any]) -> None:
        with within(self._deadline):
            self._target.client.stage_block_from_url(
                id, self._url, *span, raw_request_hook=self._target.says(args)
            )
