"""Errors: oss2's classes, OSS's documented codes, and what its user sees of them."""

import base64
import io
import pickle
from typing import Any, Final, cast

import pytest
import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from storewright.core import errors as ours
from storewright.services.oss import OssStorage, errors, sdk

from .stub import Answer, Stub

DOCUMENTED: Final[dict[str, tuple[int, type[ours.StorageError]]]] = {
    "AccessDenied": (403, ours.PermissionDenied),
    "BucketAlreadyExists": (409, ours.ObjectExists),
    "BucketNotEmpty": (409, ours.RestrictionDissatisfied),
    "DownloadTrafficRateLimitExceeded": (503, ours.RequestThrottled),
    "EntityTooLarge": (400, ours.RestrictionDissatisfied),
    "EntityTooSmall": (400, ours.RestrictionDissatisfied),
    "FileAlreadyExists": (409, ours.ObjectExists),
    "FileImmutable": (409, ours.PermissionDenied),
    "FilePartNotExist": (400, ours.RestrictionDissatisfied),
    "FilePartStale": (400, ours.RestrictionDissatisfied),
    "InternalError": (500, ours.ServiceInternal),
    "InvalidAccessKeyId": (403, ours.CredentialInvalid),
    "InvalidArgument": (400, ours.RestrictionDissatisfied),
    "InvalidBucketName": (400, ours.RestrictionDissatisfied),
    "InvalidDigest": (400, ours.IntegrityFailed),
    "InvalidEncryptionAlgorithmError": (400, ours.RestrictionDissatisfied),
    "InvalidObjectName": (400, ours.RestrictionDissatisfied),
    "InvalidObjectState": (403, ours.PermissionDenied),
    "InvalidPart": (400, ours.RestrictionDissatisfied),
    "InvalidPartOrder": (400, ours.RestrictionDissatisfied),
    "InvalidRange": (416, ours.RestrictionDissatisfied),
    "InvalidTargetType": (400, ours.RestrictionDissatisfied),
    "KmsServiceNotEnabled": (403, ours.PermissionDenied),
    "MalformedXML": (400, ours.RestrictionDissatisfied),
    "MethodNotAllowed": (405, ours.RestrictionDissatisfied),
    "MissingArgument": (400, ours.RestrictionDissatisfied),
    "MissingContentLength": (411, ours.RestrictionDissatisfied),
    "NoSuchBucket": (404, ours.ObjectNotExist),
    "NoSuchKey": (404, ours.ObjectNotExist),
    "NoSuchUpload": (404, ours.ObjectNotExist),
    "NoSuchVersion": (404, ours.ObjectNotExist),
    "NotImplemented": (400, ours.PairUnsupported),
    "NotSymlink": (400, ours.RestrictionDissatisfied),
    "ObjectNotAppendable": (409, ours.RestrictionDissatisfied),
    "OperationNotSupported": (400, ours.RestrictionDissatisfied),
    "PartNotSequential": (400, ours.RestrictionDissatisfied),
    "PreconditionFailed": (412, ours.ConditionFailed),
    "QpsLimitExceeded": (503, ours.RequestThrottled),
    "RequestTimeTooSkewed": (403, ours.CredentialInvalid),
    "RequestTimeout": (400, ours.OperationTimeout),
    "RestoreAlreadyInProgress": (409, ours.RestrictionDissatisfied),
    "SecurityTokenExpired": (403, ours.CredentialInvalid),
    "SignatureDoesNotMatch": (403, ours.CredentialInvalid),
    "SymlinkTargetNotExist": (404, ours.ObjectNotExist),
    "TooManyBuckets": (400, ours.RestrictionDissatisfied),
    "UserDisable": (403, ours.PermissionDenied),
}
"""OSS's code -> its status in the documents, and our class."""


def refusal(code: str, status: int) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>some words</Message></Error>"
    return Answer(body.encode(), status=status, headers={"x-oss-request-id": "REQUEST45"})


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
def test_documented_code(wire: Stub, wired: OssStorage, code: str) -> None:
    status, expected = DOCUMENTED[code]
    wire.answers["PutObject"] = refusal(code, status)
    with pytest.raises(expected) as caught:
        wired.write("key", b"x")
    error = caught.value
    assert type(error) is expected
    assert (error.http_status, error.request_id, error.op) == (status, "REQUEST45", "write")
    assert (error.service, error.path) == ("oss", "key")
    assert code in str(error)
    assert isinstance(error.__cause__, sdk.errors.OssError)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (304, ours.ConditionFailed),
        (403, ours.PermissionDenied),
        (404, ours.ObjectNotExist),
        (412, ours.ConditionFailed),
        (429, ours.RequestThrottled),
        (500, ours.ServiceInternal),
        (599, ours.ServiceInternal),
        (418, ours.Unexpected),
    ],
)
def test_status_without_a_body(
    wire: Stub, wired: OssStorage, status: int, expected: type[ours.StorageError]
) -> None:
    wire.answers["HeadObject"] = Answer(status=status)
    with pytest.raises(expected) as caught:
        wired.stat("key")
    assert type(caught.value) is expected
    assert caught.value.http_status == status


def test_an_answer_to_head_explains_itself_in_a_header(wire: Stub, wired: OssStorage) -> None:
    text = base64.b64encode(b"<Error><Code>InvalidObjectState</Code></Error>").decode()
    wire.answers["HeadObject"] = Answer(status=403, headers={"x-oss-err": text})
    with pytest.raises(ours.PermissionDenied, match="restore it first"):
        wired.stat("key")


def every_class(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(each for below in kind.__subclasses__() for each in every_class(below))]


def instance(kind: Any) -> Exception:
    """An error of a class, made as oss2 makes it."""
    module = sdk.errors
    if kind is module.RequestError:
        made: Exception = kind(requests.ConnectionError("gone"))
    elif kind in (module.ClientError, module.InconsistentError, module.OpenApiFormatError):
        made = kind("some words")
    elif kind is module.OpenApiServerError:
        made = kind(403, "id", "some words", "Forbidden.NoPermission")
    elif kind is module.SelectOperationFailed:
        made = kind(400, "SelectOperationFailed", "some words")
    elif kind is module.SelectOperationClientError:
        made = kind("some words", "id")
    else:
        headers = {"x-oss-next-append-position": "1"}
        status = getattr(kind, "status", 400)
        made = kind(status, headers, b"", {"Code": getattr(kind, "code", "")})
    return made


@pytest.mark.parametrize("kind", every_class(sdk.errors.OssError), ids=lambda kind: kind.__name__)
def test_every_class_of_oss2_is_mapped(kind: Any) -> None:
    found = errors.mapped(instance(kind))
    unknown = {"OssError", "ServerError", "OpenApiFormatError"}
    known = {"SelectOperationClientError", "SelectOperationFailed"} | unknown
    assert isinstance(found, ours.StorageError)
    assert kind.__name__ in known or type(found) is not ours.Unexpected
    assert "\n" not in str(found)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectTimeout("late"), ours.OperationTimeout),
        (requests.ReadTimeout("late"), ours.OperationTimeout),
        (requests.exceptions.SSLError("untrusted"), ours.ConnectionFailed),
        (requests.exceptions.InvalidHeader("bad"), ours.PairValueInvalid),
        (ProtocolError("broken"), ours.ConnectionFailed),
        (HTTPError(), ours.ConnectionFailed),
    ],
)
def test_connections(error: Exception, expected: type[ours.StorageError]) -> None:
    assert type(errors.mapped(error)) is expected
    assert type(errors.mapped(sdk.errors.RequestError(error))) is expected


def test_an_answer_that_does_not_come() -> None:
    late = ReadTimeoutError(cast("Any", None), "", "late")
    assert type(errors.mapped(late)) is ours.OperationTimeout


def test_nobody_is_there() -> None:
    with (
        OssStorage(
            name="bucket", endpoint="http://127.0.0.1:9", credential="hmac:a:b", max_retries=0
        ) as store,
        pytest.raises(ours.ConnectionFailed) as caught,
    ):
        store.stat("key")
    assert caught.value.retryable


def test_an_error_can_be_pickled(wire: Stub, wired: OssStorage) -> None:
    wire.answers["HeadObject"] = refusal("NoSuchKey", 404)
    with pytest.raises(ours.ObjectNotExist) as caught:
        wired.stat("key")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_batch_tells_why(wire: Stub, wired: OssStorage) -> None:
    wire.answers["DeleteObject"] = refusal("AccessDenied", 403)
    with pytest.raises(ours.BatchFailed) as caught:
        wired.delete_batch(["one", "two"])
    assert {path: type(error) for path, error in caught.value.failures.items()} == {
        "two": ours.PermissionDenied
    }


# --------------------------------------------------------------------------------------- retries


def retrying(wire: Stub, retries: int) -> OssStorage:
    return OssStorage(
        name="bucket", endpoint=wire.endpoint, credential="hmac:a:b", max_retries=retries
    )


def test_what_is_safe_is_sent_again(wire: Stub) -> None:
    busy = Answer(status=503)
    wire.answers["PutObject"] = [busy, busy, Answer(headers={"ETag": '"E"'})]
    wire.answers["GetObject"] = [busy, Answer(b"content", headers={"ETag": '"E"'})]
    with retrying(wire, 2) as store:
        store.write("key", b"content")
        assert [request.body for request in wire.take()] == [b"content"] * 3
        assert store.read_bytes("key") == b"content"


def test_what_is_not_safe_is_sent_once(wire: Stub) -> None:
    wire.answers["InitiateMultipartUpload"] = Answer(status=503)
    with retrying(wire, 3) as store, pytest.raises(ours.ServiceInternal) as caught:
        store.create_multipart("key")
    assert caught.value.retryable
    assert [request.kind for request in wire.take()] == ["InitiateMultipartUpload"]


def test_retries_end(wire: Stub) -> None:
    wire.answers["HeadObject"] = Answer(status=500)
    with retrying(wire, 1) as store, pytest.raises(ours.ServiceInternal):
        store.stat("key")
    assert len(wire.take()) == 2


def test_no_secret_is_shown(wire: Stub) -> None:
    with OssStorage(
        name="bucket", endpoint=wire.endpoint, credential="sts:key46:secret47:token48"
    ) as store:
        wire.answers["GetObject"] = refusal("AccessDenied", 403)
        with pytest.raises(ours.PermissionDenied) as caught:
            store.read("key", io.BytesIO())
        shown = (
            repr(store) + str(caught.value) + repr(caught.value.__cause__) + str(store.metadata())
        )
    assert "secret47" not in shown
    assert "token48" not in shown
