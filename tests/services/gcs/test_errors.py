"""Every exception of the SDK is an error of ours, and says what the service said."""

import contextlib
import inspect
from types import ModuleType
from typing import Any, Final, cast

import google.auth.exceptions
import pytest
import requests.exceptions
import urllib3.exceptions
from google.api_core import exceptions as core
from google.cloud import exceptions as cloud
from google.cloud.storage import exceptions as storage_exceptions
from google.resumable_media import common as older
from requests import Response

from storewright.core import errors as ours
from storewright.services.gcs import GcsStorage, errors

from .stub import Answer, Stub

MODULES: Final[tuple[Any, ...]] = (
    core,
    cloud,
    google.auth.exceptions,
    storage_exceptions,
    older,
    requests.exceptions,
    urllib3.exceptions,
)
ELSEWHERE: Final = {
    "AsyncRestUnsupportedParameterError": "of asynchronous transports, which are not used",
    "InvalidPathError": "of downloads into directories, which are not used",
    "DataCorruptionDynamicParent": "a parent of DataCorruption",
    "InvalidResponseDynamicParent": "a parent of InvalidResponse",
    "ProxySchemeUnsupported": "requests raises InvalidProxyURL instead",
}
"""Exceptions that the adapter's calls do not raise."""


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    """What a module defines or hands on, without warnings and built-ins."""
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass)]
    return [
        kind
        for kind in found
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__.partition(".")[0] in ("google", "requests", "urllib3")
        and kind.__name__ not in ELSEWHERE
    ]


EVERY: Final = sorted({k for m in MODULES for k in exceptions_of(m)}, key=repr)


def made(kind: type[Exception]) -> Exception:
    """An exception of a class, whatever its constructor wants to know."""
    try:
        return kind("what the SDK said")
    except TypeError:
        error = kind.__new__(kind, "what the SDK said")
    for name, value in {
        "_cause": None,
        "message": "",
        "partial": 0,
        "expected": 1,
        "length": b"1",
    }.items():
        with contextlib.suppress(AttributeError):  # some have properties of these names
            setattr(error, name, value)
    return error


@pytest.mark.parametrize("kind", EVERY, ids=[f"{k.__module__}.{k.__name__}" for k in EVERY])
def test_every_exception_is_mapped(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.VENDOR_ERRORS), "it would pass through unmapped"
    error = made(kind)
    mapped = errors.mapped(error)
    assert isinstance(mapped, ours.StorageError)
    abstract = {"GoogleAPIError", "GoogleAPICallError", "ClientError", "Redirection", "Cancelled"}
    vague = {"RequestException", "RetryError", "ResumableTransferError", "TransferStalledError"}
    vague |= {"UnseekableStreamError", "UploadCancelledError", "MissingStatusHeaderError"}
    vague |= {"InvalidResponse", "InvalidJSONError", "JSONDecodeError", "HTTPError"}
    vague |= {"TooManyRedirects", "UnrewindableBodyError"}
    if kind.__name__ not in abstract | vague:
        assert type(mapped) is not ours.Unexpected


STATUSES: Final = {
    304: ours.ConditionFailed,
    400: ours.RestrictionDissatisfied,
    401: ours.CredentialInvalid,
    403: ours.PermissionDenied,
    404: ours.ObjectNotExist,
    405: ours.RestrictionDissatisfied,
    408: ours.OperationTimeout,
    409: ours.ObjectExists,
    410: ours.ObjectNotExist,
    411: ours.RestrictionDissatisfied,
    412: ours.ConditionFailed,
    413: ours.RestrictionDissatisfied,
    418: ours.Unexpected,
    429: ours.RequestThrottled,
    500: ours.ServiceInternal,
    501: ours.PairUnsupported,
    502: ours.ServiceInternal,
    503: ours.ServiceInternal,
    504: ours.OperationTimeout,
    599: ours.ServiceInternal,
}


@pytest.mark.parametrize("status", STATUSES)
def test_status_without_explanation(wire: Stub, wired: GcsStorage, status: int) -> None:
    wire.answers["GetObject"] = Answer(status=status)
    with pytest.raises(ours.StorageError) as caught:
        wired.stat("key")
    assert type(caught.value) is STATUSES[status]
    assert caught.value.http_status == status


def said(reason: str, message: str, status: int) -> Answer:
    text = f'{{"error": {{"code": {status}, "message": "{message}", '
    text += f'"errors": [{{"reason": "{reason}", "message": "{message}"}}]}}}}'
    return Answer(text.encode(), status, {"x-guploader-uploadid": "request-1"})


REASONS: Final[list[tuple[int, str, str, type[ours.StorageError]]]] = [
    (400, "invalid", 'Provided CRC32C "AAA=" doesn\'t match', ours.IntegrityFailed),
    (400, "invalid", "Invalid value", ours.RestrictionDissatisfied),
    (400, "customerEncryptionKeyIsIncorrect", "wrong key", ours.PermissionDenied),
    (
        400,
        "resourceIsEncryptedWithCustomerEncryptionKey",
        "encrypted",
        ours.RestrictionDissatisfied,
    ),
    (403, "forbidden", "no", ours.PermissionDenied),
    (403, "retentionPolicyNotMet", "too early", ours.PermissionDenied),
    (403, "quotaExceeded", "too many", ours.RequestThrottled),
    (403, "userRateLimitExceeded", "too many", ours.RequestThrottled),
    (404, "notFound", "no such object", ours.ObjectNotExist),
    (412, "conditionNotMet", "precondition", ours.ConditionFailed),
]


@pytest.mark.parametrize(("status", "reason", "message", "kind"), REASONS)
def test_reasons_of_the_json_api(
    wire: Stub,
    wired: GcsStorage,
    status: int,
    reason: str,
    message: str,
    kind: type[ours.StorageError],
) -> None:
    wire.answers["GetObject"] = said(reason, message.replace('"', '\\"'), status)
    with pytest.raises(ours.StorageError) as caught:
        wired.stat("key")
    assert type(caught.value) is kind
    assert f"{reason}: {message}" in str(caught.value)
    assert caught.value.request_id == "request-1"


def test_codes_of_the_xml_api(wire: Stub, wired: GcsStorage) -> None:
    body = b"<Error><Code>NoSuchUpload</Code><Message>It is gone.</Message></Error>"
    wire.answers["XmlListParts"] = Answer(body, 404)
    with pytest.raises(ours.ObjectNotExist, match=r"NoSuchUpload: It is gone\..*never began"):
        wired.stat("key", multipart_id="upload-0")


def test_only_what_had_to_be_new_exists(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["InsertObject"] = said("conditionNotMet", "precondition", 412)
    with pytest.raises(ours.ObjectExists):
        wired.write("key", b"", if_not_exists=True)
    with pytest.raises(ours.ConditionFailed):
        wired.write("key", b"", if_generation_match=7)


def test_no_error_shows_the_address_of_an_upload(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["UploadChunk"] = said("backendError", "try again", 503)
    with pytest.raises(ours.ServiceInternal) as caught, wired.open_writer("key") as writer:
        writer.write(bytes(9 * 1024 * 1024))
    assert "upload_id" not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__!r}"


def test_the_reason_that_no_token_was_given() -> None:
    inner = requests.exceptions.ReadTimeout("slow")
    refused = cast("Any", google.auth.exceptions).TransportError(inner)
    assert type(errors.mapped(refused)) is ours.OperationTimeout
    answer = Response()
    answer.status_code = 403
    response = cast("Any", older).InvalidResponse(answer, "refused")
    assert type(errors.mapped(response)) is ours.PermissionDenied
