"""oss2, which has no types: what is used of it, and what that takes and gives."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

__all__ = [
    "Answer",
    "Bucket",
    "Service",
    "bucket_config",
    "errors",
    "list_objects_v2",
    "new_auth",
    "new_bucket",
    "new_response",
    "new_service",
    "part",
]

_oss2: Final[Any] = importlib.import_module("oss2")
errors: Final[Any] = _oss2.exceptions
"""The module of its exceptions."""

Headers = Mapping[str, str]


class Answer(Protocol):
    """What every call gives: the answer's headers, and more attributes that depend on the call."""

    headers: Headers
    request_id: str

    def __getattr__(self, name: str) -> Any: ...


class Bucket(Protocol):
    """oss2.Bucket: the calls that are used here; it has many more."""

    bucket_name: str
    auth: Any

    def put_object(self, key: str, data: object, headers: Headers) -> Answer: ...

    def append_object(self, key: str, position: int, data: object, headers: Headers) -> Answer: ...

    def get_object(self, key: str, *, headers: Headers, params: dict[str, str]) -> Answer: ...

    def head_object(self, key: str, headers: Headers, params: dict[str, str]) -> Answer: ...

    def copy_object(
        self, bucket: str, key: str, target: str, headers: Headers, params: dict[str, str] | None
    ) -> Answer: ...

    def delete_object(self, key: str, params: dict[str, str], headers: Headers) -> Answer: ...

    def batch_delete_objects(self, keys: Sequence[str], headers: Headers) -> Answer: ...

    def init_multipart_upload(self, key: str, headers: Headers) -> Answer: ...

    def upload_part(
        self, key: str, upload_id: str, number: int, data: object, *, headers: Headers
    ) -> Answer: ...

    def upload_part_copy(
        self,
        bucket: str,
        key: str,
        span: tuple[int, int],
        target: str,
        upload_id: str,
        number: int,
        headers: Headers,
        params: dict[str, str] | None,
    ) -> Answer: ...

    def complete_multipart_upload(
        self, key: str, upload_id: str, parts: Sequence[object], headers: Headers
    ) -> Answer: ...

    def abort_multipart_upload(self, key: str, upload_id: str, headers: Headers) -> Answer: ...

    def list_parts(
        self, key: str, upload_id: str, *, marker: str, max_parts: int, headers: Headers
    ) -> Answer: ...

    def list_object_versions(
        self,
        prefix: str,
        *,
        delimiter: str,
        key_marker: str,
        versionid_marker: str,
        max_keys: int,
        headers: Headers,
    ) -> Answer: ...

    def list_multipart_uploads(
        self,
        prefix: str,
        *,
        key_marker: str,
        upload_id_marker: str,
        max_uploads: int,
        headers: Headers,
    ) -> Answer: ...

    def put_symlink(self, target: str, key: str, headers: Headers) -> Answer: ...

    def get_symlink(self, key: str, params: dict[str, str], headers: Headers) -> Answer: ...

    def get_object_tagging(self, key: str, params: dict[str, str], headers: Headers) -> Answer: ...

    def sign_url(
        self,
        method: str,
        key: str,
        expires: int,
        *,
        headers: Headers,
        params: Headers,
        slash_safe: bool,
        additional_headers: Sequence[str] | None,
    ) -> str: ...

    def create_bucket(self, permission: str | None, input: object) -> Answer: ...

    def delete_bucket(self) -> Answer: ...

    def get_bucket_info(self) -> Answer: ...

    def __getattr__(self, name: str) -> Any: ...


class Service(Protocol):
    """oss2.Service: the call that is used here; it has many more."""

    def list_buckets(self, *, marker: str, max_keys: int) -> Answer: ...

    def __getattr__(self, name: str) -> Any: ...


def new_auth(access_key: str, secret_key: str, token: str | None, version: str) -> Any:
    """What signs requests."""
    if token is None:
        return _oss2.make_auth(access_key, secret_key, version)
    return _oss2.StsAuth(access_key, secret_key, token, auth_version=version)


def new_bucket(auth: Any, endpoint: str, name: str, **options: Any) -> Bucket:
    """A bucket; without ``auth``, for what everybody may do."""
    auth = _oss2.AnonymousAuth() if auth is None else auth
    # oss2 takes ten times as long for checksums of its own as checksums.py does.
    return cast("Bucket", _oss2.Bucket(auth, endpoint, name, enable_crc=False, **options))


def new_service(auth: Any, endpoint: str, **options: Any) -> Service:
    """The account's buckets."""
    auth = _oss2.AnonymousAuth() if auth is None else auth
    return cast("Service", _oss2.Service(auth, endpoint, **options))


def list_objects_v2(
    bucket: Bucket,
    prefix: str,
    *,
    delimiter: str,
    continuation_token: str,
    max_keys: int,
    headers: Headers,
) -> bytes:
    """The document with which OSS answers oss2's call of that name."""
    params = {
        "list-type": "2",
        "prefix": prefix,
        "delimiter": delimiter,
        "continuation-token": continuation_token,
        "max-keys": str(max_keys),
        "encoding-type": "url",
    }
    send = bucket._do  # noqa: SLF001 - all of oss2's own calls go through it
    document: bytes = send("GET", bucket.bucket_name, "", params=params, headers=headers).read()
    return document


def bucket_config(storage_class: str | None, redundancy: str | None) -> object:
    """What a new bucket shall be like; None where nothing was said."""
    if storage_class is None and redundancy is None:
        return None
    return _oss2.models.BucketCreateConfig(storage_class or "Standard", redundancy)


def part(number: int, etag: str) -> object:
    """A part, as complete_multipart_upload wants it."""
    return _oss2.models.PartInfo(number, etag)


def new_response(response: object) -> object:
    """An answer of requests', as oss2 wants to get it from a session."""
    return _oss2.http.Response(response)
