"""What botocore raises, as our errors: one table by the service's code, one by exception class."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
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

__all__ = ["VENDOR_ERRORS", "code_of", "exclusive", "from_code", "mapped"]

VENDOR_ERRORS: Final = (ClientError, BotoCoreError, HTTPError, ResponseParserError)
"""urllib3's too: a body that breaks off is read outside botocore's own error handling. An answer
that is no XML has an error apart from all others."""

_CODES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        code: error
        for error, codes in {
            ObjectNotExist: "NoSuchKey NoSuchBucket NoSuchUpload NoSuchVersion NotFound 404",
            ObjectExists: "BucketAlreadyExists BucketAlreadyOwnedByYou",
            ConditionFailed: """PreconditionFailed ConditionalRequestConflict OperationAborted
                NotModified 304 412""",
            PermissionDenied: """AccessDenied AccountProblem AllAccessDisabled Forbidden
                InvalidObjectState KMS.AccessDeniedException KMS.DisabledException
                NotSignedUp 403""",
            CredentialInvalid: """AuthorizationHeaderMalformed AuthorizationQueryParametersError
                CredentialsNotSupported ExpiredToken ExpiredTokenException InvalidAccessKeyId
                InvalidClientTokenId InvalidSecurity InvalidToken RequestExpired
                RequestTimeTooSkewed SignatureDoesNotMatch TokenRefreshRequired
                UnrecognizedClientException 401""",
            IntegrityFailed: """BadDigest InvalidDigest XAmzContentSHA256Mismatch
                XAmzContentChecksumMismatch""",
            RestrictionDissatisfied: """BucketNotEmpty EntityTooLarge EntityTooSmall IncompleteBody
                IllegalLocationConstraintException InvalidArgument InvalidBucketName
                InvalidBucketState InvalidEncryptionAlgorithmError InvalidLocationConstraint
                InvalidPart InvalidPartOrder InvalidRange InvalidRequest InvalidStorageClass
                InvalidTag KMS.NotFoundException KeyTooLongError MalformedXML
                MaxMessageLengthExceeded MetadataTooLarge MethodNotAllowed MissingContentLength
                ObjectLockConfigurationNotFoundError PermanentRedirect
                ServerSideEncryptionConfigurationNotFoundError TooManyBuckets
                UnresolvableGrantByEmailAddress 301 400 405 411 413 416""",
            PairUnsupported: "NotImplemented 501",
            RequestThrottled: """SlowDown ThrottlingException Throttling TooManyRequests
                TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded
                ProvisionedThroughputExceededException PriorRequestNotComplete
                KMS.ThrottlingException 429""",
            ServiceInternal: "InternalError InternalFailure ServiceUnavailable 500 502 503 504",
            OperationTimeout: "RequestTimeout RequestTimeoutException 408",
            StorageFull: """QuotaExceeded QuotaExceededException XMinioStorageFull
                InsufficientStorage StorageFull 507""",
        }.items()
        for code in codes.split()
    }
)

_ABSENT: Final = "without permission to list, the service also says this of absent objects"
_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NoSuchBucket": "the bucket does not exist",
        "NoSuchUpload": "the upload was completed or aborted, or never began",
        "RequestTimeTooSkewed": "set this machine's clock",
        "ExpiredToken": "get new temporary credentials",
        "ExpiredTokenException": "get new temporary credentials",
        "TokenRefreshRequired": "get new temporary credentials",
        "SignatureDoesNotMatch": "the secret key is wrong, or location is",
        "InvalidAccessKeyId": "the access key is unknown to this service",
        "AuthorizationHeaderMalformed": "location is probably wrong",
        "PermanentRedirect": "the bucket is in another region: set location",
        "IllegalLocationConstraintException": "the bucket is in another region: set location",
        "EntityTooSmall": "every part but the last must have at least 5 MiB",
        "InvalidObjectState": "the object is archived: restore it first",
        "400": "without an explanation; for an encrypted object, is its key missing or wrong?",
        "403": f"without an explanation: key, clock or permission may be wrong; {_ABSENT}",
        "AccessDenied": _ABSENT,
        "BucketNotEmpty": "delete its objects, versions and uploads first",
    }
)

_BOTOCORE: Final = BotoCoreError.__module__
_AGAIN: Final = ("ConditionalRequestConflict", "OperationAborted")
"""Codes of requests that may succeed when they are repeated, unlike others of their class."""

_CLASSES: Final[Mapping[str, type[StorageError]]] = MappingProxyType(
    {
        name: error
        for error, names in {
            ConnectionFailed: "ConnectionError HTTPClientError IncompleteReadError",
            OperationTimeout: "ReadTimeoutError",
            IntegrityFailed: "ChecksumError FlexibleChecksumError",
            CredentialInvalid: """ConfigNotFound ConfigParseError CredentialRetrievalError
                InvalidConfigError LoginError MetadataRetrievalError NoAuthTokenError
                NoCredentialsError PartialCredentialsError ProfileNotFound
                RefreshWithMFAUnsupportedError SSOError TokenRetrievalError
                UnknownCredentialError UnknownTokenProviderError""",
            PairValueInvalid: """BaseEndpointResolverError EndpointProviderError
                InvalidChecksumConfigError InvalidDNSNameError InvalidDefaultsMode
                InvalidEndpointConfigurationError InvalidHostLabelError InvalidIMDSEndpointError
                InvalidIMDSEndpointModeError InvalidProxiesConfigError InvalidRegionError
                InvalidRetryConfigurationError InvalidS3AddressingStyleError
                InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError
                MissingParametersError ParamValidationError ServiceNotInRegionError
                UnknownRegionError UnsupportedOutpostResourceError
                UnsupportedS3AccesspointConfigurationError UnsupportedS3ArnError
                UnsupportedS3ConfigurationError ValidationError""",
        }.items()
        for name in names.split()
    }
)
"""By name, for not every version of botocore has all of them. A class that is missing here counts
as its parent; without any parent here it is botocore's own trouble, and Unexpected."""


def mapped(error: Exception) -> StorageError:
    """The error to be raised instead of one of botocore's or urllib3's."""
    if isinstance(error, ClientError):
        return _of_answer(error)
    names = (theirs.__name__ for theirs in type(error).__mro__ if theirs.__module__ == _BOTOCORE)
    kinds = [_CLASSES[name] for name in names if name in _CLASSES]
    return (kinds or [_otherwise(error)])[0](_text(error))


def _otherwise(error: Exception) -> type[StorageError]:
    if isinstance(error, HTTPError):
        return ConnectionFailed
    return ServiceInternal if isinstance(error, ResponseParserError) else Unexpected


@contextmanager
def exclusive(args: Mapping[str, Any]) -> Generator[None]:
    """Let a request that demands something of the object it replaces say what was not so.

    Where there must be none yet, there is one; where there must be one, there is none.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if "IfNoneMatch" in args and code in ("PreconditionFailed", "412"):
            raise _of_answer(error, ObjectExists) from error
        if "IfMatch" in args and code in ("NoSuchKey", "404"):
            raise _of_answer(error, ConditionFailed) from error
        raise


def _text(error: Exception) -> str:
    """The message without the values of parameters, which may be secrets."""
    text = str(error) or type(error).__name__
    return re.sub(r"\bvalue: .*?(?=, type:|, valid|$)", "value: ***", text, flags=re.MULTILINE)


def code_of(error: ClientError) -> str:
    """The service's code: a word, or the status where the answer had no body."""
    answer = cast("dict[str, Any]", error.response)
    return str(answer.get("Error", {}).get("Code") or _status(answer) or "")


def _status(answer: Mapping[str, Any]) -> int | None:
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _of_answer(error: ClientError, kind: type[StorageError] | None = None) -> StorageError:
    answer = cast("dict[str, Any]", error.response)
    metadata = answer.get("ResponseMetadata", {})
    message = answer.get("Error", {}).get("Message") or ""
    return from_code(
        code_of(error),
        message,
        status=_status(answer),
        request_id=str(metadata.get("RequestId") or metadata.get("HostId") or ""),
        kind=kind,
    )


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
