"""What the SDK raises, as our errors: by the service's code, or by what stopped the request."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import qcloud_cos
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
    StorageFull,
    Unexpected,
)

__all__ = ["VENDOR_ERRORS", "code_of", "from_code", "mapped"]

_sdk: Any = qcloud_cos
_ClientError: type[Exception] = _sdk.CosClientError
_ServiceError: type[Exception] = _sdk.CosServiceError
VENDOR_ERRORS: Final = (_ServiceError, _ClientError, HTTPError, ET.ParseError)
"""urllib3's too: a body that breaks off is read outside the SDK. And it lets XML's errors pass."""

_CODES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        code: error
        for error, codes in {
            ObjectNotExist: """NoSuchBucket NoSuchCopySource NoSuchKey NoSuchResource NoSuchTagSet
                NoSuchUpload NoSuchVersion 404""",
            ObjectExists: """BucketAlreadyExists BucketAlreadyExistsDiffRegion
                BucketAlreadyOwnedByYou FileAlreadyExists""",
            ConditionFailed: """AppendPositionErr NotModified OperationAborted PathConflict
                PreconditionFailed UploadConflict 304 412""",
            PermissionDenied: """AccessDenied AccessForbidden BucketLocked InvalidObjectState
                NoProcessAuthority ObjectLocked PaymentRequired UnavailableForLegalReasons
                UserNotSourceBucketOwner UserNotTargetBucketOwner 402 403 451""",
            CredentialInvalid: """ExpiredToken InvalidAccessKeyId InvalidSecurityToken
                MissingSecurityToken RequestHasExpired RequestIsExpired RequestTimeTooSkewed
                SignatureDoesNotMatch 401""",
            IntegrityFailed: "BadDigest InvalidDigest InvalidSHA1Digest",
            RestrictionDissatisfied: """ActionAccelerateNotSupported AttachmentFull BadRequest
                BucketAccelerateNotEnabled BucketNotEmpty EntityTooLarge EntityTooSmall
                IncompleteBody IncorrectNumberOfFilesInPostRequest InvalidArgument
                InvalidBucketName InvalidBucketState InvalidCopySource InvalidLocationConstraint
                InvalidObjectName InvalidObjectStorage InvalidPart InvalidPartOrder InvalidRange
                InvalidRegionName InvalidRequest InvalidTag InvalidURI KeyTooLong WebsiteURLInvalid
                MalformedPOSTRequest MalformedXML MethodNotAllowed MissingAppid
                MissingContentLength MissingContentMD5
                MissingHost MissingRequestBodyError NotSupportedStorageClass ObjectNotAppendable
                PermanentRedirect PolicyFull Redirect RestoreAlreadyInProgress
                RestoreNonArchiveObject TemporaryRedirect TooManyBuckets UnexpectedContent
                VerifyAlgorithmNotSupported XMLSizeLimit 301 302 307 400 405 409 411 413 416""",
            PairUnsupported: "NotImplemented 501",
            RequestThrottled: """KmsFreqControl QpsLimitExceeded RequestLimitExceeded SlowDown
                TooManyRequests 429""",
            ServiceInternal: """InternalError InternalErrror KmsInternalException
                ServiceUnavailable 500 502 503 504""",
            OperationTimeout: "RequestTimeOut RequestTimeout UserNetworkTooSlow 408",
            StorageFull: "QuotaConflict QuotaLimitExceeded StorageQuotaExceeded 507",
        }.items()
        for code in codes.split()
    }
)

_REASONS: Final[Sequence[tuple[type[BaseException], type[StorageError]]]] = (
    (requests.exceptions.ReadTimeout, OperationTimeout),
    (requests.exceptions.ConnectionError, ConnectionFailed),
    (HTTPError, ConnectionFailed),
    (requests.exceptions.InvalidJSONError, Unexpected),
    (ValueError, PairValueInvalid),  # what requests says of a wrong URL, scheme or proxy
    (requests.exceptions.RequestException, ConnectionFailed),
    (BaseException, Unexpected),
)
"""What lies behind the SDK's one class of errors that are not the service's."""

_ELSEWHERE: Final = "the bucket is in another region: set location"
_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessDenied": "without permission to list, the service also says this of absent objects",
        "AppendPositionErr": "others append too, or an earlier try got through: stat tells",
        "BucketNotEmpty": "delete its objects, versions and uploads first",
        "EntityTooSmall": "every part but the last must have at least 1 MiB",
        "ExpiredToken": "get new temporary credentials",
        "InvalidAccessKeyId": "the SecretId is unknown to this service",
        "InvalidObjectState": "the object is archived: restore it first",
        "NoSuchBucket": "the bucket does not exist; its full name ends in -APPID",
        "NoSuchUpload": "the upload was completed or aborted, or never began",
        "ObjectNotAppendable": "only what create_append made can be appended to",
        "PermanentRedirect": _ELSEWHERE,
        "TemporaryRedirect": _ELSEWHERE,
        "301": _ELSEWHERE,
        "400": "without an explanation; for an encrypted object, is its key missing or wrong?",
        "403": "without permission to list, the service also says this of absent objects",
        "RequestTimeTooSkewed": "set this machine's clock",
        "SignatureDoesNotMatch": "the SecretKey is wrong",
    }
)
_AGAIN: Final = ("OperationAborted", "PathConflict", "UploadConflict")
"""Codes of requests that may succeed when they are repeated, unlike others of their class."""


def mapped(error: Exception) -> StorageError:
    """The error to be raised instead of one of the SDK's, or of what lies below it."""
    if isinstance(error, _ServiceError):
        return _of_answer(error)
    if isinstance(error, _ClientError):
        return _of_client(error)
    if isinstance(error, ET.ParseError):
        return ServiceInternal("the answer is no XML document")
    kind = OperationTimeout if isinstance(error, ReadTimeoutError) else ConnectionFailed
    return kind(_text(error))


def _of_client(error: Exception) -> StorageError:
    """The SDK wraps whatever stopped a request in one class, and keeps it as the context only."""
    reason = error.__context__
    if reason is None:
        return PairValueInvalid(_text(error))
    if isinstance(reason, requests.exceptions.InvalidHeader):  # it would show the value
        return PairValueInvalid("an option has characters that a header must not have")
    return next(kind for theirs, kind in _REASONS if isinstance(reason, theirs))(_text(reason))


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__


def code_of(error: Exception) -> str:
    """The service's code: a word, or the status where the answer had no body."""
    return _said(error).get("code") or str(_status(error))


def _status(error: Any) -> int:
    status: int = error.get_status_code()
    return status


def _said(error: Any) -> Mapping[str, str]:
    """What an answer says: in XML, or in headers only."""
    body, digest = error.get_origin_msg(), error.get_digest_msg()
    if not body:
        told: dict[str, str] = {str(name).lower(): str(text) for name, text in digest.items()}
        return {"requestid": told.get("x-cos-request-id", ""), **told}
    try:
        root = ET.fromstring(body)  # noqa: S314 - of the service that the user trusts with data
    except ET.ParseError:
        return {}
    return {child.tag.rpartition("}")[2].lower(): child.text or "" for child in root}


def _of_answer(error: Exception) -> StorageError:
    said, status = _said(error), _status(error)
    code, message = said.get("code") or str(status), said.get("message", "")
    return from_code(code, message, status=status, request_id=said.get("requestid", ""))


def from_code(
    code: str, message: str, *, status: int | None = None, request_id: str = ""
) -> StorageError:
    """The error for a code in an answer."""
    kind = _CODES.get(code) or _CODES.get(str(status or "")) or _by_class_of(status)
    word = "" if code.isdigit() else code
    text = ": ".join(piece for piece in (word, message) if piece) or f"status {code}"
    hint, again = _HINTS.get(code, ""), code in _AGAIN or None
    return kind(text, http_status=status, request_id=request_id, hint=hint, retryable=again)


def _by_class_of(status: int | None) -> type[StorageError]:
    return ServiceInternal if status is not None and status >= 500 else Unexpected
