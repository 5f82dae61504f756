"""What goes wrong, as our errors: class, whether to try again, request id, hint, and no secret."""

import contextlib
import errno
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import boto3
import botocore.exceptions
import pytest
import s3transfer
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ReadTimeoutError as BodyTimeout

from storewright.core.errors import (
    BatchFailed,
    ConditionFailed,
    ConnectionFailed,
    CredentialInvalid,
    IntegrityFailed,
    ObjectExists,
    ObjectNotExist,
    OperationTimeout,
    PairUnsupported,
    PairValueInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
    StorageFull,
    Unexpected,
)
from storewright.services.s3 import S3Storage, errors
from storewright.testing.servers import SeaweedFS
from tests.services.wire_downloads import DownloadSuite

from .conftest import options_of
from .stub import ETAG, Answer, Stub
from .wire_table import BUCKET

CODES: list[tuple[str, int, type[StorageError], bool]] = [
    ("NoSuchKey", 404, ObjectNotExist, False),
    ("NoSuchBucket", 404, ObjectNotExist, False),
    ("NoSuchUpload", 404, ObjectNotExist, False),
    ("NoSuchVersion", 404, ObjectNotExist, False),
    ("AccessDenied", 403, PermissionDenied, False),
    ("InvalidObjectState", 403, PermissionDenied, False),
    ("InvalidAccessKeyId", 403, CredentialInvalid, False),
    ("SignatureDoesNotMatch", 403, CredentialInvalid, False),
    ("ExpiredToken", 400, CredentialInvalid, False),
    ("RequestTimeTooSkewed", 403, CredentialInvalid, False),
    ("AuthorizationHeaderMalformed", 400, CredentialInvalid, False),
    ("PreconditionFailed", 412, ConditionFailed, False),
    ("ConditionalRequestConflict", 409, ConditionFailed, True),
    ("BucketAlreadyOwnedByYou", 409, ObjectExists, False),
    ("BadDigest", 400, IntegrityFailed, False),
    ("XAmzContentSHA256Mismatch", 400, IntegrityFailed, False),
    ("EntityTooSmall", 400, RestrictionDissatisfied, False),
    ("InvalidArgument", 400, RestrictionDissatisfied, False),
    ("InvalidRequest", 400, RestrictionDissatisfied, False),
    ("KeyTooLongError", 400, RestrictionDissatisfied, False),
    ("NotImplemented", 501, PairUnsupported, False),
    ("SlowDown", 503, RequestThrottled, True),
    ("TooManyRequests", 429, RequestThrottled, True),
    ("InternalError", 500, ServiceInternal, True),
    ("ServiceUnavailable", 503, ServiceInternal, True),
    ("RequestTimeout", 400, OperationTimeout, True),
    ("QuotaExceeded", 403, StorageFull, False),
    ("NeverHeardOf", 418, Unexpected, False),
    ("NeverHeardOf", 599, ServiceInternal, True),
]


def failure(code: str, status: int) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>so it is</Message></Error>"
    return Answer(body.encode(), status, {"x-amz-request-id": "request-7"})


@pytest.mark.parametrize(("code", "status", "kind", "retryable"), CODES)
def test_code_becomes_class(
    wire: Stub, wired: S3Storage, code: str, status: int, kind: type[StorageError], retryable: bool
) -> None:
    wire.answers["PutObject"] = failure(code, status)
    with pytest.raises(kind) as caught:
        wired.write("a b", b"content")
    error = caught.value
    assert type(error) is kind
    assert (error.op, error.service, error.path) == ("write", "s3", "a b")
    assert (error.http_status, error.request_id, error.retryable) == (
        status,
        "request-7",
        retryable,
    )
    assert isinstance(error.__cause__, ClientError)
    assert code in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (304, ConditionFailed),
        (400, RestrictionDissatisfied),
        (403, PermissionDenied),
        (404, ObjectNotExist),
        (412, ConditionFailed),
        (500, ServiceInternal),
    ],
)
def test_answer_without_a_body_is_told_by_its_status(
    wire: Stub, wired: S3Storage, status: int, kind: type[StorageError]
) -> None:
    wire.answers["HeadObject"] = Answer(status=status)
    with pytest.raises(kind) as caught:
        wired.stat("a")
    assert (caught.value.op, caught.value.http_status) == ("stat", status)


@pytest.mark.parametrize(
    ("code", "status", "hint"),
    [
        ("RequestTimeTooSkewed", 403, "clock"),
        ("ExpiredToken", 400, "new temporary credentials"),
        ("SignatureDoesNotMatch", 403, "secret key is wrong"),
        ("AuthorizationHeaderMalformed", 400, "location"),
        ("PermanentRedirect", 301, "set location"),
        ("NoSuchBucket", 404, "bucket does not exist"),
        ("AccessDenied", 403, "without permission to list"),
    ],
)
def test_hint_says_what_to_do(
    wire: Stub, wired: S3Storage, code: str, status: int, hint: str
) -> None:
    wire.answers["GetObject"] = failure(code, status)
    with pytest.raises(StorageError) as caught:
        wired.read_bytes("a")
    assert hint in caught.value.hint


# ------------------------------------------------------------------------------- botocore's classes


def classes() -> list[type[Exception]]:
    """Every class of errors anywhere in botocore, boto3 and s3transfer."""
    found: set[type[Exception]] = set()
    for root in (botocore, boto3, s3transfer):
        for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            with contextlib.suppress(ImportError):  # needs a package that is no dependency
                found.update(_classes(importlib.import_module(info.name)))
    return sorted(found, key=_full_name)


def _classes(module: ModuleType) -> Iterator[type[Exception]]:
    mine = [cls for cls in vars(module).values() if isinstance(cls, type)]
    for cls in mine:
        its_own = cls.__module__ == module.__name__ and not issubclass(cls, Warning)
        if its_own and issubclass(cls, Exception):
            yield cls


def _full_name(cls: type[Exception]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


NEVER_RAISED: Final = {
    "boto3.exceptions": "of resources and transfer managers: the adapter uses plain clients",
    "botocore.exceptions.MissingServiceIdError": "of a damaged model of the service",
    "botocore.exceptions.UndefinedModelAttributeError": "of a damaged model of the service",
    "botocore.eventstream": "of streams of events, which SelectObjectContent alone has",
    "botocore.model": "of a damaged model of the service",
    "botocore.utils": "caught by botocore itself",
    "botocore.vendored": "of another HTTP client, which botocore has not used since 2018",
    "s3transfer": "of transfer managers: the adapter has its own way to send parts",
}
"""Where classes are from that none of the adapter's calls can raise, and why.

They are not caught either: one that comes out of a user's own callback is the user's.
"""


def test_every_class_of_the_vendor_is_mapped_or_never_raised() -> None:
    mapped = {_full_name(cls) for cls in classes() if issubclass(cls, errors.VENDOR_ERRORS)}
    rest = {_full_name(cls) for cls in classes()} - mapped
    assert len(mapped) > 100
    assert {name for name in rest if not name.startswith((*NEVER_RAISED,))} == set()
    assert all(any(name.startswith(place) for name in rest) for place in NEVER_RAISED)


def test_the_adapter_has_no_transfer_manager() -> None:
    folder = Path(inspect.getfile(errors)).parent
    texts = [file.read_text() for file in folder.glob("*.py")]
    assert len(texts) > 10
    for word in ("s3transfer", "upload_file", "download_file", ".resource(", "select_object"):
        assert not any(word in text for text in texts)


def examples() -> list[Exception]:
    """One error of every class that can be raised."""
    botocores = [cls for cls in classes() if cls.__module__.startswith("botocore.")]
    mine = [cls for cls in botocores if issubclass(cls, BotoCoreError | ClientError)]
    return [*map(example, mine), ResponseParserError("no XML")]


def example(cls: Any) -> Exception:
    made: Exception
    if issubclass(cls, ClientError):
        made = cls({"Error": {"Code": "X", "Message": "m"}}, "PutObject")
    elif cls is WaiterError:
        made = cls("name", "reason", {})
    else:
        words = [word.split("}")[0].split(":")[0] for word in cls.fmt.split("{")[1:]]
        made = cls(**dict.fromkeys(words, "some words"))
    return made


@pytest.mark.parametrize("error", examples(), ids=lambda error: type(error).__name__)
def test_every_class_of_botocore_is_mapped(error: Exception) -> None:
    found = errors.mapped(error)
    assert isinstance(error, errors.VENDOR_ERRORS)
    assert isinstance(found, StorageError)
    assert str(found)


OWN_TROUBLE = {
    "AliasConflictParameterError", "ApiVersionNotFoundError", "AwsChunkedWrapperError",
    "BotoCoreError", "CapacityNotAvailableError", "ClientError", "DataNotFoundError",
    "EndpointDiscoveryException", "EndpointDiscoveryRefreshFailed", "EndpointDiscoveryRequired",
    "EventStreamError", "InvalidEndpointDiscoveryConfigurationError", "InvalidExpressionError",
    "MD5UnavailableError", "MissingDependencyException",
    "OperationNotPageableError", "PaginationError", "StubAssertionError", "StubResponseError",
    "UnStubbedResponseError", "UnknownClientMethodError", "UnknownServiceError",
    "UnknownServiceStyle", "UnknownSignatureVersionError", "UnsupportedS3ControlArnError",
    "UnsupportedS3ControlConfigurationError", "UnsupportedServiceProtocolsError",
    "UnseekableStreamError", "UnsupportedSignatureVersionError", "WaiterConfigError",
    "WaiterError",
}  # fmt: skip
"""Classes that an S3 user should never see: bugs, or services and tools other than S3's client."""


def test_what_a_user_may_see_is_never_unexpected() -> None:
    unexpected = {type(e).__name__ for e in examples() if type(errors.mapped(e)) is Unexpected}
    assert unexpected <= OWN_TROUBLE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EndpointConnectionError", ConnectionFailed),
        ("ConnectTimeoutError", ConnectionFailed),
        ("ConnectionClosedError", ConnectionFailed),
        ("ReadTimeoutError", OperationTimeout),
        ("IncompleteReadError", ConnectionFailed),
        ("SSLError", ConnectionFailed),
        ("FlexibleChecksumError", IntegrityFailed),
        ("NoCredentialsError", CredentialInvalid),
        ("ProfileNotFound", CredentialInvalid),
        ("ParamValidationError", PairValueInvalid),
        ("NoRegionError", PairValueInvalid),
    ],
)
def test_class_of_botocore_becomes_class(name: str, kind: type[StorageError]) -> None:
    assert type(errors.mapped(example(getattr(botocore.exceptions, name)))) is kind


def test_error_of_urllib3_is_a_broken_connection() -> None:
    pool: Any = None
    assert type(errors.mapped(BodyTimeout(pool, "", "silent"))) is ConnectionFailed


def test_answer_that_is_no_xml(wire: Stub, wired: S3Storage) -> None:
    wire.answers["ListObjectsV2"] = Answer(b"<html>it was a pleasure")
    with pytest.raises(ServiceInternal) as caught:
        list(wired.list())
    assert (caught.value.op, caught.value.retryable) == ("list", True)


def test_parameter_that_botocore_refuses_shows_no_value(wired: S3Storage) -> None:
    with pytest.raises(PairValueInvalid) as caught:
        wired.write("a", b"1", user_metadata={"ключ": "значение-секрет"})
    assert "секрет" not in str(caught.value)
    assert caught.value.op == "write"


# ------------------------------------------------------------------------------------- real servers


def opened(server: SeaweedFS, name: str, **options: Any) -> S3Storage:
    """A store that differs from a right one in some options."""
    merged: dict[str, Any] = {**options_of(server), **options}
    return S3Storage(name=name, **merged)


def test_wrong_secret_key(server: SeaweedFS, bucket: str) -> None:
    credential = f"hmac:{server.access_key}:not-the-secret"
    with opened(server, bucket, credential=credential) as wrong:
        with pytest.raises(CredentialInvalid) as caught:
            wrong.write("a", b"1")
        assert isinstance(caught.value, PermissionError)
        assert "not-the-secret" not in str(caught.value) + repr(wrong)
        for call in (wrong.stat, wrong.read_bytes, wrong.delete):
            with pytest.raises(PermissionError):
                call("a")
        with pytest.raises(CredentialInvalid):
            list(wrong.list())


def test_unknown_access_key(server: SeaweedFS, bucket: str) -> None:
    with opened(server, bucket, credential="hmac:who:x") as wrong, pytest.raises(CredentialInvalid):
        wrong.write("a", b"1")


def test_anonymous_is_refused(server: SeaweedFS, bucket: str) -> None:
    with opened(server, bucket, credential="anonymous") as any_, pytest.raises(PermissionDenied):
        any_.write("a", b"1")


def test_missing_bucket(server: SeaweedFS) -> None:
    with opened(server, "no-such-bucket") as nowhere:
        # SeaweedFS makes a bucket for whoever writes, so writing is shown on the stub
        with pytest.raises(ObjectNotExist):
            nowhere.read_bytes("a")
        with pytest.raises(ObjectNotExist):
            list(nowhere.list())


def test_missing_object_has_its_errno(store: S3Storage) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        store.read_bytes("missing")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, "missing")


def test_nobody_listens(server: SeaweedFS) -> None:
    store = opened(server, "some", endpoint="http://127.0.0.1:9", max_retries=0)
    with pytest.raises(ConnectionFailed) as caught:
        store.read_bytes("a")
    assert caught.value.retryable
    assert isinstance(caught.value, ConnectionError)


def test_certificate_of_nobody(seaweedfs_tls: SeaweedFS) -> None:
    store = opened(seaweedfs_tls, "some", ca_bundle=None)
    with pytest.raises(ConnectionFailed, match="SSL"):
        store.read_bytes("a")


# ------------------------------------------------------------------------------- broken connections


def test_complete_that_answers_200_with_an_error(wire: Stub, wired: S3Storage) -> None:
    body = b"<Error><Code>InternalError</Code><Message>after all</Message></Error>"
    wire.answers["CompleteMultipartUpload"] = Answer(body)
    upload = wired.create("a", multipart_id="u")
    part = wired.write_multipart(upload, b"1", 0)
    with pytest.raises(ServiceInternal) as caught:
        wired.complete_multipart(upload, [part])
    assert caught.value.retryable
    assert upload.multipart_id == "u"


def test_complete_whose_first_answer_was_lost(wire: Stub, wire_retrying: S3Storage) -> None:
    gone = failure("NoSuchUpload", 404)
    wire.answers["CompleteMultipartUpload"] = [Answer(status=500), gone]
    digests = bytes.fromhex(ETAG.strip('"')) * 2
    tag = f'"{hashlib.md5(digests).hexdigest()}-2"'
    length = str(6 * 1024 * 1024)
    wire.answers["HeadObject"] = Answer(headers={"ETag": tag, "Content-Length": length})
    with wire_retrying.open_writer("a", part_size=5 * 1024 * 1024) as writer:
        writer.write(bytes(6 * 1024 * 1024))
    assert writer.result is not None
    assert writer.result.etag == tag
    assert wire.of("AbortMultipartUpload") == []


@pytest.fixture
def wire_retrying(wire: Stub) -> S3Storage:
    return S3Storage(
        name=BUCKET, endpoint=wire.endpoint, credential="hmac:access:secret", max_retries=1
    )


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_max_retries(wire: Stub, retries: int) -> None:
    wire.answers["PutObject"] = failure("InternalError", 500)
    store = S3Storage(
        name=BUCKET, endpoint=wire.endpoint, credential="hmac:a:s", max_retries=retries
    )
    with pytest.raises(ServiceInternal):
        store.write("a", b"content")
    bodies = [request.body for request in wire.take()]
    assert bodies == [b"content"] * (retries + 1)


def test_batch_names_each_path_that_remains(wire: Stub, wired: S3Storage) -> None:
    wire.answers["DeleteObjects"] = Answer(
        b"<R><Error><Key>one</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
        b"<Error><Key>two</Key><Code>InternalError</Code><Message>oh</Message></Error></R>"
    )
    with pytest.raises(BatchFailed) as caught:
        wired.delete_batch(["one", "two", "three"])
    failures = caught.value.failures
    assert {path: type(error) for path, error in failures.items()} == {
        "one": PermissionDenied,
        "two": ServiceInternal,
    }


class TestDownloads(DownloadSuite):
    """As S3 does it."""
