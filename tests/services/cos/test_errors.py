"""What goes wrong, as our errors: class, whether to try again, request id, hint, and no secret."""

import errno
import hashlib
import inspect
import logging
from typing import Any, Final

import pytest
import qcloud_cos
import requests
from qcloud_cos import cos_exception
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
from storewright.services.cos import CosStorage, errors
from tests.servers.shim_server import CosShim
from tests.services.wire_downloads import DownloadSuite

from .stub import ENDPOINT, ETAG, Answer, Stub
from .wire_table import BUCKET

sdk: Any = qcloud_cos
exceptions: Any = cos_exception

BAD_REQUESTS: Final = """
    ActionAccelerateNotSupported AttachmentFull BucketAccelerateNotEnabled EntityTooLarge
    EntityTooSmall IncorrectNumberOfFilesInPostRequest InvalidArgument InvalidBucketName
    InvalidCopySource InvalidPart InvalidPartOrder InvalidRegionName InvalidRequest InvalidURI
    KeyTooLong MalformedPOSTRequest MalformedXML MissingAppid MissingContentMD5 MissingHost
    MissingRequestBodyError NotSupportedStorageClass PolicyFull TooManyBuckets UnexpectedContent
    VerifyAlgorithmNotSupported WebsiteURLInvalid XMLSizeLimit"""
# https://www.tencentcloud.com/document/product/436/7730, and the pages of single operations
DOCUMENTED: Final[dict[type[StorageError], list[tuple[str, int]]]] = {
    ObjectNotExist: [
        ("NoSuchBucket", 404), ("NoSuchCopySource", 404), ("NoSuchKey", 404),
        ("NoSuchTagSet", 404), ("NoSuchUpload", 404), ("NoSuchVersion", 404),
    ],
    ObjectExists: [
        ("BucketAlreadyExists", 409), ("BucketAlreadyOwnedByYou", 409), ("FileAlreadyExists", 409),
        ("BucketAlreadyExistsDiffRegion", 409),
    ],
    ConditionFailed: [
        ("AppendPositionErr", 409), ("PathConflict", 409), ("PreconditionFailed", 412),
    ],
    PermissionDenied: [
        ("AccessDenied", 403), ("InvalidObjectState", 403), ("ObjectLocked", 409),
        ("PaymentRequired", 402), ("UnavailableForLegalReasons", 451),
    ],
    CredentialInvalid: [
        ("ExpiredToken", 403), ("InvalidAccessKeyId", 403), ("RequestTimeTooSkewed", 403),
        ("SignatureDoesNotMatch", 403),
    ],
    IntegrityFailed: [("BadDigest", 400), ("InvalidDigest", 400), ("InvalidSHA1Digest", 400)],
    RestrictionDissatisfied: [
        *((code, 400) for code in BAD_REQUESTS.split()),
        ("BucketNotEmpty", 409), ("InvalidBucketState", 409), ("InvalidObjectStorage", 403),
        ("InvalidRange", 416), ("MethodNotAllowed", 405), ("MissingContentLength", 411),
        ("ObjectNotAppendable", 409), ("RestoreAlreadyInProgress", 409),
        ("RestoreNonArchiveObject", 405),
    ],
    PairUnsupported: [("NotImplemented", 501)],
    RequestThrottled: [("KmsFreqControl", 503), ("SlowDown", 503)],
    ServiceInternal: [
        ("InternalError", 500), ("KmsInternalException", 500), ("ServiceUnavailable", 503),
        ("NeverHeardOf", 599),
    ],
    OperationTimeout: [("RequestTimeOut", 400), ("UserNetworkTooSlow", 400)],
    StorageFull: [("QuotaConflict", 409)],
    Unexpected: [("NeverHeardOf", 418)],
}  # fmt: skip
CODES: Final = [(c, s, kind) for kind, codes in DOCUMENTED.items() for c, s in codes]


def failure(code: str, status: int) -> Answer:
    body = (
        f"<Error><Code>{code}</Code><Message>so it is</Message><Resource>/a</Resource>"
        "<RequestId>request-7</RequestId><TraceId>trace-8</TraceId></Error>"
    )
    return Answer(body.encode(), status, {"x-cos-request-id": "request-7"})


@pytest.mark.parametrize(("code", "status", "kind"), CODES)
def test_code_becomes_class(
    wire: Stub, wired: CosStorage, code: str, status: int, kind: type[StorageError]
) -> None:
    wire.answers["PutObject"] = failure(code, status)
    with pytest.raises(kind) as caught:
        wired.write("a b", b"content")
    error = caught.value
    assert type(error) is kind
    assert (error.op, error.service, error.path) == ("write", "cos", "a b")
    assert (error.http_status, error.request_id) == (status, "request-7")
    again = kind.retryable or code == "PathConflict"
    assert error.retryable is again
    assert isinstance(error.__cause__, sdk.CosServiceError)
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
    wire: Stub, wired: CosStorage, status: int, kind: type[StorageError]
) -> None:
    wire.answers["HeadObject"] = Answer(status=status, headers={"x-cos-request-id": "request-9"})
    with pytest.raises(kind) as caught:
        wired.stat("a")
    error = caught.value
    assert (error.op, error.http_status, error.request_id) == ("stat", status, "request-9")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirection_is_no_success(wire: Stub, wired: CosStorage, status: int) -> None:
    """The SDK takes it for one: nothing would be written, and nobody told."""
    moved = failure("PermanentRedirect", status)
    wire.answers |= dict.fromkeys(["PutObject", "GetObject", "DeleteObject"], moved)
    calls = (
        lambda: wired.write("a", b"1"),
        lambda: wired.read_bytes("a"),
        lambda: wired.delete("a"),
    )
    for call in calls:
        with pytest.raises(RestrictionDissatisfied) as caught:
            call()
        assert "set location" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "status", "hint"),
    [
        ("RequestTimeTooSkewed", 403, "clock"),
        ("ExpiredToken", 403, "new temporary credentials"),
        ("SignatureDoesNotMatch", 403, "SecretKey is wrong"),
        ("NoSuchBucket", 404, "-APPID"),
        ("AccessDenied", 403, "without permission to list"),
    ],
)
def test_hint_says_what_to_do(
    wire: Stub, wired: CosStorage, code: str, status: int, hint: str
) -> None:
    wire.answers["GetObject"] = failure(code, status)
    with pytest.raises(StorageError) as caught:
        wired.read_bytes("a")
    assert hint in caught.value.hint


# ------------------------------------------------------------------------------- the SDK's classes


def wrapped(reason: Exception) -> Exception:
    """An error of the SDK's that has another behind it."""
    try:
        try:
            raise reason
        except type(reason) as error:
            raise sdk.CosClientError(str(error))  # noqa: B904 - as the SDK does
    except sdk.CosClientError as error:
        found: Exception = error
        return found


def test_every_class_of_the_sdk_is_known() -> None:
    classes = {
        c
        for _, c in inspect.getmembers(exceptions, inspect.isclass)
        if c.__module__ == exceptions.__name__
    }
    raised = {c for c in classes if c is not exceptions.CosException}
    assert {kind for kind in errors.VENDOR_ERRORS if kind in classes} == raised


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (requests.exceptions.ConnectTimeout("x"), ConnectionFailed),
        (requests.exceptions.ConnectionError("x"), ConnectionFailed),
        (requests.exceptions.ProxyError("x"), ConnectionFailed),
        (requests.exceptions.SSLError("x"), ConnectionFailed),
        (requests.exceptions.ReadTimeout("x"), OperationTimeout),
        (requests.exceptions.ChunkedEncodingError("x"), ConnectionFailed),
        (requests.exceptions.InvalidURL("x"), PairValueInvalid),
        (requests.exceptions.InvalidProxyURL("x"), PairValueInvalid),
        (requests.exceptions.InvalidHeader("x"), PairValueInvalid),
        (requests.exceptions.ContentDecodingError("x"), ConnectionFailed),
        (RuntimeError("x"), Unexpected),
    ],
)
def test_reason_becomes_class(reason: Exception, kind: type[StorageError]) -> None:
    assert type(errors.mapped(wrapped(reason))) is kind


def test_what_the_sdk_refuses_itself() -> None:
    assert type(errors.mapped(sdk.CosClientError("bucket is not string"))) is PairValueInvalid


def test_error_of_urllib3_is_a_broken_connection() -> None:
    pool: Any = None
    assert type(errors.mapped(BodyTimeout(pool, "", "silent"))) is OperationTimeout


@pytest.mark.parametrize("body", [b"<html>it was a pleasure", b""])
def test_answer_that_is_no_xml(wire: Stub, wired: CosStorage, body: bytes) -> None:
    wire.answers["GetBucket"] = Answer(body)
    with pytest.raises(ServiceInternal) as caught:
        list(wired.list())
    assert (caught.value.op, caught.value.retryable) == ("list", True)


def test_error_that_is_no_xml(wire: Stub, wired: CosStorage) -> None:
    wire.answers["GetBucket"] = Answer(b"<html>502 Bad Gateway", 502)
    with pytest.raises(ServiceInternal) as caught:
        list(wired.list())
    assert caught.value.http_status == 502


def test_what_no_header_can_hold_shows_no_value(wire: Stub, wired: CosStorage) -> None:
    for value in ("значение-sekret", "sekret\r\nx-cos-acl: public-read"):
        with pytest.raises(PairValueInvalid) as caught:
            wired.write("a", b"1", user_metadata={"x": value})
        assert "sekret" not in str(caught.value)
    with pytest.raises(PairValueInvalid) as caught:
        wired.write("a", b"1", content_type="sekret\r\nx-cos-acl: public-read")
    assert "sekret" not in str(caught.value)
    assert wire.take() == []


# ----------------------------------------------------------------------------------- the emulation


def opened(shim: CosShim, name: str, **options: Any) -> CosStorage:
    """A store that differs from a right one in some options."""
    given: dict[str, Any] = {
        "endpoint": shim.address,
        "proxy": shim.proxy,
        "credential": f"hmac:{shim.access_key}:{shim.secret_key}",
        "max_retries": 0,
    }
    return CosStorage(name=name, **{**given, **options})


@pytest.mark.server
def test_wrong_keys(cos_shim: CosShim) -> None:
    for credential in (f"hmac:{cos_shim.access_key}:not-the-secret", "hmac:nobody:not-the-secret"):
        with opened(cos_shim, "any-1250000000", credential=credential) as wrong:
            with pytest.raises(CredentialInvalid) as caught:
                wrong.write("a", b"1")
            assert isinstance(caught.value, PermissionError)
            assert "not-the-secret" not in str(caught.value) + repr(wrong)
            for call in (wrong.stat, wrong.read_bytes, wrong.delete):
                with pytest.raises(PermissionError):
                    call("a")


@pytest.mark.server
def test_anonymous_and_missing_bucket(cos_shim: CosShim) -> None:
    with opened(cos_shim, "x-1250000000", credential="anonymous") as any_:
        with pytest.raises(PermissionDenied):
            any_.write("a", b"1")
        with pytest.raises(CredentialInvalid):
            any_.reach("a", 60)
    with opened(cos_shim, "absent-1250000000") as nowhere:
        with pytest.raises(FileNotFoundError) as caught:
            nowhere.read_bytes("a")
        assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, "a")
        with pytest.raises(ObjectNotExist):
            list(nowhere.list())


# ------------------------------------------------------------------------------- broken connections


def test_complete_that_answers_200_with_an_error(wire: Stub, wired: CosStorage) -> None:
    wire.answers["CompleteMultipartUpload"] = failure("InternalError", 200)
    upload = wired.create("a", multipart_id="u")
    part = wired.write_multipart(upload, b"1", 0)
    with pytest.raises(ServiceInternal) as caught:
        wired.complete_multipart(upload, [part])
    assert caught.value.retryable
    assert upload.multipart_id == "u"


@pytest.mark.parametrize("kind", ["CopyObject", "UploadPartCopy"])
def test_copy_that_answers_200_with_an_error(wire: Stub, wired: CosStorage, kind: str) -> None:
    wire.answers[kind] = failure("SlowDown", 200)
    large = str((5 << 30) + 1) if kind == "UploadPartCopy" else "7"
    wire.answers["HeadObject"] = Answer(headers={"ETag": '"e"', "Content-Length": large})
    with pytest.raises(RequestThrottled):
        wired.copy("a", "b")
    assert len(wire.of("AbortMultipartUpload")) == (kind == "UploadPartCopy")


def retrying(wire: Stub, retries: int) -> CosStorage:
    return CosStorage(
        name=BUCKET,
        endpoint=ENDPOINT,
        proxy=wire.endpoint,
        credential="hmac:a:s",
        max_retries=retries,
    )


def test_complete_whose_first_answer_was_lost(wire: Stub) -> None:
    gone = failure("NoSuchUpload", 404)
    wire.answers["CompleteMultipartUpload"] = [Answer(status=500), gone]
    digests = bytes.fromhex(ETAG.strip('"')) * 2
    tag = f'"{hashlib.md5(digests).hexdigest()}-2"'
    length = str(3 * 1024 * 1024)
    wire.answers["HeadObject"] = Answer(headers={"ETag": tag, "Content-Length": length})
    with retrying(wire, 1) as store:
        with store.open_writer("a", part_size=2 * 1024 * 1024) as writer:
            writer.write(bytes(3 * 1024 * 1024))
        assert writer.result is not None
        assert writer.result.etag == tag
    assert wire.of("AbortMultipartUpload") == []


def test_an_upload_that_was_never_there_is_no_success(wire: Stub, wired: CosStorage) -> None:
    wire.answers["CompleteMultipartUpload"] = failure("NoSuchUpload", 404)
    with pytest.raises(ObjectNotExist), wired.open_writer("a", part_size=1024 * 1024) as writer:
        writer.write(bytes(2 * 1024 * 1024))
    assert wire.of("HeadObject") == []


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("content", [b"content", bytes(100_000)])
def test_max_retries(wire: Stub, retries: int, content: bytes) -> None:
    wire.answers["PutObject"] = failure("InternalError", 500)
    with retrying(wire, retries) as store, pytest.raises(ServiceInternal):
        store.write("a", content)
    bodies = [request.body for request in wire.take()]
    assert bodies == [content] * (retries + 1)


def test_batch_names_each_path_that_remains(wire: Stub, wired: CosStorage) -> None:
    wire.answers["DeleteMultipleObjects"] = Answer(
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


# ----------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_no_log_and_no_error_has_a_secret(
    wire: Stub, caplog: pytest.LogCaptureFixture, level: str
) -> None:
    """The SDK logs keys of customers, tokens, and how it signs."""
    secret, key = "sekret-text-0123456789", b"K" * 32
    wire.answers["PutObject"] = failure("SignatureDoesNotMatch", 403)
    for name in ("storewright", "qcloud_cos", "qcloud_cos.cos_client", "qcloud_cos.cos_auth"):
        caplog.set_level(level, name)
    with CosStorage(
        name=BUCKET,
        endpoint=ENDPOINT,
        proxy=wire.endpoint,
        credential=f"sts:access:{secret}:{secret}-token",
        max_retries=0,
    ) as store:
        with pytest.raises(CredentialInvalid) as caught:
            store.write("a", b"1", server_side_encryption_customer_key=key)
        signed = store.query_sign_http_read("a", 60, server_side_encryption_customer_key=key)
    (request,) = wire.take()
    sent = request.headers["x-cos-server-side-encryption-customer-key"]
    assert request.headers["x-cos-security-token"] == f"{secret}-token"
    shown = [repr(store), str(caught.value), repr(caught.value), repr(signed), caplog.text]
    signature = request.headers["authorization"].rpartition("=")[2]
    for text in shown:
        assert secret not in text
        assert sent not in text
        assert signature not in text
    expected = logging.getLogger("qcloud_cos.cos_client").isEnabledFor(logging.INFO)
    assert ("put object, url" in caplog.text) is expected


class TestDownloads(DownloadSuite):
    """As COS does it."""
