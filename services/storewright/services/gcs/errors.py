"""What the SDK raises, as our errors: by the service's reason, by status, by exception class."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast
from xml.etree.ElementTree import Element, ParseError, fromstring

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError, ServerError
from google.auth.exceptions import GoogleAuthError
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

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
from storewright.core.redact import redact
from storewright.services.gcs import sdk

if TYPE_CHECKING:
    from requests import Response

__all__ = [
    "INCOMPLETE",
    "VENDOR_ERRORS",
    "exclusive",
    "from_answer",
    "mapped",
    "parsed",
    "said_no",
    "status_of",
]

VENDOR_ERRORS: Final[tuple[type[Exception], ...]] = (
    GoogleAPIError,
    GoogleAuthError,
    RequestException,
    HTTPError,
    *sdk.MEDIA_ERRORS,
)
"""urllib3's too: a body that breaks off is read without the session's own error handling."""

INCOMPLETE: Final = 308
"""The status of an upload that goes on, which is none of a failure."""

_REASONS: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        reason: error
        for error, reasons in {
            ObjectNotExist: "notFound NoSuchBucket NoSuchKey NoSuchUpload",
            ObjectExists: "BucketAlreadyExists BucketAlreadyOwnedByYou",
            ConditionFailed: "conditionNotMet PreconditionFailed",
            PermissionDenied: """AccessDenied accountDisabled customerEncryptionKeyIsIncorrect
                forbidden insufficientPermissions objectUnderActiveHold retentionPolicyNotMet
                CustomerEncryptionKeyIncorrect UserProjectAccessDenied userProjectAccessDenied""",
            CredentialInvalid: """authError ExpiredToken InvalidSecurity invalidCredentials
                AuthenticationRequired SignatureDoesNotMatch""",
            IntegrityFailed: "BadDigest InvalidDigest",
            RestrictionDissatisfied: """ResourceIsEncryptedWithCustomerEncryptionKey
                resourceIsEncryptedWithCustomerEncryptionKey resourceNotEncrypted
                resourceNotEncryptedWithCustomerEncryptionKey UserProjectMissing
                userProjectMissing""",
            RequestThrottled: "rateLimitExceeded userRateLimitExceeded SlowDown",
            StorageFull: "quotaExceeded",
        }.items()
        for reason in reasons.split()
    }
)

_STATUSES: Final[Mapping[int, type[StorageError]]] = MappingProxyType(
    {
        status: error
        for error, statuses in {
            ObjectNotExist: (404, 410),
            ObjectExists: (409,),
            ConditionFailed: (304, 412),
            PermissionDenied: (403,),
            CredentialInvalid: (401,),
            RestrictionDissatisfied: (301, 307, 308, 400, 405, 411, 413, 416),
            PairUnsupported: (501,),
            RequestThrottled: (429,),
            ServiceInternal: (500, 502, 503),
            OperationTimeout: (408, 504),
        }.items()
        for status in statuses
    }
)

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NoSuchUpload": "the upload was completed or aborted, or never began",
        "forbidden": "without permission to list, the service also says this of absent objects",
        "required": "give a credential",
        "resourceIsEncryptedWithCustomerEncryptionKey": "give server_side_encryption_customer_key",
        "userProjectMissing": "give user_project, the project that pays",
    }
)

_CLASSES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        name: error
        for error, names in {
            CredentialInvalid: "google.auth.exceptions.GoogleAuthError",
            ConnectionFailed: """google.auth.exceptions.TransportError
                google.auth.exceptions.MutualTLSChannelError
                requests.exceptions.ConnectionError requests.exceptions.ChunkedEncodingError
                requests.exceptions.ContentDecodingError requests.exceptions.StreamConsumedError
                requests.exceptions.RetryError urllib3.exceptions.HTTPError""",
            OperationTimeout: """google.auth.exceptions.TimeoutError requests.exceptions.Timeout
                urllib3.exceptions.TimeoutError""",
            IntegrityFailed: """google.cloud.storage.exceptions.DataCorruption
                google.resumable_media.common.DataCorruption""",
            PairValueInvalid: """google.api_core.exceptions.DuplicateCredentialArgs
                requests.exceptions.InvalidURL requests.exceptions.InvalidSchema
                requests.exceptions.MissingSchema requests.exceptions.InvalidHeader
                requests.exceptions.InvalidProxyURL requests.exceptions.URLRequired
                urllib3.exceptions.LocationValueError urllib3.exceptions.ProxySchemeUnknown""",
            Unexpected: """requests.exceptions.RequestException
                google.api_core.exceptions.GoogleAPIError""",
        }.items()
        for name in names.split()
    }
)
"""By name, for not every version has all of them. A class that is missing here counts as its
parent. Those with a status are not here: the status decides."""

_DIFFERENT: Final = re.compile(r"(crc32c|md5).*(match|mismatch)", re.IGNORECASE | re.DOTALL)
_GENERATION: Final = "ifGenerationMatch"


def said_no(answer: Response) -> Exception:
    """The SDK's exception for an answer that is none of success.

    The SDK's own message would show the URL, which may be a secret: that of an upload.
    """
    reason, message = _said(answer)
    text = message or reason or answer.reason or ""
    return sdk.raised_by_status(
        answer.status_code, text, errors=[{"reason": reason}], response=answer
    )


def _said(answer: Response) -> tuple[str, str]:
    """The reason and the message in an answer of the JSON or the XML API."""
    try:
        found: Any = answer.json()
        error: Any = found["error"]
        if isinstance(error, str):  # of the servers that give out tokens
            return error, str(found.get("error_description", ""))
        reasons: Any = error.get("errors") or [{}]
        return str(reasons[0].get("reason") or ""), str(error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return _said_in_xml(answer)


def _said_in_xml(answer: Response) -> tuple[str, str]:
    try:
        found = parsed(answer.content or b"")
    except (ParseError, RequestException):
        return "", ""
    return found.findtext("Code") or "", found.findtext("Message") or ""


def parsed(text: bytes) -> Element:
    """An answer of the XML API, without its namespace."""
    found = fromstring(text)  # noqa: S314 - expat knows no external entities, and limits others
    for element in found.iter():
        element.tag = element.tag.rpartition("}")[2]
    return found


def status_of(error: BaseException) -> int | None:
    """The status of the answer that an exception of the SDK tells of."""
    code: Any = getattr(error, "code", None)
    return int(code) if isinstance(error, GoogleAPICallError) and code is not None else None


def mapped(error: Exception) -> StorageError:
    """The error to be raised instead of one of the SDK's."""
    if isinstance(error, RetryError) and isinstance(error.cause, VENDOR_ERRORS):
        return mapped(error.cause)
    answer: Any = getattr(error, "response", None)
    if isinstance(error, GoogleAPICallError):
        return _of_status(error, answer)
    if isinstance(error, sdk.MEDIA_ERRORS) and hasattr(answer, "status_code"):
        return from_answer(answer)
    if isinstance(error, GoogleAuthError) and error.args and isinstance(error.args[0], Exception):
        inner = error.args[0]  # why no token could be had
        return mapped(inner) if isinstance(inner, VENDOR_ERRORS) else _by_class(error)
    return _by_class(error)


def from_answer(answer: Response) -> StorageError:
    """The error for an answer that is none of success."""
    return mapped(said_no(answer))


def _of_status(
    error: GoogleAPICallError, answer: Any, kind: type[StorageError] | None = None
) -> StorageError:
    status, reason, message = status_of(error), _reason(error), str(cast("Any", error).message)
    headers: Mapping[str, str] = {} if answer is None else answer.headers
    text = ": ".join(piece for piece in (reason, redact(message)) if piece)
    if status is None and isinstance(error, ServerError):
        kind = ServiceInternal
    return (kind or _kind(status, reason, message))(
        text or f"status {status}",
        http_status=status,
        request_id=headers.get("x-guploader-uploadid", ""),
        hint=_HINTS.get(reason, ""),
    )


def _reason(error: GoogleAPICallError) -> str:
    """The service's word for what went wrong, if it said one."""
    details: Any = cast("Any", error).errors
    found: Any = details[0] if details else None
    return str(cast("dict[str, Any]", found).get("reason") or "") if isinstance(found, dict) else ""


def _kind(status: int | None, reason: str, message: str) -> type[StorageError]:
    if status == 400 and _DIFFERENT.search(message):
        return IntegrityFailed
    if status == 403 and reason == "quotaExceeded":
        return RequestThrottled  # of requests; nobody counts bytes here
    found = _REASONS.get(reason) or _STATUSES.get(status or 0)
    if found is None:
        return ServiceInternal if status is not None and status >= 500 else Unexpected
    return found


def _by_class(error: Exception) -> StorageError:
    names = (f"{theirs.__module__}.{theirs.__name__}" for theirs in type(error).__mro__)
    kinds = [_CLASSES[name] for name in names if name in _CLASSES]
    text = redact(str(error)) or type(error).__name__
    return (kinds or [Unexpected])[0](text)


@contextmanager
def exclusive(args: Mapping[str, Any]) -> Generator[None]:
    """Let a request that demands that there is no object yet say so when there is one."""
    try:
        yield
    except GoogleAPICallError as error:
        if args.get(_GENERATION) != 0 or status_of(error) != 412:
            raise
        answer: Any = getattr(error, "response", None)
        raise _of_status(error, answer, ObjectExists) from error
