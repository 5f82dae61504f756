"""What the SDK raises, as our errors: one table by the service's code, one by exception class."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from azure.core.exceptions import (
    AzureError,
    DeserializationError,
    HttpResponseError,
    SerializationError,
)
from requests import RequestException
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

__all__ = ["NOT_FOUND", "VENDOR_ERRORS", "code_of", "exclusive", "from_code", "is_absent", "mapped"]

VENDOR_ERRORS: Final = (
    AzureError,
    SerializationError,
    DeserializationError,
    RequestException,
    HTTPError,
)
"""Those of the libraries below the SDK too: not all of theirs become its own."""

NOT_FOUND: Final = frozenset({"BlobNotFound", "ResourceNotFound", "404"})
"""Codes that say that there is no such object, but perhaps its container."""

_CODES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        code: error
        for error, codes in {
            ObjectNotExist: """BlobNotFound CannotVerifyCopySource ContainerBeingDeleted
                ContainerNotFound FilesystemNotFound ParentNotFound PathNotFound ResourceNotFound
                SourcePathNotFound 404""",
            ObjectExists: """AccountAlreadyExists BlobAlreadyExists ContainerAlreadyExists
                FilesystemAlreadyExists PathAlreadyExists ResourceAlreadyExists""",
            ConditionFailed: """AppendPositionConditionNotMet BlobOverwritten ConditionNotMet
                MaxBlobSizeConditionNotMet SequenceNumberConditionNotMet SourceConditionNotMet
                TargetConditionNotMet 304 412""",
            PermissionDenied: """AccountIsDisabled AuthorizationFailure
                AuthorizationPermissionMismatch AuthorizationProtocolMismatch
                AuthorizationResourceTypeMismatch AuthorizationServiceMismatch
                AuthorizationSourceIPMismatch BlobArchived BlobBeingRehydrated
                BlobImmutableDueToLegalHold BlobImmutableDueToPolicy
                BlobUsesCustomerSpecifiedEncryption ContainerDisabled InsufficientAccountPermissions
                LeaseAlreadyPresent LeaseIdMismatchWithBlobOperation
                LeaseIdMismatchWithContainerOperation LeaseIdMismatchWithLeaseOperation
                LeaseIdMissing LeaseIsBreakingAndCannotBeAcquired
                LeaseIsBreakingAndCannotBeChanged LeaseLost LeaseNotPresentWithBlobOperation
                LeaseNotPresentWithContainerOperation LeaseNotPresentWithLeaseOperation
                ReadOnlyAttribute UnauthorizedBlobOverwrite 403""",
            CredentialInvalid: """AuthenticationFailed InvalidAuthenticationInfo
                KeyBasedAuthenticationNotPermitted NoAuthenticationInformation 401""",
            IntegrityFailed: "Crc64Mismatch InvalidMd5 Md5Mismatch",
            RestrictionDissatisfied: """BlobAccessTierNotSupportedForAccountType BlobNotArchived
                BlobTierInadequateForContentLength BlockCountExceedsLimit BlockListTooLong
                CannotChangeToLowerTier ConditionHeadersNotSupported
                ContentLengthLargerThanTierLimit ContentLengthMustBeZero
                CopyAcrossAccountsNotSupported CopyIdMismatch EmptyMetadataKey
                FeatureVersionMismatch IncrementalCopyBlobMismatch
                IncrementalCopyOfEarlierSnapshotNotAllowed
                IncrementalCopyOfEarlierVersionSnapshotNotAllowed
                IncrementalCopySourceMustBeSnapshot InfiniteLeaseDurationRequired
                InvalidBlobOrBlock InvalidBlobTier InvalidBlobType InvalidBlockId InvalidBlockList
                InvalidFlushPosition InvalidHeaderValue InvalidHttpVerb InvalidInput InvalidMarker
                InvalidMetadata InvalidOperation InvalidPageRange InvalidPropertyName
                InvalidQueryParameterValue InvalidRange InvalidResourceName InvalidSourceBlobType
                InvalidSourceBlobUrl InvalidSourceUri InvalidUri InvalidVersionForPageBlobOperation
                InvalidXmlDocument InvalidXmlNodeValue LeaseAlreadyBroken
                LeaseIsBrokenAndCannotBeRenewed MetadataTooLarge MissingContentLengthHeader
                MissingRequiredHeader
                MissingRequiredQueryParameter MissingRequiredXmlNode
                MultipleConditionHeadersNotSupported NoPendingCopyOperation
                OperationNotAllowedOnIncrementalCopyBlob OutOfRangeInput
                OutOfRangeQueryParameterValue PreviousSnapshotCannotBeNewer
                PreviousSnapshotNotFound PreviousSnapshotOperationNotSupported RequestBodyTooLarge
                RequestUrlFailedToParse ResourceTypeMismatch SequenceNumberIncrementTooLarge
                SnapshotCountExceeded SnapshotsPresent UnsupportedHttpVerb
                UnsupportedQueryParameter UnsupportedRestVersion UnsupportedXmlNode
                400 405 409 411 413 416""",
            PairUnsupported: "UnsupportedHeader 501",
            RequestThrottled: "ServerBusy SnapshotOperationRateExceeded 429",
            ServiceInternal: """AccountBeingCreated InternalError PendingCopyOperation SystemInUse
                500 502 503 504""",
            OperationTimeout: "OperationTimedOut 408",
            StorageFull: "507",
        }.items()
        for code in codes.split()
    }
)

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ContainerNotFound": "the container does not exist",
        "ContainerBeingDeleted": "the container is being deleted: try again in a minute",
        "CannotVerifyCopySource": "the source does not exist, or the service may not read it",
        "AuthenticationFailed": "the key or signature is wrong, or this machine's clock is",
        "BlobArchived": "the object is archived: set its access tier first",
        "BlobUsesCustomerSpecifiedEncryption": "give its encryption_key",
        "LeaseIdMissing": "the object is under a lease: give lease_id",
        "SnapshotsPresent": "the object has snapshots: give delete_snapshots",
        "InvalidBlobType": "the object is of another kind: of blocks, of pages or appendable",
        "InvalidBlobOrBlock": "uncommitted blocks of other programs may be in the way: they go with"
        " delete(path, object_mode=ObjectMode.BLOCK), or after a week",
        "InvalidBlockList": "a block is missing: another writer of the object may have published",
        "InvalidMetadata": "names in user_metadata must be like identifiers of C#",
        "403": "the credential does not allow it",
    }
)

_AGAIN: Final = frozenset({"ContainerBeingDeleted", "LeaseAlreadyPresent"})
"""Codes of requests that may succeed when they are repeated, unlike others of their class."""

_CLASSES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        "AzureSigningError": CredentialInvalid,
        "ClientAuthenticationError": CredentialInvalid,
        "ConnectionError": ConnectionFailed,
        "DeserializationError": Unexpected,
        "HTTPError": ConnectionFailed,
        "IncompleteReadError": ConnectionFailed,
        "RequestException": ConnectionFailed,
        "ResourceExistsError": ObjectExists,
        "ResourceModifiedError": ConditionFailed,
        "ResourceNotFoundError": ObjectNotExist,
        "ResourceNotModifiedError": ConditionFailed,
        "SerializationError": PairValueInvalid,
        "ServiceRequestError": ConnectionFailed,
        "ServiceRequestTimeoutError": OperationTimeout,
        "ServiceResponseError": ConnectionFailed,
        "ServiceResponseTimeoutError": OperationTimeout,
        "Timeout": OperationTimeout,
    }
)
"""By name, for not every version of the SDK has all of them. A class that is missing here counts as
its parent; without any parent here it is the SDK's own trouble, and Unexpected."""


def mapped(error: Exception) -> StorageError:
    """The error to be raised instead of one of the SDK's."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _of_answer(error)
    names = [cls.__name__ for cls in type(error).__mro__]
    kind = next((_CLASSES[name] for name in names if name in _CLASSES), Unexpected)
    return kind(_first_line(str(error)) or type(error).__name__)


@contextmanager
def exclusive(args: Mapping[str, Any]) -> Generator[None]:
    """Let a request that demands that there is no object yet say so when there is one."""
    try:
        yield
    except HttpResponseError as error:
        if "if-none-match" not in args or error.status_code not in (409, 412):
            raise
        if code_of(error) not in ("BlobAlreadyExists", "ConditionNotMet", "409", "412"):
            raise
        raise _of_answer(error, ObjectExists) from error


def is_absent(error: HttpResponseError) -> bool:
    """Whether it says that the object is not there, although its container is."""
    return code_of(error) in NOT_FOUND


def code_of(error: HttpResponseError) -> str:
    """The service's code: a word, or the status where the answer had none."""
    code: Any = getattr(error, "error_code", None) or _header(error, "x-ms-error-code")
    return str(getattr(code, "value", code) or error.status_code or "")


def _header(error: HttpResponseError, name: str) -> str:
    headers: Any = getattr(error.response, "headers", None) or {}
    return str(headers.get(name) or "")


def _of_answer(error: HttpResponseError, kind: type[StorageError] | None = None) -> StorageError:
    return from_code(
        code_of(error),
        _first_line(error.message or error.reason or ""),
        status=error.status_code,
        request_id=_header(error, "x-ms-request-id"),
        kind=kind,
    )


def _first_line(text: str) -> str:
    """What comes after it are the request's id and parameters, which may be secrets."""
    return text.partition("\n")[0].strip()


def from_code(
    code: str,
    message: str,
    *,
    status: int | None = None,
    request_id: str = "",
    kind: type[StorageError] | None = None,
) -> StorageError:
    """The error for a code in an answer."""
    if kind is None:
        kind = _CODES.get(code) or _CODES.get(str(status or "")) or _by_class_of(status)
    word = "" if code.isdigit() else code
    text = ": ".join(piece for piece in (word, message) if piece) or f"status {code}"
    hint, again = _HINTS.get(code, ""), code in _AGAIN or None
    return kind(text, http_status=status, request_id=request_id, hint=hint, retryable=again)


def _by_class_of(status: int | None) -> type[StorageError]:
    return ServiceInternal if status is not None and status >= 500 else Unexpected
