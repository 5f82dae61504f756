"""What oss2 raises, as our errors: one table by the service's code, one by exception class."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from storewright.core.errors import (
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
    Unexpected,
)
from storewright.services.oss.sdk import errors as oss2

__all__ = ["VENDOR_ERRORS", "code_of", "mapped"]

VENDOR_ERRORS: Final[tuple[type[Exception], ...]] = (
    oss2.OssError,
    requests.RequestException,
    HTTPError,
)
"""Those of the libraries below it too: a body that breaks off is read outside oss2."""

_CODES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        code: error
        for error, codes in {
            ObjectNotExist: """NoSuchBucket NoSuchKey NoSuchUpload NoSuchVersion NotFound
                SymlinkTargetNotExist 404""",
            ObjectExists: "BucketAlreadyExists FileAlreadyExists ObjectAlreadyExists",
            ConditionFailed: """NotModified PositionNotEqualToLength PreconditionFailed
                304 412""",
            PermissionDenied: """AccessDenied AccessForbidden FileImmutable InvalidObjectState
                KmsServiceNotEnabled UserDisable 403""",
            CredentialInvalid: """InvalidAccessKeyId InvalidSecurityToken RequestTimeTooSkewed
                SecurityTokenExpired SecurityTokenNotSupported SignatureDoesNotMatch 401""",
            IntegrityFailed: "InvalidCRC InvalidDigest",
            RestrictionDissatisfied: """BucketNotEmpty CallbackFailed EntityTooLarge EntityTooSmall
                FieldItemTooLong FilePartInterity FilePartNotExist FilePartStale
                InvalidArgument InvalidBucketName InvalidEncryptionAlgorithmError
                InvalidEncryptionRequest InvalidObjectName InvalidPart InvalidPartOrder InvalidRange
                InvalidRequest InvalidTargetType InvalidWORMConfiguration MalformedXML
                MaxPOSTPreDataLengthExceededError MethodNotAllowed MissingArgument
                MissingContentLength NotSymlink ObjectNotAppendable OperationNotSupported
                PartNotSequential RestoreAlreadyInProgress TooManyBuckets
                WORMConfigurationLocked 400 405 409 411 413 416""",
            PairUnsupported: "NotImplemented 501",
            RequestThrottled: """DownloadTrafficRateLimitExceeded QpsLimitExceeded
                TotalQpsLimitExceeded UploadTrafficRateLimitExceeded 429""",
            ServiceInternal: "InternalError ServiceUnavailable 500 502 503 504",
            OperationTimeout: "RequestTimeout 408",
        }.items()
        for code in codes.split()
    }
)

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessDenied": "without permission, the service also says this of absent objects",
        "BucketNotEmpty": "delete its objects, versions and uploads first",
        "EntityTooSmall": "every part but the last must have at least 100 KiB",
        "InvalidAccessKeyId": "the access key is unknown to this service, or its token is missing",
        "InvalidObjectState": "the object is archived: restore it first",
        "NoSuchBucket": "the bucket does not exist",
        "NoSuchUpload": "the upload was completed or aborted, or never began",
        "ObjectNotAppendable": "only what create_append made can be appended to",
        "PositionNotEqualToLength": "somebody else has appended meanwhile: stat tells the offset",
        "RequestTimeTooSkewed": "set this machine's clock",
        "SecurityTokenExpired": "get new temporary credentials",
        "SignatureDoesNotMatch": "the secret key is wrong, or location is",
        "SymlinkTargetNotExist": "the link leads to an object that is not there",
    }
)


def mapped(error: Exception) -> StorageError:
    """The error to be raised instead of one of oss2's, requests' or urllib3's."""
    if isinstance(error, oss2.RequestError):
        return _of_connection(getattr(error, "exception", error))
    if isinstance(error, oss2.OssError):
        return _of_oss(error)
    return _of_connection(error)


def _of_connection(error: object) -> StorageError:
    text = _line(str(error) or type(error).__name__)
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return OperationTimeout(text)
    invalid = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidHeader,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
    )
    return PairValueInvalid(text) if isinstance(error, invalid) else ConnectionFailed(text)


def _line(text: str) -> str:
    return " ".join(text.split())


def code_of(error: object) -> str:
    """The service's code: a word, or the status where the answer had no body."""
    return str(getattr(error, "code", "") or getattr(error, "status", "") or "")


def _of_oss(error: Any) -> StorageError:
    if isinstance(error, oss2.InconsistentError):
        return IntegrityFailed(_line(str(error.body)))
    if isinstance(error, oss2.ClientError):
        return PairValueInvalid(_line(str(error.body)))
    status = error.status if isinstance(error.status, int) and error.status > 0 else None
    code, message = code_of(error), _line(getattr(error, "message", "") or "")
    kind = _CODES.get(code) or _CODES.get(str(status or "")) or _by_class_of(status)
    word = "" if code.lstrip("-").isdigit() else code
    text = ": ".join(piece for piece in (word, message) if piece) or f"status {code}"
    request_id, hint = str(getattr(error, "request_id", "") or ""), _HINTS.get(code, "")
    return kind(text, http_status=status, request_id=request_id, hint=hint)


def _by_class_of(status: int | None) -> type[StorageError]:
    return ServiceInternal if status is not None and status >= 500 else Unexpected
